/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/reader.h (private) - a connection that reads, and what a question is made of. A reader is one thread's.
 */
#ifndef HISTORY_READER_H
#define HISTORY_READER_H

#include "base/arena.h"
#include "base/hmap.h"
#include "base/time.h"
#include "base/vec.h"
#include "core/past.h"
#include "past_db.h"
#include "segment.h"
#include "model/matcher.h"
#include "text/regex.h"

struct reader {
	struct past_db db;
	bool is_open;
	uint64_t generation;		/* of the file that is open; see struct past_writer */
	struct block_source source;
	sqlite3_stmt *blocks, *segments, *part;
	/* Segments as they are; their columns stay in memory for the next question, within a bound. */
	VEC(struct open_segment *) open;
	size_t last;			/* the one that had the set that was asked for before */
	size_t columns_bytes;
	uint64_t questions;
	size_t bad;			/* segments and columns of this answer that were not what was written */
	/* Label sets that were looked up for this answer, by number. */
	struct hmap known;
	struct arena *arena;		/* of those */
};

/* Opens the file, also anew when it is another one than before. */
bool reader_open(struct reader *r, const char *path, uint64_t generation, struct err *e) MUST_CHECK;
void reader_close(struct reader *r);	/* may be zeroed */
/* Reads between the two see one moment. */
bool reader_begin(struct reader *r, struct err *e) MUST_CHECK;
void reader_end(struct reader *r);

/* A label set as it is shown. */
struct known_labels {
	struct hmap_node node;
	uint64_t number, fingerprint;
	bool exists;			/* else it is not known any more */
	struct str json;		/* the object; empty: not made yet */
};
/* Borrowed until reader_end. The second has `json`, unless it is not known any more. */
const struct known_labels *reader_set(struct reader *r, uint64_t set);
const struct known_labels *reader_labels(struct reader *r, uint64_t set);
/* 0: it is not known any more. */
uint64_t reader_fingerprint(struct reader *r, uint64_t set);

/* A segment of which some columns may have been read. */
struct open_segment {
	uint64_t first, n, sum, part, parts_n;
	char *directory;		/* owned, as are the rest */
	struct segment_entry *entries;	/* by name; the first is that of the fingerprints */
	size_t entries_n;		/* 0: it is damaged */
	struct open_column *columns;	/* one for each */
};
struct open_column {
	enum { COLUMN_UNREAD, COLUMN_READ, COLUMN_BAD } state;
	uint64_t question;		/* the last that needed it */
	struct column c;
};
/* segments.c. Reads what segments there are: at the begin of a question. */
bool segments_refresh(struct reader *r, struct err *e) MUST_CHECK;
/* Column `at` of the segment; NULL: it is damaged. Stays until segments_trim. */
const struct column *segment_column_of(struct reader *r, struct open_segment *s, size_t at);
/* The place of a name in the directory; 0: there is none. */
size_t segment_find(const struct open_segment *s, struct str name);
/* Gives memory back beyond the bound, that of this question last. over: the question is, so that less is kept. */
void segments_trim(struct reader *r, bool over);
void segments_close(struct reader *r);
/* The segment that has the number; NULL: none. */
struct open_segment *segment_of(struct reader *r, uint64_t set);

/* A question, copied; all in its arena. */
struct question {
	struct arena *arena;
	struct past_query q;
	uint64_t kinds, outcomes;	/* masks; 0: any */
	uint64_t before;		/* only events of lower ids; 0: all */
	int64_t from, to;		/* ms; events outside are left out */
	enum matcher_mode mode;
};

/* Bits by the number of a label set. */
struct set_bits {
	uint64_t *bits;			/* owned; NULL: no condition, every set is in */
	uint64_t n;			/* numbers below; none above is in */
};
void set_bits_fini(struct set_bits *b);
/* There is no set that it has. */
bool set_bits_empty(const struct set_bits *b);
static inline bool
set_bits_has(const struct set_bits *b, uint64_t set)
{
	return b->bits == NULL || (set < b->n && (b->bits[set / 64] >> set % 64 & 1) != 0);
}

/* When to stop, by the stopwatch of a clock. */
struct until {
	struct clock *clock;
	struct mono deadline;
};
static inline bool
until_over(const struct until *u)
{
	return u->clock->now(u->clock).mono.ns >= u->deadline.ns;
}

/* resolve.c: the label sets that the question asks for. False: e, or it took longer than u (ERR_TIMEOUT). */
bool resolve_sets(struct reader *r, const struct question *q, const struct matchers *ms, const struct until *u,
    struct set_bits *out, struct err *e) MUST_CHECK;

/* search.c */
struct found {
	/* Called for each event that is found, the newest first; all is borrowed. */
	void (*show)(void *arg, const struct row *row);
	void *arg;
	size_t limit;
	/* Out. */
	size_t n;
	uint64_t next;			/* where to go on: struct question's `before`. 0: that was all */
	size_t bad;			/* blocks that were not what was written */
};
/* Finds up to f->limit events, fewer when it would take too long: then f->next is not 0. */
bool search_run(struct reader *r, const struct question *q, struct clock *clock, struct found *f,
    struct err *e) MUST_CHECK;

#endif
