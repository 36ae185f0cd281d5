/* SPDX-License-Identifier: Apache-2.0 */
#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sbuf.h"

#define DATABASE_NAME "tocsin.db"
#define BACKUP_NAME "backup.db"

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
	*w = (struct writer){ .clock = clock };
	w->path = join(directory, DATABASE_NAME);
	w->backup_path = join(directory, BACKUP_NAME);
}

void
writer_fini(struct writer *w)
{
	batch_clear(&w->batch);
	loaded_fini(&w->loaded);
	db_close(&w->db);
	mem_free(w->path);
	mem_free(w->backup_path);
}

bool
writer_open(struct writer *w, bool *fresh_out, struct err *e)
{
	w->trouble = DB_FINE;
	w->db = db_open(w->path, DB_WRITE, fresh_out, &w->trouble, e);
	return w->db != NULL;
}

bool
writer_set_aside(struct writer *w, const struct err *why, struct err *e)
{
	static const char *const suffixes[] = { "", "-wal", "-journal" };
	long long stamp = (long long)w->clock->now(w->clock).wall.s;
	char from[4096], to[4096];

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		snprintf(from, sizeof(from), "%s%s", w->path, suffixes[i]);
		snprintf(to, sizeof(to), "%s.damaged-%lld%s", w->path, stamp, suffixes[i]);
		if (i == 0)
			snprintf(w->aside_path, sizeof(w->aside_path), "%s", to);
		if (rename(from, to) != 0 && errno != ENOENT)
			return err_set(e, ERR_IO, "cannot set the damaged database %s aside: %s", from,
			    strerrordesc_np(errno));
	}
	w->set_aside = true;
	w->aside_why = *why;
	w->known = false;
	return true;
}

/* A database that was lost under our hands, or that we could not open at start. */
static bool
reopen(struct writer *w)
{
	bool fresh = false;

	if (w->db != NULL && !db_moved(w->db))
		return true;
	db_close(&w->db);
	if (!writer_open(w, &fresh, &w->err)) {
		w->result = WRITE_FAILED;
		if (w->trouble == DB_DAMAGED && writer_set_aside(w, &w->err, &w->err) &&
		    !writer_open(w, &fresh, &w->err))
			return false;
		if (w->db == NULL)
			return false;
	}
	if (fresh)
		w->known = false;
	if (w->known || w->all)
		return true;
	if (fresh) {
		w->result = WRITE_NEEDS_ALL;
		return false;
	}
	loaded_fini(&w->loaded);
	w->result = loaded_read(&w->loaded, w->db, &w->err) ? WRITE_FOUND_ROWS : WRITE_FAILED;
	return false;
}

static bool
write_batch(struct writer *w)
{
	bool ok = db_begin(w->db, &w->err) && (!w->all || db_clear(w->db, &w->err)) &&
	    batch_write(&w->batch, w->db, &w->err) && (!w->all || db_mark_complete(w->db, &w->err)) &&
	    db_commit(w->db, &w->err);

	if (ok) {
		w->known = true;
		w->trouble = DB_FINE;
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

static bool
sync_path(const char *path, int flags, struct err *e)
{
	int fd = open(path, flags | O_CLOEXEC);
	bool ok;

	if (fd < 0)
		return err_set(e, ERR_IO, "open %s: %s", path, strerrordesc_np(errno));
	ok = fsync(fd) == 0 || err_set(e, ERR_IO, "fsync %s: %s", path, strerrordesc_np(errno));
	close(fd);
	return ok;
}

/* The whole copy appears under its name, or nothing does. */
static bool
make_backup(struct writer *w, struct err *e)
{
	char part[4096], directory[4096];
	bool ok;

	snprintf(part, sizeof(part), "%s.part", w->backup_path);
	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(w->path, '/') - w->path), w->path);
	if (unlink(part) != 0 && errno != ENOENT)
		return err_set(e, ERR_IO, "unlink %s: %s", part, strerrordesc_np(errno));
	ok = db_copy(w->db, part, e) && sync_path(part, O_RDONLY, e) &&
	    (rename(part, w->backup_path) == 0 ||
		err_set(e, ERR_IO, "rename %s: %s", part, strerrordesc_np(errno))) &&
	    sync_path(directory[0] != '\0' ? directory : "/", O_RDONLY | O_DIRECTORY, e);
	if (!ok)
		unlink(part);
	return ok;
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
		w->backup_err = (struct err){ 0 };
		w->backup_ok = make_backup(w, &w->backup_err);
	}
	w->took = mono_sub(w->clock->now(w->clock).mono, begin);
}
