/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

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

static void
free_body(struct op *o)
{
	if (!o->borrowed)
		mem_free((char *)(uintptr_t)o->body.p);
	o->borrowed = false;
}

static void
free_op(struct op *o)
{
	mem_free((char *)(uintptr_t)o->key.p);
	free_body(o);
	mem_free(o);
}

static struct op *
set(struct batch *b, enum db_table t, struct str key, struct str body, bool drop, bool fresh)
{
	uint64_t hash = batch_hash(t, key);
	struct op *o = find(b, t, key, hash);

	if (o == NULL) {
		o = NEW(struct op);
		o->table = t;
		o->fresh = fresh;
		o->key = (struct str){ mem_strndup(key.p != NULL ? key.p : "", key.n), key.n };
		hmap_insert(&b->ops, &o->node, hash);
	} else {
		b->bytes -= size_of(o);
		free_body(o);
	}
	o->body = body;
	o->drop = drop;
	b->bytes += size_of(o);
	return o;
}

void
batch_put_take(struct batch *b, enum db_table t, struct str key, struct str body, bool fresh)
{
	set(b, t, key, body, false, fresh);
}

void
batch_put_borrowed(struct batch *b, enum db_table t, struct str key, struct str body)
{
	set(b, t, key, body, false, false)->borrowed = true;
}

void
batch_drop(struct batch *b, enum db_table t, struct str key)
{
	set(b, t, key, STR_NONE, true, false);
}

void
batch_forget(struct batch *b, enum db_table t, struct str key)
{
	struct op *o = find(b, t, key, batch_hash(t, key));

	if (o == NULL)
		return;
	b->bytes -= size_of(o);
	hmap_remove(&b->ops, &o->node);
	free_op(o);
}

bool
batch_has_fresh(const struct batch *b, enum db_table t, struct str key)
{
	const struct op *o = find(b, t, key, batch_hash(t, key));

	return o != NULL && o->fresh;
}

void
batch_keep(struct batch *newer, struct batch *older)
{
	HMAP_EACH(&older->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, node), *by;
		uint64_t hash = node->hash;

		by = find(newer, o->table, o->key, hash);
		if (by != NULL) {
			by->fresh = o->fresh;
			continue;
		}
		hmap_remove(&older->ops, node);
		newer->bytes += size_of(o);
		hmap_insert(&newer->ops, &o->node, hash);
	}
	batch_clear(older);
}

void
batch_clear(struct batch *b)
{
	HMAP_EACH(&b->ops, node)
		free_op(CONTAINER_OF(node, struct op, node));
	hmap_fini(&b->ops);
	*b = (struct batch){ 0 };
}

bool
batch_write(const struct batch *b, struct db *d, struct err *e)
{
	HMAP_EACH(&b->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, node);

		if (!(o->drop ? db_drop(d, o->table, o->key, e) : db_put(d, o->table, o->key, o->body, e)))
			return false;
	}
	return true;
}
