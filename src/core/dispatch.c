/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "engine_state.h"

void
entry_release(struct engine *e, struct alert_entry *r)
{
	if (!entry_is_over(r))
		return;
	if (!r->dropped)
		save_alert(e, r, CHANGE_ALERT_DROPPED);
	r->dropped = true;
	if (r->holds > 0)
		return;
	rules_forget(e, r);
	silence_watch_lost(e, r);
	silences_forget(r);
	alert_columns_forget(&e->columns, r);
	alerts_remove(&e->alerts, r);
}

void
entry_let_go(struct engine *e, struct alert_entry *r)
{
	assert(r->holds > 0);
	r->holds--;
	entry_release(e, r);
}

static bool
same_labels(const struct group *a, const struct group *b)
{
	return str_eq(a->route->id, b->route->id) && labels_eq(a->labels, b->labels);
}

/*
 * The group takes the place of one that a reload ends: in the store, and what muted
 * that one goes on to be shown until its next flush.
 */
static void
inherit(struct engine *e, struct group *g)
{
	for (struct hmap_node *n = hmap_first(&e->retired, labels_hash(g->labels)); n != NULL; n = hmap_next(n)) {
		struct group *old = CONTAINER_OF(n, struct group, node);

		if (!same_labels(old, g))
			continue;
		g->muted_by = old->muted_by;
		g->muted_n = old->muted_n;
		old->muted_by = NULL;
		old->muted_n = 0;
		if (str_eq(g->route->receiver->name, old->route->receiver->name)) {
			g->stored_as = old->stored_as;
			old->replaced = true;
		}
		return;
	}
}

static void
tell_grouped(struct engine *e, const struct group *g, const struct alert_entry *r, struct moment now)
{
	struct event ev UNSET;

	if (!event_heard(e, EVENT_ALERT_GROUPED))
		return;
	ev = (struct event){ EVENT_ALERT_GROUPED, now,
		.alert_grouped = {
			.group = {
				.key = istr_str(g->key),
				.receiver = g->route->receiver->name,
				.labels = g->labels,
				.route = g->route,
				.config = e->routing->config,
				.serial = g->serial,
			},
			.alert = r->alert,
		} };
	emit(e, &ev);
}

#define CREATE_UNITS 400

static void
create_group(struct engine *e, struct alert_entry *r, const struct route *route, struct moment now)
{
	struct group *g = group_new(e, route, r->alert->labels, now);
	struct mono due;

	work_spend(&e->work, CREATE_UNITS);
	inherit(e, g);
	group_add(e, g, r);
	due = group_first_due(e, route, r->alert, now);
	if (due.ns != g->due.ns)
		group_arm(e, g, due);
	save_group(e, g, SAVE_NOW, now);
	tell_grouped(e, g, r, now);
}

static void
join(struct engine *e, struct alert_entry *r, const struct route *route, struct moment now)
{
	struct group *g = group_find(e, route, r->alert->labels);

	if (g == NULL) {
		create_group(e, r, route, now);
		return;
	}
	if (r->members_n > 0 && group_member(g, r) != NULL) {
		group_changed(g);
		tell_grouped(e, g, r, now);
		return;
	}
	/* A group that goes on over a reload has told of this end already. */
	if (g->carried && alert_resolved_at(r->alert, now.wall))
		return;
	group_add(e, g, r);
	save_group(e, g, SAVE_SOON, now);
	tell_grouped(e, g, r, now);
}

void
dispatch(struct engine *e, struct alert_entry *r, struct moment now)
{
	const struct route_list *routes = entry_routes(e, r);

	if (r->members_n == routes->n) {
		/* Known, and in all its groups. */
		for (struct member *m = entry_members(r); m != NULL; m = m->next) {
			group_changed(m->group);
			tell_grouped(e, m->group, r, now);
		}
		return;
	}
	for (size_t i = 0; i < routes->n; i++)
		join(e, r, routes->routes[i], now);
}
