/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/writer.h (private) - one transaction, and what it takes to get it done.
 *
 * The struct belongs to the writer thread from the moment its job is submitted
 * until it is home (loop/workers.h), else to the loop. A database that failed is
 * closed and opened again for the next transaction, a damaged one is set aside
 * (renamed) and a new one begun.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include "base/time.h"
#include "batch.h"
#include "db_rows.h"
#include "redo.h"
#include "wal.h"

enum written {
	WRITTEN,
	WRITE_FAILED,		/* see trouble and err */
	WRITE_NEEDS_ALL,	/* the database is a new one: it has to get all there is */
	WRITE_FOUND_ROWS,	/* a database that nobody has read: it was, into `loaded` */
};

struct writer {
	struct clock *clock;
	char *directory;
	char *path;			/* of the database */
	char *copy_path;		/* of a copy while it is made: it has no name once it is complete */
	struct db *db;			/* NULL: not open */
	bool known;			/* its contents are ours: read at start, or written since */
	uint64_t file;			/* … of which file (db_file) they were written to; 0: to none yet */

	/* The orders. */
	struct batch before;		/* what records hold (redo.h): it goes first; both are empty again when they were written */
	struct batch batch;
	uint64_t redo_id, redo_no;	/* whose records are valid, and up to which they are in the database then */
	int redo_fd;			/* their file, to be looked after; borrowed, -1: none */
	bool redo_wanted;		/* make or find it when all is written */
	bool all;			/* the batch has all there is: replaces what the database has */
	bool backup;			/* copy the database afterwards */

	/* How it went. */
	enum written result;
	enum db_trouble trouble;
	struct err err;
	bool set_aside;			/* a damaged database was, for `aside_why`, as `aside_path` */
	struct err aside_why;
	char aside_path[4096];
	bool redo_lost;			/* the file of records is not in its place any more */
	int redo_made;			/* the one that was wanted, the owner's to close; -1: it cannot be had */
	struct wal_damage damage;	/* of the log that there was; the loop sets n to 0 when it has told */
	int copy_fd;			/* the copy, the owner's to close; -1: see copy_err */
	struct err copy_err;
	struct db_rows loaded;
	span took;
	uint64_t bytes;			/* of the database and its log, when it was last written */
};

void writer_init(struct writer *w, const char *directory, struct clock *clock);
void writer_fini(struct writer *w);
/* Does it; whoever owns the struct. */
void writer_run(struct writer *w);
/* Opens the database for writing. *fresh_out: it is new. */
bool writer_open(struct writer *w, bool *fresh_out, struct err *e) MUST_CHECK;
/* Renames the database out of the way: never deletes what may yet be read. It must not be open. */
bool writer_set_aside(struct writer *w, const struct err *why, struct err *e) MUST_CHECK;

#endif
