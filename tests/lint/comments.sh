#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A comment names its subject first: no sentence of one begins with What, Who, Whose, Whatever or Of. Names with an underscore
# in it are names of the code.
set -u
cd "$1" || exit 2
python3 - <<'EOF'
import glob, re, sys

FOLDERS = ["src", "include", "tests"]
token = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
opening = re.compile(r"(?:^\s*|[.:?!]\s+)((?:What|Who|Whom|Whose|Whoever|Whatever|Of)\b.{0,60})")
name = re.compile(r"(?<![\w./#-])[a-z]\w*_\w*[a-z0-9](?![\w…]|_|\.\w|\([0-9])")
# Names of others, and those that stand for many.
FOREIGN = {"json_null", "sd_notify", "signature_jwt", "sim_messages", "test_x", "engine_restore_name", "record_key_name", "record_put_name", "record_get_name"}
texts = {p: open(p).read() for folder in FOLDERS for p in sorted(glob.glob(f"{folder}/**/*.[chd]*", recursive=True))
         if "/node_modules/" not in p}
known = set(FOREIGN)
for text in texts.values():
    known.update(re.findall(r"\w+", re.sub(r"/\*.*?\*/", " ", text, flags=re.S)))
bad = False
for path, text in texts.items():
    for comment in token.finditer(text):
        if not comment[0].startswith("/*"):
            continue
        for found in name.finditer(comment[0]):
            if found[0] not in known:
                print(f"{path}:{text.count(chr(10), 0, comment.start() + found.start()) + 1}: nothing is called {found[0]}")
                bad = True
        # Blanks for the margin, so that places stay the same.
        prose = re.sub(r"\n[ \t]*\*?", lambda m: " " * len(m[0]), comment[0][2:-2])
        for found in opening.finditer(prose):
            at = text.count("\n", 0, comment.start() + 2 + found.start(1)) + 1
            print(f"{path}:{at}: begin with the subject, not with: {found[1].strip()}")
            bad = True
sys.exit(bad)
EOF
