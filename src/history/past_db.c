/* SPDX-License-Identifier: Apache-2.0 */
#include "past_db.h"

#include <stdio.h>
#include <sys/random.h>

#include "base/hash.h"

#define APPLICATION_ID 0x746f6368 /* "toch" */
/* Version 2 had a row for each label set, each pair, and the sets of each pair. */
#define OLD_VERSION 2
#define SCHEMA_VERSION 3
#define BUSY_MS 2000

static const char schema[] =
    "CREATE TABLE blocks(first INTEGER PRIMARY KEY, n INTEGER, sealed INTEGER, kinds INTEGER, outcomes INTEGER,"
    " oldest INTEGER, newest INTEGER, sum INTEGER);"
    "CREATE TABLE block_sets(first INTEGER PRIMARY KEY, sets BLOB);"
    "CREATE TABLE bodies(first INTEGER PRIMARY KEY, words BLOB, rows BLOB);"
    "CREATE INDEX open_blocks ON blocks(first) WHERE sealed = 0;"
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;";

static const char segments[] =
    "CREATE TABLE IF NOT EXISTS segments(first INTEGER PRIMARY KEY, n INTEGER, epoch INTEGER, epoch_began INTEGER,"
    " part INTEGER, parts INTEGER, bytes INTEGER, sum INTEGER, directory BLOB);"
    "CREATE TABLE IF NOT EXISTS parts(id INTEGER PRIMARY KEY, body BLOB);";

bool
past_db_failed(struct past_db *d, struct err *e)
{
	switch (sqlite3_errcode(d->handle) & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		d->trouble = DB_DAMAGED;
		break;
	case SQLITE_FULL:
		d->trouble = DB_FULL;
		break;
	default:
		d->trouble = DB_UNUSABLE;
		break;
	}
	return err_set(e, ERR_IO, "history database: %s", sqlite3_errmsg(d->handle));
}

bool
past_db_run(struct past_db *d, const char *sql, struct err *e)
{
	return sqlite3_exec(d->handle, sql, NULL, NULL, NULL) == SQLITE_OK || past_db_failed(d, e);
}

sqlite3_stmt *
past_db_prepare(struct past_db *d, const char *sql, struct err *e)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) != SQLITE_OK)
		past_db_failed(d, e);
	return s;
}

bool
past_db_step(struct past_db *d, sqlite3_stmt *s, struct err *e)
{
	bool ok = sqlite3_step(s) == SQLITE_DONE || past_db_failed(d, e);

	sqlite3_reset(s);
	return ok;
}

bool
past_db_number(struct past_db *d, const char *sql, int64_t *out, struct err *e)
{
	sqlite3_stmt *s = past_db_prepare(d, sql, e);
	int code;

	if (s == NULL)
		return false;
	code = sqlite3_step(s);
	if (code == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL)
		*out = sqlite3_column_int64(s, 0);
	else if (code == SQLITE_ROW)
		code = SQLITE_DONE;
	else if (code != SQLITE_DONE)
		past_db_failed(d, e);
	sqlite3_finalize(s);
	return code == SQLITE_ROW;
}

struct str
past_db_column(sqlite3_stmt *s, int at)
{
	const void *p = sqlite3_column_blob(s, at);

	return (struct str){ p, (size_t)sqlite3_column_bytes(s, at) };
}

void
past_db_bind_blob(sqlite3_stmt *s, int at, struct str v)
{
	if (v.n == 0)
		sqlite3_bind_zeroblob(s, at, 0);
	else
		sqlite3_bind_blob64(s, at, v.p, v.n, SQLITE_STATIC);
}

static bool
foreign(struct past_db *d, struct err *e, const char *why)
{
	d->trouble = DB_DAMAGED;
	return err_set(e, ERR_INVALID, "%s", why);
}

/* Is it one of ours? *fresh_out: it is empty. */
static bool
identify(struct past_db *d, bool *fresh_out, struct err *e)
{
	int64_t owner = 0, version = 0, tables = 0;

	if (!past_db_number(d, "PRAGMA application_id", &owner, e) ||
	    !past_db_number(d, "PRAGMA user_version", &version, e) ||
	    !past_db_number(d, "SELECT count(*) FROM sqlite_schema", &tables, e))
		return false;
	*fresh_out = owner == 0 && version == 0 && tables == 0;
	if (*fresh_out)
		return true;
	if (owner != APPLICATION_ID)
		return foreign(d, e, "it is not a database of this program's history");
	d->old = version == OLD_VERSION;
	return version == SCHEMA_VERSION || d->old || foreign(d, e, "its schema is of another version of this program");
}

static bool
read_key(struct past_db *d, struct err *e)
{
	sqlite3_stmt *s = past_db_prepare(d, "SELECT value FROM meta WHERE name = 'key'", e);
	bool ok = s != NULL && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_bytes(s, 0) == sizeof(d->key);

	if (ok)
		memcpy(d->key, sqlite3_column_blob(s, 0), sizeof(d->key));
	sqlite3_finalize(s);
	return ok || foreign(d, e, "it has lost its key");
}

bool
past_db_make_segments(struct past_db *d, struct err *e)
{
	return past_db_run(d, segments, e);
}

bool
past_db_is_new(struct past_db *d, struct err *e)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", SCHEMA_VERSION);
	d->old = !past_db_run(d, sql, e);
	return !d->old;
}

static bool
make(struct past_db *d, struct err *e)
{
	unsigned char key[sizeof(d->key)];
	sqlite3_stmt *s = NULL;
	char sql[128];
	bool ok;

	snprintf(
	    sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID, SCHEMA_VERSION);
	if (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return err_set(e, ERR_IO, "the system gives no randomness");
	ok = past_db_run(d, "BEGIN IMMEDIATE", e) && past_db_run(d, schema, e) &&
	    past_db_make_segments(d, e) &&
	    (s = past_db_prepare(d, "INSERT INTO meta VALUES('key', ?)", e)) != NULL;
	if (ok) {
		sqlite3_bind_blob(s, 1, key, sizeof(key), SQLITE_STATIC);
		ok = past_db_step(d, s, e) && past_db_run(d, sql, e) && past_db_run(d, "COMMIT", e);
	}
	sqlite3_finalize(s);
	return ok;
}

/*
 * Connections share what they know of the log in memory of the process, not in a file that is mapped: where a block is less than a
 * page, or is written anew elsewhere, a full disk would end the process (SIGBUS). It keeps other processes out, too.
 */
static const char within_process[] = "unix-excl";

static bool
open_file(struct past_db *d, const char *path, int flags, struct err *e)
{
	*d = (struct past_db){ .trouble = DB_UNUSABLE };
	if (sqlite3_open_v2(path, &d->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, within_process) != SQLITE_OK) {
		if (d->handle != NULL)
			return past_db_failed(d, e);
		return err_set(e, ERR_IO, "no memory for a database");
	}
	sqlite3_busy_timeout(d->handle, BUSY_MS);
	return past_db_run(
	    d, "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", e);
}

static bool
not_opened(struct past_db *d, const char *path, struct err *e)
{
	err_ctx(e, "%s", path);
	sqlite3_close(d->handle);
	d->handle = NULL;
	return false;
}

bool
past_db_open_writer(struct past_db *d, const char *path, struct err *e)
{
	char sql[192];
	bool fresh = false;

	/* Before anything else is read: both hold only for a file that is empty. */
	snprintf(sql, sizeof(sql), "PRAGMA page_size = %d; PRAGMA auto_vacuum = INCREMENTAL", DB_PAGE);
	if (open_file(d, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, e) && past_db_run(d, sql, e) &&
	    identify(d, &fresh, e) &&
	    past_db_run(d,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 4194304;"
		"PRAGMA cache_size = -512",
		e) &&
	    (!fresh || make(d, e)) && read_key(d, e)) {
		d->trouble = DB_FINE;
		return true;
	}
	return not_opened(d, path, e);
}

bool
past_db_open_reader(struct past_db *d, const char *path, struct err *e)
{
	bool fresh = false;

	if (open_file(d, path, SQLITE_OPEN_READONLY, e) &&
	    past_db_run(d, "PRAGMA query_only = ON; PRAGMA cache_size = -2048", e) && identify(d, &fresh, e) &&
	    !fresh && !d->old && read_key(d, e)) {
		d->trouble = DB_FINE;
		return true;
	}
	return not_opened(d, path, e);
}

void
past_db_close(struct past_db *d)
{
	/* All statements are finalized by their owners. */
	sqlite3_close(d->handle);
	d->handle = NULL;
}

static uint64_t
column_number(sqlite3_stmt *s, int at)
{
	return (uint64_t)sqlite3_column_int64(s, at);
}

void
block_summary(sqlite3_stmt *s, struct block_view *out)
{
	*out = (struct block_view){
		.first = column_number(s, 0),
		.n = column_number(s, 1),
		.kinds = column_number(s, 2),
		.outcomes = column_number(s, 3),
		.oldest = sqlite3_column_int64(s, 4),
		.newest = sqlite3_column_int64(s, 5),
		.sum = column_number(s, 6),
	};
}

bool
block_source_open(struct block_source *b, struct past_db *d, struct err *e)
{
	*b = (struct block_source){ 0 };
	return (b->sets = past_db_prepare(d, "SELECT sets FROM block_sets WHERE first = ?", e)) != NULL &&
	    (b->body = past_db_prepare(d, "SELECT words, rows FROM bodies WHERE first = ?", e)) != NULL;
}

void
block_source_close(struct block_source *b)
{
	sqlite3_finalize(b->sets);
	sqlite3_finalize(b->body);
	*b = (struct block_source){ 0 };
}

void
block_source_reset(struct block_source *b)
{
	sqlite3_reset(b->sets);
	sqlite3_reset(b->body);
}

static bool
seek(sqlite3_stmt *s, uint64_t first)
{
	sqlite3_reset(s);
	sqlite3_bind_int64(s, 1, (int64_t)first);
	return sqlite3_step(s) == SQLITE_ROW;
}

void
block_sets(struct block_source *b, struct block_view *v)
{
	v->sets = seek(b->sets, v->first) ? past_db_column(b->sets, 0) : STR_NONE;
}

bool
block_contents(struct block_source *b, struct block_view *v)
{
	block_sets(b, v);
	if (!seek(b->body, v->first))
		return false;
	v->words = past_db_column(b->body, 0);
	v->rows = past_db_column(b->body, 1);
	return block_sum(v->sets, v->words, v->rows) == v->sum;
}
