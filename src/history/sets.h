/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/sets.h (private) - label sets get their numbers, and are entered into the index by pairs. Writer thread.
 */
#ifndef HISTORY_SETS_H
#define HISTORY_SETS_H

#include "base/arena.h"
#include "base/vec.h"
#include "past_db.h"
#include "model/labels.h"

struct sets {
	struct past_db *db;			/* borrowed */
	sqlite3_stmt *find_set, *add_set, *find_pair, *add_pair, *get_postings, *put_postings;
	uint64_t next;			/* number of the next new one */
	struct known_set *known;	/* found lately; owned */
	struct known_pair *pairs;	/* likewise */
	struct hmap fresh;		/* what the transaction adds to postings, by their key */
	struct sbuf scratch, numbers;
	unsigned char *live;		/* one bit a number, for a sweep (sweep.h): those that are used since it began; NULL: none */
	uint64_t live_n;
};

bool sets_open(struct sets *s, struct past_db *db, struct err *e) MUST_CHECK;
void sets_close(struct sets *s);	/* may be zeroed */
/* The number of l, which is entered if it is new. Inside a transaction. False: see e. */
bool sets_number(struct sets *s, const struct labels *l, uint64_t *out, struct err *e) MUST_CHECK;
/* Writes what the transaction has collected: before its commit. */
bool sets_flush(struct sets *s, struct err *e) MUST_CHECK;
/* Some were deleted: what is remembered may not be there any more. */
void sets_forget(struct sets *s);

#endif
