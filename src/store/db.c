/* SPDX-License-Identifier: Apache-2.0 */
#include "db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/sbuf.h"

/* 1 had a row for each group. */
#define SCHEMA_VERSION 2
#define APPLICATION_ID 0x746f6373	/* "tocs" */
/* A process that is just ending still holds the lock. */
#define BUSY_MS 5000

static const char *const table_names[TABLE_N] = {
	[TABLE_SILENCES] = "silences",
	[TABLE_LOG_ENTRIES] = "log_entries",
	[TABLE_GROUPS] = "groups",
	[TABLE_INTENTS] = "intents",
	[TABLE_ALERTS] = "alerts",
	[TABLE_META] = "meta",
};

/* A file as it was after we last wrote. */
struct trace {
	char *path;
	bool seen;
	struct stat st;
};

struct db {
	sqlite3 *handle;
	sqlite3_stmt *put[TABLE_N], *drop[TABLE_N], *begin, *commit;
	struct trace file, wal;
	enum db_trouble trouble;
};

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

static bool
db_err(struct db *d, struct err *e)
{
	d->trouble = trouble_of(sqlite3_errcode(d->handle));
	return err_set(e, ERR_IO, "database: %s", sqlite3_errmsg(d->handle));
}

enum db_trouble
db_trouble(const struct db *d)
{
	return d->trouble;
}

static bool
execute(struct db *d, const char *sql, struct err *e)
{
	return sqlite3_exec(d->handle, sql, NULL, NULL, NULL) == SQLITE_OK || db_err(d, e);
}

static bool
read_number(struct db *d, const char *pragma, int *out, struct err *e)
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(d->handle, pragma, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;

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
	bool ok = execute(d, "BEGIN IMMEDIATE", e);

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", APPLICATION_ID);
	ok = ok && execute(d, sql, e);
	for (int t = 0; ok && t < TABLE_N; t++) {
		snprintf(sql, sizeof(sql),
		    "CREATE TABLE IF NOT EXISTS %s(key BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID",
		    table_names[t]);
		ok = execute(d, sql, e);
	}
	ok = ok && execute(d, "COMMIT", e);
	if (!ok)
		db_rollback(d);
	return ok;
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
		snprintf(sql, sizeof(sql), "REPLACE INTO %s(key, body) VALUES(?, ?)", table_names[t]);
		if (sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &d->put[t], NULL) != SQLITE_OK)
			return db_err(d, e);
		snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE key = ?", table_names[t]);
		if (sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &d->drop[t], NULL) != SQLITE_OK)
			return db_err(d, e);
	}
	return (sqlite3_prepare_v3(d->handle, "BEGIN IMMEDIATE", -1, SQLITE_PREPARE_PERSISTENT, &d->begin, NULL) ==
		       SQLITE_OK &&
		   sqlite3_prepare_v3(d->handle, "COMMIT", -1, SQLITE_PREPARE_PERSISTENT, &d->commit, NULL) == SQLITE_OK) ||
	    db_err(d, e);
}

/* Exclusive locking keeps a second process out and needs no shared memory file. */
static bool
configure(struct db *d, enum db_mode mode, struct err *e)
{
	if (!execute(d, "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", e))
		return false;
	return mode == DB_READ ||
	    execute(d, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2048;"
		       "PRAGMA journal_size_limit = 16777216", e);
}

/* Whose is it, and how old? */
static bool
identify(struct db *d, int *version, struct err *e)
{
	int owner = 0;

	if (!read_number(d, "PRAGMA user_version", version, e) || !read_number(d, "PRAGMA application_id", &owner, e))
		return false;
	if (owner != APPLICATION_ID && (owner != 0 || *version != 0)) {
		d->trouble = DB_DAMAGED;
		return err_set(e, ERR_INVALID, "not a database of this program");
	}
	if (*version > SCHEMA_VERSION) {
		d->trouble = DB_NEWER;
		return err_set(e, ERR_LIMIT, "its schema %d is newer than this version knows (%d)", *version,
		    SCHEMA_VERSION);
	}
	return true;
}

static char *
join(const char *path, const char *suffix)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&b, "%s%s", path, suffix);
	return sbuf_take(&b, NULL);
}

static void
look(struct trace *t)
{
	t->seen = stat(t->path, &t->st) == 0;
}

static bool
unchanged(const struct trace *t, struct err *e)
{
	struct stat st;

	if (!t->seen)
		return true;
	if (stat(t->path, &st) != 0 || st.st_ino != t->st.st_ino)
		return err_set(e, ERR_IO, "%s was removed or replaced while it was in use", t->path);
	if (st.st_size < t->st.st_size)
		return err_set(e, ERR_IO, "%s was cut while it was in use", t->path);
	return true;
}

struct db *
db_open(const char *path, enum db_mode mode, bool *fresh_out, enum db_trouble *trouble_out, struct err *e)
{
	struct db *d = NEW(struct db);
	int flags = SQLITE_OPEN_READWRITE | (mode == DB_WRITE ? SQLITE_OPEN_CREATE : 0);
	int version = 0;
	bool ok;

	ok = sqlite3_open_v2(path, &d->handle, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK || db_err(d, e);
	ok = ok && sqlite3_busy_timeout(d->handle, BUSY_MS) == SQLITE_OK &&
	    execute(d, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = 8192", e);
	if (ok && sqlite3_db_readonly(d->handle, "main") == 1)
		ok = err_set(e, ERR_IO, "database: it can only be read");
	/* Reading goes as far as it can: this lets a file pass that is shorter than it should be. */
	if (ok && mode == DB_READ)
		ok = execute(d, "PRAGMA writable_schema = ON", e);
	/* The version is judged before anything is written. */
	ok = ok && identify(d, &version, e) && configure(d, mode, e);
	if (ok && mode == DB_WRITE)
		ok = (version != 0 || make_schema(d, e)) && (version != 1 || db_mark_complete(d, e)) && prepare(d, e);
	if (ok) {
		*fresh_out = version == 0;
		d->file.path = join(path, "");
		d->wal.path = join(path, "-wal");
		look(&d->file);
		look(&d->wal);
		return d;
	}
	*trouble_out = d->trouble != DB_FINE ? d->trouble : DB_UNUSABLE;
	sqlite3_db_config(d->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	err_ctx(e, "%s", path);
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
	sqlite3_finalize((*d)->begin);
	sqlite3_finalize((*d)->commit);
	sqlite3_close((*d)->handle);
	mem_free((*d)->file.path);
	mem_free((*d)->wal.path);
	mem_free(*d);
	*d = NULL;
}

bool
db_moved(struct db *d)
{
	int moved = 0;

	return sqlite3_file_control(d->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

uint64_t
db_file(const struct db *d)
{
	uint64_t id = (uint64_t)d->file.st.st_dev << 48 ^ (uint64_t)d->file.st.st_ino;

	return id != 0 ? id : 1;
}

bool
db_whole(const struct db *d, struct err *e)
{
	return unchanged(&d->wal, e) && unchanged(&d->file, e);
}

static bool
run(struct db *d, sqlite3_stmt *s, struct err *e)
{
	bool ok = sqlite3_step(s) == SQLITE_DONE || db_err(d, e);

	/* A statement that is not reset holds the log open. */
	sqlite3_reset(s);
	return ok;
}

bool
db_begin(struct db *d, struct err *e)
{
	return run(d, d->begin, e);
}

bool
db_commit(struct db *d, struct err *e)
{
	if (!run(d, d->commit, e))
		return false;
	look(&d->file);
	look(&d->wal);
	return true;
}

void
db_rollback(struct db *d)
{
	if (sqlite3_get_autocommit(d->handle) == 0)
		sqlite3_exec(d->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* An empty blob, never NULL. */
static int
bind(sqlite3_stmt *s, int at, struct str v)
{
	return v.n == 0 ? sqlite3_bind_zeroblob(s, at, 0) : sqlite3_bind_blob64(s, at, v.p, v.n, SQLITE_STATIC);
}

bool
db_put(struct db *d, enum db_table t, struct str key, struct str body, struct err *e)
{
	sqlite3_stmt *s = d->put[t];

	if (bind(s, 1, key) != SQLITE_OK || bind(s, 2, body) != SQLITE_OK)
		return db_err(d, e);
	return run(d, s, e);
}

bool
db_drop(struct db *d, enum db_table t, struct str key, struct err *e)
{
	if (bind(d->drop[t], 1, key) != SQLITE_OK)
		return db_err(d, e);
	return run(d, d->drop[t], e);
}

bool
db_clear(struct db *d, struct err *e)
{
	char sql[64];
	bool ok = true;

	for (int t = 0; ok && t < TABLE_N; t++) {
		snprintf(sql, sizeof(sql), "DELETE FROM %s", table_names[t]);
		ok = execute(d, sql, e);
	}
	return ok;
}

static struct str
column(sqlite3_stmt *s, int at)
{
	const void *p = sqlite3_column_blob(s, at);

	return (struct str){ p, (size_t)sqlite3_column_bytes(s, at) };
}

bool
db_each(struct db *d, enum db_table t, enum db_order order, bool (*visit)(void *arg, struct str key, struct str body),
    void *arg, struct err *e)
{
	sqlite3_stmt *s = NULL;
	char sql[96];
	int code;

	snprintf(sql, sizeof(sql), "SELECT key, body FROM %s ORDER BY key%s", table_names[t],
	    order == DB_BACKWARD ? " DESC" : "");
	if (sqlite3_prepare_v2(d->handle, sql, -1, &s, NULL) != SQLITE_OK)
		return db_err(d, e);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && visit(arg, column(s, 0), column(s, 1)))
		;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		db_err(d, e);
	sqlite3_finalize(s);
	return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool
db_copy(struct db *d, const char *path, struct err *e)
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(d->handle, "VACUUM INTO ?", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC) == SQLITE_OK;

	ok = ok ? run(d, s, e) : db_err(d, e);
	sqlite3_finalize(s);
	return ok;
}
