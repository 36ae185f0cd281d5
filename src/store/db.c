/* SPDX-License-Identifier: Apache-2.0 */
#include "db.h"

#include <sqlite3.h>
#include <stdio.h>

#include "base/mem.h"

#define SCHEMA_VERSION 1

static const char *const table_names[TABLE_N] = {
	[TABLE_SILENCES] = "silences",
	[TABLE_LOG_ENTRIES] = "log_entries",
};

struct db {
	sqlite3 *handle;
	sqlite3_stmt *put[TABLE_N], *drop[TABLE_N];
};

static bool
db_err(struct db *d, struct err *e)
{
	int code = sqlite3_errcode(d->handle);

	return err_set(e, code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ERR_INVALID : ERR_IO, "database: %s",
	    sqlite3_errmsg(d->handle));
}

bool
db_error_is_damage(const struct err *e)
{
	return e->kind == ERR_INVALID;
}

static bool
execute(struct db *d, const char *sql, struct err *e)
{
	return sqlite3_exec(d->handle, sql, NULL, NULL, NULL) == SQLITE_OK || db_err(d, e);
}

static bool
read_version(struct db *d, int *out, struct err *e)
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(d->handle, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW;

	if (ok)
		*out = sqlite3_column_int(s, 0);
	else
		db_err(d, e);
	sqlite3_finalize(s);
	return ok;
}

static bool
make_schema(struct db *d, struct err *e)
{
	char sql[256];

	if (!execute(d, "BEGIN IMMEDIATE", e))
		return false;
	for (int t = 0; t < TABLE_N; t++) {
		snprintf(sql, sizeof(sql),
		    "CREATE TABLE IF NOT EXISTS %s(key BLOB PRIMARY KEY, body BLOB NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID",
		    table_names[t]);
		if (!execute(d, sql, e)) {
			db_rollback(d);
			return false;
		}
	}
	return execute(d, "COMMIT", e);
}

bool
db_mark_complete(struct db *d, struct err *e)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", SCHEMA_VERSION);
	return execute(d, sql, e);
}

static bool
prepare(struct db *d, struct err *e)
{
	char sql[128];

	for (int t = 0; t < TABLE_N; t++) {
		snprintf(sql, sizeof(sql), "REPLACE INTO %s(key, body, expires) VALUES(?, ?, ?)", table_names[t]);
		if (sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &d->put[t], NULL) != SQLITE_OK)
			return db_err(d, e);
		snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE key = ?", table_names[t]);
		if (sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &d->drop[t], NULL) != SQLITE_OK)
			return db_err(d, e);
	}
	return true;
}

/* Exclusive locking keeps a second process out and needs no shared memory file. */
static bool
configure(struct db *d, struct err *e)
{
	return execute(d,
	    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	    "PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF",
	    e);
}

struct db *
db_open(const char *path, bool *fresh_out, struct err *e)
{
	struct db *d = NEW(struct db);
	int version = 0;

	if (sqlite3_open_v2(path, &d->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK) {
		err_set(e, ERR_IO, "database %s: %s", path,
		    d->handle != NULL ? sqlite3_errmsg(d->handle) : "out of memory");
		db_close(&d);
		return NULL;
	}
	sqlite3_extended_result_codes(d->handle, 0);
	if (!configure(d, e) || !read_version(d, &version, e))
		goto fail;
	if (version > SCHEMA_VERSION) {
		err_set(e, ERR_LIMIT, "database %s: schema %d is newer than this version knows (%d)", path, version,
		    SCHEMA_VERSION);
		goto fail;
	}
	*fresh_out = version == 0;
	if ((version == 0 && !make_schema(d, e)) || !prepare(d, e))
		goto fail;
	return d;
fail:
	db_close(&d);
	return NULL;
}

void
db_close(struct db **d)
{
	if (*d == NULL)
		return;
	for (int t = 0; t < TABLE_N; t++) {
		sqlite3_finalize((*d)->put[t]);
		sqlite3_finalize((*d)->drop[t]);
	}
	sqlite3_close((*d)->handle);
	mem_free(*d);
	*d = NULL;
}

bool
db_begin(struct db *d, struct err *e)
{
	return execute(d, "BEGIN IMMEDIATE", e);
}

bool
db_commit(struct db *d, struct err *e)
{
	return execute(d, "COMMIT", e);
}

void
db_rollback(struct db *d)
{
	if (sqlite3_get_autocommit(d->handle) == 0)
		sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
}

static bool
run(struct db *d, sqlite3_stmt *s, struct err *e)
{
	bool ok = sqlite3_step(s) == SQLITE_DONE || db_err(d, e);

	/* A statement that is not reset holds the log open. */
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return ok;
}

bool
db_put(struct db *d, enum db_table t, struct str key, struct str body, int64_t expires, struct err *e)
{
	sqlite3_stmt *s = d->put[t];

	sqlite3_bind_blob64(s, 1, key.p, key.n, SQLITE_STATIC);
	sqlite3_bind_blob64(s, 2, body.p, body.n, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, expires);
	return run(d, s, e);
}

bool
db_drop(struct db *d, enum db_table t, struct str key, struct err *e)
{
	sqlite3_bind_blob64(d->drop[t], 1, key.p, key.n, SQLITE_STATIC);
	return run(d, d->drop[t], e);
}

bool
db_each(struct db *d, enum db_table t, bool (*visit)(void *arg, struct str body, struct err *e), void *arg, struct err *e)
{
	sqlite3_stmt *s = NULL;
	char sql[64];
	int code = SQLITE_DONE;
	bool ok = true;

	snprintf(sql, sizeof(sql), "SELECT body FROM %s", table_names[t]);
	if (sqlite3_prepare_v2(d->handle, sql, -1, &s, NULL) != SQLITE_OK)
		return db_err(d, e);
	while (ok && (code = sqlite3_step(s)) == SQLITE_ROW)
		ok = visit(arg,
		    (struct str){ sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0) }, e);
	if (ok && code != SQLITE_DONE)
		ok = db_err(d, e);
	sqlite3_finalize(s);
	return ok;
}
