# SPDX-License-Identifier: Apache-2.0
"""Writes src/base/rune_tables.h from the Unicode Character Database.

	python3 contrib/unicode/rune_tables.py UnicodeData.txt > src/base/rune_tables.h

UnicodeData.txt comes from https://www.unicode.org/Public/ (Debian: unicode-data).
"""
import sys

SURROGATES = range(0xD800, 0xE000)


def read(path):
    """Category, simple upper case and simple lower case of each rune."""
    runes, first = {}, None
    for line in open(path, encoding="ascii"):
        f = line.strip().split(";")
        r, name, category = int(f[0], 16), f[1], f[2]
        if name.endswith(", First>"):
            first = r
            continue
        for x in range(first if first is not None else r, r + 1):
            runes[x] = (category, int(f[12] or f[0], 16) if first is None else x,
                        int(f[13] or f[0], 16) if first is None else x)
        first = None
    return runes


def ranges(members):
    """(lo, hi, stride) with strides of 1 and 2, greedily."""
    members, out, i = sorted(members), [], 0
    while i < len(members):
        lo, best = members[i], (1, 1)
        for stride in (1, 2):
            n = 1
            while i + n < len(members) and members[i + n] == lo + n * stride:
                n += 1
            if n > best[0] and (stride == 1 or n > 2):
                best = (n, stride)
        n, stride = best
        out.append((lo, members[i + n - 1], stride))
        i += n
    return out


def table(kind, name, comment, rows, per_line):
    print(f"\n/* {comment} */\nstatic const struct {kind} {name}[] = {{")
    cells = ["{ " + ", ".join(str(v) if i else f"0x{v:X}" for i, v in enumerate(row)) + " }" for row in rows]
    for i in range(0, len(cells), per_line):
        print("\t" + ", ".join(cells[i:i + per_line]) + ",")
    print("};")


def members(runes, *classes):
    return [r for r, (c, _, _) in runes.items() if r >= 0x80 and r not in SURROGATES
            and any(c.startswith(k) for k in classes)]


def class_table(name, comment, rows):
    # hi is written as the distance from lo.
    table("rune_range", name, comment, [(lo, hi - lo, stride) for lo, hi, stride in rows], 6)


def mapping(runes, which):
    deltas = {}
    for r, row in runes.items():
        if r >= 0x80 and row[which] != r:
            deltas.setdefault(row[which] - r, []).append(r)
    return sorted((lo, hi - lo, stride, d) for d, rs in deltas.items() for lo, hi, stride in ranges(rs))


def disjoint(rows):
    """Rows of stride 2 may interleave with others: split those, so that a binary search works."""
    out, queue = [], sorted(rows)
    for i, (lo, n, stride, d) in enumerate(queue):
        inside = any(j != i and lo <= o[0] <= lo + n for j, o in enumerate(queue))
        if stride == 2 and inside:
            out += [(r, 0, 1, d) for r in range(lo, lo + n + 1, 2)]
        else:
            out.append((lo, n, stride, d))
    out.sort()
    for a, b in zip(out, out[1:]):
        assert a[0] + a[1] < b[0], (a, b)
    return out


def main():
    runes = read(sys.argv[1])
    print("""/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rune_tables.h - classes and cases of runes from U+0080 on, Unicode 15.0.
 * Written by contrib/unicode/rune_tables.py from UnicodeData.txt; not edited.
 */
#ifndef RUNE_TABLES_H
#define RUNE_TABLES_H

#include <stdint.h>

/* lo, lo + stride, and so on up to lo + span. */
struct rune_range {
	uint32_t lo;
	uint16_t span, stride;
};

/* The same, with what to add to a rune to change its case. */
struct rune_case {
	uint32_t lo;
	uint16_t span, stride;
	int32_t delta;
};""")
    for name, comment, classes in (
            ("letters", "Categories L*.", ("L",)),
            ("digits", "Category Nd.", ("Nd",)),
            ("uppers", "Category Lu.", ("Lu",)),
            ("printables", "Categories L*, M*, N*, P* and S*.", ("L", "M", "N", "P", "S"))):
        rows = []
        for lo, hi, stride in ranges(members(runes, *classes)):
            while hi - lo > 0xFFFF:
                rows.append((lo, lo + 0xFFFF, 1))
                lo += 0x10000
            rows.append((lo, hi, stride))
        class_table(name, comment, rows)
    table("rune_case", "to_upper", "Simple upper case mapping.", disjoint(mapping(runes, 1)), 4)
    table("rune_case", "to_lower", "Simple lower case mapping.", disjoint(mapping(runes, 2)), 4)
    print("\n#endif")


main()
