/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/loaded.h (private) - all rows of a database, in memory for a while.
 */
#ifndef STORE_LOADED_H
#define STORE_LOADED_H

#include "base/arena.h"
#include "base/vec.h"
#include "db.h"

struct loaded_row {
	struct str key, body;		/* in the arena */
};

struct loaded {
	struct arena *arena;
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
bool loaded_read(struct loaded *l, struct db *d, struct err *e) MUST_CHECK;
/*
 * As loaded_read, of the database at path, from a temporary copy of its files:
 * they stay as they are. Says l->fresh also when it returns false.
 */
bool loaded_read_copy(struct loaded *l, const char *path, enum db_trouble *trouble_out, struct err *e) MUST_CHECK;
/* Puts all rows into an empty database and marks it complete: one transaction. */
bool loaded_copy(const struct loaded *l, struct db *d, struct err *e) MUST_CHECK;
void loaded_fini(struct loaded *l);

#endif
