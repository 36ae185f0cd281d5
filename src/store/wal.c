/* SPDX-License-Identifier: Apache-2.0 */
#include "wal.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sbuf.h"
#include "confirmed.h"
#include "db.h"
#include "loop/errno_text.h"
#include "loop/file.h"
#include "owner.h"
#include "wal_walk.h"

#define IN_USE_MS 200	/* SQLite waits longer; but who ends of his own accord leaves no log */
#define POLL_MS 20
/* The bytes of a database file that SQLite locks. */
#define LOCK_BEGIN 0x40000000
#define LOCK_BYTES 512

static char *
join(const char *path, const char *suffix)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&b, "%s%s", path, suffix);
	return sbuf_take(&b, NULL);
}

/* One that is not there, or special, is an empty one. */
static bool
read_log(const char *name, struct wal *w, struct err *e)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	size_t n = 0;

	if (fd < 0)
		return errno == ENOENT || io_error(e, "open", name, errno);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		w->p = mem_alloc((size_t)st.st_size);
		w->n = (size_t)st.st_size;
	}
	while (n < w->n) {
		ssize_t got = pread(fd, w->p + n, w->n - n, (off_t)n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fd);
	return n == w->n || err_set(e, ERR_IO, "cannot read %s", name);
}

static uint32_t
pages_of(const char *path, size_t page)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint32_t)((uint64_t)st.st_size / page) : 0;
}

static bool
examine(const char *path, int database, const char *name, struct wal *w, struct wal_damage *out, struct err *e)
{
	struct confirmed_note note;
	bool noted = confirmed_read(path, &note);

	*out = (struct wal_damage){ 0 };
	*w = (struct wal){ .database = database };
	if (!read_log(name, w, e))
		return false;
	wal_walk(w, noted ? note.salts : NULL, noted ? note.frames : 0, pages_of(path, DB_PAGE));
	out->n = w->damaged;
	out->what = w->what;
	return true;
}

static void
forget(struct wal *w)
{
	mem_free(w->p);
	mem_free(w->kinds);
}

bool
wal_examine(const char *path, struct wal_damage *out, struct err *e)
{
	char *name = join(path, DB_WAL);
	struct wal w;
	bool ok = examine(path, -1, name, &w, out, e);

	forget(&w);
	mem_free(name);
	return ok;
}

static bool
write_whole(const char *name, const struct wal *w, struct err *e)
{
	int fd = owner_create(name);
	bool ok = (fd >= 0 && file_write(fd, (struct str){ (const char *)w->p, w->n }) && fsync(fd) == 0) ||
	    io_error(e, "write", name, errno);
	if (fd >= 0)
		close(fd);
	return ok;
}

/* Either the old one is there or the mended one, whenever the power fails. */
static bool
replace(const char *name, const char *aside, const struct wal *w, struct err *e)
{
	char *part = join(name, ".part");
	bool ok = write_whole(part, w, e);

	if (ok && link(name, aside) != 0 && errno != EEXIST)
		ok = err_set(e, ERR_IO, "link %s to %s: %s", name, aside, errno_text(errno).s);
	if (ok && rename(part, name) != 0)
		ok = io_error(e, "rename", part, errno);
	if (!ok)
		unlink(part);
	mem_free(part);
	return ok;
}

/*
 * Keeps other processes out as SQLite does, waiting for one that has it. -1: it
 * is in use, or there is none; who opens it tells.
 */
static int
lock(const char *path)
{
	struct flock bytes = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BEGIN, .l_len = LOCK_BYTES };
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	for (int waited = 0; fd >= 0 && fcntl(fd, F_OFD_SETLK, &bytes) != 0; waited += POLL_MS) {
		if ((errno != EAGAIN && errno != EACCES) || waited >= IN_USE_MS) {
			close(fd);
			return -1;
		}
		sqlite3_sleep(POLL_MS);
	}
	return fd;
}

bool
wal_mend(const char *path, const char *aside, struct wal_damage *out, struct err *e)
{
	char *name = join(path, DB_WAL);
	int locked = lock(path);
	struct wal w = { 0 };
	bool ok = true;

	*out = (struct wal_damage){ 0 };
	if (locked >= 0) {
		ok = examine(path, locked, name, &w, out, e);
		if (ok && out->n > 0) {
			wal_rewrite(&w);
			ok = replace(name, aside, &w, e);
			/* Damage that was reported is not found again. */
			if (ok)
				confirmed_forget(path);
		}
		close(locked);
	}
	forget(&w);
	mem_free(name);
	return ok;
}
