/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small segments become large ones, so that whoever reads opens few: sixteen of one size class that were written last
 * become one of the next class; those of an epoch that is over become as few as may be. So a set is written again three
 * or four times when sets come one at a time, and once when they come in thousands.
 */
#include "base/mem.h"
#include "sets.h"

#define MERGE 16
/* Classes grow by MERGE from one set on; what is larger than half a full segment stays as it is. */
#define CLASSES 5

static unsigned
class_of(const struct segment_row *r)
{
	uint64_t below = MERGE;
	unsigned class = 0;

	if (r->damaged || r->n > SEGMENT_SETS / 2 || r->bytes > SEGMENT_BYTES / 2)
		return CLASSES;
	for (; class < CLASSES - 1 && r->n >= below; below *= MERGE)
		class++;
	return class;
}

struct run {
	size_t at, n;
};

/* As many as fit into one, from `at` on, of those before `end`. */
static struct run
fitting(const struct sets *s, size_t at, size_t end)
{
	uint64_t sets = 0, bytes = 0;
	struct run run = { at, 0 };

	for (; at + run.n < end; run.n++) {
		const struct segment_row *r = &s->all.v[at + run.n];

		sets += r->n;
		bytes += r->bytes;
		/* Side by side in numbers, too. */
		if (r->damaged || sets > SEGMENT_SETS || bytes > SEGMENT_BYTES || r->epoch != s->all.v[at].epoch ||
		    (run.n > 0 && r[-1].first + r[-1].n != r->first))
			break;
	}
	return run;
}

/* A run of the epoch that goes on. */
static struct run
newest(const struct sets *s)
{
	for (unsigned class = 0; class < CLASSES; class++) {
		size_t at = s->all.n, n = 0, first = at;

		while (at > 0 && s->all.v[at - 1].epoch == s->epoch && class_of(&s->all.v[at - 1]) <= class) {
			at--;
			if (class_of(&s->all.v[at]) == class) {
				n++;
				first = at;
			}
		}
		if (n >= MERGE) {
			struct run run = fitting(s, first, s->all.n);

			if (run.n > 1)
				return run;
		}
	}
	return (struct run){ 0 };
}

static struct run
ended(const struct sets *s)
{
	for (size_t at = 0; at < s->all.n && s->all.v[at].epoch != s->epoch; at++) {
		struct run run;

		if (class_of(&s->all.v[at]) == CLASSES)
			continue;
		run = fitting(s, at, s->all.n);
		if (run.n > 1)
			return run;
	}
	return (struct run){ 0 };
}

static struct run
wanted(const struct sets *s)
{
	struct run run = newest(s);

	return run.n > 1 ? run : ended(s);
}

bool
sets_merge_is_due(const struct sets *s)
{
	return wanted(s).n > 1;
}

/* Appends its sets to m. False: it is damaged, or cannot be read. */
static bool
add_segment(struct sets *s, struct segment_maker *m, const struct segment_row *row)
{
	struct segment_entry *entries = NULL;
	size_t n = 0;
	uint32_t part = 0, base = m->n;
	struct str directory;
	bool ok;

	sqlite3_bind_int64(s->get_segment, 1, (int64_t)row->first);
	sqlite3_bind_int64(s->get_parts, 1, (int64_t)row->part);
	sqlite3_bind_int64(s->get_parts, 2, (int64_t)(row->part + row->parts_n));
	ok = sqlite3_step(s->get_segment) == SQLITE_ROW;
	directory = ok ? past_db_column(s->get_segment, 1) : STR_NONE;
	ok = ok && segment_sum(directory) == (uint64_t)sqlite3_column_int64(s->get_segment, 0) &&
	    segment_directory(directory, (uint32_t)row->parts_n, &entries, &n) &&
	    sqlite3_step(s->get_parts) == SQLITE_ROW;
	for (size_t i = 0; ok && i < n; i++) {
		struct column c;

		/* Parts stand in the order of the columns. */
		ok = entries[i].part >= part;
		for (; ok && part < entries[i].part; part++)
			ok = sqlite3_step(s->get_parts) == SQLITE_ROW;
		ok = ok && column_open(&c, past_db_column(s->get_parts, 0), &entries[i], (uint32_t)row->n);
		if (!ok)
			break;
		segment_add_column(m, base, entries[i].name, &c);
		column_close(&c);
	}
	sqlite3_reset(s->get_segment);
	sqlite3_reset(s->get_parts);
	mem_free(entries);
	return ok;
}

bool
sets_merge(struct sets *s, struct err *e)
{
	struct run run = wanted(s);
	struct segment_maker m = { 0 };
	struct segment_row first;
	bool ok = true;

	if (run.n < 2)
		return true;
	first = s->all.v[run.at];
	for (size_t i = run.at; ok && i < run.at + run.n; i++) {
		ok = add_segment(s, &m, &s->all.v[i]);
		/* It stays as it is: whoever reads does not believe it either. */
		s->all.v[i].damaged = !ok;
	}
	if (ok)
		ok = sets_drop(s, run.at, run.n, e) && sets_put_segment(s, &m, &first, e);
	else
		ok = true;
	segment_maker_fini(&m);
	return ok;
}
