#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# headers.sh SOURCE BUILD: every header compiles alone, and none includes itself in a circle.
set -u
cd "$1" || exit 2

name() {
	sed 's,^include/,,; s,^src/[a-z]*/,,'
}

# The build has shown it of those that some source includes before all else.
first=$(find src -name '*.c' -type f -exec awk '/^#include "/ { print FILENAME, $2; nextfile }' {} + | tr -d '"' |
	awk '{ split($1, at, "/"); print index($2, "/") ? "include/" $2 : "src/" at[2] "/" $2 }')
bad=$(find include src -name '*.h' -type f | sort | while read -r header; do
	echo "$first" | grep -qx "$header" && continue
	room=$(echo "$header" | cut -d / -f 2)
	echo "#include \"$(echo "$header" | name)\"" |
		cc -std=c11 -D_GNU_SOURCE -fsyntax-only -I "$2/see/$room" -I "src/$room" -x c - 2>&1 ||
		echo "$header does not compile alone"
done)
circle=$(find include src -name '*.h' -type f -exec grep -H '^#include "' {} + |
	sed 's,^\(include\|src\)/\([^:]*\)\.h:#include "\(.*\)\.h"$,\2 \3,' |
	awk '{ split($1, at, "/"); print $1, index($2, "/") ? $2 : at[1] "/" $2 }' |
	tsort 2>&1 >/dev/null | sed -n 's/^tsort: -: input contains a loop:$/headers in a circle:/p; s/^tsort: \([^-]\)/  \1/p')
[ -z "$bad$circle" ] && exit 0
printf '%s\n%s\n' "$bad" "$circle"
exit 1
