/* SPDX-License-Identifier: Apache-2.0 */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sbuf.h"
#include "loop/errno_text.h"
#include "owner.h"

#define DATABASE_NAME "tocsin.db"
#define COPY_NAME "backup.part"

static char *
join(const char *directory, const char *name)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&b, "%s/%s", directory, name);
	return sbuf_take(&b, NULL);
}

void
writer_init(struct writer *w, const char *directory, struct clock *clock)
{
	*w = (struct writer){ .clock = clock, .redo_fd = -1, .redo_made = -1, .copy_fd = -1 };
	w->directory = mem_strdup(directory);
	w->path = join(directory, DATABASE_NAME);
	w->copy_path = join(directory, COPY_NAME);
}

void
writer_fini(struct writer *w)
{
	batch_clear(&w->before);
	batch_clear(&w->batch);
	db_rows_fini(&w->loaded);
	db_close(&w->db);
	if (w->copy_fd >= 0)
		close(w->copy_fd);
	mem_free(w->directory);
	mem_free(w->path);
	mem_free(w->copy_path);
}

static long long
stamp(const struct writer *w)
{
	return (long long)w->clock->now(w->clock).wall.s;
}

/* SQLite would take a damaged log to end where the damage begins. */
static bool
mend_log(struct writer *w, struct err *e)
{
	struct wal_damage found;
	char aside[4096];

	snprintf(aside, sizeof(aside), "%s.damaged-%lld" DB_WAL, w->path, stamp(w));
	if (!wal_mend(w->path, aside, &found, e)) {
		w->trouble = DB_UNUSABLE;
		return err_ctx(e, "the write-ahead log is damaged");
	}
	if (found.n > 0)
		w->damage = found;
	return true;
}

bool
writer_open(struct writer *w, bool *fresh_out, struct err *e)
{
	char journal[4096];

	w->trouble = DB_FINE;
	owner_make_file(w->path);
	owner_tighten(w->directory, DATABASE_NAME);
	if (!mend_log(w, e))
		return false;
	w->db = db_open(w->path, DB_WRITE, fresh_out, &w->trouble, e);
	if (w->db == NULL)
		return false;
	/* Removes the files that a crash left; nobody else makes one while we have the database. */
	snprintf(journal, sizeof(journal), "%s-journal", w->copy_path);
	unlink(w->copy_path);
	unlink(journal);
	return true;
}

bool
writer_set_aside(struct writer *w, const struct err *why, struct err *e)
{
	static const char *const suffixes[] = { "", DB_WAL, "-journal" };
	char from[4096], to[4096];

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		snprintf(from, sizeof(from), "%s%s", w->path, suffixes[i]);
		snprintf(to, sizeof(to), "%s.damaged-%lld%s", w->path, stamp(w), suffixes[i]);
		if (i == 0)
			snprintf(w->aside_path, sizeof(w->aside_path), "%s", to);
		if (rename(from, to) != 0 && errno != ENOENT)
			return err_set(e, ERR_IO, "cannot set the damaged database %s aside: %s", from,
			    errno_text(errno).s);
	}
	w->set_aside = true;
	w->aside_why = *why;
	w->known = false;
	return true;
}

/*
 * Is the open database the one we know? Without its log, or cut short, it has
 * lost what was confirmed, and SQLite does not see that: a new one is begun.
 */
static bool
is_ours(struct writer *w)
{
	struct err why;

	if (w->db == NULL)
		return true;
	switch (db_files_now(w->db, &why)) {
	case DB_FILES_OURS:
		break;
	case DB_FILES_MOVED:
		db_close(&w->db);
		break;
	case DB_FILES_CUT:
		w->known = false;
		db_close(&w->db);
		return writer_set_aside(w, &why, &w->err);
	}
	return true;
}

/* A database that was lost under our hands, or that we could not open at start. */
static bool
reopen(struct writer *w)
{
	bool fresh = false;

	if (!is_ours(w)) {
		w->result = WRITE_FAILED;
		return false;
	}
	if (w->db != NULL)
		return true;
	if (!writer_open(w, &fresh, &w->err)) {
		w->result = WRITE_FAILED;
		if (w->trouble == DB_DAMAGED && writer_set_aside(w, &w->err, &w->err) &&
		    !writer_open(w, &fresh, &w->err))
			return false;
		if (w->db == NULL)
			return false;
	}
	if (fresh || (w->file != 0 && w->file != db_file(w->db)))
		w->known = false;
	if (w->known || w->all)
		return true;
	if (fresh) {
		w->result = WRITE_NEEDS_ALL;
		return false;
	}
	db_rows_fini(&w->loaded);
	w->result = db_rows_read(&w->loaded, w->db, &w->err) ? WRITE_FOUND_ROWS : WRITE_FAILED;
	if (w->result == WRITE_FOUND_ROWS)
		redo_read(w->path, &w->loaded, NULL, &w->damage);
	return false;
}

/* A copy is none that records belong to. */
static bool
write_redo_row(struct writer *w)
{
	char row[REDO_ROW];

	if (w->backup)
		return db_drop(w->db, TABLE_META, REDO_KEY, &w->err);
	redo_put_row(w->redo_id, w->redo_no, row);
	return db_put(w->db, TABLE_META, REDO_KEY, (struct str){ row, REDO_ROW }, &w->err);
}

/* Where records have been of no use it is not tried again. */
static void
look_after_redo(struct writer *w)
{
	w->redo_lost = w->redo_fd >= 0 && !redo_is_there(w->path, w->redo_fd);
	if (w->redo_wanted)
		w->redo_made = redo_make(w->path);
}

static bool
write_batch(struct writer *w)
{
	bool ok = db_begin(w->db, &w->err) && (!w->all || db_clear(w->db, &w->err)) &&
	    batch_write(&w->before, w->db, &w->err) && batch_write(&w->batch, w->db, &w->err) && write_redo_row(w) && (!w->all || db_mark_complete(w->db, &w->err)) &&
	    db_commit(w->db, &w->err);

	if (ok) {
		w->known = true;
		w->file = db_file(w->db);
		w->trouble = DB_FINE;
		/* Here, as freeing many would hold the loop. */
		batch_clear(&w->before);
		batch_clear(&w->batch);
		look_after_redo(w);
		return true;
	}
	w->trouble = db_trouble(w->db);
	db_rollback(w->db);
	/* The file may be another one, or none, when the trouble is over. */
	db_close(&w->db);
	if (w->trouble == DB_DAMAGED) {
		struct err why = w->err;

		(void)!writer_set_aside(w, &why, &w->err);
	}
	return false;
}

/* Nothing of it has to survive a crash, and nobody else is to find it: it lives as long as somebody reads it. */
static int
make_copy(struct writer *w, struct err *e)
{
	int fd = -1;

	if (unlink(w->copy_path) != 0 && errno != ENOENT) {
		io_error(e, "unlink", w->copy_path, errno);
		return -1;
	}
	owner_make_file(w->copy_path);
	if (db_copy(w->db, w->copy_path, e) && (fd = open(w->copy_path, O_RDONLY | O_CLOEXEC)) < 0)
		io_error(e, "open", w->copy_path, errno);
	unlink(w->copy_path);
	return fd;
}

void
writer_run(struct writer *w)
{
	struct mono begin = w->clock->now(w->clock).mono;

	w->result = WRITTEN;
	w->trouble = DB_FINE;
	w->err = (struct err){ 0 };
	w->set_aside = false;
	if (reopen(w) && !write_batch(w))
		w->result = WRITE_FAILED;
	if (w->backup && w->result == WRITTEN) {
		w->copy_err = (struct err){ 0 };
		w->copy_fd = make_copy(w, &w->copy_err);
	}
	w->bytes = w->db != NULL ? db_bytes(w->db) : 0;
	w->took = mono_sub(w->clock->now(w->clock).mono, begin);
}
