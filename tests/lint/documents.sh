#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every kind of receiver has an example, and what the documents link to is there.
set -u
cd "$1" || exit 2
status=0

for kind in $(sed -n 's/^NOTIFIER(\(.*\))$/\1/p' include/notify/notifiers.def); do
	grep -q "^ *${kind}_configs:" contrib/receivers.md contrib/messengers.yml || {
		echo "$kind: no example of ${kind}_configs in contrib/receivers.md"
		status=1
	}
done

for page in README.md contrib/*.md; do
	for link in $(sed -n 's/](\([^)]*\))/\n](\1)\n/gp' "$page" | sed -n 's/^](\([^):#]*\)\(#.*\)\{0,1\})$/\1/p' | sort -u); do
		[ -e "$(dirname "$page")/$link" ] || {
			echo "$page: $link is not there"
			status=1
		}
	done
done
exit $status
