/* SPDX-License-Identifier: Apache-2.0 */
#include "db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/sbuf.h"
#include "confirmed.h"
#include "log_room.h"
#include "loop/file.h"
#include "owner.h"
#include "roots.h"
#include "schema.h"
#include "sql.h"
#include "wal_frames.h"
#include "wire/codec_state.h"

/* A process that is just ending still holds the lock. */
#define BUSY_MS 5000
/* So many frames of the log go to the database at once. */
#define CHECKPOINT_FRAMES 2048

_Static_assert(DB_PAGE == 8192, "as db_open says");

/* So long the log gets before it begins anew, as long as transactions are small; journal_size_limit is above it. */
#define LOG_BYTES (WAL_HEADER + (uint64_t)CHECKPOINT_FRAMES * (WAL_FRAME_HEAD + DB_PAGE))

/* A file that is ours, and the size that it has at least. */
struct watched {
	char *path;
	struct file_stamp was;
	uint64_t size;		/* when it was last looked at */
};

struct db {
	struct sql sql;
	sqlite3_stmt *put[TABLE_N], *drop[TABLE_N], *begin, *commit;
	struct watched file, wal;
	bool summed;			/* rows have their sums */
	int frames;			/* of the log, at the last commit */
	bool may_restart;		/* a checkpoint was made behind it: the next commit may begin the log anew */
	struct log_room room;
	struct confirmed confirmed;
	size_t bad;
	struct err first_bad;
};

static bool
db_err(struct db *d, struct err *e)
{
	return sql_err(&d->sql, e);
}

enum db_trouble
db_trouble(const struct db *d)
{
	return d->sql.trouble;
}

static bool
execute(struct db *d, const char *sql, struct err *e)
{
	return sql_execute(&d->sql, sql, e);
}

/* A start that finds it noted writes nothing. */
static bool
note_roots(struct db *d, struct err *e)
{
	char are[ROOTS_BYTES], noted[ROOTS_BYTES];

	if (!roots_find(&d->sql, are, e))
		return false;
	return (roots_noted(&d->sql, noted) && memcmp(are, noted, ROOTS_BYTES) == 0) ||
	    db_put(d, TABLE_META, roots_key(), (struct str){ are, ROOTS_BYTES }, e);
}

bool
db_mark_complete(struct db *d, struct err *e)
{
	return db_put(d, TABLE_META, schema_row_key(), schema_row_body(), e) && note_roots(d, e) && schema_set_version(&d->sql, e);
}

bool
db_find_tables(struct db *d, bool *again_out, struct err *e)
{
	char are[ROOTS_BYTES], noted[ROOTS_BYTES];

	*again_out = roots_find(&d->sql, are, e) && roots_noted(&d->sql, noted) && memcmp(are, noted, ROOTS_BYTES) != 0;
	return !*again_out || roots_set(&d->sql, noted, e);
}

static bool
prepare(struct db *d, struct err *e)
{
	char sql[128];

	for (int t = 0; t < TABLE_N; t++) {
		snprintf(sql, sizeof(sql), "REPLACE INTO %s(key, body, sum) VALUES(?, ?, ?)", table_name((enum db_table)t));
		if (sqlite3_prepare_v3(d->sql.handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &d->put[t], NULL) != SQLITE_OK)
			return db_err(d, e);
		snprintf(sql, sizeof(sql), "DELETE FROM %s WHERE key = ?", table_name((enum db_table)t));
		if (sqlite3_prepare_v3(d->sql.handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &d->drop[t], NULL) != SQLITE_OK)
			return db_err(d, e);
	}
	return (sqlite3_prepare_v3(d->sql.handle, "BEGIN IMMEDIATE", -1, SQLITE_PREPARE_PERSISTENT, &d->begin, NULL) ==
		       SQLITE_OK &&
		   sqlite3_prepare_v3(d->sql.handle, "COMMIT", -1, SQLITE_PREPARE_PERSISTENT, &d->commit, NULL) == SQLITE_OK) ||
	    db_err(d, e);
}

/* As SQLite does when nobody else wants to know. */
static int
on_wal(void *arg, sqlite3 *handle, const char *name, int frames)
{
	struct db *d = arg;

	d->frames = frames;
	if (frames >= CHECKPOINT_FRAMES) {
		sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		d->may_restart = true;
	}
	return SQLITE_OK;
}

/* Exclusive locking keeps a second process out and needs no shared memory file. */
static bool
configure(struct db *d, enum db_mode mode, struct err *e)
{
	if (!execute(d, "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", e))
		return false;
	if (mode == DB_READ)
		return true;
	sqlite3_wal_hook(d->sql.handle, on_wal, d);
	return execute(d, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 17825792", e);
}

static char *
join(const char *path, const char *suffix)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&b, "%s%s", path, suffix);
	return sbuf_take(&b, NULL);
}

static void
look(struct watched *f)
{
	f->was = file_stamp(f->path);
	f->size = (uint64_t)f->was.size;
}

/* It has not become another one by being looked at. */
static void
look_again(struct watched *f)
{
	struct file_stamp now = file_stamp(f->path);

	if (f->was.ino == 0 || file_stamp_same_file(&now, &f->was))
		f->was = now;
}

static bool
is_cut(struct watched *f, const struct file_stamp *now, struct err *e)
{
	f->size = (uint64_t)now->size;
	if (f->was.ino == 0)
		return false;
	if (!file_stamp_same_file(now, &f->was))
		return !err_set(e, ERR_IO, "%s was removed or replaced while it was in use", f->path);
	if (now->size < f->was.size)
		return !err_set(e, ERR_IO, "%s was cut while it was in use", f->path);
	return false;
}

struct db *
db_open(const char *path, enum db_mode mode, bool *fresh_out, enum db_trouble *trouble_out, struct err *e)
{
	struct db *d = NEW(struct db);
	int flags = SQLITE_OPEN_READWRITE | (mode == DB_WRITE ? SQLITE_OPEN_CREATE : 0);
	int version = 0;
	bool ok;

	d->file.path = join(path, "");
	d->wal.path = join(path, DB_WAL);
	confirmed_init(&d->confirmed, path);
	log_room_init(&d->room);
	d->may_restart = true;
	ok = owner_check_database(path, e) && (sqlite3_open_v2(path, &d->sql.handle, flags | SQLITE_OPEN_NOMUTEX, NULL) == SQLITE_OK ||
	    db_err(d, e));
	ok = ok && sqlite3_busy_timeout(d->sql.handle, BUSY_MS) == SQLITE_OK &&
	    execute(d, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = 8192; PRAGMA cache_size = -512", e);
	if (ok && sqlite3_db_readonly(d->sql.handle, "main") == 1)
		ok = err_set(e, ERR_IO, "database: it can only be read");
	/* Reading goes as far as it can: this lets a file pass that is shorter than it should be. */
	if (ok && mode == DB_READ)
		ok = execute(d, "PRAGMA writable_schema = ON", e);
	/* The version is judged before anything is written. */
	ok = ok && schema_identify(&d->sql, &version, e);
	/* By now SQLite has seen the header, which can say that nobody may write. */
	if (ok && mode == DB_WRITE && sqlite3_db_readonly(d->sql.handle, "main") == 1) {
		d->sql.trouble = DB_DAMAGED;
		ok = err_set(e, ERR_INVALID, "its header says that it can only be read");
	}
	/* A reader of a damaged one knows that the header may say anything. */
	ok = ok && (schema_compare(&d->sql, version, &d->summed, e) || mode == DB_READ) && configure(d, mode, e);
	if (ok && mode == DB_WRITE)
		ok = schema_update(&d->sql, version, e) && prepare(d, e) && (version == 0 || note_roots(d, e));
	if (ok) {
		*fresh_out = version == 0;
		d->summed |= mode == DB_WRITE;
		d->sql.trouble = DB_FINE;
		look(&d->file);
		look(&d->wal);
		return d;
	}
	*trouble_out = d->sql.trouble != DB_FINE ? d->sql.trouble : DB_UNUSABLE;
	if (d->sql.handle != NULL)
		sqlite3_db_config(d->sql.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
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
	sqlite3_close((*d)->sql.handle);
	confirmed_fini(&(*d)->confirmed);
	log_room_fini(&(*d)->room);
	mem_free((*d)->file.path);
	mem_free((*d)->wal.path);
	mem_free(*d);
	*d = NULL;
}

enum db_files
db_files_now(struct db *d, struct err *e)
{
	struct file_stamp file = file_stamp(d->file.path), wal = file_stamp(d->wal.path);

	if (!file_stamp_same_file(&file, &d->file.was))
		return DB_FILES_MOVED;
	return is_cut(&d->wal, &wal, e) || is_cut(&d->file, &file, e) ? DB_FILES_CUT : DB_FILES_OURS;
}

uint64_t
db_file(const struct db *d)
{
	uint64_t id = (uint64_t)d->file.was.dev << 48 ^ (uint64_t)d->file.was.ino;

	return id != 0 ? id : 1;
}

uint64_t
db_bytes(const struct db *d)
{
	uint64_t wal = (uint64_t)d->wal.was.size;

	return d->file.size + (wal > d->wal.size ? wal : d->wal.size);
}

static uint64_t
log_used(const struct db *d)
{
	return WAL_HEADER + (uint64_t)d->frames * (WAL_FRAME_HEAD + DB_PAGE);
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

/* The least that the files hold from here on: known without a look at them, but for what a checkpoint did. */
static void
note_commit(struct db *d, bool restarted)
{
	if (d->wal.was.ino == 0)
		look(&d->wal);
	if (d->wal.was.ino == 0 || d->frames == 0)
		return;
	d->wal.was.size = (off_t)log_used(d);
	if (d->may_restart)
		look_again(&d->file);
	confirmed_write(&d->confirmed, d->wal.was.ino, (uint64_t)d->frames, restarted);
}

bool
db_commit(struct db *d, struct err *e)
{
	bool restarts = d->may_restart;

	if (d->wal.was.ino != 0 && d->frames > 0 && !restarts)
		log_room_make(&d->room, d->wal.path, d->wal.was.ino, log_used(d), LOG_BYTES);
	/* It stays so when a checkpoint does not get to the end of the log, and is made again. */
	d->may_restart = false;
	if (!run(d, d->commit, e))
		return false;
	note_commit(d, restarts);
	return true;
}

void
db_rollback(struct db *d)
{
	sql_rollback(&d->sql);
}

/* An empty blob, never NULL. */
static int
bind(sqlite3_stmt *s, int at, struct str v)
{
	return v.n == 0 ? sqlite3_bind_zeroblob(s, at, 0) : sqlite3_bind_blob64(s, at, v.p, v.n, SQLITE_STATIC);
}

static int
bind_key(sqlite3_stmt *s, enum db_table t, struct str key)
{
	return table_is_numbered(t) ? sqlite3_bind_int64(s, 1, (int64_t)codec_get_number_key(key)) : bind(s, 1, key);
}

bool
db_put(struct db *d, enum db_table t, struct str key, struct str body, struct err *e)
{
	sqlite3_stmt *s = d->put[t];

	if (bind_key(s, t, key) != SQLITE_OK || bind(s, 2, body) != SQLITE_OK ||
	    sqlite3_bind_int64(s, 3, table_row_sum(t, key, body)) != SQLITE_OK)
		return db_err(d, e);
	return run(d, s, e);
}

bool
db_drop(struct db *d, enum db_table t, struct str key, struct err *e)
{
	if (bind_key(d->drop[t], t, key) != SQLITE_OK)
		return db_err(d, e);
	return run(d, d->drop[t], e);
}

bool
db_clear(struct db *d, struct err *e)
{
	char sql[64];
	bool ok = true;

	for (int t = 0; ok && t < TABLE_N; t++) {
		snprintf(sql, sizeof(sql), "DELETE FROM %s", table_name((enum db_table)t));
		ok = execute(d, sql, e);
	}
	return ok;
}

/* An older version's rows have no sums; a table that none were given to not even a column for them. */
static sqlite3_stmt *
select_rows(struct db *d, enum db_table t, enum db_order order, struct err *e)
{
	static const char *const columns[] = { "sum", "NULL" };
	sqlite3_stmt *s = NULL;
	char sql[96];

	for (size_t i = d->summed ? 0 : 1; i < ARRAY_LEN(columns); i++) {
		snprintf(sql, sizeof(sql), "SELECT key, body, %s FROM %s ORDER BY key%s", columns[i], table_name(t),
		    order == DB_BACKWARD ? " DESC" : "");
		if (sqlite3_prepare_v2(d->sql.handle, sql, -1, &s, NULL) == SQLITE_OK)
			return s;
	}
	db_err(d, e);
	return NULL;
}

#define NUMBER_KEY 8

/* Reads the row at which s stands; false: it is not what was written. Types first, as reading may change them. A number becomes a key in `number`. */
static bool
read_row(const struct db *d, enum db_table t, sqlite3_stmt *s, char number[NUMBER_KEY], struct str *key, struct str *body)
{
	bool numbered = table_is_numbered(t);
	bool typed = !d->summed ||
	    (sqlite3_column_type(s, 0) == (numbered ? SQLITE_INTEGER : SQLITE_BLOB) && sqlite3_column_type(s, 1) == SQLITE_BLOB &&
		sqlite3_column_type(s, 2) == SQLITE_INTEGER);

	if (numbered)
		codec_number_key((uint64_t)sqlite3_column_int64(s, 0), number);
	*key = numbered ? (struct str){ number, NUMBER_KEY } : sql_column(s, 0);
	*body = sql_column(s, 1);
	return !d->summed || (typed && sqlite3_column_int64(s, 2) == table_row_sum(t, *key, *body));
}

static void
note_bad_row(struct db *d, enum db_table t, struct str key)
{
	struct sbuf b = SBUF_INIT(256);

	if (d->bad++ > 0)
		return;
	for (size_t i = 0; i < key.n && i < 64; i++)
		sbuf_printf(&b, key.p[i] > ' ' && key.p[i] < 127 ? "%c" : "\\x%02x", (unsigned char)key.p[i]);
	err_set(&d->first_bad, ERR_INVALID, "a row of table %s is not what was written: %s", table_name(t), sbuf_cstr(&b));
	sbuf_fini(&b);
}

bool
db_each(struct db *d, enum db_table t, enum db_order order, bool (*visit)(void *arg, struct str key, struct str body),
    void *arg, struct err *e)
{
	char number[NUMBER_KEY];
	struct str key, body;
	bool there = true;
	sqlite3_stmt *s;
	int code;

	/* A database of an older version that is only read lacks what came later. */
	if (t >= TABLES_AT_FIRST && !schema_has_table(&d->sql, table_name(t), &there, e))
		return false;
	if (!there)
		return true;
	s = select_rows(d, t, order, e);
	if (s == NULL)
		return false;
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		if (!read_row(d, t, s, number, &key, &body))
			note_bad_row(d, t, key);
		else if (!visit(arg, key, body))
			break;
	}
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		db_err(d, e);
	sqlite3_finalize(s);
	return code == SQLITE_ROW || code == SQLITE_DONE;
}

size_t
db_bad_rows(const struct db *d, struct err *first_out)
{
	*first_out = d->first_bad;
	return d->bad;
}

bool
db_check(struct db *d, struct err *e)
{
	sqlite3_stmt *s = NULL;
	const char *said = NULL;
	bool ok = sqlite3_prepare_v2(d->sql.handle, "PRAGMA quick_check(1)", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW;

	if (!ok)
		db_err(d, e);
	else
		said = (const char *)sqlite3_column_text(s, 0);
	if (ok && (said == NULL || strcmp(said, "ok") != 0)) {
		d->sql.trouble = DB_DAMAGED;
		ok = err_set(e, ERR_INVALID, "database: %s", said != NULL ? said : "it cannot be checked");
	}
	sqlite3_finalize(s);
	return ok;
}

bool
db_copy(struct db *d, const char *path, struct err *e)
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(d->sql.handle, "VACUUM INTO ?", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC) == SQLITE_OK;

	ok = ok ? run(d, s, e) : db_err(d, e);
	sqlite3_finalize(s);
	return ok;
}
