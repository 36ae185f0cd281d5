/* SPDX-License-Identifier: Apache-2.0 */
/* From the directory to rows in memory, whatever state it is in. */
#include "import.h"
#include "redo.h"
#include "store_private.h"

static size_t
count_rows(const struct db_rows *l)
{
	size_t n = 0;

	for (int t = 0; t < TABLE_N; t++)
		n += l->rows[t].n;
	return n;
}

/* The rows read from a damaged database go into a new one. */
static bool
replace_damaged(struct store *s, const struct db_rows *l, const struct err *why, struct err *e)
{
	struct writer *w = &s->writer;
	bool fresh;

	db_close(&w->db);
	if (!writer_set_aside(w, why, e))
		return false;
	s->set_aside++;
	store_damaged(s, l->bad > 0 ? l->bad : 1, why);
	LOG(&s->log, LOG_ERROR, "The database is damaged; it was set aside and a new one begun",
	    F_CSTR("file", w->aside_path), F_UINT("records_saved", count_rows(l)), F_ERR(why));
	return writer_open(w, &fresh, e) && db_rows_copy(l, w->db, e);
}

static bool
read_database(struct store *s, struct db_rows *l, struct err *e)
{
	struct err why;

	if (!db_rows_read(l, s->writer.db, e))
		return false;
	redo_read(s->writer.path, l, &s->pending, &s->writer.damage);
	if (!l->damaged)
		return true;
	why = l->why;
	return replace_damaged(s, l, &why, e);
}

/* Reads as much as possible of a database that cannot be opened for writing. */
static bool
salvage(struct store *s, struct db_rows *l)
{
	enum db_trouble trouble = DB_FINE;
	struct err e = { 0 };

	if (!db_rows_read_copy(l, s->writer.path, &trouble, &e))
		return false;
	redo_read(s->writer.path, l, &s->pending, &s->writer.damage);
	return true;
}

/*
 * Imports Alertmanager's files by way of a database in memory: the one on disk
 * may not take it. That it can be read is the operator's affair: better not to
 * start than without it.
 */
static bool
import(struct store *s, struct db_rows *l, struct err *e)
{
	enum db_trouble trouble;
	bool fresh;
	struct db *d = db_open(":memory:", DB_WRITE, &fresh, &trouble, e);
	bool ok = d != NULL && import_directory(s->dir, d, &s->log, e) && db_rows_read(l, d, e);

	db_close(&d);
	return ok;
}

/* One that cannot be written can perhaps be read. */
static bool
read_only(struct store *s, struct db_rows *l, struct err *e)
{
	struct writer *w = &s->writer;

	db_rows_fini(l);
	w->known = salvage(s, l) && !l->fresh;
	if (w->known) {
		if (l->damaged)
			store_damaged(s, l->bad, &l->why);
		LOG(&s->log, LOG_ERROR, "The database can only be read", F_CSTR("file", w->path),
		    F_UINT("records", count_rows(l)));
		return true;
	}
	db_rows_fini(l);
	if (l->fresh)
		return import(s, l, e);
	LOG(&s->log, LOG_ERROR, "The database cannot be read: starting without state", F_CSTR("file", w->path));
	return true;
}

/* Goes on without; what is wrong is in writer.err. False when what is to be imported cannot be read. */
static bool
go_on_from_memory(struct store *s, struct db_rows *l, struct err *e)
{
	db_close(&s->writer.db);
	store_failing(s, "Durable state cannot be used; going on from memory");
	return read_only(s, l, e);
}

static bool
fill_new(struct store *s, struct db_rows *l, struct err *e)
{
	struct writer *w = &s->writer;

	if (!import(s, l, e))
		return false;
	w->known = db_rows_copy(l, w->db, &w->err);
	if (w->known)
		return true;
	/* All of it goes there when that is possible again. */
	db_close(&w->db);
	store_failing(s, "Durable state cannot be written; going on from memory");
	return true;
}

static bool
load(struct store *s, struct db_rows *l, struct err *e)
{
	struct writer *w = &s->writer;
	struct err why;
	bool fresh = false, ok;

	ok = writer_open(w, &fresh, &w->err);
	if (!ok && w->trouble == DB_IN_USE) {
		*e = w->err;
		return err_ctx(e, "another process uses the data directory");
	}
	if (!ok && w->trouble == DB_DAMAGED) {
		why = w->err;
		salvage(s, l);
		ok = replace_damaged(s, l, &why, &w->err);
		w->known = ok;
		return ok || go_on_from_memory(s, l, e);
	}
	if (!ok)
		return go_on_from_memory(s, l, e);
	if (fresh)
		return fill_new(s, l, e);
	if (!read_database(s, l, &w->err))
		return go_on_from_memory(s, l, e);
	w->known = true;
	return true;
}

bool
store_load(struct store *s, struct db_rows *l, struct err *e)
{
	bool ok = load(s, l, e);

	if (s->writer.damage.n > 0)
		store_damaged(s, s->writer.damage.n, &s->writer.damage.what);
	s->writer.damage.n = 0;
	return ok;
}
