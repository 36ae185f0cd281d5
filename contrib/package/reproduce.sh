#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# reproduce.sh DIRECTORY: builds what is committed twice, in directories of two names, and compares
# the programs and the packages, byte for byte.
set -eu
[ $# = 1 ] || { sed -n '4,5s/^# //p' "$0" >&2; exit 1; }
mkdir -p "$1"
out=$(readlink -f "$1")
cd "$(dirname "$0")/../.."
# A compiler's cache may have seen the sources under another path.
unset CMAKE_C_COMPILER_LAUNCHER
export CCACHE_DISABLE=1
commit=$(git rev-parse HEAD)
for build in first another/second; do
	rm -rf "${out:?}/$build"
	mkdir -p "$out/$build"
	git archive "$commit" | tar -x -C "$out/$build"
	(
		cd "$out/$build"
		cmake --preset release >/dev/null
		cmake --build --preset release >/dev/null
		contrib/package/deb.sh build/release/tocsin debs >/dev/null
		sha256sum build/release/tocsin debs/*.deb
	) >"$out/${build##*/}.sums"
done
cat "$out/first.sums"
cmp "$out/first.sums" "$out/second.sums" && echo "the same, twice"
