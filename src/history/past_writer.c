/* SPDX-License-Identifier: Apache-2.0 */
#include "past_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "upgrade.h"

/* So many parts of what is kept are of different epochs; see sets.h. */
#define EPOCHS 4

void
past_writer_init(struct past_writer *w, const char *directory, struct clock *clock, span retention, uint64_t max_bytes)
{
	struct sbuf path = SBUF_INIT(SBUF_UNLIMITED);

	*w = (struct past_writer){ .clock = clock, .retention = retention, .max_bytes = max_bytes };
	sbuf_printf(&path, "%s/" DB_NAME, directory);
	w->path = sbuf_take(&path, NULL);
	w->group = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	block_init(&w->whole);
	block_init(&w->piece);
}

/* Memory of the database goes, too. */
static void
close_database(struct past_writer *w)
{
	sqlite3_finalize(w->add_block);
	sqlite3_finalize(w->add_sets);
	sqlite3_finalize(w->add_body);
	sqlite3_finalize(w->begin);
	sqlite3_finalize(w->commit);
	sqlite3_finalize(w->find_first);
	sqlite3_finalize(w->count_pages);
	sqlite3_finalize(w->count_spare);
	w->add_block = w->add_sets = w->add_body = w->begin = w->commit = NULL;
	w->find_first = w->count_pages = w->count_spare = NULL;
	sets_close(&w->sets);
	past_db_close(&w->db);
	block_clear(&w->whole);
	block_clear(&w->piece);
	w->gone = 0;
	w->is_open = false;
}

void
past_writer_fini(struct past_writer *w)
{
	close_database(w);
	block_fini(&w->whole);
	block_fini(&w->piece);
	sbuf_fini(&w->group);
	mem_free(w->path);
}

static bool
set_aside(struct past_writer *w, const struct err *why, struct err *e)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	char from[4096], to[4096];
	long long now = (long long)w->clock->now(w->clock).wall.s;

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		snprintf(from, sizeof(from), "%s%s", w->path, suffixes[i]);
		snprintf(to, sizeof(to), "%s.damaged-%lld%s", w->path, now, suffixes[i]);
		if (i == 0)
			snprintf(w->aside_path, sizeof(w->aside_path), "%s", to);
		if (rename(from, to) != 0 && errno != ENOENT)
			return err_set(e, ERR_IO, "cannot set %s aside: %s", from, strerrordesc_np(errno));
	}
	w->aside_why = *why;
	return true;
}

/* For its owner alone, whatever the umask; SQLite gives the files beside it the same mode. */
static bool
make_file(const char *path, struct err *e)
{
	struct stat st;
	int fd;

	if (stat(path, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			return err_set(e, ERR_IO, "%s is no regular file", path);
		if ((st.st_mode & 077) != 0 && st.st_uid == geteuid())
			(void)!chmod(path, st.st_mode & 0700);
		return true;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, ERR_IO, "cannot make %s: %s", path, strerrordesc_np(errno));
	(void)!fchmod(fd, 0600);
	close(fd);
	return true;
}

/* Fills w->whole again with what the last commits of an earlier process added. */
static bool
load_open(struct past_writer *w, struct err *e)
{
	sqlite3_stmt *s = past_db_prepare(
	    &w->db, "SELECT " BLOCK_COLUMNS " FROM blocks WHERE sealed = 0 ORDER BY first", e);
	struct block_source source = { 0 };
	struct block_view v;
	bool ok = s != NULL && block_source_open(&source, &w->db, e);
	int code = SQLITE_ROW;

	while (ok && (code = sqlite3_step(s)) == SQLITE_ROW) {
		struct str *words = NULL;
		size_t words_n;
		struct row_reader r;
		struct row row;

		block_summary(s, &v);
		if (!block_contents(&source, &v) || !block_words(v.words, &words, &words_n)) {
			w->bad++;
			continue;
		}
		row_reader_init(&r, &v, words, words_n);
		while (row_reader_next(&r, &row) == 1)
			block_add(&w->whole, &row);
		row_reader_fini(&r);
		mem_free(words);
	}
	if (ok && code != SQLITE_DONE)
		ok = past_db_failed(&w->db, e);
	sqlite3_finalize(s);
	block_source_close(&source);
	return ok;
}

static bool
read_state(struct past_writer *w, struct err *e)
{
	int64_t last = 0, n = 0, newest = 0;

	if ((!past_db_number(&w->db, "SELECT first + n - 1 FROM blocks ORDER BY first DESC LIMIT 1", &last, e) ||
		!past_db_number(&w->db, "SELECT sum(n) FROM blocks", &n, e) ||
		!past_db_number(&w->db, "SELECT newest FROM blocks ORDER BY first DESC LIMIT 1", &newest, e)) &&
	    e->kind != ERR_NONE)
		return false;
	/* Opened again, it has events of this process. */
	if (w->generation == 0)
		w->before = newest;
	w->next = (uint64_t)last + 1;
	w->events = (uint64_t)n;
	return load_open(w, e);
}

static bool
prepare(struct past_writer *w, struct err *e)
{
	const struct {
		sqlite3_stmt **at;
		const char *sql;
	} all[] = {
		{ &w->add_block, "INSERT INTO blocks(" BLOCK_COLUMNS ", sealed) VALUES(?,?,?,?,?,?,?,?)" },
		{ &w->add_sets, "INSERT INTO block_sets VALUES(?, ?)" },
		{ &w->add_body, "INSERT INTO bodies VALUES(?, ?, ?)" },
		{ &w->begin, "BEGIN IMMEDIATE" },
		{ &w->commit, "COMMIT" },
		{ &w->find_first, "SELECT first, oldest, newest FROM blocks ORDER BY first LIMIT 1" },
		{ &w->count_pages, "PRAGMA page_count" },
		{ &w->count_spare, "PRAGMA freelist_count" },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if ((*all[i].at = past_db_prepare(&w->db, all[i].sql, e)) == NULL)
			return false;
	return true;
}

static bool
open_database(struct past_writer *w, struct err *e)
{
	if (!make_file(w->path, e)) {
		w->db.trouble = DB_UNUSABLE;
		return false;
	}
	if (!past_db_open_writer(&w->db, w->path, e))
		return false;
	if ((!w->db.old || past_db_make_segments(&w->db, e)) && sets_open(&w->sets, &w->db, e) && read_state(w, e) &&
	    prepare(w, e)) {
		w->is_open = true;
		w->generation++;
		return true;
	}
	close_database(w);
	return false;
}

static bool
open_or_begin_anew(struct past_writer *w, struct err *e)
{
	struct err why = { 0 };

	if (w->is_open || open_database(w, &why))
		return true;
	if (w->db.trouble != DB_DAMAGED || !set_aside(w, &why, e)) {
		if (e->kind == ERR_NONE)
			*e = why;
		return false;
	}
	return open_database(w, e);
}

static bool
put_block(struct past_writer *w, struct block *b, bool sealed, struct err *e)
{
	struct sbuf sets = SBUF_INIT(SBUF_UNLIMITED);
	sqlite3_stmt *s = w->add_block;
	bool ok;

	block_put_sets(b, &sets);
	sqlite3_bind_int64(s, 1, (int64_t)b->first);
	sqlite3_bind_int64(s, 2, b->n);
	sqlite3_bind_int64(s, 3, (int64_t)b->kinds);
	sqlite3_bind_int64(s, 4, (int64_t)b->outcomes);
	sqlite3_bind_int64(s, 5, b->oldest);
	sqlite3_bind_int64(s, 6, b->newest);
	sqlite3_bind_int64(s, 7, (int64_t)block_sum(sbuf_get(&sets), sbuf_get(&b->words), sbuf_get(&b->rows)));
	sqlite3_bind_int(s, 8, sealed);
	sqlite3_bind_int64(w->add_sets, 1, (int64_t)b->first);
	past_db_bind_blob(w->add_sets, 2, sbuf_get(&sets));
	sqlite3_bind_int64(w->add_body, 1, (int64_t)b->first);
	past_db_bind_blob(w->add_body, 2, sbuf_get(&b->words));
	past_db_bind_blob(w->add_body, 3, sbuf_get(&b->rows));
	ok = past_db_step(&w->db, s, e) && past_db_step(&w->db, w->add_sets, e) && past_db_step(&w->db, w->add_body, e);
	sqlite3_clear_bindings(w->add_sets);
	sqlite3_clear_bindings(w->add_body);
	sbuf_fini(&sets);
	return ok;
}

#define DROP_OPEN                                                                            \
	"DELETE FROM block_sets WHERE first IN (SELECT first FROM blocks WHERE sealed = 0);" \
	"DELETE FROM bodies WHERE first IN (SELECT first FROM blocks WHERE sealed = 0);"     \
	"DELETE FROM blocks WHERE sealed = 0"

/* All that is not sealed becomes one row. */
static bool
seal(struct past_writer *w, struct err *e)
{
	bool ok = past_db_run(&w->db, DROP_OPEN, e) && put_block(w, &w->whole, true, e);

	block_clear(&w->whole);
	block_clear(&w->piece);
	return ok;
}

static void
group_of(const struct record_rest *r, struct sbuf *scratch)
{
	sbuf_reset(scratch);
	if (r->group_key.n > 0)
		row_put_group(scratch, r->row.receiver, r->group_key);
}

static bool
number_sets(struct past_writer *w, const struct record_rest *r, struct row *row, struct err *e)
{
	if (r->source != NULL && !sets_number(&w->sets, r->source, SET_NO_NEWS, &row->source, e))
		return false;
	for (size_t i = 0; i < row->sets_n; i++)
		if (!sets_number(&w->sets, r->sets[i], SET_NO_NEWS, &w->numbers[i], e))
			return false;
	row->sets = w->numbers;
	return true;
}

/* As a row, without the label set of the alert. */
static bool
complete(struct past_writer *w, const struct record *r, struct row *row, struct err *e)
{
	if (r->rest == NULL)
		return true;
	*row = r->rest->row;
	group_of(r->rest, &w->group);
	row->group = sbuf_get(&w->group);
	return number_sets(w, r->rest, row, e);
}

static enum set_news
news_of(const struct record *r)
{
	return r->kind == KIND_FIRING ? SET_BEGUN : r->kind == KIND_RESOLVED ? SET_ENDED : SET_NO_NEWS;
}

static bool
write_record(struct past_writer *w, const struct record *r, bool piece, struct err *e)
{
	struct row row;
	uint64_t set = 0;

	if ((r->labels != NULL && !sets_number(&w->sets, r->labels, news_of(r), &set, e)) || !complete(w, r, &row, e))
		return false;
	if (r->rest == NULL) {
		block_add_alert(&w->whole, piece ? &w->piece : NULL, w->next, r->at, r->kind, set, r->starts);
	} else {
		row.id = w->next;
		row.at = r->at;
		row.kind = r->kind;
		row.starts = r->starts;
		row.set = set;
		if (piece)
			block_add(&w->piece, &row);
		block_add(&w->whole, &row);
	}
	w->next++;
	return true;
}

static bool
write_records(struct past_writer *w, const struct batch *b, struct err *e)
{
	for (size_t i = 0; i < b->records.n; i++) {
		/* An event that makes a whole block with those that follow need not stand there twice. */
		bool piece = w->whole.n + b->records.n - i < BLOCK_EVENTS;

		if (!write_record(w, &b->records.v[i], piece, e) || (block_is_full(&w->whole) && !seal(w, e)))
			return false;
	}
	return true;
}

static void
begin_epoch_if_due(struct past_writer *w)
{
	const struct sets *s = &w->sets;
	int64_t now = w->batch->records.n > 0 ? w->batch->records.v[0].at : 0;

	if (s->epoch != 0 && now - s->epoch_began < w->retention / SPAN_MS / EPOCHS &&
	    (w->gone == 0 || w->gone < w->events / EPOCHS))
		return;
	sets_begin_epoch(&w->sets, w->next, now);
	w->gone = 0;
}

static bool
write_batch(struct past_writer *w, struct err *e)
{
	bool ok;

	begin_epoch_if_due(w);
	ok = past_db_step(&w->db, w->begin, e) && write_records(w, w->batch, e) &&
	    (w->piece.n == 0 || put_block(w, &w->piece, false, e)) && sets_flush(&w->sets, e) &&
	    past_db_step(&w->db, w->commit, e);

	block_clear(&w->piece);
	if (ok)
		w->events += w->batch->records.n;
	return ok;
}

static int64_t
only_number(sqlite3_stmt *s)
{
	int64_t n = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;

	sqlite3_reset(s);
	return n;
}

uint64_t
past_writer_pages(struct past_writer *w)
{
	return (uint64_t)only_number(w->count_pages);
}

uint64_t
past_writer_spare_pages(struct past_writer *w)
{
	return (uint64_t)only_number(w->count_spare);
}

void
past_writer_measure(struct past_writer *w)
{
	sqlite3_stmt *s = w->find_first;
	bool any = sqlite3_step(s) == SQLITE_ROW;

	w->first = any ? (uint64_t)sqlite3_column_int64(s, 0) : w->next;
	w->oldest = any ? sqlite3_column_int64(s, 1) : 0;
	w->first_newest = any ? sqlite3_column_int64(s, 2) : 0;
	sqlite3_reset(s);
	w->bytes = past_writer_pages(w) * DB_PAGE;
}

static void
fail(struct past_writer *w)
{
	enum past_db_trouble trouble = w->db.trouble;
	struct err why = w->err;

	w->full = trouble == DB_FULL;
	/* A transaction that is open is rolled back with it. */
	close_database(w);
	if (trouble == DB_DAMAGED)
		(void)!set_aside(w, &why, &w->err);
}

/* Memory that a burst has left goes: also that of pages that the database keeps at hand. */
static void
rest(struct past_writer *w)
{
	sets_rest(&w->sets);
	sqlite3_db_release_memory(w->db.handle);
}

void
past_writer_run(struct past_writer *w)
{
	struct mono began = w->clock->now(w->clock).mono;

	w->err = (struct err){ 0 };
	w->aside_why = (struct err){ 0 };
	w->full = w->more = false;
	w->upgrading = false;
	w->ok = open_or_begin_anew(w, &w->err);
	if (w->ok && w->db.old) {
		w->ok = upgrade_some(&w->sets, &w->err);
		w->upgrading = w->more = w->ok;
	} else {
		w->ok = w->ok && (w->batch == NULL || write_batch(w, &w->err));
	}
	if (w->ok)
		past_writer_measure(w);
	/* The batch is written also when what is old cannot be deleted. */
	if (!w->ok || (!w->upgrading && !retain_some(w, &w->err)))
		fail(w);
	else if (w->batch == NULL && !w->more)
		rest(w);
	w->took = mono_sub(w->clock->now(w->clock).mono, began);
}
