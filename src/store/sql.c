/* SPDX-License-Identifier: Apache-2.0 */
#include "sql.h"

#include <sqlite3.h>

static enum db_trouble
trouble_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return DB_DAMAGED;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return DB_IN_USE;
	default:
		return DB_UNUSABLE;
	}
}

bool
sql_err(struct sql *q, struct err *e)
{
	q->trouble = trouble_of(sqlite3_errcode(q->handle));
	return err_set(e, ERR_IO, "database: %s", sqlite3_errmsg(q->handle));
}

bool
sql_execute(struct sql *q, const char *statements, struct err *e)
{
	return sqlite3_exec(q->handle, statements, NULL, NULL, NULL) == SQLITE_OK || sql_err(q, e);
}

bool
sql_number(struct sql *q, const char *statement, int *out, struct err *e)
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(q->handle, statement, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;

	if (ok)
		*out = sqlite3_column_int(s, 0);
	else
		sql_err(q, e);
	sqlite3_finalize(s);
	return ok;
}

bool
sql_begin(struct sql *q, struct err *e)
{
	return sql_execute(q, "BEGIN IMMEDIATE", e);
}

bool
sql_end(struct sql *q, bool ok, struct err *e)
{
	ok = ok && sql_execute(q, "COMMIT", e);
	if (!ok)
		sql_rollback(q);
	return ok;
}

void
sql_rollback(struct sql *q)
{
	if (sqlite3_get_autocommit(q->handle) == 0)
		sqlite3_exec(q->handle, "ROLLBACK", NULL, NULL, NULL);
}

struct str
sql_column(sqlite3_stmt *s, int at)
{
	const void *p = sqlite3_column_blob(s, at);

	return (struct str){ p, (size_t)sqlite3_column_bytes(s, at) };
}
