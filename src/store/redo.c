/* SPDX-License-Identifier: Apache-2.0 */
#include "redo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sbuf.h"
#include "owner.h"
#include "redo_record.h"

#define PIECE ((size_t)64 << 10)
/* A buffer that is larger goes when its record is on disk. */
#define KEPT_MAX ((size_t)128 << 10)

void
redo_init(struct redo *r)
{
	*r = (struct redo){ .fd = -1 };
}

void
redo_close(struct redo *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

void
redo_fini(struct redo *r)
{
	redo_close(r);
	mem_free(r->record);
	r->record = NULL;
	r->cap = 0;
}

void
redo_open(struct redo *r, int fd)
{
	redo_close(r);
	r->fd = fd;
	/* All that was in it is in the database. */
	r->half = 0;
	r->used = 0;
	r->ends[0] = r->ends[1] = 0;
}

static size_t
in_blocks(size_t n)
{
	return (n + DIRECT_BLOCK - 1) / DIRECT_BLOCK * DIRECT_BLOCK;
}

/* Goes on in the other half when this one has no room for so much. */
static bool
find_room(struct redo *r, size_t n)
{
	if (r->used + n <= REDO_HALF)
		return true;
	if (n > REDO_HALF || r->ends[!r->half] > r->stored)
		return false;
	r->half = !r->half;
	r->used = 0;
	return true;
}

bool
redo_has_room(struct redo *r)
{
	return r->fd >= 0 && !r->paused && find_room(r, in_blocks(sizeof(struct redo_head) + REDO_RECORD));
}

bool
redo_is_filling(const struct redo *r)
{
	return r->since > REDO_HALF / 2;
}

static void
make_buffer(struct redo *r, size_t n)
{
	if (r->cap >= n)
		return;
	mem_free(r->record);
	r->record = mem_aligned(DIRECT_BLOCK, n);
	r->cap = r->dirty = n;
}

/* The rest is zeros: what of an earlier record stands there goes, once. */
static void
clear_rest(struct redo *r, size_t from)
{
	if (r->dirty > from)
		memset(r->record + from, 0, r->dirty - from);
	r->dirty = from;
}

bool
redo_write(struct redo *r, const struct batch *b, struct direct_write *d)
{
	size_t bytes = redo_record_size(b), n = in_blocks(sizeof(struct redo_head) + bytes);

	if (r->fd < 0 || bytes > REDO_HALF / 2 || !find_room(r, n))
		return false;
	make_buffer(r, n);
	redo_record_put(r->record, b, bytes, r->id, r->last + 1);
	clear_rest(r, sizeof(struct redo_head) + bytes);
	if (!direct_write_begin(d, r->fd, r->record, n, (off_t)(r->half * REDO_HALF + r->used)))
		return false;
	r->used += n;
	r->since += n;
	r->ends[r->half] = ++r->last;
	return true;
}

void
redo_landed(struct redo *r)
{
	r->landed = r->last;
	/* Records of many changes are seldom. */
	if (r->cap > KEPT_MAX) {
		mem_free(r->record);
		r->record = NULL;
		r->cap = r->dirty = 0;
	}
}

uint64_t
redo_collect(struct redo *r)
{
	r->since = 0;
	return r->landed;
}

void
redo_stored(struct redo *r, uint64_t no)
{
	r->stored = no;
}

void
redo_put_row(uint64_t id, uint64_t no, char out[REDO_ROW])
{
	memcpy(out, &id, 8);
	memcpy(out + 8, &no, 8);
}

static char *
path_of(const char *database)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&b, "%s%s", database, DB_REDO);
	return sbuf_take(&b, NULL);
}

/* So that the name is there after a power failure, too. */
static bool
sync_directory(const char *path)
{
	char *directory = mem_strdup(path), *slash = strrchr(directory, '/');
	bool ok;
	int fd;

	if (slash != NULL)
		slash[slash == directory] = '\0';
	fd = open(slash != NULL ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mem_free(directory);
	ok = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

/*
 * Every block of it is written, so that records are written over what is there. The page cache, which has what was read of it,
 * is none of our affair: a write past it would have to wait until it is cleared.
 */
static bool
fill(const char *path, int fd, const void *zeros)
{
	struct stat st;
	bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	if (ok && ((size_t)st.st_size != 2 * REDO_HALF || (size_t)st.st_blocks * 512 < 2 * REDO_HALF)) {
		for (size_t at = 0; ok && at < 2 * REDO_HALF; at += PIECE)
			ok = pwrite(fd, zeros, PIECE, (off_t)at) == (ssize_t)PIECE;
		ok = ok && ftruncate(fd, (off_t)(2 * REDO_HALF)) == 0 && fsync(fd) == 0 && sync_directory(path);
	}
	return ok && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0;
}

static int
open_direct(const char *path, const char *database)
{
	int fd = open(path, O_WRONLY | O_DIRECT | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	void *zeros;
	bool ok;

	if (fd < 0)
		return -1;
	owner_give(fd, database);
	zeros = memset(mem_aligned(DIRECT_BLOCK, PIECE), 0, PIECE);
	/* Before it is filled: where it is of no use it takes no room. */
	ok = fchmod(fd, 0600) == 0 && direct_write_probe(fd, zeros, DIRECT_BLOCK) && fill(path, fd, zeros);
	mem_free(zeros);
	if (ok)
		return fd;
	close(fd);
	return -1;
}

int
redo_make(const char *database)
{
	char *path = path_of(database);
	int fd = open_direct(path, database);

	/* An open that is refused may have made it. One that we may not even look at is somebody else's. */
	if (fd < 0 && errno != EACCES)
		unlink(path);
	mem_free(path);
	return fd;
}

bool
redo_is_there(const char *database, int fd)
{
	char *path = path_of(database);
	struct stat here, ours;
	bool there = stat(path, &here) == 0 && fstat(fd, &ours) == 0 && here.st_dev == ours.st_dev && here.st_ino == ours.st_ino &&
	    (size_t)here.st_size == 2 * REDO_HALF;

	mem_free(path);
	return there;
}
