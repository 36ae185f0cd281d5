#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# source.sh DIRECTORY: makes tocsin-VERSION.tar.xz of what is committed, the same for the same commit, and its sum.
set -eu
[ $# = 1 ] || { sed -n '4s/^# //p' "$0" >&2; exit 1; }
mkdir -p "$1"
out=$(readlink -f "$1")
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^project(tocsin VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
git -c tar.umask=022 archive --format=tar --prefix="tocsin-$version/" HEAD | xz -9 -T 1 >"$out/tocsin-$version.tar.xz"
cd "$out"
sha256sum "tocsin-$version.tar.xz" | tee "tocsin-$version.tar.xz.sha256"
