/* SPDX-License-Identifier: Apache-2.0 */
#include "routing.h"

#include <assert.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/mem.h"

static void
place(struct routing *r, struct route *route, size_t parent, uint64_t order)
{
	r->places[r->places_n++] = (struct routing_place){ .route = route, .parent = parent, .order = order };
	for (size_t i = 0; i < route->routes_n; i++)
		place(r, route->routes[i], route->index, i + 1);
}

struct routing *
routing_begin(struct config *c)
{
	struct routing *r = NEW(struct routing);

	r->config = config_ref(c);
	r->children = mem_calloc(c->routes_n, sizeof(r->children[0]));
	r->places = mem_calloc(c->routes_n, sizeof(r->places[0]));
	place(r, c->route, 0, 0);
	return r;
}

/* Filing a route. */
#define INDEX_UNITS 100

bool
routing_index_some(struct routing *r, struct work *w)
{
	for (; r->indexed < r->places_n; r->indexed++) {
		struct routing_place *p = &r->places[r->indexed];

		if (work_used_up(w))
			return false;
		work_spend(w, INDEX_UNITS);
		hmap_insert(&r->ids, &p->node, hash_seeded(p->route->id.p, p->route->id.n));
		if (p->order > 0)
			matcher_index_add(&r->children[p->parent], &p->route->matchers, p->order, p->route);
	}
	return true;
}

void
routing_index(struct routing *r)
{
	struct work all = { INT64_MAX };
	bool done = routing_index_some(r, &all);

	assert(done);
	(void)done;
}

struct routing *
routing_new(struct config *c)
{
	struct routing *r = routing_begin(c);

	routing_index(r);
	return r;
}

const struct route *
routing_find(const struct routing *r, struct str id)
{
	for (struct hmap_node *n = hmap_first(&r->ids, hash_seeded(id.p, id.n)); n != NULL; n = hmap_next(n)) {
		const struct route *route = CONTAINER_OF(n, struct routing_place, node)->route;

		if (str_eq(route->id, id))
			return route;
	}
	return NULL;
}

#define FREE_UNITS 10

static bool
free_lists(struct routing *r, struct work *w)
{
	struct hmap_node *node, *next;

	while (hmap_next_bucket(&r->lists, &r->freed, &node)) {
		for (; node != NULL; node = next) {
			next = node->next;
			mem_free(CONTAINER_OF(node, struct route_list, node));
			work_spend(w, FREE_UNITS);
		}
		if (work_used_up(w))
			return false;
	}
	hmap_fini(&r->lists);
	return true;
}

bool
routing_free_some(struct routing **rp, struct work *w)
{
	struct routing *r = *rp;

	if (r == NULL)
		return true;
	for (; r->freed_n < r->config->routes_n; r->freed_n++) {
		if (work_used_up(w) || !matcher_index_fini_some(&r->children[r->freed_n], &r->freed, w))
			return false;
		work_spend(w, 1);
	}
	if (!free_lists(r, w))
		return false;
	hmap_fini(&r->ids);
	mem_free(r->places);
	mem_free(r->children);
	config_unref(r->config);
	mem_free(r);
	*rp = NULL;
	return true;
}

void
routing_free(struct routing **r)
{
	struct work all = { INT64_MAX };
	bool done = routing_free_some(r, &all);

	assert(done);
	(void)done;
}

static void
found(struct routing_run *run, const struct route *route)
{
	if (run->found_n == run->found_cap) {
		run->found_cap = run->found_cap == 0 ? 8 : 2 * run->found_cap;
		run->found = mem_realloc(run->found, run->found_cap, sizeof(run->found[0]));
	}
	run->found[run->found_n++] = route;
}

/* `route` matches. */
static void
enter(struct routing_run *run, const struct route *route)
{
	if (run->steps_n == run->steps_cap) {
		run->steps_cap = run->steps_cap == 0 ? 8 : 2 * run->steps_cap;
		run->steps = mem_realloc(run->steps, run->steps_cap, sizeof(run->steps[0]));
	}
	run->steps[run->steps_n++] = (struct routing_step){ .route = route, .found_before = run->found_n };
}

/* The costs of looking at a child (where there are many, it lies in no cache) and of going down to one, without matching. */
#define CHILD_UNITS 15
#define STEP_UNITS 10

enum way { WAY_DOWN, WAY_UP, WAY_LATER };

/* Looks at the children of the last step: down into one that matches, or up when there is none left. */
static enum way
look_at_children(const struct routing *r, struct routing_run *run, struct work *w)
{
	struct routing_step *step = &run->steps[run->steps_n - 1];
	enum way way = WAY_UP;
	struct matcher_index_iter it UNSET;
	const struct route *child;

	if (step->route->routes_n == 0)
		return WAY_UP;
	matcher_index_begin(&it, &r->children[step->route->index], run->labels, step->after);
	while (way == WAY_UP && (child = matcher_index_next(&it)) != NULL) {
		enum match m = matchers_match_some(&child->matchers, run->labels, &run->match, w);

		if (m == MATCH_LATER) {
			/* The same child comes first then: with the last ones alone to be looked at, others may be candidates. */
			step->after = it.order - 1;
			way = WAY_LATER;
			break;
		}
		work_spend(w, CHILD_UNITS);
		step->after = it.order;
		if (m == MATCH_YES) {
			/* Others are looked at only behind one that says so. */
			if (!child->continue_)
				step->after = UINT64_MAX;
			enter(run, child);
			way = WAY_DOWN;
		} else if (work_used_up(w)) {
			way = WAY_LATER;
		}
	}
	matcher_index_end(&it, w);
	return way;
}

/* The list of what was found: one for all label sets that take the same routes. */
static const struct route_list *
list_of(struct routing *r, const struct routing_run *run)
{
	size_t size = run->found_n * sizeof(run->found[0]);
	uint64_t hash = hash_seeded(run->found, size);
	struct route_list *list;

	for (struct hmap_node *n = hmap_first(&r->lists, hash); n != NULL; n = hmap_next(n)) {
		list = CONTAINER_OF(n, struct route_list, node);
		if (list->n == run->found_n && memcmp(list->routes, run->found, size) == 0)
			return list;
	}
	list = mem_calloc(1, sizeof(*list) + size);
	list->n = run->found_n;
	memcpy(list->routes, run->found, size);
	hmap_insert(&r->lists, &list->node, hash);
	return list;
}

bool
routing_walk_some(const struct routing *r, const struct labels *l, struct routing_run *run, struct work *w)
{
	if (run->labels != l) {
		routing_run_reset(run);
		run->labels = l;
		enter(run, r->config->route);
	}
	while (run->steps_n > 0) {
		enum way way = look_at_children(r, run, w);

		if (way == WAY_LATER)
			return false;
		if (way == WAY_UP) {
			const struct routing_step *step = &run->steps[--run->steps_n];

			if (run->found_n == step->found_before)
				found(run, step->route);
		}
		work_spend(w, STEP_UNITS);
		if (work_used_up(w) && run->steps_n > 0)
			return false;
	}
	return true;
}

const struct route_list *
routing_match_some(struct routing *r, const struct labels *l, struct routing_run *run, struct work *w)
{
	const struct route_list *list;

	if (!routing_walk_some(r, l, run, w))
		return NULL;
	list = list_of(r, run);
	routing_run_reset(run);
	return list;
}

void
routing_run_reset(struct routing_run *run)
{
	match_run_reset(&run->match);
	run->labels = NULL;
	run->steps_n = run->found_n = 0;
}

void
routing_run_fini(struct routing_run *run)
{
	routing_run_reset(run);
	mem_free(run->steps);
	mem_free(run->found);
	*run = (struct routing_run){ 0 };
}

const struct route_list *
routing_match(struct routing *r, const struct labels *l)
{
	struct work all = { INT64_MAX };
	struct routing_run run = { 0 };
	const struct route_list *list = routing_match_some(r, l, &run, &all);

	routing_run_fini(&run);
	return list;
}
