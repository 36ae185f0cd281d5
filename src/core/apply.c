/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration comes into force. Groups that it does not touch go on as
 * they are; the others end and are made anew from the alerts (Alertmanager
 * makes all of them anew).
 *
 * What takes long is done before, in slices, while the one before goes on: the
 * traces of the last one are removed from all records, then all are looked at
 * under the next one, each record holding what was found beside what is in
 * force. When there is none left the change itself is quick, and one piece.
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
	for (struct record *r = e->alerts.oldest, *next; r != NULL; r = next) {
		/* What ended and was in no group has been told of. */
		bool wanted = all || r->awaited || !alert_resolved_at(r->alert, now.wall);

		next = r->newer;
		leave_foreign_groups(e, r);
		if (wanted && !r->waits)
			dispatch(e, r, now);
		r->awaited = false;
		record_release(e, r);
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

/* Where looks under the configuration before have come to means nothing any more. */
static void
drop_places(struct engine *e)
{
	posted_rules_changed(e);
	HMAP_EACH(&e->groups, node) {
		struct group *g = CONTAINER_OF(node, struct group, node);

		if (g->flight != NULL)
			pipeline_rules_changed(e, g->flight);
	}
}

/* The next configuration takes the place of the one in force, which is returned; NULL: there was none. */
static struct config *
take_place(struct engine *e)
{
	struct applying *a = &e->applying;
	struct config *before = e->inhibitor != NULL ? e->routing->config : NULL;

	a->old_inhibitor = e->inhibitor;
	a->old_routing = before != NULL ? e->routing : NULL;
	e->inhibitor = a->inhibitor;
	e->routing = a->routing;
	e->slot = 1 - e->slot;
	a->inhibitor = NULL;
	a->routing = NULL;
	/* Some have ended or fire again since they were looked at. */
	inhibit_clock_stepped(e->inhibitor);
	for (struct record *r = e->alerts.oldest; r != NULL; r = r->newer) {
		r->routes = r->next_routes;
		r->next_routes = NULL;
	}
	return before;
}

/* All alerts have been looked at. */
static void
change_over(struct engine *e, struct moment now)
{
	const struct route **successor = NULL;
	struct config *before;
	bool all = e->options.reload_resets_timers;

	if (e->port->applied != NULL)
		e->port->applied(e->port, e->applying.routing->config);
	if (e->options.count_receivers)
		counters_forget_receivers(&e->counters);
	drop_places(e);
	before = take_place(e);
	declare_silences(e, e->routing->config);
	if (before == NULL) {
		restore_groups(e, now);
	} else {
		if (!all)
			successor = successors(before, e->routing->config);
		carry_groups(e, successor, now);
		mem_free(successor);
	}
	dispatch_all(e, before != NULL && all, now);
	tidy_up(e, now);
	if (before == NULL)
		resume_intents(e, now);
}

/* A record that is cleaned. */
#define CLEAN_UNITS 10

/* False: there is more. */
static bool
clean(struct engine *e)
{
	struct applying *a = &e->applying;

	for (struct record *r; (r = a->at.record) != NULL;) {
		if (work_used_up(&e->work))
			return false;
		alerts_advance(&a->at);
		work_spend(&e->work, CLEAN_UNITS);
		if (a->old_inhibitor != NULL)
			inhibit_forget(a->old_inhibitor, r);
		r->next_routes = NULL;
	}
	alerts_end(&e->alerts, &a->at);
	inhibitor_free(&a->old_inhibitor);
	routing_free(&a->old_routing);
	return true;
}

/* Sources and routes of r under the next configuration; false: there is more. */
static bool
prepare_record(struct engine *e, struct record *r, struct moment now)
{
	struct applying *a = &e->applying;

	if (r->next_routes == NULL)
		r->next_routes = routing_match_some(a->routing, r->alert->labels, &a->routing_run, &e->work);
	if (r->next_routes == NULL)
		return false;
	/* No flush may miss a source. */
	if (!r->stored || inhibit_observed(a->inhibitor, r))
		return true;
	return !work_used_up(&e->work) &&
	    inhibit_observe_some(a->inhibitor, r, now.wall, &a->inhibit_run, &e->work);
}

static bool
prepare(struct engine *e, struct moment now)
{
	struct applying *a = &e->applying;

	for (struct record *r; (r = a->at.record) != NULL;) {
		if (work_used_up(&e->work) || !prepare_record(e, r, now))
			return false;
		alerts_advance(&a->at);
	}
	alerts_end(&e->alerts, &a->at);
	return true;
}

static void
begin_stage(struct engine *e, enum apply_stage stage)
{
	struct applying *a = &e->applying;

	a->stage = stage;
	if (stage == APPLY_NOTHING)
		return;
	alerts_begin(&e->alerts, &a->at);
	if (stage == APPLY_PREPARE)
		a->inhibitor = inhibitor_new(a->routing->config, 1 - e->slot);
}

bool
apply_step(struct engine *e, struct moment now)
{
	struct applying *a = &e->applying;

	for (;;) {
		switch (a->stage) {
		case APPLY_NOTHING:
			return true;
		case APPLY_CLEAN:
			if (!clean(e))
				return false;
			begin_stage(e, a->routing != NULL ? APPLY_PREPARE : APPLY_NOTHING);
			break;
		case APPLY_PREPARE:
			if (!prepare(e, now))
				return false;
			change_over(e, now);
			begin_stage(e, APPLY_CLEAN);
			break;
		}
	}
}

/* One that was on its way makes room for another. */
static void
give_up(struct engine *e)
{
	struct applying *a = &e->applying;

	if (e->inhibitor == NULL)
		e->routing = NULL;
	if (a->stage == APPLY_CLEAN) {
		routing_free(&a->routing);
		return;
	}
	routing_run_reset(&a->routing_run);
	inhibit_run_reset(&a->inhibit_run);
	a->old_inhibitor = a->inhibitor;
	a->old_routing = a->routing;
	a->inhibitor = NULL;
	a->routing = NULL;
	alerts_end(&e->alerts, &a->at);
	begin_stage(e, APPLY_CLEAN);
}

void
engine_apply(struct engine *e, struct config *c, struct moment now)
{
	struct applying *a = &e->applying;

	engine_enter(e, now);
	if (a->routing != NULL)
		give_up(e);
	a->routing = routing_new(c);
	/* Before the first one is in force it answers questions at least. */
	if (e->inhibitor == NULL)
		e->routing = a->routing;
	if (a->stage == APPLY_NOTHING)
		begin_stage(e, APPLY_PREPARE);
	if (!a->chore.waits)
		chore_begin(e, &a->chore, now);
	engine_leave(e, now);
}

bool
engine_applying(const struct engine *e)
{
	return e->applying.routing != NULL;
}

void
apply_fini(struct engine *e)
{
	struct applying *a = &e->applying;

	if (e->routing == a->routing)
		e->routing = NULL;
	routing_run_fini(&a->routing_run);
	inhibit_run_reset(&a->inhibit_run);
	inhibitor_free(&a->inhibitor);
	inhibitor_free(&a->old_inhibitor);
	routing_free(&a->routing);
	routing_free(&a->old_routing);
}
