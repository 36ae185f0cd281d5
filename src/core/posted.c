/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts that were posted are stored at once. Looking for the rules and routes
 * of one that is new can take long: what does not fit into the call waits here,
 * in the order in which it came. An alert that is posted again while it waits
 * keeps its place.
 */
#include <assert.h>

#include "engine_state.h"

/* Putting an alert into its groups. */
#define DISPATCH_UNITS 150

/* False: there is more to be looked at. */
static bool
evaluate(struct engine *e, struct alert_entry *r, struct moment now)
{
	struct posted *p = &e->posted;

	if (!inhibit_observe_some(e->inhibitor, r, now.wall, &p->inhibit, &e->work))
		return false;
	if (entry_routes(e, r) == NULL) {
		if (work_used_up(&e->work))
			return false;
		r->routes[e->slot] = routing_match_some(e->routing, r->alert->labels, &p->routing, &e->work);
		if (entry_routes(e, r) == NULL)
			return false;
	}
	work_spend(&e->work, DISPATCH_UNITS);
	dispatch(e, r, now);
	e->counters.processed++;
	return true;
}

static bool
is_known(const struct engine *e, const struct alert_entry *r)
{
	const struct route_list *routes = entry_routes(e, r);

	return routes != NULL && r->members_n == routes->n && inhibit_observed(e->inhibitor, r);
}

static void
enqueue(struct engine *e, struct alert_entry *r, struct moment now)
{
	struct posted *p = &e->posted;

	r->waits = true;
	r->waits_next = NULL;
	if (p->last != NULL)
		p->last->waits_next = r;
	else
		p->first = r;
	p->last = r;
	p->taken++;
	if (!p->chore.waits)
		chore_begin(e, &p->chore, now);
}

void
posted_take(struct engine *e, struct alert_entry *r, struct moment now)
{
	if (r->waits) {
		if (inhibit_observed(e->inhibitor, r))
			inhibit_observe(e->inhibitor, r, now.wall);
		return;
	}
	/* Looking at a known alert costs as little as queueing it. */
	if (!settling(e) && (is_known(e, r) || (e->posted.first == NULL && !work_used_up(&e->work)))) {
		if (evaluate(e, r, now))
			return;
	}
	enqueue(e, r, now);
}

bool
posted_step(struct engine *e, struct moment now)
{
	struct posted *p = &e->posted;

	while (p->first != NULL) {
		struct alert_entry *r = p->first;

		if (work_used_up(&e->work) || !evaluate(e, r, now))
			return false;
		p->first = r->waits_next;
		if (p->first == NULL)
			p->last = NULL;
		r->waits = false;
		p->done++;
	}
	return true;
}

void
posted_rules_changed(struct engine *e)
{
	routing_run_reset(&e->posted.routing);
	inhibit_run_reset(&e->posted.inhibit);
}

void
posted_fini(struct engine *e)
{
	posted_rules_changed(e);
	routing_run_fini(&e->posted.routing);
	for (struct alert_entry *r = e->posted.first; r != NULL; r = r->waits_next)
		r->waits = false;
	e->posted.first = e->posted.last = NULL;
}
