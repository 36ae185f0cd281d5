#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# deb.sh BINARY DIRECTORY: makes tocsin_VERSION_ARCHITECTURE.deb and tocsin-alertmanager_VERSION_all.deb of the program.
# Times are those of $SOURCE_DATE_EPOCH, else of the changelog: the same program gives the same packages. $COMPRESSION: xz, none.
set -eu
[ $# = 2 ] || { sed -n '4,5s/^# //p' "$0" >&2; exit 1; }
binary=$(readlink -f "$1")
mkdir -p "$2"
out=$(readlink -f "$2")
cd "$(dirname "$0")"
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' changelog)
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date -d "$(sed -n 's/^ -- .*  //p;T;q' changelog)" +%s)}
export SOURCE_DATE_EPOCH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022

# put FILE PATH: as it is; text to a path: what comes on standard input.
put() {
	install -D -m 644 "$1" "$root$2"
}

text() {
	mkdir -p "$root$(dirname "$1")"
	case $1 in
	*.gz) gzip -9n >"$root$1" ;;
	*) cat >"$root$1" ;;
	esac
}

# What the table says of the libraries that the program names, and of what it reads; the packages that bring them.
depends() {
	needed=$(objdump -p "$binary" | sed -n 's/^ *NEEDED *//p')
	for soname in $needed; do
		grep -q "^$soname	" components.tsv || { echo "components.tsv has no $soname" >&2; exit 1; }
	done
	awk -F '\t' -v needed="$needed" '
		BEGIN { n = split(needed, names, "\n"); for (i = 1; i <= n; i++) want[names[i]] = 1 }
		!/^#/ && ($1 == "-" || want[$1]) && !seen[$2]++ { printf "%s%s", sep, $2 ($3 == "-" ? "" : " (>= " $3 ")"); sep = ", " }
	' components.tsv
}

# The package in $root with the control files of a directory.
pack() {
	mkdir -p "$root/DEBIAN"
	put copyright "/usr/share/doc/$1/copyright"
	text "/usr/share/doc/$1/changelog.gz" <changelog
	size=$(find "$root" -path "$root/DEBIAN" -prune -o -type f -print0 | du -ck --apparent-size --files0-from=- | tail -n 1 | cut -f 1)
	for file in "$2"/*; do
		sed -e "s/@VERSION@/$version/; s/@ARCHITECTURE@/$architecture/; s/@SIZE@/$size/; s/@DEPENDS@/$depends/" "$file" \
			>"$root/DEBIAN/${file##*/}"
		case $file in
		*inst | *rm) chmod 755 "$root/DEBIAN/${file##*/}" ;;
		esac
	done
	(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
	find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	dpkg-deb --root-owner-group "-Z${COMPRESSION:-xz}" --build "$root" "$out" >/dev/null
}

depends=$(depends)
root=$work/tocsin
install -D -m 755 "$binary" "$root/usr/bin/tocsin"
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$root/usr/bin/tocsin"
sed -e 's|/usr/local/bin/|/usr/bin/|; s|^DynamicUser=yes|User=tocsin\nGroup=tocsin|; 1,/^$/d' ../tocsin.service |
	text /lib/systemd/system/tocsin.service
put sysusers.conf /usr/lib/sysusers.d/tocsin.conf
put tmpfiles.conf /usr/lib/tmpfiles.d/tocsin.conf
put alertmanager.yml /etc/tocsin/alertmanager.yml
put tocsin.default /etc/default/tocsin
"$binary" completion bash | text /usr/share/bash-completion/completions/tocsin
"$binary" completion zsh | text /usr/share/zsh/vendor-completions/_tocsin
for page in tocsin.1 tocsin-commands.1 tocsin.yml.5; do
	"$binary" manual "$page" | text "/usr/share/man/man${page##*.}/$page.gz"
done
./api_manual.sh | text /usr/share/man/man7/tocsin-api.7.gz
for file in configuration.md receivers.md operate.md state.md cluster.md security.md migrate.md api.md openapi.yaml performance.md versions.md; do
	text "/usr/share/doc/tocsin/$file.gz" <"../$file"
done
text /usr/share/doc/tocsin/NEWS.gz <../CHANGELOG.md
./sbom.sh "$binary" | text /usr/share/doc/tocsin/tocsin.spdx.json.gz
pack tocsin deb-tocsin

root=$work/names
ln -s "$binary" "$work/amtool"
"$work/amtool" completion bash | text /usr/share/bash-completion/completions/amtool
pack tocsin-alertmanager deb-names
ls "$out"/*.deb
