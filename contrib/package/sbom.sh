#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# sbom.sh BINARY: a software bill of materials of the program in SPDX 2.3 (JSON), from components.tsv.
# Versions are those of the packages that are installed here; the time is that of $SOURCE_DATE_EPOCH, else of the changelog.
set -eu
[ $# = 1 ] || { sed -n '4,5s/^# //p' "$0" >&2; exit 1; }
binary=$(readlink -f "$1")
cd "$(dirname "$0")"
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' changelog)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date -d "$(sed -n 's/^ -- .*  //p;T;q' changelog)" +%s)}
sum=$(sha256sum "$binary" | cut -d ' ' -f 1)
needed=$(objdump -p "$binary" | sed -n 's/^ *NEEDED *//p')

# package <tab> version <tab> licence, each once, of what the program has.
grep -v '^#' components.tsv | while IFS='	' read -r soname package _ licence _ _; do
	[ "$soname" = - ] || echo "$needed" | grep -qx "$soname" || continue
	installed=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null) || installed=""
	printf '%s\t%s\t%s\n' "$package" "$installed" "$licence"
done | LC_ALL=C sort -u | awk -F '\t' -v version="$version" -v sum="$sum" -v created="$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" '
	function one(id, name, v, licence, rest) {
		return sprintf("    {\n      \"SPDXID\": \"SPDXRef-%s\",\n      \"name\": \"%s\",\n      \"versionInfo\": \"%s\",\n" \
			"      \"downloadLocation\": \"NOASSERTION\",\n      \"filesAnalyzed\": false,\n      \"licenseConcluded\": \"NOASSERTION\",\n" \
			"      \"licenseDeclared\": \"%s\",\n      \"copyrightText\": \"NOASSERTION\"%s\n    }", id, name, v, licence, rest)
	}
	{
		id = $1
		gsub(/[^A-Za-z0-9.-]/, "-", id)
		packages = packages ",\n" one(id, $1, $2, $3, ",\n      \"externalRefs\": [{\"referenceCategory\": \"PACKAGE-MANAGER\", " \
			"\"referenceType\": \"purl\", \"referenceLocator\": \"pkg:deb/debian/" $1 ($2 == "" ? "" : "@" $2) "\"}]")
		relations = relations ",\n    {\"spdxElementId\": \"SPDXRef-tocsin\", \"relationshipType\": \"DEPENDS_ON\", \"relatedSpdxElement\": \"SPDXRef-" id "\"}"
	}
	END {
		print "{\n  \"spdxVersion\": \"SPDX-2.3\",\n  \"dataLicense\": \"CC0-1.0\",\n  \"SPDXID\": \"SPDXRef-DOCUMENT\","
		print "  \"name\": \"tocsin-" version "\",\n  \"documentNamespace\": \"https://spdx.org/spdxdocs/tocsin-" version "-" sum "\","
		print "  \"creationInfo\": {\"created\": \"" created "\", \"creators\": [\"Tool: tocsin-sbom.sh\"]},"
		print "  \"hasExtractedLicensingInfos\": [{\"licenseId\": \"LicenseRef-public-domain\", \"extractedText\": \"In the public domain.\"}],"
		print "  \"packages\": [\n" one("tocsin", "tocsin", version, "Apache-2.0", ",\n      \"checksums\": [{\"algorithm\": \"SHA256\", " \
			"\"checksumValue\": \"" sum "\"}]") packages "\n  ],"
		print "  \"relationships\": [\n    {\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", " \
			"\"relatedSpdxElement\": \"SPDXRef-tocsin\"}" relations "\n  ]\n}"
	}'
