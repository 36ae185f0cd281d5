#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each COMPAT: of the sources has its line in contrib/migrate.md, and no line is about what is gone.
set -u
cd "$1" || exit 2
status=0

while read -r file; do
	marks=$(grep -c 'COMPAT:' "$file")
	lines=$(grep -cF "| \`$file\` |" contrib/migrate.md)
	[ "$lines" -eq "$marks" ] || {
		echo "$file: $marks COMPAT:, $lines lines in contrib/migrate.md"
		status=1
	}
done <<EOF
$(grep -rl 'COMPAT:' src include | sort)
EOF
# shellcheck disable=SC2016 # the backquotes are the table's
while read -r file; do
	grep -q 'COMPAT:' "$file" || {
		echo "contrib/migrate.md speaks of $file, which has no COMPAT:"
		status=1
	}
done <<EOF
$(sed -n 's/.*| `\([^`]*\)` |$/\1/p' contrib/migrate.md | sort -u)
EOF
exit $status
