#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks the original for the expected results of the golden cases.

usage: refresh.py AMTOOL FILE.txt...

Rewrites each file: every program is rendered by `AMTOOL template render`
with data.json and shared.tmpl, and what comes out (or the error) becomes
the expected text. Cases with " own" in their name are left as they are.
"""
import os
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))


def render(amtool, name, program):
    args = [amtool, "template", "render", "--template.glob", os.path.join(here, "shared.tmpl"),
            "--template.data", os.path.join(here, "data.json"), "--template.text=" + program]
    if " html" in name:
        args.append("--template.type=html")
    p = subprocess.run(args, capture_output=True, check=False)
    if p.returncode == 0:
        return "---", p.stdout
    error = p.stderr.decode("utf-8", "surrogateescape")
    prefix = "amtool: error: "
    assert error.startswith(prefix), (name, error)
    return "--- error", error[len(prefix):].rstrip("\n").encode("utf-8", "surrogateescape")


def cases(text):
    """(name, program, marker, expected) for each case."""
    for block in ("\n" + text).split("\n=== ")[1:]:
        name, _, rest = block.partition("\n")
        lines = rest.split("\n")
        marks = [i for i, line in enumerate(lines) if line.startswith("---")]
        if marks:
            at = marks[0]
            yield name, "\n".join(lines[:at]), lines[at], "\n".join(lines[at + 1:])
        else:
            yield name, rest.rstrip("\n"), None, None


def main():
    amtool = sys.argv[1]
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            text = f.read()
        if text.endswith("\n"):
            text = text[:-1]
        head = ("\n" + text).split("\n=== ")[0].lstrip("\n")
        out = head.encode() + b"\n" if head else b""
        for name, program, mark, expected in cases(text):
            if " own" in name:
                result = expected.encode("utf-8", "surrogateescape")
            else:
                mark, result = render(amtool, name, program)
            out += b"=== " + name.encode() + b"\n" + program.encode("utf-8", "surrogateescape") + b"\n"
            out += mark.encode() + b"\n" + result + b"\n"
        with open(path, "wb") as f:
            f.write(out)


main()
