/* SPDX-License-Identifier: Apache-2.0 */
/* A reader's segments: which there are, and columns of them in memory. */
#include "base/mem.h"
#include "reader.h"

/* Bytes of columns that stay between two questions. */
#define KEPT ((size_t)24 << 20)
/* Within a question, of which a page may need all. */
#define KEPT_WITHIN ((size_t)64 << 20)

static void
drop_column(struct reader *r, struct open_column *o)
{
	if (o->state == COLUMN_READ)
		r->columns_bytes -= column_bytes(&o->c);
	column_close(&o->c);
	o->state = COLUMN_UNREAD;
}

static void
segment_free(struct reader *r, struct open_segment *s)
{
	for (size_t i = 0; i < s->entries_n; i++)
		drop_column(r, &s->columns[i]);
	mem_free(s->columns);
	mem_free(s->entries);
	mem_free(s->directory);
	mem_free(s);
}

void
segments_close(struct reader *r)
{
	for (size_t i = 0; i < r->open.n; i++)
		segment_free(r, r->open.v[i]);
	VEC_FINI(&r->open);
}

static uint64_t
number(sqlite3_stmt *s, int at)
{
	return (uint64_t)sqlite3_column_int64(s, at);
}

static struct open_segment *
segment_new(struct reader *r, sqlite3_stmt *st)
{
	struct open_segment *s = NEW(struct open_segment);
	struct str directory = past_db_column(st, 5);

	s->first = number(st, 0);
	s->n = number(st, 1);
	s->sum = number(st, 2);
	s->part = number(st, 3);
	s->parts_n = number(st, 4);
	s->directory = mem_strndup(directory.p, directory.n);
	directory.p = s->directory;
	if (s->n > UINT32_MAX || s->parts_n > UINT32_MAX || segment_sum(directory) != s->sum ||
	    !segment_directory(directory, (uint32_t)s->parts_n, &s->entries, &s->entries_n))
		r->bad++;
	s->columns = mem_calloc(s->entries_n, sizeof(s->columns[0]));
	return s;
}

/* A segment is never changed: one of the same place, sum and parts is the same. */
static bool
is_row(const struct open_segment *s, sqlite3_stmt *st)
{
	return s->first == number(st, 0) && s->n == number(st, 1) && s->sum == number(st, 2) && s->part == number(st, 3);
}

bool
segments_refresh(struct reader *r, struct err *e)
{
	VEC(struct open_segment *) all = { 0 };
	size_t at = 0;
	int code;

	while ((code = sqlite3_step(r->segments)) == SQLITE_ROW) {
		while (at < r->open.n && r->open.v[at]->first < number(r->segments, 0))
			segment_free(r, r->open.v[at++]);
		if (at < r->open.n && is_row(r->open.v[at], r->segments))
			VEC_PUSH(&all, r->open.v[at++]);
		else
			VEC_PUSH(&all, segment_new(r, r->segments));
	}
	if (code != SQLITE_DONE)
		past_db_failed(&r->db, e);
	sqlite3_reset(r->segments);
	while (at < r->open.n)
		segment_free(r, r->open.v[at++]);
	mem_free(r->open.v);
	r->open.v = all.v;
	r->open.n = all.n;
	r->open.cap = all.cap;
	r->last = 0;
	return code == SQLITE_DONE;
}

static void
read_column(struct reader *r, struct open_segment *s, size_t at)
{
	struct open_column *o = &s->columns[at];

	o->state = COLUMN_BAD;
	sqlite3_reset(r->part);
	sqlite3_bind_int64(r->part, 1, (int64_t)(s->part + s->entries[at].part));
	if (sqlite3_step(r->part) != SQLITE_ROW ||
	    !column_open(&o->c, past_db_column(r->part, 0), &s->entries[at], (uint32_t)s->n)) {
		r->bad++;
		return;
	}
	o->state = COLUMN_READ;
	r->columns_bytes += column_bytes(&o->c);
}

const struct column *
segment_column_of(struct reader *r, struct open_segment *s, size_t at)
{
	struct open_column *o;

	if (at >= s->entries_n)
		return NULL;
	o = &s->columns[at];
	if (o->state == COLUMN_UNREAD)
		read_column(r, s, at);
	o->question = r->questions;
	return o->state == COLUMN_READ ? &o->c : NULL;
}

size_t
segment_find(const struct open_segment *s, struct str name)
{
	size_t low = 1, high = s->entries_n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (str_cmp(s->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->entries_n && str_eq(s->entries[low].name, name) ? low : 0;
}

static void
trim(struct reader *r, uint64_t until, size_t kept)
{
	for (size_t i = 0; i < r->open.n && r->columns_bytes > kept; i++)
		for (size_t k = 0; k < r->open.v[i]->entries_n; k++)
			if (r->open.v[i]->columns[k].question <= until)
				drop_column(r, &r->open.v[i]->columns[k]);
}

void
segments_trim(struct reader *r, bool over)
{
	size_t kept = over ? KEPT : KEPT_WITHIN;

	trim(r, r->questions - 1, kept);
	trim(r, r->questions, kept);
}

struct open_segment *
segment_of(struct reader *r, uint64_t set)
{
	size_t low = 0, high = r->open.n;
	struct open_segment *s = r->last < r->open.n ? r->open.v[r->last] : NULL;

	if (s == NULL || set < s->first || set - s->first >= s->n) {
		while (low < high) {
			size_t middle = (low + high) / 2;

			if (r->open.v[middle]->first <= set)
				low = middle + 1;
			else
				high = middle;
		}
		if (low == 0)
			return NULL;
		r->last = low - 1;
		s = r->open.v[r->last];
	}
	return set - s->first < s->n ? s : NULL;
}
