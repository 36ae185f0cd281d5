#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No function that a header offers is without a user in src. What tests alone ask for is listed here.
set -u
cd "$1" || exit 2
python3 - <<'EOF'
import collections, glob, re, sys

# How tests look at, or drive, what the program does itself otherwise.
FOR_TESTS = """claim_result_text engine_applying engine_may_leave gsm7_encode http_server_address http_server_connections http_server_gets
http_server_gets_refused inhibit_source inhibitor_new istr_usage json_get_int json_valid mail_address_parse passwords_looks
regex_prefix rx_machines_bound rx_machines_bytes share_free share_merge_some share_new share_receive
share_state_some share_waits silence_matches silences_match
view_alert_status view_alerts_count view_groups view_silences""".split()

plain = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
declared = re.compile(r'^(?!static|#|typedef|extern|\s)[\w *]*?\b\*?([a-z]\w+)\([^;{]*?\)[^;{]*;|'
                      r'^static inline[^;{(]*?\b(\w+)\(', re.M | re.S)
text = {path: plain.sub(" ", open(path).read())
        for path in glob.glob("src/**/*.[ch]", recursive=True) + glob.glob("include/*/*")}
words = collections.Counter(word for t in text.values() for word in re.findall(r"\w+", t))
dead = [f"{path}: {name}" for path in sorted(text) if path.endswith(".h")
        for m in declared.finditer(text[path]) for name in [m[1] or m[2]]
        if words[name] < (3 if m[1] else 2) and name not in FOR_TESTS]
print(*dead, sep="\n")
sys.exit(1 if dead else 0)
EOF
