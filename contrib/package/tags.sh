#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# tags.sh IMAGE: the tags of this version as options of `docker build`.
# Operators that take the tag for the version of Alertmanager have one that begins with it.
set -eu
[ $# = 1 ] || { sed -n '4,5s/^# //p' "$0" >&2; exit 1; }
lists=$(dirname "$0")/../../CMakeLists.txt
version=$(sed -n 's/^project(tocsin VERSION \([0-9.]*\).*/\1/p' "$lists")
like=$(sed -n 's/.*ALERTMANAGER_VERSION="\([0-9.]*\)".*/\1/p' "$lists")
for tag in "v$version" "v${version%.*}" "v$like-tocsin$version"; do
	printf -- '-t %s:%s ' "$1" "$tag"
done
echo
