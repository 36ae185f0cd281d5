/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/block.h (private) - some thousand events in a few bytes each, with a summary of what is in it.
 *
 * A block is one row of the table: a summary (which kinds, outcomes and times, which label sets, sorted; which
 * strings, each once) and its events, in the order in which they happened. An event is a mask of the fields that
 * it has, and for each a number: of itself, or of a string. Numbers are LEB128; ids count upwards by one from the
 * block's first; times are differences. So an alert's change of state takes about 8 bytes.
 *
 * Blocks come from a disk: each length is checked, and one whose sum is wrong is not looked into.
 */
#ifndef HISTORY_BLOCK_H
#define HISTORY_BLOCK_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/hmap.h"
#include "base/sbuf.h"
#include "base/vec.h"
#include "row.h"

/* A block is full with so many events, or bytes. */
#define BLOCK_EVENTS 4096
#define BLOCK_BYTES ((size_t)512 << 10)

/* Being made. Zeroed memory after block_init. */
struct block {
	uint64_t first;			/* id of its first event */
	uint32_t n;
	uint64_t kinds, outcomes;	/* masks */
	int64_t oldest, newest;		/* times in ms */
	int64_t last;			/* time of the last event */
	struct sbuf rows, words;
	struct hmap known;		/* words, by hash */
	struct arena *made;		/* words */
	uint32_t words_n;
	VEC(uint64_t) sets;		/* of label sets, as they came */
};

void block_init(struct block *b);
void block_fini(struct block *b);
/* Empty again. */
void block_clear(struct block *b);
/* r->id must be that of the next one, or any one if there is none yet. */
void block_add(struct block *b, const struct row *r);
/* The same of an event that has nothing but these; also to another block, unless that is NULL. */
void block_add_alert(struct block *b, struct block *also, uint64_t id, int64_t at, unsigned kind, uint64_t set, uint64_t starts);
bool block_is_full(const struct block *b);
/* Appends the label sets to out, sorted, each once. */
void block_put_sets(struct block *b, struct sbuf *out);

/* As it stands in the table; the strings are borrowed. */
struct block_view {
	uint64_t first, n;
	uint64_t kinds, outcomes;
	int64_t oldest, newest;
	uint64_t sum;
	struct str sets, words, rows;
};

uint64_t block_sum(struct str sets, struct str words, struct str rows);

/* Goes through a view's label sets, ascending; zeroed it is before the first. False: that was all. */
struct set_reader {
	size_t at;
	uint64_t set;
};
bool block_next_set(struct str sets, struct set_reader *r);

/* The strings of a view; free with mem_free. False: they are damaged. */
bool block_words(struct str words, struct str **out, size_t *n_out) MUST_CHECK;

/* Goes through a view's events; `rows`, `first` and the words are borrowed. */
struct row_reader {
	struct str rows;
	const struct str *words;
	size_t words_n;
	size_t at;
	uint64_t id;			/* of the next one */
	int64_t time;			/* of the last one */
	VEC(uint64_t) sets;		/* of the row that was read last, as is the next */
	VEC(struct row_recipient) to;
};
void row_reader_init(struct row_reader *r, const struct block_view *v, const struct str *words, size_t words_n);
void row_reader_fini(struct row_reader *r);
/* 1: *out is the next event, borrowed until the next call; 0: that was all; -1: damaged. */
int row_reader_next(struct row_reader *r, struct row *out);

#endif
