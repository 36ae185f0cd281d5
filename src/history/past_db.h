/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/past_db.h (private) - the database of events: its schema, and connections to it.
 *
 * One connection writes and checkpoints, that of the writer thread; those of readers are read-only and never
 * checkpoint, so SQLite's WAL-reset bug (see store/db.h) has no second party.
 *
 *	blocks		events, some thousand a row: block.h. Rows with sealed = 0 are what the newest commits
 *			added; when they make a whole block, one sealed row takes their place. Here are the summaries
 *			only, so that going through them reads few pages
 *	block_sets	their label sets
 *	bodies		their strings and events
 *	segments	label sets with consecutive numbers: segment.h. Here are the directories
 *	parts		their columns
 *	meta		what the database itself has to remember
 */
#ifndef HISTORY_PAST_DB_H
#define HISTORY_PAST_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "block.h"

#define DB_NAME "history.db"
#define DB_PAGE 8192
enum past_db_trouble {
	DB_FINE,
	DB_DAMAGED,	/* not a database of ours, of another version, or corrupt */
	DB_FULL,	/* no space */
	DB_UNUSABLE,	/* the rest */
};

struct past_db {
	sqlite3 *handle;
	enum past_db_trouble trouble;	/* of the last call that failed */
	bool old;			/* its label sets stand as version 2 had them: upgrade.h */
	uint64_t key[2];		/* of this database: for hashes that strangers must not know */
};

/* Makes it if it is missing. False: *trouble of d says why; it need not be closed. */
bool past_db_open_writer(struct past_db *d, const char *path, struct err *e) MUST_CHECK;
/* One that is there, and of the present version. */
bool past_db_open_reader(struct past_db *d, const char *path, struct err *e) MUST_CHECK;
void past_db_close(struct past_db *d);	/* may be zeroed */

/* Makes the tables of label sets where they are missing. */
bool past_db_make_segments(struct past_db *d, struct err *e) MUST_CHECK;
/* Version 2 has become the present one. Inside a transaction. */
bool past_db_is_new(struct past_db *d, struct err *e) MUST_CHECK;

/* Always false: sets e and trouble to what SQLite says. */
bool past_db_failed(struct past_db *d, struct err *e);
bool past_db_run(struct past_db *d, const char *sql, struct err *e) MUST_CHECK;
/* Kept until sqlite3_finalize. NULL and e. */
sqlite3_stmt *past_db_prepare(struct past_db *d, const char *sql, struct err *e) MUST_CHECK;
/* Runs s, which gives no rows, and resets it. */
bool past_db_step(struct past_db *d, sqlite3_stmt *s, struct err *e) MUST_CHECK;
/* One number; false also when there is none, and e is not set then. */
bool past_db_number(struct past_db *d, const char *sql, int64_t *out, struct err *e) MUST_CHECK;
struct str past_db_column(sqlite3_stmt *s, int at);	/* a blob or text, borrowed until the next step */
void past_db_bind_blob(sqlite3_stmt *s, int at, struct str v);	/* borrowed until the reset; empty is no NULL */

/* A block's columns in this order, for block_summary. */
#define BLOCK_COLUMNS "first, n, kinds, outcomes, oldest, newest, sum"
void block_summary(sqlite3_stmt *s, struct block_view *out);

/* Where the rest of blocks is read from. Strings are borrowed until the next read or block_source_reset. */
struct block_source {
	sqlite3_stmt *sets, *body;
};
bool block_source_open(struct block_source *b, struct past_db *d, struct err *e) MUST_CHECK;
void block_source_close(struct block_source *b);	/* may be zeroed */
/* To be called before the transaction ends. */
void block_source_reset(struct block_source *b);
/* Its label sets. */
void block_sets(struct block_source *b, struct block_view *v);
/* All the rest; false: it is not what was written. */
bool block_contents(struct block_source *b, struct block_view *v) MUST_CHECK;

#endif
