#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No file longer than one can keep in mind.
set -u
cd "$1" || exit 2

long=$(find src include tests -name '*.[ch]' -type f | sort |
	while read -r file; do
		lines=$(wc -l <"$file")
		[ "$lines" -le 700 ] || echo "$file: $lines lines"
	done)
[ -z "$long" ] && exit 0
printf 'files over 700 lines:\n%s\n' "$long"
exit 1
