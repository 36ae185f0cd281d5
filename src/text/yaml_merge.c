/* SPDX-License-Identifier: Apache-2.0 */
#include "yaml_merge.h"

#include "base/hash.h"
#include "base/hmap.h"

/* Finds the pair of a scalar key; only made for maps that merge. */
struct entry {
	struct hmap_node by_key;
	size_t index;
};

struct merging {
	struct arena *arena;
	struct yaml_node *map;
	size_t cap;
	struct hmap keys;
};

static bool
is_merge(const struct yaml_node *key)
{
	return key->kind == YAML_SCALAR && str_is(key->text, "<<") &&
	    ((key->style == YAML_PLAIN && key->tag.n == 0) || str_is(key->tag, "!!merge"));
}

static struct yaml_pair *
find_pair(const struct merging *m, const struct yaml_node *key, uint64_t hash)
{
	if (key->kind != YAML_SCALAR)
		return NULL;
	for (struct hmap_node *n = hmap_first(&m->keys, hash); n != NULL; n = hmap_next(n)) {
		struct yaml_pair *pair = &m->map->pairs[CONTAINER_OF(n, struct entry, by_key)->index];
		if (str_eq(pair->key->text, key->text))
			return pair;
	}
	return NULL;
}

/* Later pairs replace merged ones and merged ones whatever there is; two written pairs both stay. */
static void
put_pair(struct merging *m, struct yaml_pair pair)
{
	uint64_t hash = pair.key->kind == YAML_SCALAR ? hash_seeded(pair.key->text.p, pair.key->text.n) : 0;
	struct yaml_pair *same = find_pair(m, pair.key, hash);

	if (same != NULL && (same->merged || pair.merged)) {
		*same = pair;
		return;
	}
	if (m->map->n == m->cap) {
		size_t cap = m->cap * 2;
		m->map->pairs = arena_grow(m->arena, m->map->pairs, m->cap, cap, sizeof(*m->map->pairs));
		m->cap = cap;
	}
	if (pair.key->kind == YAML_SCALAR && same == NULL) {
		struct entry *entry = ARENA_NEW(m->arena, struct entry);
		entry->index = m->map->n;
		hmap_insert(&m->keys, &entry->by_key, hash);
	}
	m->map->pairs[m->map->n++] = pair;
}

static bool
put_map(struct merging *m, const struct yaml_node *from, struct err *e)
{
	if (from->kind != YAML_MAP)
		return err_at(e, from->line, from->col,
		    "yaml: map merge requires map or sequence of maps as the value");
	for (size_t i = 0; i < from->n; i++)
		put_pair(m, (struct yaml_pair){ from->pairs[i].key, from->pairs[i].value, true });
	return true;
}

static bool
merge_value(struct merging *m, const struct yaml_node *value, struct err *e)
{
	if (value->kind != YAML_SEQ)
		return put_map(m, value, e);
	/* Backwards: what stands first in the list wins. */
	for (size_t i = value->n; i > 0; i--) {
		if (!put_map(m, value->items[i - 1], e))
			return false;
	}
	return true;
}

bool
yaml_merge_pairs(struct arena *a, struct yaml_building *map, struct err *e)
{
	size_t n = map->n / 2;
	bool merges = false, ok = true;

	map->node.pairs = ARENA_ARRAY(a, n, struct yaml_pair);
	for (size_t i = 0; i < n; i++)
		merges = merges || is_merge(&map->child[2 * i]->node);
	if (!merges) {
		for (size_t i = 0; i < n; i++)
			map->node.pairs[i] = (struct yaml_pair){ &map->child[2 * i]->node,
				&map->child[2 * i + 1]->node, false };
		map->node.n = n;
		return true;
	}
	struct merging m = { .arena = a, .map = &map->node, .cap = n };
	for (size_t i = 0; ok && i < n; i++) {
		const struct yaml_node *key = &map->child[2 * i]->node, *value = &map->child[2 * i + 1]->node;
		if (is_merge(key))
			ok = merge_value(&m, value, e);
		else
			put_pair(&m, (struct yaml_pair){ key, value, false });
	}
	hmap_fini(&m.keys);
	return ok;
}
