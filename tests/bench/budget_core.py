#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
What operations of the core may cost, in instructions as callgrind counts them: budget_core.py PROGRAM (bench/count.c).

They are those of the build for tests without sanitizers (-O1), so they compare with themselves alone: budget.py has those of the
program as it is installed. They repeat to a per cent on any machine with the same compiler. Whoever makes an operation
cheaper makes its budget smaller; whoever makes one dearer says why in the commit.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Instructions at most, and what they are counted for.
BUDGETS = {
    "new": (16_520, "an alert that is new: its label sets are made, it is stored, routed and grouped"),
    "again": (10_100, "the same posted again with a later end"),
    "silence": (30_150, "a silence with a regular expression of one of four shapes"),
    "status": (18_950, "an alert of the first list after 256 such silences"),
    "scan": (200, "an alert that a list looks at to find one by its label"),
    "column": (2_700, "an alert of the column that is made when lists have often asked for that label"),
    "find": (14_700, "a list asked for one alert by its label, when there is a column"),
    "notify": (46_150, "an alert that is a group of its own, until it is told and noted"),
    "turn": (1_800_000, "the longest call of the engine while a group of 2,048 is flushed under dear silences, told, and flushed again"),
}


def main():
    if shutil.which("valgrind") is None:
        print("no valgrind")
        return 77
    with tempfile.TemporaryDirectory() as d:
        said = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={d}/cg", *(f"--{what}=operation_{name}" for name in (*BUDGETS, "none")
                                                                               for what in ("zero-before", "dump-after")), sys.argv[1]],
            check=True, capture_output=True, text=True, timeout=300).stdout.split()
        times = dict(zip(said[::2], map(int, said[1::2])))
        found = {}
        for path in pathlib.Path(d).iterdir():
            text = path.read_text()
            name = re.search(r"^desc: Trigger: --dump-after=operation_(\w+)", text, re.M)
            if name and name[1] in BUDGETS:
                found[name[1]] = max(found.get(name[1], 0), int(re.search(r"^(?:totals|summary): (\d+)", text, re.M)[1]) / times[name[1]])
    print(f"{'operation':<10}{'instructions':>14}{'budget':>10}")
    for name, (budget, what) in BUDGETS.items():
        print(f"{name:<10}{found[name]:>14,.0f}{budget:>10,}  {'TOO MANY: ' if found[name] > budget else ''}{what}")
    return any(found[name] > budget for name, (budget, _) in BUDGETS.items())


if __name__ == "__main__":
    sys.exit(main())
