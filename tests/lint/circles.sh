#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No circles within a room: where a.c or a.h includes the header of b, b does not come back to a, by however many steps.
# A header without a source of its name, of types or for several sources, is no module, and may be included by all.
set -u
cd "$1" || exit 2
python3 - <<'EOF'
import glob, os, re, sys

# A circle that is right to stay: room, its modules, why.
ALLOWED = {}


def modules(room):
    """What each source of the room includes of the room's other modules, itself or by its header."""
    sources = {os.path.basename(path)[:-2]: [path] for path in glob.glob(f"src/{room}/*.c")}
    for path in glob.glob(f"src/{room}/*.h") + glob.glob(f"include/{room}/*.h"):
        sources.get(os.path.basename(path)[:-2], []).append(path)
    found = {}
    for name, paths in sources.items():
        text = "".join(open(path).read() for path in paths)
        included = re.findall(rf'^#include "(?:{room}/)?(\w+)\.h"', text, re.M)
        found[name] = {other for other in included if other in sources and other != name}
    return found


def circle(uses):
    """Takes away the modules that use none that are left, until all do: those are in circles, or use one that is."""
    left = {name: set(others) for name, others in uses.items()}
    while True:
        ends = {name for name, others in left.items() if not others}
        if not ends:
            break
        left = {name: others - ends for name, others in left.items() if name not in ends}
    while True:
        used = {other for others in left.values() for other in others}
        if used >= left.keys():
            return left
        left = {name: others for name, others in left.items() if name in used}


bad = False
for room in sorted(os.listdir("src")):
    left = circle(modules(room)) if os.path.isdir(f"src/{room}") else {}
    if left and (room, tuple(sorted(left))) not in ALLOWED:
        bad = True
        print(f"modules of {room} in a circle:", *(f"{a} uses {', '.join(sorted(b))};" for a, b in sorted(left.items())))
sys.exit(bad)
EOF
