/* SPDX-License-Identifier: Apache-2.0 */
#include "routing.h"

#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/mem.h"

static void
index_children(struct routing *r, const struct route *route)
{
	for (size_t i = 0; i < route->routes_n; i++) {
		struct route *child = route->routes[i];

		mindex_add(&r->children[route->index], &child->matchers, i + 1, child);
		index_children(r, child);
	}
}

struct routing *
routing_new(struct config *c)
{
	struct routing *r = NEW(struct routing);

	r->config = config_ref(c);
	r->children = mem_calloc(c->routes_n, sizeof(r->children[0]));
	index_children(r, c->route);
	return r;
}

void
routing_free(struct routing **r)
{
	if (*r == NULL)
		return;
	HMAP_EACH(&(*r)->lists, node)
		mem_free(CONTAINER_OF(node, struct route_list, node));
	hmap_fini(&(*r)->lists);
	for (size_t i = 0; i < (*r)->config->routes_n; i++)
		mindex_fini(&(*r)->children[i]);
	mem_free((*r)->children);
	mem_free((*r)->found);
	config_unref((*r)->config);
	mem_free(*r);
	*r = NULL;
}

static void
found(struct routing *r, const struct route *route)
{
	if (r->found_n == r->found_cap) {
		r->found_cap = r->found_cap == 0 ? 8 : 2 * r->found_cap;
		r->found = mem_realloc(r->found, r->found_cap, sizeof(r->found[0]));
	}
	r->found[r->found_n++] = route;
}

/* `route` matches. A tree is no deeper than the configuration's text may be nested. */
static void
descend(struct routing *r, const struct route *route, const struct labels *l)
{
	size_t before = r->found_n;
	struct mindex_iter it;

	if (route->routes_n == 0) {
		found(r, route);
		return;
	}
	mindex_begin(&it, &r->children[route->index], l, 0);
	for (const struct route *child; (child = mindex_next(&it)) != NULL;) {
		if (!matchers_match(&child->matchers, l))
			continue;
		descend(r, child, l);
		if (!child->continue_)
			break;
	}
	mindex_end(&it);
	if (r->found_n == before)
		found(r, route);
}

const struct route_list *
routing_match(struct routing *r, const struct labels *l)
{
	struct route_list *list;
	uint64_t hash;
	size_t size;

	r->found_n = 0;
	descend(r, r->config->route, l);
	size = r->found_n * sizeof(r->found[0]);
	hash = hash_seeded(r->found, size);
	for (struct hmap_node *n = hmap_first(&r->lists, hash); n != NULL; n = hmap_next(n)) {
		list = CONTAINER_OF(n, struct route_list, node);
		if (list->n == r->found_n && memcmp(list->routes, r->found, size) == 0)
			return list;
	}
	list = mem_calloc(1, sizeof(*list) + size);
	list->n = r->found_n;
	memcpy(list->routes, r->found, size);
	hmap_insert(&r->lists, &list->node, hash);
	return list;
}
