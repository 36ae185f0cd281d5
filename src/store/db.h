/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/db.h (private) - the SQLite connection and its schema.
 *
 * One connection does everything, reading, writing and checkpointing: SQLite
 * before 3.51.3 can lose committed writes when a checkpoint of one connection
 * meets a write of another (sqlite.org/wal.html, "the WAL-reset bug"). It has
 * one user at a time: the loop until the writer thread starts, then that thread.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

struct db;

/* Tables with the columns key, body, expires (seconds since 1970; what retention is over may be dropped). */
enum db_table { TABLE_SILENCES, TABLE_LOG_ENTRIES, TABLE_N };

/*
 * Opens or makes PATH. *fresh_out: db_mark_complete was never called for it. ERR_INVALID: not a
 * database of ours, or damaged; ERR_LIMIT: written by a newer version; ERR_IO.
 */
struct db *db_open(const char *path, bool *fresh_out, struct err *e) MUST_CHECK;
void db_close(struct db **d);
/* Its first filling is done: it is not fresh any more. Also inside a transaction. */
bool db_mark_complete(struct db *d, struct err *e) MUST_CHECK;

bool db_begin(struct db *d, struct err *e) MUST_CHECK;
/* Durable when it returns true. */
bool db_commit(struct db *d, struct err *e) MUST_CHECK;
void db_rollback(struct db *d);
bool db_put(struct db *d, enum db_table t, struct str key, struct str body, int64_t expires, struct err *e) MUST_CHECK;
bool db_drop(struct db *d, enum db_table t, struct str key, struct err *e) MUST_CHECK;
/* Calls visit with each body, borrowed for the call. A visit that returns false stops with its error. */
bool db_each(struct db *d, enum db_table t, bool (*visit)(void *arg, struct str body, struct err *e), void *arg,
    struct err *e) MUST_CHECK;
/* Is the error one of a damaged file? */
bool db_error_is_damage(const struct err *e);

#endif
