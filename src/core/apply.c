/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration comes into force. Groups that it does not touch go on as
 * they are; the others end and are made anew from the alerts (Alertmanager
 * makes all of them anew).
 */
#include <assert.h>

#include "base/hash.h"
#include "base/mem.h"
#include "engine_state.h"

/* Routes of a configuration by id. */
struct id_node {
	struct hmap_node node;
	const struct route *route;
};
struct id_map {
	struct hmap map;
	struct id_node *nodes;
	size_t n;
};

static void
add_ids(struct id_map *ids, const struct route *route)
{
	struct id_node *node = &ids->nodes[ids->n++];

	node->route = route;
	hmap_insert(&ids->map, &node->node, hash_seeded(route->id.p, route->id.n));
	for (size_t i = 0; i < route->routes_n; i++)
		add_ids(ids, route->routes[i]);
}

static const struct route *
find_id(const struct id_map *ids, struct str id)
{
	for (struct hmap_node *n = hmap_first(&ids->map, hash_seeded(id.p, id.n)); n != NULL; n = hmap_next(n)) {
		const struct route *route = CONTAINER_OF(n, struct id_node, node)->route;

		if (str_eq(route->id, id))
			return route;
	}
	return NULL;
}

static void
pair_routes(const struct route *old, const struct id_map *ids, const struct route **out)
{
	const struct route *other = find_id(ids, old->id);

	out[old->index] = other != NULL && routes_alike(old, other) ? other : NULL;
	for (size_t i = 0; i < old->routes_n; i++)
		pair_routes(old->routes[i], ids, out);
}

/* For every route of `old`, by index, the one that takes over its groups, or NULL. */
static const struct route **
successors(const struct config *old, const struct config *fresh)
{
	const struct route **out = mem_calloc(old->routes_n, sizeof(*out));
	struct id_map ids = { .nodes = mem_calloc(fresh->routes_n, sizeof(ids.nodes[0])) };

	add_ids(&ids, fresh->route);
	pair_routes(old->route, &ids, out);
	hmap_fini(&ids.map);
	mem_free(ids.nodes);
	return out;
}

static void
retire(struct engine *e, struct group *g, struct moment now)
{
	if (g->flight != NULL)
		flush_cancel(e, g->flight, now);
	save_group_dropped(e, g);
	sched_disarm(&e->sched, &g->timer);
	group_empty(e, g);
	g->retired = true;
	hmap_insert(&e->retired, &g->node, g->labels->hash);
}

/* Sorts the groups into those that go on, under their new route, and those that end. */
static void
carry_groups(struct engine *e, const struct route **successor, struct moment now)
{
	struct hmap old = e->groups;

	e->groups = (struct hmap){ 0 };
	order_fini(&e->groups_order);
	HMAP_EACH(&old, node) {
		struct group *g = CONTAINER_OF(node, struct group, node);
		struct order_cursor at;
		const struct route *route = successor != NULL ? successor[g->route->index] : NULL;

		hmap_remove(&old, &g->node);
		for (struct member *m = order_first(&g->members, &at); m != NULL; m = order_next(&g->members, &at))
			m->record->awaited = true;
		if (route == NULL) {
			retire(e, g, now);
			continue;
		}
		g->route = route;
		g->carried = true;
		groups_enter(e, g);
	}
	hmap_fini(&old);
}

static void
forget_configuration(struct engine *e)
{
	HMAP_EACH(&e->alerts.records, node) {
		struct record *r = CONTAINER_OF(node, struct record, node);

		if (e->inhibitor != NULL)
			inhibit_forget(e->inhibitor, r);
		r->routes = NULL;
	}
	inhibitor_free(&e->inhibitor);
}

/* Sources first: no flush may miss one. */
static void
observe_all(struct engine *e, struct moment now)
{
	HMAP_EACH(&e->alerts.records, node) {
		struct record *r = CONTAINER_OF(node, struct record, node);

		if (r->stored)
			inhibit_observe(e->inhibitor, r, now.wall);
	}
}

/* Takes r out of groups that go on but are not its own any more. */
static void
leave_foreign_groups(struct engine *e, struct record *r)
{
	struct member *next;

	for (struct member *m = r->members; m != NULL; m = next) {
		bool mine = false;

		next = m->next;
		for (size_t i = 0; i < r->routes->n && !mine; i++)
			mine = r->routes->routes[i] == m->group->route;
		if (!mine)
			group_remove(e, m);
	}
}

/* `all`: ended ones too, as Alertmanager does at a reload. */
static void
dispatch_all(struct engine *e, bool all, struct moment now)
{
	HMAP_EACH(&e->alerts.records, node) {
		struct record *r = CONTAINER_OF(node, struct record, node);
		/* What ended and was in no group has been told of. */
		bool wanted = all || r->awaited || !alert_resolved_at(r->alert, now.wall);

		r->routes = routing_match(e->routing, r->alert->labels);
		leave_foreign_groups(e, r);
		if (wanted)
			dispatch(e, r, now);
	}
}

static void
tidy_up(struct engine *e, struct moment now)
{
	HMAP_EACH(&e->retired, node)
		group_free(e, CONTAINER_OF(node, struct group, node));
	HMAP_EACH(&e->groups, node) {
		struct group *g = CONTAINER_OF(node, struct group, node);

		g->carried = false;
		if (g->members.n == 0)
			group_end(e, g, now);
	}
	HMAP_EACH(&e->alerts.records, node) {
		struct record *r = CONTAINER_OF(node, struct record, node);

		r->awaited = false;
		record_release(e, r);
	}
}

/* Silences that rule files declare come and go with the configuration. */
static void
declare_silences(struct engine *e, const struct config *c)
{
	struct silences *ss = &e->silences;

	HMAP_EACH(&ss->by_id, node) {
		struct silence_entry *entry = CONTAINER_OF(node, struct silence_entry, node);

		if (entry->silence->source != NULL)
			silences_drop(ss, entry);
	}
	for (size_t i = 0; i < c->silences_n; i++)
		silences_put(ss, c->silences[i], wall_add(c->silences[i]->ends, ss->retention));
}

void
engine_apply(struct engine *e, struct config *c, struct moment now)
{
	struct routing *old = e->routing;
	const struct route **successor = NULL;

	engine_enter(e, now);
	if (e->options.count_receivers)
		counters_forget_receivers(&e->counters);
	forget_configuration(e);
	declare_silences(e, c);
	e->inhibitor = inhibitor_new(c, 0);
	observe_all(e, now);
	e->routing = routing_new(c);
	if (old == NULL) {
		restore_groups(e, now);
	} else {
		if (!e->options.reload_resets_timers)
			successor = successors(old->config, c);
		carry_groups(e, successor, now);
		mem_free(successor);
	}
	dispatch_all(e, old != NULL && e->options.reload_resets_timers, now);
	tidy_up(e, now);
	if (old == NULL)
		resume_intents(e, now);
	routing_free(&old);
	engine_leave(e, now);
}
