/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

uint64_t
batch_hash(enum db_table t, struct str key)
{
	return hash_mix(hash_seeded(key.p, key.n), t);
}

static struct op *
find(const struct batch *b, enum db_table t, struct str key, uint64_t hash)
{
	for (struct hmap_node *n = hmap_first(&b->ops, hash); n != NULL; n = hmap_next(n)) {
		struct op *o = CONTAINER_OF(n, struct op, node);

		if (o->table == t && str_eq(o->key, key))
			return o;
	}
	return NULL;
}

static size_t
size_of(const struct op *o)
{
	return sizeof(*o) + o->key.n + o->body.n;
}

static struct op *
make_op(enum db_table t, struct str key, struct str body, bool borrowed)
{
	struct op *o = mem_alloc(sizeof(*o) + key.n + (borrowed ? 0 : body.n));

	*o = (struct op){ .table = t, .key = { o->bytes, key.n }, .body = body };
	memcpy(o->bytes, key.p, key.n);
	if (borrowed || body.n == 0)
		return o;
	memcpy(o->bytes + key.n, body.p, body.n);
	o->body.p = o->bytes + key.n;
	return o;
}

static void
take_out(struct batch *b, struct op *o)
{
	b->bytes -= size_of(o);
	hmap_remove(&b->ops, &o->node);
	mem_free(o);
}

/* The op takes the place of that of the same record. */
static void
set(struct batch *b, struct op *o, bool fresh)
{
	uint64_t hash = batch_hash(o->table, o->key);
	struct op *before = find(b, o->table, o->key, hash);

	o->fresh = before != NULL ? before->fresh : fresh;
	if (before != NULL)
		take_out(b, before);
	hmap_insert(&b->ops, &o->node, hash);
	b->bytes += size_of(o);
}

void
batch_put(struct batch *b, enum db_table t, struct str key, struct str body, bool fresh)
{
	set(b, make_op(t, key, body, false), fresh);
}

void
batch_put_borrowed(struct batch *b, enum db_table t, struct str key, struct str body)
{
	set(b, make_op(t, key, body, true), false);
}

void
batch_lend(struct batch *b, char *block)
{
	VEC_PUSH(&b->lent, block);
}

void
batch_drop(struct batch *b, enum db_table t, struct str key)
{
	struct op *o = make_op(t, key, STR_NONE, false);

	o->drop = true;
	set(b, o, false);
}

void
batch_forget(struct batch *b, enum db_table t, struct str key)
{
	struct op *o = find(b, t, key, batch_hash(t, key));

	if (o != NULL)
		take_out(b, o);
}

bool
batch_has_fresh(const struct batch *b, enum db_table t, struct str key)
{
	const struct op *o = find(b, t, key, batch_hash(t, key));

	return o != NULL && o->fresh;
}

/* One op of `from`, which is newer than those of `to` or older than them, unless that has one that is newer. */
static void
move(struct batch *to, struct batch *from, struct hmap_node *node, bool newer)
{
	struct op *o = CONTAINER_OF(node, struct op, node), *there;
	uint64_t hash = node->hash;

	there = find(to, o->table, o->key, hash);
	if (there != NULL && !newer) {
		there->fresh = o->fresh;
		return;
	}
	hmap_remove(&from->ops, node);
	if (there != NULL) {
		o->fresh = there->fresh;
		take_out(to, there);
	}
	to->bytes += size_of(o);
	hmap_insert(&to->ops, &o->node, hash);
}

/* The one that has less is moved: a batch that fails again and again is large, and what comes meanwhile is not. */
void
batch_keep(struct batch *newer, struct batch *older)
{
	bool swapped = older->ops.n > newer->ops.n;

	if (swapped) {
		struct hmap ops = newer->ops;
		size_t bytes = newer->bytes;

		newer->ops = older->ops;
		newer->bytes = older->bytes;
		older->ops = ops;
		older->bytes = bytes;
	}
	HMAP_EACH(&older->ops, node)
		move(newer, older, node, swapped);
	batch_clear(older);
}

static bool
is_borrowed(const struct op *o)
{
	return o->body.n > 0 && o->body.p != o->bytes + o->key.n;
}

void
batch_add(struct batch *b, struct batch *newer)
{
	HMAP_EACH(&newer->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, node);

		hmap_remove(&newer->ops, node);
		if (is_borrowed(o)) {
			struct op *own = make_op(o->table, o->key, o->body, false);

			own->fresh = o->fresh;
			mem_free(o);
			o = own;
		}
		set(b, o, o->fresh);
	}
	batch_clear(newer);
}

void
batch_forget_table(struct batch *b, enum db_table t)
{
	HMAP_EACH(&b->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, node);

		if (o->table == t)
			take_out(b, o);
	}
}

void
batch_clear(struct batch *b)
{
	HMAP_EACH(&b->ops, node)
		mem_free(CONTAINER_OF(node, struct op, node));
	hmap_fini(&b->ops);
	for (size_t i = 0; i < b->lent.n; i++)
		mem_free(b->lent.v[i]);
	VEC_FINI(&b->lent);
	*b = (struct batch){ 0 };
}

static int
by_key(const void *a, const void *b)
{
	const struct op *x = *(const struct op *const *)a, *y = *(const struct op *const *)b;

	return x->table != y->table ? (int)x->table - (int)y->table : str_cmp(x->key, y->key);
}

static bool
write_op(const struct op *o, struct db *d, struct err *e)
{
	return o->drop ? db_drop(d, o->table, o->key, e) : db_put(d, o->table, o->key, o->body, e);
}

const struct op **
batch_sorted(const struct batch *b)
{
	const struct op **v = mem_calloc(b->ops.n, sizeof(const struct op *));
	size_t n = 0;

	HMAP_EACH(&b->ops, node)
		v[n++] = CONTAINER_OF(node, struct op, node);
	qsort(v, n, sizeof(v[0]), by_key);
	return v;
}

/* Rows that follow each other lie side by side: so fewer pages are written. */
bool
batch_write(const struct batch *b, struct db *d, struct err *e)
{
	const struct op **v = batch_sorted(b);
	bool ok = true;

	for (size_t i = 0; ok && i < b->ops.n; i++)
		ok = write_op(v[i], d, e);
	mem_free(v);
	return ok;
}
