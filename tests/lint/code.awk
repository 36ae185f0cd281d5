# SPDX-License-Identifier: Apache-2.0
# Prints each line of C as FILE:LINE:CODE with comments and the insides of
# string and character literals blanked, except in #include lines.
FNR == 1 { comment = 0 }
{
	if (!comment && $0 ~ /^[ \t]*#[ \t]*include/) {
		print FILENAME ":" FNR ":" $0
		next
	}
	# Most lines have nothing to blank, and need not be looked at by the letter.
	if (!comment && $0 !~ /["'\/]/) {
		print FILENAME ":" FNR ":" $0
		next
	}
	out = ""
	quote = ""
	n = length($0)
	for (i = 1; i <= n; i++) {
		c = substr($0, i, 1)
		two = substr($0, i, 2)
		if (comment) {
			if (two == "*/") {
				comment = 0
				i++
			}
		} else if (quote != "") {
			if (c == "\\") {
				i++
			} else if (c == quote) {
				quote = ""
				out = out c
			}
		} else if (two == "/*") {
			comment = 1
			out = out " "
			i++
		} else if (two == "//") {
			break
		} else {
			if (c == "\"" || c == "'")
				quote = c
			out = out c
		}
	}
	print FILENAME ":" FNR ":" out
}
