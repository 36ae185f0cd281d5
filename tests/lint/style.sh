#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every source file says its licence in the first line (behind a #! line).
set -u
cd "$1" || exit 2

bare=$(find src include tests contrib -name node_modules -prune -o \
	\( -name '*.[ch]' -o -name '*.sh' -o -name '*.js' -o -name '*.mjs' -o -name '*.css' \) -type f -exec awk '
	FNR == 1 { line = 1 }
	FNR == line && /^#!/ { line = 2; next }
	FNR == line {
		want = "SPDX-License-Identifier: Apache-2.0"
		want = FILENAME ~ /\.sh$/ ? "# " want : FILENAME ~ /\.m?js$/ ? "// " want : "/* " want " */"
		if ($0 != want)
			print FILENAME
	}' {} + | sort)
[ -z "$bare" ] && exit 0
printf 'files that do not begin with the SPDX line:\n%s\n' "$bare"
exit 1
