/* SPDX-License-Identifier: Apache-2.0 */
/* Records that the last process left. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sbuf.h"
#include "loop/errno_text.h"
#include "redo.h"
#include "redo_record.h"

/* A wrong bit is looked for in records of no more bytes: the time it takes grows with their square. */
#define MEND_MAX ((size_t)16 << 10)
/* So many are tried: a start is not to take minutes for a disk that lost more than single bits. */
#define MEND_TRIES 16

struct found {
	uint64_t no;
	const unsigned char *record;
};

struct reading {
	unsigned char *file;		/* all of it; heap */
	size_t n;
	uint64_t id, stored;
	VEC(struct found) found;
	uint64_t last;			/* the newest number found */
	unsigned tries;			/* … to set a bit right */
	struct wal_damage *damage;
};

static void
note(struct reading *r, size_t n, const char *what)
{
	if (r->damage->n == 0)
		err_set(&r->damage->what, ERR_INVALID, "%zu records of the redo log %s", n, what);
	r->damage->n += n;
}

static struct redo_head
head_at(const struct reading *r, size_t at)
{
	struct redo_head head;

	memcpy(&head, r->file + at, sizeof(head));
	return head;
}

/* A record that is as it was written, of whatever database. */
static bool
is_record(const struct reading *r, size_t at)
{
	struct redo_head head = head_at(r, at);

	return memcmp(head.mark, REDO_MARK, sizeof(head.mark)) == 0 && head.bytes <= r->n - at - sizeof(head) &&
	    redo_record_sum(r->file + at, head.bytes) == head.sum;
}

/* … of this one, and not in it yet. */
static bool
is_whole(const struct reading *r, size_t at)
{
	struct redo_head head = head_at(r, at);

	return head.id == r->id && head.no > r->stored && is_record(r, at);
}

/* Nothing but a record has a head that is right but for a bit. */
static bool
is_suspect(const struct reading *r, size_t at, size_t *bits_out)
{
	struct redo_head head = head_at(r, at), want = { .mark = REDO_MARK, .id = r->id };
	unsigned wrong = 0;

	for (size_t i = 0; i < offsetof(struct redo_head, no); i++)
		wrong += (unsigned)__builtin_popcount(((unsigned char *)&head)[i] ^ ((unsigned char *)&want)[i]);
	if (wrong == 1) {
		*bits_out = offsetof(struct redo_head, no) * 8;
		return true;
	}
	/* One that is longer, as a bit of its length is wrong, too. */
	*bits_out = (sizeof(head) + (head.bytes < MEND_MAX ? head.bytes : 0)) * 8;
	return wrong == 0 && (head.no > r->stored || __builtin_popcountll(head.no ^ (r->last + 1)) == 1);
}

static bool
mend(struct reading *r, size_t at)
{
	size_t bits;

	if (r->tries >= MEND_TRIES || !is_suspect(r, at, &bits) || at + bits / 8 > r->n)
		return false;
	r->tries++;
	for (size_t i = 0; i < bits; i++) {
		r->file[at + i / 8] ^= (unsigned char)(1u << i % 8);
		if (is_whole(r, at))
			return true;
		r->file[at + i / 8] ^= (unsigned char)(1u << i % 8);
	}
	return false;
}

static void
take(struct reading *r, size_t at)
{
	struct found f = { head_at(r, at).no, r->file + at };

	VEC_PUSH(&r->found, f);
	if (f.no > r->last)
		r->last = f.no;
}

static size_t
blocks_of(const struct reading *r, size_t at)
{
	size_t n = sizeof(struct redo_head) + head_at(r, at).bytes;

	return (n + DIRECT_BLOCK - 1) / DIRECT_BLOCK * DIRECT_BLOCK;
}

/* Each record begins with a block; one that is not whole is looked at again when it is known which are missing. */
static void
find_whole(struct reading *r)
{
	for (size_t at = 0; at + DIRECT_BLOCK <= r->n; at += DIRECT_BLOCK)
		if (is_whole(r, at)) {
			take(r, at);
			at += blocks_of(r, at) - DIRECT_BLOCK;
		}
}

static void
find_damaged(struct reading *r)
{
	for (size_t at = 0; at + DIRECT_BLOCK <= r->n; at += DIRECT_BLOCK) {
		if (!is_whole(r, at) && mend(r, at)) {
			note(r, 1, "had a wrong bit, which was set right");
			take(r, at);
		}
		if (is_whole(r, at))
			at += blocks_of(r, at) - DIRECT_BLOCK;
	}
}

static int
by_no(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return (x->no > y->no) - (x->no < y->no);
}

/* Blocks that cannot be read are as zeros. A file that was cut short has the records in front. */
static bool
read_open(struct reading *r, int fd)
{
	struct stat st;
	bool ok = fstat(fd, &st) == 0;

	if (!ok || !S_ISREG(st.st_mode))
		return ok;
	r->n = 2 * REDO_HALF;
	r->file = mem_calloc(r->n, 1);
	for (size_t at = 0; at < r->n; at += DIRECT_BLOCK) {
		ssize_t n = pread(fd, r->file + at, DIRECT_BLOCK, (off_t)at);

		if (n == 0)
			break;
		ok = ok && n > 0;
	}
	return ok;
}

/* A database without its records is better than none. */
static void
read_file(struct reading *r, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct err e;

	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || !read_open(r, fd)) {
		io_error(&e, fd < 0 ? "open" : "read", path, errno);
		r->damage->what = r->damage->n == 0 ? e : r->damage->what;
		r->damage->n++;
	}
	if (fd >= 0)
		close(fd);
}

/* False: the database says nothing of records. */
static bool
find_row(struct reading *r, const struct db_rows *l)
{
	for (size_t i = 0; i < l->rows[TABLE_META].n; i++) {
		const struct loaded_row *row = &l->rows[TABLE_META].v[i];

		if (!str_eq(row->key, REDO_KEY) || row->body.n != REDO_ROW)
			continue;
		memcpy(&r->id, row->body.p, 8);
		memcpy(&r->stored, row->body.p + 8, 8);
		r->last = r->stored;
		return true;
	}
	return false;
}

/* Nobody knows any more which records belong to the database, or whether any does: none is taken. */
static void
note_row_lost(struct reading *r)
{
	size_t at = 0;

	while (at + DIRECT_BLOCK <= r->n && !is_record(r, at))
		at += DIRECT_BLOCK;
	if (at + DIRECT_BLOCK > r->n)
		return;
	if (r->damage->n == 0)
		err_set(&r->damage->what, ERR_INVALID,
		    "the row that says which records of the redo log belong to the database is lost: they are left out");
	r->damage->n++;
}

static void
put_together(struct reading *r, struct batch *b)
{
	uint64_t last = r->stored, lost = 0;

	if (r->found.n > 0)
		qsort(r->found.v, r->found.n, sizeof(r->found.v[0]), by_no);
	for (size_t i = 0; i < r->found.n; i++) {
		const struct found *f = &r->found.v[i];

		/* Each is on disk before the next begins. */
		lost += f->no - last - (f->no > last);
		last = f->no;
		if (!redo_record_get(f->record, b))
			lost++;
	}
	if (lost > 0)
		note(r, lost, "are lost");
}

void
redo_read(const char *path, struct db_rows *l, struct batch *also, struct wal_damage *damage)
{
	struct reading r = { .damage = damage };
	struct sbuf name = SBUF_INIT(SBUF_UNLIMITED);
	struct batch b = { 0 };
	bool placed = find_row(&r, l);

	/* A database that is whole and says nothing has none. */
	if (!placed && !l->damaged)
		return;
	sbuf_printf(&name, "%s%s", path, DB_REDO);
	read_file(&r, sbuf_cstr(&name));
	if (r.n > 0 && !placed) {
		note_row_lost(&r);
	} else if (r.n > 0) {
		find_whole(&r);
		find_damaged(&r);
		put_together(&r, &b);
		db_rows_add(l, &b);
		if (also != NULL)
			batch_add(also, &b);
	}
	batch_clear(&b);
	VEC_FINI(&r.found);
	mem_free(r.file);
	sbuf_fini(&name);
}
