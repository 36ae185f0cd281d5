#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shell scripts are clean to shellcheck, Python compiles.
set -eu
cd "$1"

if command -v shellcheck >/dev/null; then
	git ls-files '*.sh' | xargs shellcheck
fi
git ls-files '*.py' | while read -r file; do
	python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$file"
done
