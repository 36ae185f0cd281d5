/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_row_disk.h"

#include <check.h>
#include <stdlib.h>

#include "base/mem.h"

void
row_disk_apply(struct row_disk *d, struct batch *b)
{
	HMAP_EACH(&b->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, node);

		if (o->drop) {
			batch_forget(&d->rows, o->table, o->key);
			continue;
		}
		d->written += o->body.n;
		batch_put(&d->rows, o->table, o->key, o->body, false);
	}
}

/* A slice ends with the thing that used it up, however long that is: in these tests half a megabyte. */
#define LONGEST ((512 << 10) / 16)

bool
row_disk_prepare(struct row_log *k, struct batch *b, uint64_t *left_out)
{
	struct work w = { 1000 };

	while (!row_log_prepare_some(k, b, &w, left_out)) {
		ck_assert_int_ge(w.left, -1000 - LONGEST);
		w.left = 1000;
	}
	return *left_out == 0;
}

void
row_disk_forget(struct row_log *k)
{
	struct work w = { 1000 };

	for (row_log_forget_disk(k); !row_log_forget_some(k, 1, &w); w.left = 1000)
		ck_assert_int_ge(w.left, -1000);
}

bool
row_disk_commit(struct row_log *k, struct row_disk *d, bool ok)
{
	struct batch b = { 0 };
	uint64_t left_out;
	bool all, landed = ++d->turn % 2 == 0;

	b = d->kept_back;
	d->kept_back = (struct batch){ 0 };
	all = row_disk_prepare(k, &b, &left_out);
	if (ok) {
		row_disk_apply(d, &b);
		row_log_written(k);
	} else {
		if (landed)
			row_disk_apply(d, &b);
		row_log_lost(k, &b, 1);
		batch_keep(&d->kept_back, &b);
	}
	batch_clear(&b);
	return all;
}

static int
by_key(const void *x, const void *y)
{
	return str_cmp((*(struct op *const *)x)->key, (*(struct op *const *)y)->key);
}

void
row_disk_load(struct row_log *k, const struct row_disk *d)
{
	struct op **v = mem_calloc(d->rows.ops.n, sizeof(*v));
	struct err e = { 0 };
	size_t n = 0;

	row_log_init(k);
	HMAP_EACH(&d->rows.ops, node)
		v[n++] = CONTAINER_OF(node, struct op, node);
	qsort(v, n, sizeof(*v), by_key);
	for (size_t i = 0; i < n; i++)
		ck_assert(row_log_load_row(k, v[i]->table, v[i]->key, v[i]->body, &e));
	row_log_loaded(k);
	mem_free(v);
}

void
row_disk_age(struct row_disk *d)
{
	struct batch old = { 0 };

	HMAP_EACH(&d->rows.ops, node) {
		const struct op *o = CONTAINER_OF(node, struct op, node);

		batch_put(&old, TABLE_ALERTS, o->key, o->body, false);
	}
	batch_clear(&d->rows);
	d->rows = old;
}

size_t
row_disk_rows(const struct row_disk *d, enum db_table t)
{
	size_t n = 0;

	HMAP_EACH(&d->rows.ops, node)
		n += CONTAINER_OF(node, struct op, node)->table == t;
	return n;
}

void
row_disk_clear(struct row_disk *d)
{
	batch_clear(&d->rows);
	batch_clear(&d->kept_back);
}
