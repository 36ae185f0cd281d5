#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A comment names its subject first: no sentence of one begins with What, Who, Whose, Whatever or Of.
set -u
cd "$1" || exit 2
python3 - <<'EOF'
import glob, re, sys

FOLDERS = ["src", "include", "tests"]
token = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
opening = re.compile(r"(?:^\s*|[.:?!]\s+)((?:What|Who|Whom|Whose|Whoever|Whatever|Of)\b.{0,60})")
bad = False
for path in sorted(p for folder in FOLDERS for p in glob.glob(f"{folder}/**/*.[chd]*", recursive=True)):
    text = open(path).read()
    for comment in token.finditer(text):
        if not comment[0].startswith("/*"):
            continue
        # Blanks for the margin, so that places stay the same.
        prose = re.sub(r"\n[ \t]*\*?", lambda m: " " * len(m[0]), comment[0][2:-2])
        for found in opening.finditer(prose):
            at = text.count("\n", 0, comment.start() + 2 + found.start(1)) + 1
            print(f"{path}:{at}: begin with the subject, not with: {found[1].strip()}")
            bad = True
sys.exit(bad)
EOF
