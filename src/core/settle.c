/* SPDX-License-Identifier: Apache-2.0 */
#include "settle.h"

#include <assert.h>

#include "base/mem.h"
#include "engine_state.h"

/* A silence, a group that goes on or ends, an alert and each of its routes, a group that is freed. */
#define SILENCE_UNITS 500
#define GROUP_UNITS 150
#define ALERT_UNITS 30
#define ROUTE_UNITS 100
#define FREE_UNITS 100
#define LOOK_UNITS 2
#define LOOK_SILENCE_UNITS 20

void
settle_carry(struct engine *e, struct group *g)
{
	g->carried = true;
	VEC_PUSH(&e->settle.carried, g);
}

/*
 * Silences that rule files declare come and go with the configuration. The new ones
 * come before the others go, so that what both silence is silenced all the while.
 */
static bool
declare_silences(struct engine *e)
{
	const struct config *c = e->routing->config;
	struct silences *ss = &e->silences;

	for (; e->settle.at < c->silences_n; e->settle.at++) {
		struct silence *s = c->silences[e->settle.at];

		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, SILENCE_UNITS + (int64_t)ss->index.rest.n / 20);
		silences_put(ss, s, wall_add(s->ends, ss->retention))->declared_by = ss->declarations;
	}
	return true;
}

static bool
drop_undeclared(struct engine *e)
{
	struct silences *ss = &e->silences;
	struct hmap_node *node, *next;

	while (hmap_next_bucket(&ss->by_id, &e->settle.bucket, &node)) {
		work_spend(&e->work, LOOK_UNITS);
		for (; node != NULL; node = next) {
			struct silence_entry *entry = CONTAINER_OF(node, struct silence_entry, node);

			next = node->next;
			work_spend(&e->work, LOOK_SILENCE_UNITS);
			if (entry->silence->source == NULL || entry->declared_by == ss->declarations)
				continue;
			work_spend(&e->work, SILENCE_UNITS + (int64_t)ss->index.rest.n / 20);
			silences_drop(ss, entry);
		}
		if (work_used_up(&e->work))
			return false;
	}
	return true;
}

static const struct route *
successor(struct engine *e, const struct route *old)
{
	struct succession *s;
	const struct route *other;

	if (e->settle.succession == NULL)
		return NULL;
	s = &e->settle.succession[old->index];
	if (!s->known) {
		other = routing_find(e->routing, old->id);
		s->route = other != NULL && routes_alike(old, other) ? other : NULL;
		s->known = true;
		work_spend(&e->work, ROUTE_UNITS * (int64_t)(1 + old->receiver->n));
	}
	return s->route;
}

/* It ends when its members have gone where they belong now. */
static void
retire(struct engine *e, struct group *g)
{
	save_group_not(e, g);
	sched_disarm(&e->sched, &g->timer);
	g->retired = true;
	hmap_insert(&e->retired, &g->node, labels_hash(g->labels));
}

/* False: there is more to be done before g has passed. */
static bool
pass_group(struct engine *e, struct group *g, struct moment now)
{
	const struct route *route = successor(e, g->route);

	work_spend(&e->work, GROUP_UNITS);
	if (g->flight != NULL && route == NULL) {
		if (!flush_cancel_some(e, g->flight, now))
			return false;
	} else if (g->flight != NULL) {
		/* Where looks under the configuration before have come to means nothing any more. */
		pipeline_rules_changed(g->flight);
	}
	if (route == NULL) {
		retire(e, g);
		return true;
	}
	g->route = route;
	group_changed(g);	/* other templates, other route labels */
	groups_enter(e, g);
	settle_carry(e, g);
	return true;
}

static bool
pass_groups(struct engine *e, struct moment now)
{
	struct settle *s = &e->settle;

	while (s->next != NULL) {
		struct group *g = s->next;

		if (work_used_up(&e->work) || !pass_group(e, g, now))
			return false;
		s->next = order_next(&s->old_order, &s->old_at);
		s->left--;
	}
	order_fini(&s->old_order);
	hmap_fini(&s->old);
	return true;
}

/* Takes r out of groups that are not its own any more. */
static void
leave_foreign_groups(struct engine *e, struct alert_entry *r)
{
	const struct route_list *routes = entry_routes(e, r);
	struct member *next;

	for (struct member *m = entry_members(r); m != NULL; m = next) {
		bool mine = false;

		next = m->next;
		for (size_t i = 0; i < routes->n && !mine; i++)
			mine = routes->routes[i] == m->group->route && !m->group->retired;
		if (!mine)
			group_remove(e, m);
	}
}

/* One that waits and is in no group yet may not have been looked at: it is as if it came just now. */
static void
pass_alert(struct engine *e, struct alert_entry *r)
{
	struct moment since = e->settle.since;
	/* With the old way of reloads ended ones too, as Alertmanager does. */
	bool all = !e->settle.first && e->options.reload_resets_timers;
	/* Else, what ended and was in no group has been told of. */
	bool wanted = all || r->awaited || r->members_n > 0 || !alert_resolved_at(r->alert, since.wall);

	work_spend(&e->work, ALERT_UNITS + ROUTE_UNITS * (int64_t)r->members_n);
	if (entry_is_over(r))
		return;
	r->awaited = true;	/* by us */
	if (r->members_n > 0)
		leave_foreign_groups(e, r);
	if (wanted && !r->waits) {
		work_spend(&e->work, ROUTE_UNITS * (int64_t)entry_routes(e, r)->n);
		dispatch(e, r, since);
	}
	r->awaited = false;
	entry_release(e, r);
}

static bool
pass_alerts(struct engine *e)
{
	struct alerts_cursor *at = &e->settle.alerts;

	for (struct alert_entry *r; (r = at->entry) != NULL;) {
		if (work_used_up(&e->work))
			return false;
		alerts_advance(at);
		pass_alert(e, r);
	}
	alerts_end(&e->alerts, at);
	return true;
}

static bool
tidy_carried(struct engine *e, struct moment now)
{
	struct settle *s = &e->settle;

	for (; s->at < s->carried.n; s->at++) {
		struct group *g = s->carried.v[s->at];

		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, LOOK_UNITS);
		g->carried = false;
		if (g->members.n > 0)
			continue;
		work_spend(&e->work, FREE_UNITS);
		if (g->flight != NULL && !flush_cancel_some(e, g->flight, now))
			return false;
		group_end(e, g, now);
	}
	VEC_FINI(&s->carried);
	return true;
}

static bool
tidy_retired(struct engine *e)
{
	struct hmap_node *node, *next;

	while (hmap_next_bucket(&e->retired, &e->settle.bucket, &node)) {
		work_spend(&e->work, LOOK_UNITS);
		for (; node != NULL; node = next) {
			struct group *g = CONTAINER_OF(node, struct group, node);

			next = node->next;
			work_spend(&e->work, FREE_UNITS);
			if (!g->replaced)
				save_group_dropped(e, g);
			group_free(e, g);
		}
		if (work_used_up(&e->work))
			return false;
	}
	hmap_fini(&e->retired);
	return true;
}

static void
begin_stage(struct engine *e, enum settle_stage stage)
{
	struct settle *s = &e->settle;

	s->stage = stage;
	s->at = 0;
	s->bucket = (struct hmap_cursor){ 0 };
	if (stage == SETTLE_ALERTS)
		alerts_begin(&e->alerts, &s->alerts);
	else if (stage == SETTLE_JOINED || stage == SETTLE_RESUMED)
		resume_begin(e);
	else if (stage == SETTLE_LEFT && s->first)
		deliveries_left_begin(e);
}

void
settle_begin(struct engine *e, const struct config *before, struct moment now)
{
	struct settle *s = &e->settle;

	assert(s->stage == SETTLED);
	*s = (struct settle){ .since = now, .first = before == NULL, .old = e->groups, .old_order = e->groups_order };
	e->groups = (struct hmap){ 0 };
	e->groups_order = (struct order){ 0 };
	s->next = order_first(&s->old_order, &s->old_at);
	s->left = s->old_order.n;
	if (before != NULL && !e->options.reload_resets_timers)
		s->succession = mem_calloc(before->routes_n, sizeof(s->succession[0]));
	e->silences.declarations++;
	begin_stage(e, SETTLE_DECLARED);
}

/* False: there is more of the stage. */
static bool
do_stage(struct engine *e, struct moment now)
{
	struct settle *s = &e->settle;

	switch (s->stage) {
	case SETTLE_DECLARED:
		return declare_silences(e);
	case SETTLE_UNDECLARED:
		return drop_undeclared(e);
	case SETTLE_GROUPS:
		return s->first ? restore_groups_some(e, &s->at, s->since) : pass_groups(e, now);
	case SETTLE_JOINED:
		return !s->first || resume_join_some(e);
	case SETTLE_ALERTS:
		return pass_alerts(e);
	case SETTLE_SAVE:
		return save_step(e, now);
	case SETTLE_TIDY_CARRIED:
		return tidy_carried(e, now);
	case SETTLE_TIDY_RETIRED:
		return tidy_retired(e);
	case SETTLE_LEFT:
		return !s->first || deliveries_left_some(e, now);
	case SETTLE_RESUMED:
		return !s->first || resume_some(e, now);
	case SETTLED:
		break;
	}
	return true;
}

bool
settle_step(struct engine *e, struct moment now)
{
	struct settle *s = &e->settle;

	while (s->stage != SETTLED) {
		if (!do_stage(e, now))
			return false;
		if (s->stage != SETTLE_RESUMED) {
			begin_stage(e, s->stage + 1);
			continue;
		}
		begin_stage(e, SETTLED);
		mem_free(s->succession);
		s->succession = NULL;
		if (s->first)
			silence_watch_begin_all(e);
	}
	return true;
}

void
settle_whole(struct engine *e, struct moment now)
{
	int64_t left = e->work.left;

	while (settling(e)) {
		e->work.left = INT64_MAX;
		(void)settle_step(e, now);
	}
	e->work.left = left;
}

void
settle_fini(struct engine *e)
{
	struct settle *s = &e->settle;

	/* Those that have not passed are freed with those that end. */
	for (; s->next != NULL; s->next = order_next(&s->old_order, &s->old_at)) {
		if (s->next->flight != NULL)
			flush_abandon(e, s->next->flight);
		retire(e, s->next);
	}
	s->left = 0;
	order_fini(&s->old_order);
	hmap_fini(&s->old);
	alerts_end(&e->alerts, &s->alerts);
	mem_free(s->succession);
	s->succession = NULL;
	VEC_FINI(&s->carried);
	s->stage = SETTLED;
}
