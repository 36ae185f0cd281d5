#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every kind of receiver has an example, every preset of gateways a row that is true; what the documents link to and the metrics they name are there.
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

# A row has the keys that the preset wants, and an entry of gateways.yml that is of the preset.
while read -r symbol; do
	source=src/notify/gateways/$symbol.c
	preset=$(sed -n 's/^	\.name = "\(.*\)",$/\1/p' "$source" | tail -n 1)
	wants=$(sed -n 's/^	\.wants = \(.*\),$/\1/p' "$source" | tr 'A-Z|' 'a-z,' | sed 's/ *, */, /g; s/g_\([a-z]*\)/~\1~/g' | tr "~" "\`")
	row=$(grep -F "| \`$preset\` | ${wants:-none} | " contrib/receivers.md)
	[ -n "$row" ] || {
		echo "$preset: no row of it in contrib/receivers.md that begins | \`$preset\` | ${wants:-none} |"
		status=1
		continue
	}
	entry=$(echo "$row" | cut -d '|' -f 4 | tr -d '` ')
	sed -n "/^  - name: $entry\$/{n;p;}" contrib/gateways.yml | grep -qx "    preset: $preset" || {
		echo "$preset: its entry \"$entry\" is not one of contrib/gateways.yml"
		status=1
	}
done <<EOF
$(sed -n 's/^GATEWAY(\(.*\))$/\1/p' src/notify/gateways/gateways.def)
EOF
[ "$(grep -c '^GATEWAY(' src/notify/gateways/gateways.def)" = "$(sed -n '/^### Presets of gateways/,/^## /p' contrib/receivers.md | grep -c '^| `')" ] || {
	echo "contrib/receivers.md: a row of a preset that there is none of, or two of one"
	status=1
}

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

# A name that ends with _ stands for all that begin so.
known=$(grep -rhoE '\b(tocsin|alertmanager)_[a-z0-9_]+' src include | sort -u)
while IFS=: read -r page line name; do
	case $name in
	*_) pattern="^$name" ;;
	*) pattern="^$(echo "$name" | sed 's/_\(bucket\|count\|sum\)$/\\(&\\)\\{0,1\\}/')\$" ;;
	esac
	echo "$known" | grep -q "$pattern" || {
		echo "$page:$line: there is no metric $name"
		status=1
	}
done <<EOF
$(grep -noE '\b(tocsin|alertmanager)_[a-z0-9_]+' README.md contrib/*.md contrib/grafana/*.json rules/tocsin.rules.yml)
EOF
exit $status
