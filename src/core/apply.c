/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration comes into force. Groups that it does not touch go on as
 * they are; the others end and are made anew from the alerts (Alertmanager
 * makes all of them anew).
 *
 * Long work is done in slices. Before the change, while the one before goes on:
 * the traces of the last one are removed from all entries, then all are looked
 * at under the next one, each entry holding what was found beside what is in
 * force. The change itself is quick, and one piece. Groups follow (settle.h).
 */
#include <assert.h>

#include "engine_state.h"

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
	return before;
}

/* All alerts have been looked at. */
static void
change_over(struct engine *e, struct moment now)
{
	/* While they are whole, and what is saved is of the configuration before. */
	save_groups_due(e, false, now);
	e->config_revision++;
	if (e->port->applied != NULL)
		e->port->applied(e->port, e->applying.routing->config);
	if (e->options.count_receivers)
		counters_forget_receivers(&e->counters);
	/* Where looks under the configuration before have come to means nothing any more. */
	posted_rules_changed(e);
	settle_begin(e, take_place(e), now);
}

/* An entry that is cleaned. */
#define CLEAN_UNITS 10

/* False: there is more. */
static bool
clean(struct engine *e)
{
	struct applying *a = &e->applying;

	for (struct alert_entry *r; (r = a->at.entry) != NULL;) {
		if (work_used_up(&e->work))
			return false;
		alerts_advance(&a->at);
		work_spend(&e->work, CLEAN_UNITS);
		if (a->old_inhibitor != NULL)
			inhibit_forget(a->old_inhibitor, r);
		r->routes[1 - e->slot] = NULL;
	}
	alerts_end(&e->alerts, &a->at);
	return inhibitor_free_some(&a->old_inhibitor, &e->work) && routing_free_some(&a->old_routing, &e->work);
}

static bool
index_rules(struct engine *e)
{
	struct applying *a = &e->applying;

	return routing_index_some(a->routing, &e->work) && inhibitor_index_some(a->inhibitor, &e->work);
}

/* Sources and routes of r under the next configuration; false: there is more. */
static bool
prepare_entry(struct engine *e, struct alert_entry *r, struct moment now)
{
	struct applying *a = &e->applying;
	const struct route_list **routes = &r->routes[1 - e->slot];

	if (*routes == NULL)
		*routes = routing_match_some(a->routing, r->alert->labels, &a->routing_run, &e->work);
	if (*routes == NULL)
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

	for (struct alert_entry *r; (r = a->at.entry) != NULL;) {
		if (work_used_up(&e->work) || !prepare_entry(e, r, now))
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
	if (stage == APPLY_CLEAN || stage == APPLY_PREPARE)
		alerts_begin(&e->alerts, &a->at);
	if (stage == APPLY_INDEX)
		a->inhibitor = inhibitor_begin(a->routing->config, 1 - e->slot);
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
			begin_stage(e, a->routing != NULL ? APPLY_INDEX : APPLY_NOTHING);
			break;
		case APPLY_INDEX:
			if (!index_rules(e))
				return false;
			begin_stage(e, APPLY_PREPARE);
			break;
		case APPLY_PREPARE:
			if (!prepare(e, now))
				return false;
			change_over(e, now);
			begin_stage(e, APPLY_SETTLE);
			break;
		case APPLY_SETTLE:
			if (!settle_step(e, now))
				return false;
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
	if (a->stage == APPLY_CLEAN || a->stage == APPLY_SETTLE) {
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
	a->routing = routing_begin(c);
	/* Before the first one is in force it answers questions at least. */
	if (e->inhibitor == NULL) {
		routing_index(a->routing);
		e->routing = a->routing;
	}
	if (a->stage == APPLY_NOTHING)
		begin_stage(e, APPLY_INDEX);
	if (!a->chore.waits)
		chore_begin(e, &a->chore, now);
	engine_leave(e, now);
}

bool
engine_applying(const struct engine *e)
{
	return e->applying.routing != NULL || settling(e);
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
