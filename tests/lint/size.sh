#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No file longer than one can keep in mind; generated tables and tests, which are read in pieces, may be longer.
set -u
cd "$1" || exit 2

long=$(find src include tests -name '*.[ch]' -type f -exec wc -l {} + | sort -k 2 |
	awk '$2 != "total" && $2 !~ /_tables\.h$/ && $1 > ($2 ~ /^tests/ ? 700 : 600) { print $2 ": " $1 " lines" }')
[ -z "$long" ] && exit 0
printf 'files over 600 lines (tests: 700):\n%s\n' "$long"
exit 1
