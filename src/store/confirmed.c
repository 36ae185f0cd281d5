/* SPDX-License-Identifier: Apache-2.0 */
#include "confirmed.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/sbuf.h"
#include "db_files.h"
#include "owner.h"

/* The note: a mark, the salts, the number of frames, and a hash of all that. */
#define MARK "tocsinc1"
#define NOTE_BYTES 32
#define HASHED_BYTES 24
#define SALTS_AT 16		/* in the header of a log (sqlite.org/fileformat2.html) */

static char *
join(const char *path, const char *suffix)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&b, "%s%s", path, suffix);
	return sbuf_take(&b, NULL);
}

void
confirmed_init(struct confirmed *c, const char *path)
{
	*c = (struct confirmed){ .fd = -1, .wal_fd = -1 };
	c->path = join(path, DB_CONFIRMED);
	c->wal_path = join(path, DB_WAL);
}

void
confirmed_fini(struct confirmed *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->wal_fd >= 0)
		close(c->wal_fd);
	mem_free(c->path);
	mem_free(c->wal_path);
}

static uint64_t
hash_of(const unsigned char *note)
{
	struct xxh64 x;

	xxh64_init(&x);
	xxh64_add(&x, note, HASHED_BYTES);
	return xxh64_sum(&x);
}

/* SQLite locks the database, not the log: that we open and close it takes no lock away. */
static bool
open_log(struct confirmed *c, ino_t wal)
{
	if (c->wal_fd >= 0 && c->wal == wal)
		return true;
	if (c->wal_fd >= 0)
		close(c->wal_fd);
	c->wal_fd = open(c->wal_path, O_RDONLY | O_CLOEXEC);
	c->wal = wal;
	c->salted = false;
	return c->wal_fd >= 0;
}

static bool
open_note(struct confirmed *c)
{
	if (c->fd >= 0)
		return true;
	c->fd = open(c->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	/* SQLite has given the log to the owner of the database. */
	if (c->fd >= 0)
		owner_give(c->fd, c->wal_path);
	return c->fd >= 0;
}

void
confirmed_write(struct confirmed *c, ino_t wal, uint64_t frames, bool begun_anew)
{
	unsigned char note[NOTE_BYTES] = MARK;
	uint64_t hash;

	if (!open_log(c, wal) || !open_note(c))
		return;
	if (begun_anew || !c->salted)
		c->salted = pread(c->wal_fd, c->salts, sizeof(c->salts), SALTS_AT) == sizeof(c->salts);
	if (!c->salted)
		return;
	memcpy(note + 8, c->salts, sizeof(c->salts));
	memcpy(note + 16, &frames, 8);
	hash = hash_of(note);
	memcpy(note + HASHED_BYTES, &hash, 8);
	/* An old note says less, never too much. */
	(void)!pwrite(c->fd, note, sizeof(note), 0);
}

void
confirmed_forget(const char *path)
{
	char *name = join(path, DB_CONFIRMED);

	unlink(name);
	mem_free(name);
}

bool
confirmed_read(const char *path, struct confirmed_note *out)
{
	unsigned char note[NOTE_BYTES] = { 0 };
	char *name = join(path, DB_CONFIRMED);
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	uint64_t hash;
	bool ok = fd >= 0 && pread(fd, note, sizeof(note), 0) == (ssize_t)sizeof(note);

	if (fd >= 0)
		close(fd);
	mem_free(name);
	memcpy(&hash, note + HASHED_BYTES, 8);
	ok = ok && memcmp(note, MARK, 8) == 0 && hash == hash_of(note);
	memcpy(out->salts, note + 8, 8);
	memcpy(&out->frames, note + 16, 8);
	return ok;
}
