/* SPDX-License-Identifier: Apache-2.0 */
/*
 * matcher_index_private.h - what an index of matchers (matcher_index.h) consists of, and how that is found.
 */
#ifndef CORE_MATCHER_INDEX_PRIVATE_H
#define CORE_MATCHER_INDEX_PRIVATE_H

#include "base/compiler.h"
#include "base/hash.h"
#include "matcher_index.h"
#include "matcher_places.h"

/* All that is asked of one label. */
struct name {
	struct hmap_node node;
	struct istr *name;	/* reference */
	uint32_t keys;
	uint32_t count[PLACE_KINDS][PLACE_EDGE_MAX];	/* keys, by the length of their bytes less one */
	uint8_t lengths[PLACE_KINDS];		/* a bit for each such length that there is */
};

/* The items filed in one place. */
struct key {
	struct hmap_node node;
	struct name *name;
	struct matcher_place place;	/* with a reference to the value */
	struct matcher_index_list list;
};

static inline uint64_t
name_hash(const struct istr *name)
{
	/* Interned strings are known by address, and nobody outside chooses those. */
	return hash_mix(0, (uintptr_t)name);
}

/* The bytes are chosen by others, and differ in some of theirs only: what differs in the first go's high half comes down in the second. */
static ALWAYS_INLINE uint64_t
key_hash(uint64_t name, struct matcher_place p)
{
	return hash_mix(hash_mix(name, p.what), (uint64_t)p.kind << 8 | p.len);
}

static inline struct name *
name_find(const struct matcher_index *x, const struct istr *name)
{
	for (struct hmap_node *n = hmap_first(&x->names, name_hash(name)); n != NULL; n = hmap_next(n)) {
		struct name *found = CONTAINER_OF(n, struct name, node);

		if (found->name == name)
			return found;
	}
	return NULL;
}

static ALWAYS_INLINE struct key *
key_find_hashed(const struct matcher_index *x, const struct name *name, struct matcher_place p, uint64_t hash)
{
	for (struct hmap_node *n = hmap_first(&x->keys, hash); n != NULL; n = hmap_next(n)) {
		struct key *k = CONTAINER_OF(n, struct key, node);

		if (k->name == name && k->place.what == p.what && k->place.kind == p.kind && k->place.len == p.len)
			return k;
	}
	return NULL;
}

static inline struct key *
key_find(const struct matcher_index *x, const struct name *name, struct matcher_place p)
{
	return key_find_hashed(x, name, p, key_hash(name->node.hash, p));
}

static const struct matcher_place by_long = { .kind = PLACE_LONG, .len = 1 }, by_name = { .kind = PLACE_NAME, .len = 1 };

static inline const struct matcher_index_item *
list_items(const struct matcher_index_list *l)
{
	return l->cap == 0 ? &l->one : l->v;
}

/* Index of the first item whose order is above `after`. */
static inline size_t
list_after(const struct matcher_index_list *l, uint64_t after)
{
	const struct matcher_index_item *v = list_items(l);
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[mid].order <= after)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

#endif
