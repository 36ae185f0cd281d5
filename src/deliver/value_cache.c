/* SPDX-License-Identifier: Apache-2.0 */
#include "value_cache.h"

#include "base/compiler.h"
#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"

struct cached {
	struct hmap_node node;
	char *key, *value;
	size_t key_n, value_n;
	struct mono until;
};

struct value_cache {
	struct hmap map;
};

struct value_cache *
value_cache_new(void)
{
	return NEW(struct value_cache);
}

static void
forget(struct value_cache *c, struct cached *v)
{
	hmap_remove(&c->map, &v->node);
	mem_free(v->key);
	mem_free(v->value);
	mem_free(v);
}

void
value_cache_free(struct value_cache **c)
{
	if (*c == NULL)
		return;
	HMAP_EACH(&(*c)->map, node)
		forget(*c, CONTAINER_OF(node, struct cached, node));
	hmap_fini(&(*c)->map);
	mem_free(*c);
	*c = NULL;
}

static struct cached *
find(struct value_cache *c, struct str key)
{
	for (struct hmap_node *n = hmap_first(&c->map, hash_seeded(key.p, key.n)); n != NULL; n = hmap_next(n)) {
		struct cached *v = CONTAINER_OF(n, struct cached, node);

		if (str_eq((struct str){ v->key, v->key_n }, key))
			return v;
	}
	return NULL;
}

bool
value_cache_get(struct value_cache *c, struct str key, struct mono now, struct arena *a, struct str *out)
{
	struct cached *v = find(c, key);

	if (v == NULL)
		return false;
	if (v->until.ns <= now.ns) {
		forget(c, v);
		return false;
	}
	*out = arena_str(a, (struct str){ v->value, v->value_n });
	return true;
}

/* Nobody may ever ask for it again: the key changes with the secret. */
static void
forget_stale(struct value_cache *c, struct mono now)
{
	HMAP_EACH(&c->map, node) {
		struct cached *v = CONTAINER_OF(node, struct cached, node);

		if (v->until.ns <= now.ns)
			forget(c, v);
	}
}

void
value_cache_put(struct value_cache *c, struct str key, struct str value, struct mono now, struct mono until)
{
	struct cached *v;

	forget_stale(c, now);
	value_cache_drop(c, key);
	v = NEW(struct cached);
	v->key = mem_strndup(key.p, key.n);
	v->key_n = key.n;
	v->value = mem_strndup(value.p, value.n);
	v->value_n = value.n;
	v->until = until;
	hmap_insert(&c->map, &v->node, hash_seeded(key.p, key.n));
}

void
value_cache_drop(struct value_cache *c, struct str key)
{
	struct cached *v = find(c, key);

	if (v != NULL)
		forget(c, v);
}
