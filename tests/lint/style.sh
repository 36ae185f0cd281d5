#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every source file says its licence in the first line (behind a #! line).
set -u
cd "$1" || exit 2

bare=$(find src include tests contrib \( -name '*.[ch]' -o -name '*.sh' \) -type f | sort |
	while read -r file; do
		case $file in
		*.sh) want='# SPDX-License-Identifier: Apache-2.0' ;;
		*) want='/* SPDX-License-Identifier: Apache-2.0 */' ;;
		esac
		line=$(head -n 2 "$file" | grep -v '^#!' | head -n 1)
		[ "$line" = "$want" ] || echo "$file"
	done)
[ -z "$bare" ] && exit 0
printf 'files that do not begin with the SPDX line:\n%s\n' "$bare"
exit 1
