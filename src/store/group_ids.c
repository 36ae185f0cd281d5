/* SPDX-License-Identifier: Apache-2.0 */
#include "group_ids.h"

#include "base/hash.h"
#include "base/mem.h"

/* A group is its route, its receiver and its labels, by hashes that nobody outside can foresee. */
struct group_id {
	struct hmap_node node;		/* by labels and route */
	uint64_t route, fingerprint;
	uint64_t id;
};

static uint64_t
hash_route(const struct group_state *g)
{
	return hash_seeded(g->route_id.p, g->route_id.n) * UINT64_C(0x9E3779B97F4A7C15) +
	    hash_seeded(g->receiver.p, g->receiver.n);
}

static uint64_t
hash_group(const struct group_state *g, uint64_t route)
{
	return g->labels->node.hash ^ route;
}

static struct group_id *
find(const struct group_ids *ids, const struct group_state *g, uint64_t route)
{
	for (struct hmap_node *n = hmap_first(&ids->map, hash_group(g, route)); n != NULL; n = hmap_next(n)) {
		struct group_id *i = CONTAINER_OF(n, struct group_id, node);

		if (i->route == route && i->fingerprint == g->labels->fingerprint)
			return i;
	}
	return NULL;
}

void
group_ids_set(struct group_ids *ids, const struct group_state *g, uint64_t id)
{
	uint64_t route = hash_route(g);
	struct group_id *i = find(ids, g, route);

	if (i == NULL) {
		i = NEW(struct group_id);
		i->route = route;
		i->fingerprint = g->labels->fingerprint;
		hmap_insert(&ids->map, &i->node, hash_group(g, route));
	}
	i->id = id;
	if (id > ids->last)
		ids->last = id;
}

uint64_t
group_ids_get(struct group_ids *ids, const struct group_state *g)
{
	const struct group_id *i = find(ids, g, hash_route(g));

	if (i != NULL)
		return i->id;
	group_ids_set(ids, g, ids->last + 1);
	return ids->last;
}

uint64_t
group_ids_drop(struct group_ids *ids, const struct group_state *g)
{
	struct group_id *i = find(ids, g, hash_route(g));
	uint64_t id;

	if (i == NULL)
		return 0;
	id = i->id;
	hmap_remove(&ids->map, &i->node);
	mem_free(i);
	return id;
}

void
group_ids_fini(struct group_ids *ids)
{
	HMAP_EACH(&ids->map, node) {
		hmap_remove(&ids->map, node);
		mem_free(CONTAINER_OF(node, struct group_id, node));
	}
	hmap_fini(&ids->map);
}
