/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/past_writer.h (private) - batches go to the disk, one transaction each, and what is too old or too much goes.
 *
 * The struct is the writer thread's from the submission of its job until that is home, else the loop's. A database
 * that failed is closed, and opened again for the next batch; one that is damaged, or not ours, is set aside (renamed).
 */
#ifndef HISTORY_PAST_WRITER_H
#define HISTORY_PAST_WRITER_H

#include "base/time.h"
#include "block.h"
#include "record.h"
#include "sets.h"

struct past_writer {
	struct clock *clock;
	char *path;
	span retention;
	uint64_t max_bytes;		/* of the file */

	/* The database. */
	struct past_db db;
	bool is_open;
	struct sets sets;
	sqlite3_stmt *add_block, *add_sets, *add_body;
	sqlite3_stmt *begin, *commit, *find_first, *count_pages, *count_spare;
	struct block whole, piece;	/* what is not sealed yet; what the transaction adds to that */
	struct sbuf group;		/* scratch, as is the next: of a notification */
	uint64_t numbers[ROW_SETS_MAX];
	uint64_t next;			/* id of the next event */
	uint64_t gone;			/* events that retention has deleted since the epoch began */

	/* The task. */
	struct batch *batch;		/* NULL: only to open and tidy */
	bool upgrading;			/* outcome: it was not written yet, as an old database is being upgraded */

	/* The outcome. */
	bool ok;
	struct err err;
	bool full;			/* no space is left on the disk */
	struct err aside_why;		/* a database was set aside; kind ERR_NONE: none */
	char aside_path[4096];
	uint64_t generation;		/* counts files that were begun: readers open theirs anew */
	uint64_t events, bytes;		/* in the database */
	int64_t oldest;			/* ms; 0: there is nothing */
	int64_t before;			/* … of the newest event that was there before this process */
	uint64_t first;			/* id of the oldest event; of the next one when there is none */
	int64_t first_newest;		/* … of the newest event in the oldest block */
	uint64_t deleted;		/* events that went by retention, so far */
	uint64_t bad;			/* blocks that were not what was written, so far */
	bool more;			/* there is more to be tidied */
	span took;
};

void past_writer_init(struct past_writer *w, const char *directory, struct clock *clock, span retention,
    uint64_t max_bytes);
void past_writer_fini(struct past_writer *w);
void past_writer_run(struct past_writer *w);

/* Pages of the database, which is open, and those of them that are not used; bytes, oldest and the like of w. */
uint64_t past_writer_pages(struct past_writer *w);
uint64_t past_writer_spare_pages(struct past_writer *w);
void past_writer_measure(struct past_writer *w);

/* retain.c: a step of retention, some milliseconds at most. False: see e. */
bool retain_some(struct past_writer *w, struct err *e) MUST_CHECK;

#endif
