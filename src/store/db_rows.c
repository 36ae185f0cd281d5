/* SPDX-License-Identifier: Apache-2.0 */
#include "db_rows.h"

#include <string.h>

struct table_reading {
	struct db_rows *l;
	enum db_table table;
	bool seen;		/* a forward reading got to here: */
	struct str last;
};

/* So much goes into the arena. */
#define ARENA_BYTES ((size_t)2 << 20)

static struct str
keep(struct db_rows *l, struct str s)
{
	char *p;

	if (arena_used(l->arena) < ARENA_BYTES)
		return arena_str(l->arena, s);
	p = row_memory_take(&l->more, s.n);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

static void
add(struct table_reading *r, struct str key, struct str body)
{
	struct loaded_row row = { keep(r->l, key), keep(r->l, body) };

	VEC_PUSH(&r->l->rows[r->table], row);
}

static bool
visit_forward(void *arg, struct str key, struct str body)
{
	struct table_reading *r = arg;

	add(r, key, body);
	return true;
}

/* Stops where the forward reading had got to. */
static bool
visit_backward(void *arg, struct str key, struct str body)
{
	struct table_reading *r = arg;

	if (r->seen && str_cmp(key, r->last) <= 0)
		return false;
	add(r, key, body);
	return true;
}

static void
note_damage(struct db_rows *l, const struct err *e)
{
	if (!l->damaged)
		l->why = *e;
	l->damaged = true;
	l->bad++;
}

static bool
read_table(struct db_rows *l, enum db_table table, struct db *d, struct err *e)
{
	struct table_reading r = { .l = l, .table = table };
	size_t from, to;

	if (db_each(d, table, DB_FORWARD, visit_forward, &r, e))
		return true;
	if (db_trouble(d) != DB_DAMAGED)
		return false;
	note_damage(l, e);
	from = l->rows[table].n;
	r.seen = from > 0;
	if (r.seen)
		r.last = l->rows[table].v[from - 1].key;
	/* It meets the damage as well, from the other side. */
	(void)!db_each(d, table, DB_BACKWARD, visit_backward, &r, e);
	if (l->rows[table].n == from)
		return true;
	for (to = l->rows[table].n - 1; from < to; from++, to--) {
		struct loaded_row swap = l->rows[table].v[from];

		l->rows[table].v[from] = l->rows[table].v[to];
		l->rows[table].v[to] = swap;
	}
	return true;
}

bool
db_rows_read(struct db_rows *l, struct db *d, struct err *e)
{
	struct err first;
	bool ok = true;
	size_t bad;

	*l = (struct db_rows){ .arena = arena_new() };
	for (int t = 0; ok && t < TABLE_N; t++)
		ok = read_table(l, (enum db_table)t, d, e);
	bad = db_bad_rows(d, &first);
	if (bad > 0) {
		note_damage(l, &first);
		l->bad += bad - 1;
	}
	/* Rows that are whole may not be all: a page that is not reached any more holds others. */
	if (ok && !l->damaged && !db_check(d, e)) {
		ok = db_trouble(d) == DB_DAMAGED;
		if (ok)
			note_damage(l, e);
	}
	return ok;
}

bool
db_rows_copy(const struct db_rows *l, struct db *d, struct err *e)
{
	bool ok = db_begin(d, e);

	for (int t = 0; ok && t < TABLE_N; t++)
		for (size_t i = 0; ok && i < l->rows[t].n; i++)
			ok = db_put(d, (enum db_table)t, l->rows[t].v[i].key, l->rows[t].v[i].body, e);
	ok = ok && db_mark_complete(d, e) && db_commit(d, e);
	if (!ok)
		db_rollback(d);
	return ok;
}

/* One table's: both are in the order of keys. */
static void
add_to_table(struct db_rows *l, enum db_table t, const struct op *const *ops, size_t n)
{
	struct db_rows merged = { .arena = l->arena, .more = l->more };
	struct table_reading r = { .l = &merged, .table = t };
	size_t i = 0;

	VEC_RESERVE(&merged.rows[t], l->rows[t].n + n);
	for (size_t k = 0; k < n; k++) {
		int order = -1;

		for (; i < l->rows[t].n && (order = str_cmp(l->rows[t].v[i].key, ops[k]->key)) < 0; i++)
			VEC_PUSH(&merged.rows[t], l->rows[t].v[i]);
		if (i < l->rows[t].n && order == 0)
			i++;
		if (!ops[k]->drop)
			add(&r, ops[k]->key, ops[k]->body);
	}
	for (; i < l->rows[t].n; i++)
		VEC_PUSH(&merged.rows[t], l->rows[t].v[i]);
	l->more = merged.more;
	mem_free(l->rows[t].v);
	l->rows[t].v = merged.rows[t].v;
	l->rows[t].n = merged.rows[t].n;
	l->rows[t].cap = merged.rows[t].cap;
}

void
db_rows_add(struct db_rows *l, const struct batch *b)
{
	const struct op **v = batch_sorted(b);

	for (size_t i = 0, n; i < b->ops.n; i += n) {
		for (n = 1; i + n < b->ops.n && v[i + n]->table == v[i]->table; n++)
			;
		add_to_table(l, v[i]->table, v + i, n);
	}
	mem_free(v);
}

void
db_rows_fini(struct db_rows *l)
{
	for (int t = 0; t < TABLE_N; t++)
		VEC_FINI(&l->rows[t]);
	arena_free(&l->arena);
	row_memory_free(&l->more);
}
