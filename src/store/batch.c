/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include "base/hash.h"
#include "base/mem.h"

static struct op *
find(struct batch *b, enum db_table t, struct str key, uint64_t hash)
{
	for (struct hmap_node *n = hmap_first(&b->ops, hash); n != NULL; n = hmap_next(n)) {
		struct op *o = CONTAINER_OF(n, struct op, node);

		if (o->table == t && str_eq(o->key, key))
			return o;
	}
	return NULL;
}

static void
free_op(struct op *o)
{
	mem_free((void *)(uintptr_t)o->key.p);
	mem_free((void *)(uintptr_t)o->body.p);
	mem_free(o);
}

static struct str
copy(struct str s)
{
	return (struct str){ mem_strndup(s.p, s.n), s.n };
}

static struct op *
find_or_add(struct batch *b, enum db_table t, struct str key)
{
	uint64_t hash = hash_seeded(key.p, key.n) + (uint64_t)t;
	struct op *o = find(b, t, key, hash);

	if (o != NULL)
		return o;
	o = NEW(struct op);
	o->table = t;
	o->key = copy(key);
	b->bytes += key.n + sizeof(*o);
	hmap_insert(&b->ops, &o->node, hash);
	return o;
}

void
batch_put(struct batch *b, enum db_table t, struct str key, struct str body, int64_t expires)
{
	struct op *o = find_or_add(b, t, key);

	b->bytes += body.n;
	b->bytes -= o->body.n;
	mem_free((void *)(uintptr_t)o->body.p);
	o->body = copy(body);
	o->expires = expires;
	o->drop = false;
}

void
batch_drop(struct batch *b, enum db_table t, struct str key)
{
	struct op *o = find_or_add(b, t, key);

	b->bytes -= o->body.n;
	mem_free((void *)(uintptr_t)o->body.p);
	o->body = STR_NONE;
	o->drop = true;
}

void
batch_keep(struct batch *newer, struct batch *older)
{
	HMAP_EACH(&older->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, node);

		if (find(newer, o->table, o->key, node->hash) != NULL)
			continue;
		hmap_remove(&older->ops, node);
		newer->bytes += o->key.n + o->body.n + sizeof(*o);
		hmap_insert(&newer->ops, &o->node, o->node.hash);
	}
	if (newer->upto < older->upto)
		newer->upto = older->upto;
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
batch_write(struct batch *b, struct db *d, struct err *e)
{
	bool ok = db_begin(d, e);

	HMAP_EACH(&b->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, node);

		if (ok)
			ok = o->drop ? db_drop(d, o->table, o->key, e)
				     : db_put(d, o->table, o->key, o->body, o->expires, e);
	}
	ok = ok && db_commit(d, e);
	if (!ok)
		db_rollback(d);
	return ok;
}
