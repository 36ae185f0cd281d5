/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/db.h (private) - the SQLite connection and its schema.
 *
 * One connection does everything, reading, writing and checkpointing: SQLite
 * before 3.51.3 can lose committed writes when a checkpoint of one connection
 * meets a write of another (sqlite.org/wal.html, "the WAL-reset bug"). It has
 * one user at a time: the loop until the writer thread starts, then that thread.
 *
 * Every table maps a key to a body, and has a sum of both beside them, so that
 * what the disk changed is not taken for what was written. Keys of rows of the log are numbers,
 * most significant byte first, so that new ones go to the end.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "db_files.h"
#include "sql.h"
#include "tables.h"

struct db;

/* DB_READ changes no row, makes nothing, and puts up with a damaged file as far as possible. */
enum db_mode { DB_WRITE, DB_READ };

/*
 * Opens PATH; DB_WRITE makes it if it is missing. *fresh_out: db_mark_complete
 * was never called for it. On failure *trouble_out says of what kind.
 */
struct db *db_open(const char *path, enum db_mode mode, bool *fresh_out, enum db_trouble *trouble_out,
    struct err *e) MUST_CHECK;
void db_close(struct db **d);
/* The kind of failure that the last failed call met. */
enum db_trouble db_trouble(const struct db *d);
enum db_files {
	DB_FILES_OURS,
	DB_FILES_MOVED,		/* the database was renamed or deleted under our hands */
	DB_FILES_CUT,		/* what we wrote is not in them, as their sizes tell, or the log is not the one we write to */
};
/* Looks what became of its files since the last commit; *e says what was cut. */
enum db_files db_files_now(struct db *d, struct err *e);
/* Which file it is: never 0, and another one for another file. */
uint64_t db_file(const struct db *d);
/* Size of its files, as they were at db_files_now, and of what was written since. */
uint64_t db_bytes(const struct db *d);
/* After the first page was replaced by that of a new database: that says where tables begin, as far as it is known. *again_out: when it is opened again. */
bool db_find_tables(struct db *d, bool *again_out, struct err *e) MUST_CHECK;
/* Its first filling is done: it is not fresh any more. Also inside a transaction. */
bool db_mark_complete(struct db *d, struct err *e) MUST_CHECK;

bool db_begin(struct db *d, struct err *e) MUST_CHECK;
/* Durable when it returns true. */
bool db_commit(struct db *d, struct err *e) MUST_CHECK;
void db_rollback(struct db *d);
bool db_put(struct db *d, enum db_table t, struct str key, struct str body, struct err *e) MUST_CHECK;
bool db_drop(struct db *d, enum db_table t, struct str key, struct err *e) MUST_CHECK;
bool db_clear(struct db *d, struct err *e) MUST_CHECK;	/* all tables */

enum db_order { DB_FORWARD, DB_BACKWARD };
/*
 * Calls visit with each row in the order of keys, both borrowed for the call,
 * until it returns false, which is no error. Rows that are not what was written
 * are left out: see db_bad_rows.
 */
bool db_each(struct db *d, enum db_table t, enum db_order order,
    bool (*visit)(void *arg, struct str key, struct str body), void *arg, struct err *e) MUST_CHECK;

/* How many rows db_each has left out so far, and which the first was. */
size_t db_bad_rows(const struct db *d, struct err *first_out);
/* Is its structure whole? False with ERR_INVALID: it is not. Reads all of it. */
bool db_check(struct db *d, struct err *e) MUST_CHECK;

/* Writes a compact copy to a file that does not exist or is empty, and makes it durable. */
bool db_copy(struct db *d, const char *path, struct err *e) MUST_CHECK;

#endif
