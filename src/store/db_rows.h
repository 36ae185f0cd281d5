/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/db_rows.h (private) - all rows of a database, in memory for a while.
 */
#ifndef STORE_DB_ROWS_H
#define STORE_DB_ROWS_H

#include "base/arena.h"
#include "base/vec.h"
#include "batch.h"
#include "db.h"
#include "row_memory.h"

struct loaded_row {
	struct str key, body;		/* in the arena, or in `more` */
};

struct db_rows {
	struct arena *arena;
	struct row_memory more;		/* when the arena has grown large */
	VEC(struct loaded_row) rows[TABLE_N];	/* in the order of keys */
	bool damaged;			/* not all could be read, or not as it was written; `why` is the first reason */
	size_t bad;			/* rows that were left out, and other places that are damaged */
	struct err why;
	bool fresh;			/* there is no database, or nothing was ever put into it */
};

/*
 * Reads all tables. Around a damaged place, what can be reached from the
 * table's other end is read as well. False when something other than damage
 * kept us from reading. Any thread.
 */
bool db_rows_read(struct db_rows *l, struct db *d, struct err *e) MUST_CHECK;
/*
 * As db_rows_read, of the database at path, from a temporary copy of its files:
 * they stay as they are. Says l->fresh also when it returns false.
 */
bool db_rows_read_copy(struct db_rows *l, const char *path, enum db_trouble *trouble_out, struct err *e) MUST_CHECK;
/* Puts all rows into an empty database and marks it complete: one transaction. */
bool db_rows_copy(const struct db_rows *l, struct db *d, struct err *e) MUST_CHECK;
/* Makes these changes to the rows; nothing of the batch is kept. */
void db_rows_add(struct db_rows *l, const struct batch *b);
void db_rows_fini(struct db_rows *l);

#endif
