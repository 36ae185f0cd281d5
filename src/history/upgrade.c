/* SPDX-License-Identifier: Apache-2.0 */
#include "upgrade.h"

#include "base/mem.h"
#include "varint.h"

/* Pairs that were looked up, each in the one place that its number has. */
#define LOOKED_UP 65536
/* So many numbers that are not used any more are carried along; where there are more, another segment begins. */
#define HOLE 1024

struct looked_up {
	uint64_t pair;		/* 0: none */
	uint32_t column, value;	/* 0: it is not there any more */
};

struct upgrade {
	struct sets *s;
	sqlite3_stmt *sets, *pair;
	struct looked_up *pairs;
	uint64_t first;			/* number of the maker's first set */
};

static struct str
text(sqlite3_stmt *s, int at)
{
	const char *p = (const char *)sqlite3_column_text(s, at);

	return (struct str){ p, (size_t)sqlite3_column_bytes(s, at) };
}

static void
put_pair(struct upgrade *u, uint64_t pair)
{
	struct segment_maker *m = &u->s->maker;
	struct looked_up *l = &u->pairs[pair % LOOKED_UP];

	if (l->pair != pair) {
		*l = (struct looked_up){ .pair = pair };
		sqlite3_bind_int64(u->pair, 1, (int64_t)pair);
		if (sqlite3_step(u->pair) == SQLITE_ROW && text(u->pair, 0).n > 0) {
			l->column = segment_column(m, text(u->pair, 0));
			l->value = segment_value(m, l->column, text(u->pair, 1));
		}
		sqlite3_reset(u->pair);
	}
	if (l->value != 0)
		segment_cell(m, l->column, l->value);
}

/* The next row goes in; false: the segment is full, or ends before it. */
static bool
take(struct upgrade *u)
{
	struct segment_maker *m = &u->s->maker;
	uint64_t set = (uint64_t)sqlite3_column_int64(u->sets, 0), pair;
	struct str pairs = past_db_column(u->sets, 2);

	if (m->n == 0)
		u->first = set;
	if (segment_maker_is_full(m) || set - u->first - m->n > HOLE || set - u->first >= SEGMENT_SETS)
		return false;
	while (u->first + m->n < set)
		segment_add(m, 0);
	segment_add(m, (uint64_t)sqlite3_column_int64(u->sets, 1));
	for (size_t at = 0; varint_get(pairs, &at, &pair);)
		put_pair(u, pair);
	return true;
}

static bool
end_upgrade(struct sets *s, struct err *e)
{
	return past_db_run(s->db, "DROP TABLE sets; DROP TABLE pairs; DROP TABLE postings", e) && past_db_is_new(s->db, e);
}

static bool
make_segment(struct upgrade *u, struct err *e)
{
	/* They go with the last of the events that are there now. */
	struct segment_row row = { .epoch = 1 };
	int code;

	sqlite3_bind_int64(u->sets, 1, (int64_t)u->s->next);
	while ((code = sqlite3_step(u->sets)) == SQLITE_ROW && take(u))
		;
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		return past_db_failed(u->s->db, e);
	sqlite3_reset(u->sets);
	if (u->s->maker.n == 0)
		return end_upgrade(u->s, e);
	row.first = u->first;
	u->s->next = u->first + u->s->maker.n;
	return sets_put_segment(u->s, &u->s->maker, &row, e);
}

bool
upgrade_some(struct sets *s, struct err *e)
{
	struct upgrade u = { .s = s };
	bool ok = (u.sets = past_db_prepare(
		       s->db, "SELECT id, fingerprint, pairs FROM sets WHERE id >= ? ORDER BY id", e)) != NULL &&
	    (u.pair = past_db_prepare(s->db, "SELECT name, value FROM pairs WHERE id = ?", e)) != NULL;

	u.pairs = mem_calloc(LOOKED_UP, sizeof(u.pairs[0]));
	ok = ok && past_db_run(s->db, "BEGIN IMMEDIATE", e);
	if (ok)
		ok = make_segment(&u, e);
	/* A table cannot go while a statement on it is there. */
	sqlite3_finalize(u.sets);
	sqlite3_finalize(u.pair);
	mem_free(u.pairs);
	return ok && past_db_run(s->db, "COMMIT", e);
}
