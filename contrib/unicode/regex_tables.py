# SPDX-License-Identifier: Apache-2.0
"""Writes src/text/regex_tables.h from the Unicode Character Database.

	python3 contrib/unicode/regex_tables.py /usr/share/unicode > src/text/regex_tables.h

The directory holds UnicodeData.txt, Scripts.txt and CaseFolding.txt, which come
from https://www.unicode.org/Public/ (Debian: unicode-data).
"""
import bisect
import sys


def categories(path):
    """Runes of each category, surrogates included; unassigned ones have none."""
    out, first = {}, None
    for line in open(path, encoding="ascii"):
        f = line.split(";")
        r = int(f[0], 16)
        if f[1].endswith(", First>"):
            first = r
            continue
        out.setdefault(f[2], set()).update(range(first if first is not None else r, r + 1))
        first = None
    return out


def scripts(path):
    out = {}
    for line in open(path, encoding="utf-8"):
        line = line.split("#")[0].strip()
        if line:
            span, name = (x.strip() for x in line.split(";"))
            lo, _, hi = span.partition("..")
            out.setdefault(name, set()).update(range(int(lo, 16), int(hi or lo, 16) + 1))
    return out


def orbits(path):
    """Each rune that has other cases with the next of its kind, the last with the first."""
    classes = {}
    for line in open(path, encoding="utf-8"):
        line = line.split("#")[0].strip()
        if line:
            r, status, to = [x.strip() for x in line.split(";")][:3]
            if status in "CS":
                classes.setdefault(int(to, 16), set()).add(int(r, 16))
    out = {}
    for to, others in classes.items():
        ring = sorted(others | {to})
        for a, b in zip(ring, ring[1:] + ring[:1]):
            out[a] = b
    return out


def ranges(members):
    out = []
    for r in sorted(members):
        if out and out[-1][1] == r - 1:
            out[-1][1] = r
        else:
            out.append([r, r])
    return out


def canonical(name):
    """First letter upper, others lower, without _."""
    return name[0] + name[1:].replace("_", "").lower()


def rows(cells, per_line):
    for i in range(0, len(cells), per_line):
        print("\t" + ", ".join(cells[i:i + per_line]) + ",")
    print("};")


def depth(table, r):
    """How many rows back from the last that begins at r or before it the one for r is."""
    i = bisect.bisect_right([row[0] for row in table], r)
    return next(n for n in range(1, i + 1) for lo, more, step, _ in [table[i - n]]
                if r <= lo + more * step and (r - lo) % step == 0)


def main():
    d = sys.argv[1]
    sets = {**categories(d + "/UnicodeData.txt"), **{canonical(n): s for n, s in scripts(d + "/Scripts.txt").items()}}
    fold = orbits(d + "/CaseFolding.txt")
    print("""/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_tables.h - categories and scripts of runes, and their cases, Unicode 15.0.
 * Written by contrib/unicode/regex_tables.py; not edited.
 */
#ifndef TEXT_REGEX_TABLES_H
#define TEXT_REGEX_TABLES_H

#include <stdint.h>

/* All the sets behind one another, each sorted: lo, and how many more behind it. */
static const struct {
	uint32_t lo : 21, more : 11;
} rune_spans[] = {""")
    cells, names = [], []
    for name in sorted(sets):
        start = len(cells)
        for lo, hi in ranges(sets[name]):
            while lo <= hi:
                more = min(hi - lo, 2047)
                # What is very long is cut; reading joins it again.
                cells.append(f"{{ 0x{lo:X}, {more} }}")
                lo += more + 1
        names.append(f'{{ "{name}", {start}, {len(cells) - start} }}')
    rows(cells, 9)
    print("""
/* Categories of two letters and scripts, sorted by name: the first letter is upper case, the others lower. */
static const struct {
	const char *name;
	uint16_t from, n;
} rune_sets[] = {""")
    rows(names, 4)
    print("""
/* lo, lo + step, and so on, `more` times: the next rune of the same letter is at `delta`; rings. */
static const struct {
	uint32_t lo;
	uint16_t more, step;
	int32_t delta;
} rune_folds[] = {""")
    left, out = dict(fold), []
    for r in sorted(fold):
        if r not in left:
            continue
        best = (1, 1)
        for step in (1, 2):
            n = 1
            while left.get(r + n * step, -1) - (r + n * step) == fold[r] - r:
                n += 1
            if n > best[0]:
                best = (n, step)
        n, step = best
        for i in range(n):
            del left[r + i * step]
        out.append((r, n - 1, step, fold[r] - r))
    rows([f"{{ 0x{lo:X}, {more}, {step}, {delta} }}" for lo, more, step, delta in out], 5)
    print(f"""
/* Rows lie within each other: a rune's is at most so many before the first that begins behind it. */
#define RUNE_FOLD_BACK {max(depth(out, r) for r in fold)}""")
    print("\n#endif")


main()
