/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/segment.h (private) - label sets with consecutive numbers, column by column.
 *
 * A segment has one column for each label name: the values that occur, each once, and for each set the number of its
 * value, or 0 where it has no such label. Nothing points out of it. So a condition on a label reads one column of each
 * segment and compares each value once; and writing a set needs no index, only a number for each of its labels.
 *
 * The columns' bytes stand one behind the other in parts, each a row of its own; where, says the directory. All of it
 * comes from a disk: each length is checked, and a column whose sum is wrong is not looked into.
 *
 *	values	of each its length and its bytes; they count from 1
 *	cells	a byte that says how, then
 *		1, 2 or 4	the number for each set, of so many bytes, little-endian
 *		0		for each set that has the label, by how many it is behind the one before, and the number
 *		8		for each set its fingerprint: the column without a name, which has no values
 */
#ifndef HISTORY_SEGMENT_H
#define HISTORY_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/hmap.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/vec.h"
#include "model/labels.h"

/* A segment is full with so many sets, or bytes. */
#define SEGMENT_SETS 65536
#define SEGMENT_BYTES ((size_t)4 << 20)
/* A part is full with so many bytes: the next column begins another. */
#define SEGMENT_PART ((size_t)32 << 10)

struct cell {
	uint32_t set, value;
};

/* Sets one behind the other that have the same value. */
struct cells_run {
	uint32_t first, n, value;
};

#define MAKER_LATELY 32	/* a power of two */

/* One label name while a segment is being made. */
struct maker_column {
	struct hmap_node node;
	uint32_t number;		/* place in `columns` */
	struct sbuf name, values;
	uint32_t values_n;
	uint32_t cells_n;		/* of all runs */
	VEC(struct cells_run) runs;
	struct cells_run open;		/* the last one, which may get longer; n = 0: there is none */
	/* As interned strings, which are compared by address: its name, the value of the open run, and values that came lately. */
	const struct istr *known_name, *open_value;
	struct lately {
		const struct istr *value;
		uint32_t number;
	} lately[MAKER_LATELY];
};

/* A value, where it stands in its column, and its number there. */
struct maker_value {
	uint32_t hash, column, number, at, n;
};

/* A segment being made. Zeroed memory is an empty one. */
struct segment_maker {
	uint32_t n;			/* sets */
	size_t bytes;			/* about what they take */
	VEC(struct maker_column *) columns;
	struct hmap by_name;
	VEC(struct maker_value) values;
	uint32_t *slots;		/* of a hash table: places in `values`, counted from 1 */
	size_t slots_n;
	VEC(uint64_t) fingerprints;
	VEC(uint32_t) order;		/* columns of the last set's labels */
};

void segment_maker_fini(struct segment_maker *m);
/* Empty again. */
void segment_maker_clear(struct segment_maker *m);
static inline bool
segment_maker_is_full(const struct segment_maker *m)
{
	return m->n >= SEGMENT_SETS || m->bytes >= SEGMENT_BYTES;
}
/* Adds l, whose strings stay until segment_maker_clear. */
void segment_add_labels(struct segment_maker *m, const struct labels *l);
/* The same piece by piece: a set, then its cells. A fingerprint of 0 says that there is no set of this number. */
void segment_add(struct segment_maker *m, uint64_t fingerprint);
uint32_t segment_column(struct segment_maker *m, struct str name);	/* which is not empty */
uint32_t segment_value(struct segment_maker *m, uint32_t column, struct str value);
void segment_cell(struct segment_maker *m, uint32_t column, uint32_t value);
struct column;
/* The column of a segment whose sets begin with that at `base`; the one of fingerprints, which is the first, adds them. */
void segment_add_column(struct segment_maker *m, uint32_t base, struct str name, const struct column *c);

/* The directory, and the parts. */
struct segment_made {
	struct sbuf directory;
	VEC(struct sbuf) parts;
};
/* m is to be cleared then. */
void segment_make(struct segment_maker *m, struct segment_made *out);
void segment_made_fini(struct segment_made *s);

/* A line of a directory, read. */
struct segment_entry {
	struct str name;		/* borrowed from it */
	uint32_t part, values_n;
	size_t at, values, cells;	/* where it begins in the part, and the bytes of both */
	uint64_t sum;
};
/* All columns, by name: the fingerprints are the first. Free *out with mem_free. False: it is damaged. */
bool segment_directory(struct str directory, uint32_t parts_n, struct segment_entry **out, size_t *n_out) MUST_CHECK;
uint64_t segment_sum(struct str s);

/* A column, read. */
struct column {
	uint32_t n;			/* sets */
	uint32_t values_n;
	unsigned form;			/* as above */
	char *bytes;			/* owned, as are the rest */
	const char *cells;		/* in it, of a form with so many bytes a set */
	struct str *values;		/* of value 1 on */
	struct cell *some;		/* of form 0, by set */
	size_t some_n;
};
/* Takes a copy of its bytes out of the part. False: it is not what was written. */
bool column_open(struct column *c, struct str part, const struct segment_entry *e, uint32_t n) MUST_CHECK;
void column_close(struct column *c);	/* may be zeroed */
size_t column_bytes(const struct column *c);
/* The number of the set's value, 0: it has none. at is below c->n. */
uint32_t column_cell(const struct column *c, uint32_t at);
uint64_t column_fingerprint(const struct column *c, uint32_t at);

#endif
