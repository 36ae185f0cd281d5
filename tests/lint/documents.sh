#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every kind of receiver has an example, and what the documents link to is there.
set -u
cd "$1" || exit 2
status=0

while read -r kind; do
	grep -q "^ *${kind}_configs:" contrib/receivers.md contrib/messengers.yml || {
		echo "$kind: no example of ${kind}_configs in contrib/receivers.md"
		status=1
	}
done <<EOF
$(sed -n 's/^NOTIFIER(\(.*\))$/\1/p' include/notify/notifiers.def)
EOF

for page in README.md contrib/*.md; do
	while read -r link; do
		[ -z "$link" ] || [ -e "$(dirname "$page")/$link" ] || {
			echo "$page: $link is not there"
			status=1
		}
	done <<-EOF
		$(sed -n 's/](\([^)]*\))/\n](\1)\n/gp' "$page" | sed -n 's/^](\([^):#]*\)\(#.*\)\{0,1\})$/\1/p' | sort -u)
	EOF
done
exit $status
