#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shell scripts are clean to shellcheck, Python compiles.
set -eu
cd "$1"

if command -v shellcheck >/dev/null; then
	git ls-files '*.sh' | xargs shellcheck
fi
git ls-files '*.py' | xargs python3 -c '
import ast, sys
for path in sys.argv[1:]:
    with open(path) as f:
        ast.parse(f.read(), path)'
