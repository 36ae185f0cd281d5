#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# image.sh BINARY DIRECTORY: makes the root of a container image of the program and what it needs of this system:
# the libraries that it is linked with and those that they load, time zones, authorities. No shell, no package manager.
set -eu
[ $# = 2 ] || { sed -n '4,5s/^# //p' "$0" >&2; exit 1; }
binary=$1
out=$2
here=$(dirname "$0")/..

libraries() {
	ldd "$1" | sed -n 's/^[[:space:]]*\(.* => \)\{0,1\}\(\/[^ ]*\) (.*/\2/p'
}

mkdir -p "$out/bin" "$out/etc/alertmanager" "$out/alertmanager" "$out/usr/share/doc/tocsin"
cp "$binary" "$out/bin/tocsin"
ln -sf tocsin "$out/bin/alertmanager"
ln -sf tocsin "$out/bin/amtool"
# libesmtp loads its plugins, the C library the unwinder when a thread ends.
plugins=$(ls /usr/lib/*/esmtp-plugins-*/*.so)
files="$(for file in "$binary" $plugins; do libraries "$file"; done | sort -u) $plugins $(ls /lib/*/libgcc_s.so.1)
/etc/ssl/certs/ca-certificates.crt /etc/ssl/openssl.cnf"
for file in $files; do
	mkdir -p "$out$(dirname "$file")"
	cp -L "$file" "$out$file"
done
# What is given away takes its licence along.
# shellcheck disable=SC2046,SC2086
dpkg-query -S $(readlink -f $files) 2>/dev/null | sed 's/:.*//' | sort -u | while read -r owner; do
	mkdir -p "$out/usr/share/doc/$owner"
	cp -L "/usr/share/doc/$owner/copyright" "$out/usr/share/doc/$owner/copyright"
done
mkdir -p "$out/usr/lib/ssl" "$out/usr/share"
ln -sf /etc/ssl/certs "$out/usr/lib/ssl/certs"
ln -sf /etc/ssl/certs/ca-certificates.crt "$out/usr/lib/ssl/cert.pem"
ln -sf /etc/ssl/openssl.cnf "$out/usr/lib/ssl/openssl.cnf"
cp -RL /usr/share/zoneinfo "$out/usr/share/"
rm -rf "$out/usr/share/zoneinfo/right" "$out/usr/share/zoneinfo/posix"
echo 'nobody:x:65534:65534:nobody:/alertmanager:/' >"$out/etc/passwd"
echo 'nogroup:x:65534:' >"$out/etc/group"
echo 'hosts: files dns' >"$out/etc/nsswitch.conf"
cp "$here/quickstart/alertmanager.yml" "$out/etc/alertmanager/alertmanager.yml"
cp "$here/../LICENSE" "$out/usr/share/doc/tocsin/copyright"
# Whatever uid it is run as, it is alone there.
chmod 777 "$out/alertmanager"
