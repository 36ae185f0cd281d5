/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/sets.h (private) - label sets get their numbers and go to the disk, in segments. Writer thread.
 *
 * A set has the number that it got when it was new: a table in memory knows it, within bounds; what a burst of alerts
 * has left there goes when there is rest. A set that dropped
 * out of the table, or was there before the process, gets another number and is written again: readers take either.
 *
 * Numbers belong to an epoch, which begins with an event. When a new one begins nothing is remembered, so events of an
 * epoch have the numbers of that epoch alone: with the last of its events its segments go, whole.
 */
#ifndef HISTORY_SETS_H
#define HISTORY_SETS_H

#include "base/vec.h"
#include "model/labels.h"
#include "past_db.h"
#include "segment.h"

struct segment_row {
	uint64_t first, n;
	uint64_t epoch;			/* id of its first event */
	int64_t epoch_began;		/* ms since 1970 */
	uint64_t part, parts_n;		/* ids of its parts: from, how many */
	uint64_t bytes;
	bool damaged;			/* cannot be merged */
};

/* A part of the table of sets that have a number; zeroed: it has no places. */
struct known_part {
	struct known_set *v;		/* owned */
	size_t n;			/* places */
};

#define KNOWN_PARTS 64

struct sets {
	struct past_db *db;			/* borrowed */
	sqlite3_stmt *add_segment, *add_part, *get_segment, *get_parts, *drop_segment, *drop_parts;
	uint64_t next;			/* number of the next new one */
	uint64_t next_part;
	struct known_part known[KNOWN_PARTS];	/* by a part of their hashes */
	struct segment_maker maker;	/* new ones of the transaction; the first has the number next - maker.n */
	VEC(struct segment_row) all;	/* as they are on the disk, ascending */
	uint64_t epoch;
	int64_t epoch_began;		/* ms since 1970 */
};

bool sets_open(struct sets *s, struct past_db *db, struct err *e) MUST_CHECK;
void sets_close(struct sets *s);	/* may be zeroed */
/* Begins an epoch with the event that comes next; not while a transaction has sets that are not written. */
void sets_begin_epoch(struct sets *s, uint64_t event, int64_t now);
/* Beside its number: the alert of a set has begun, or ended. */
enum set_news { SET_NO_NEWS, SET_BEGUN, SET_ENDED };
/* The number of l, which is entered if it is new, and stays until sets_flush. Inside a transaction. False: see e. */
bool sets_number(struct sets *s, const struct labels *l, enum set_news news, uint64_t *out, struct err *e) MUST_CHECK;
/* Nothing has happened for a while: where most are of alerts that have ended, these are forgotten. Not inside a transaction. */
void sets_rest(struct sets *s);
/* Writes what the transaction has collected: before its commit. */
bool sets_flush(struct sets *s, struct err *e) MUST_CHECK;
/* Writes m as the segment that begins where `at` begins, and is of its epoch; m is cleared. */
bool sets_put_segment(struct sets *s, struct segment_maker *m, const struct segment_row *at, struct err *e) MUST_CHECK;
/* Takes `n` of s->all away, from `at`. Inside a transaction, as all below. */
bool sets_drop(struct sets *s, size_t at, size_t n, struct err *e) MUST_CHECK;
/* Are there segments of epochs that ended before this event? At most `most` go. */
bool sets_are_over(const struct sets *s, uint64_t event);
bool sets_drop_over(struct sets *s, uint64_t event, size_t most, struct err *e) MUST_CHECK;

/* merge.c: small segments that stand side by side become large ones. Is there something to be done? A step of it. */
bool sets_merge_is_due(const struct sets *s);
bool sets_merge(struct sets *s, struct err *e) MUST_CHECK;

#endif
