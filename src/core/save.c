/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes that have to survive go to the store here. Alerts, silences and the
 * log go at once; a group's members can be worked out again from its alerts, so
 * they follow within a second, together. When a group was made or flushed, that
 * goes at the end of the call.
 */
#include <assert.h>

#include "engine_state.h"

#define SAVE_DELAY SPAN_S
/* Saving a group, and each of its members, of which nothing is in the cache. */
#define SAVE_UNITS 100
#define MEMBER_UNITS 60
/* A group of more members is not saved at the end of the call, but by slices that begin at once. */
#define MEMBERS_AT_ONCE 256

static bool
durable(const struct engine *e)
{
	return e->port->persist != NULL && !e->closing;
}

static void
tell(struct engine *e, struct change *c)
{
	e->port->persist(e->port, c);
}

static void
saving_over(struct engine *e)
{
	labels_unref(e->saving.last);
	e->saving.last = NULL;
	e->saving.group = NULL;
	e->saving.again = false;
	e->saving.fingerprints.n = 0;
}

/* Takes g off its list. */
static void
unlist(struct engine *e, struct group *g)
{
	e->save_anew_n -= g->save == SAVE_ANEW;
	if (g->save == SAVE_SOON || g->save == SAVE_ANEW) {
		e->save_soon.v[g->save_place] = e->save_soon.v[--e->save_soon.n];
		e->save_soon.v[g->save_place]->save_place = g->save_place;
	} else if (g->save == SAVE_NOW) {
		e->save_now.v[g->save_place] = e->save_now.v[--e->save_now.n];
		e->save_now.v[g->save_place]->save_place = g->save_place;
	}
	g->save = SAVE_NOT;
	if (e->saving.group == g)
		saving_over(e);
}

static void
save_soon(struct engine *e, struct group *g)
{
	/* Its members are being gone through: some that came or went may be behind. */
	e->saving.again |= e->saving.group == g;
	if (g->save != SAVE_NOT)
		return;
	g->save = SAVE_SOON;
	g->save_place = (uint32_t)e->save_soon.n;
	VEC_PUSH(&e->save_soon, g);
}

void
save_group(struct engine *e, struct group *g, enum save when, struct moment now)
{
	/* Before all have settled, a group may lack some who are still saved with another. */
	if (settling(e) && when == SAVE_NOW)
		when = SAVE_SOON;
	if (!durable(e) || g->save == SAVE_NOW)
		return;
	if (when == SAVE_NOW && g->members.n <= MEMBERS_AT_ONCE) {
		unlist(e, g);
		g->save = SAVE_NOW;
		g->save_place = (uint32_t)e->save_now.n;
		VEC_PUSH(&e->save_now, g);
		/* At the end of the call, which shall not have many large ones to save. */
		work_spend(&e->work, MEMBER_UNITS * (int64_t)g->members.n);
		return;
	}
	save_soon(e, g);
	if (when == SAVE_NOW)
		save_due(e, now);
	else if (!deadline_armed(&e->save) && !e->save_chore.waits)
		sched_arm(&e->sched, &e->save, mono_add(now.mono, SAVE_DELAY));
}

static bool
is_decided(const struct flight *f)
{
	for (size_t i = 0; i < f->legs_n; i++)
		if (f->legs[i].state == LEG_WAITING && !f->resumed)
			return false;
	return f->legs_n > 0;
}

/*
 * A flush saves its notifications when they are decided. Until then it counts
 * as not begun: after a crash it is due at once, and the log knows who has been
 * told already.
 */
static struct wall
next_flush(const struct group *g, struct moment now)
{
	if (g->flight != NULL && !is_decided(g->flight))
		return flight_tick(g->flight, now);
	return wall_add(now.wall, mono_sub(g->due, now.mono));
}

/* The fingerprints of g's members behind those that were gathered before. False: there are more. */
static bool
gather_some(struct engine *e, struct saving *s, struct group *g)
{
	struct alert_entry *last = NULL;
	struct order_cursor at;
	bool all = true;

	s->group = g;
	for (struct member *m = group_after_at(g, s->last, &at); m != NULL; m = order_next(&g->members, &at)) {
		if (work_used_up(&e->work)) {
			all = false;
			break;
		}
		work_spend(&e->work, MEMBER_UNITS);
		members_fetch_ahead(&g->members, &at);
		last = m->entry;
		VEC_PUSH(&s->fingerprints, labels_fingerprint(last->alert->labels));
	}
	if (!all && last != NULL) {
		labels_unref(s->last);
		s->last = labels_ref(last->alert->labels);
	}
	return all;
}

/* With all that was gathered. */
static void
save_state(struct engine *e, const struct saving *s, struct group *g, struct moment now)
{
	struct group_state state = {
		.route_id = g->route->id,
		.receiver = g->route->receiver->name,
		.labels = g->labels,
		.next_flush = next_flush(g, now),
		.flushed = g->flushed,
		.group_wait = g->route->group_wait,
		.group_interval = g->route->group_interval,
		.alerts = s->fingerprints.v,
		.alerts_n = s->fingerprints.n,
	};
	struct change c = { .kind = CHANGE_GROUP, .group = &state, .place = &g->stored_as };

	tell(e, &c);
}

static void
save_whole(struct engine *e, struct group *g, struct moment now)
{
	int64_t left = e->work.left;

	e->work.left = INT64_MAX;
	e->saving_whole.fingerprints.n = 0;
	(void)gather_some(e, &e->saving_whole, g);
	e->work.left = left;
	unlist(e, g);
	save_state(e, &e->saving_whole, g, now);
}

void
save_groups_due(struct engine *e, bool all, struct moment now)
{
	while (e->save_now.n > 0)
		save_whole(e, e->save_now.v[e->save_now.n - 1], now);
	while (all && e->save_soon.n > 0)
		save_whole(e, e->save_soon.v[e->save_soon.n - 1], now);
}

void
save_due(struct engine *e, struct moment now)
{
	if (!e->save_chore.waits)
		chore_begin(e, &e->save_chore, now);
}

void
save_group_anew(struct engine *e, struct group *g, struct moment now)
{
	if (!durable(e) || g->save == SAVE_ANEW || g->save == SAVE_NOW)
		return;
	save_group(e, g, SAVE_SOON, now);
	g->save = SAVE_ANEW;
	e->save_anew_n++;
}

/* The last one of the list is saved next. Others shall not wait for one that changes while it is being saved. */
static void
save_again(struct engine *e, struct group *g, struct moment now)
{
	struct group *first;

	save_group(e, g, SAVE_SOON, now);
	if (g->save == SAVE_NOT)
		return;
	first = e->save_soon.v[0];
	e->save_soon.v[0] = g;
	e->save_soon.v[g->save_place] = first;
	first->save_place = g->save_place;
	g->save_place = 0;
}

/* One of the list; false: there is more of it than may be done now. */
static bool
save_next(struct engine *e, struct moment now)
{
	struct group *g = e->saving.group != NULL ? e->saving.group : e->save_soon.v[e->save_soon.n - 1];
	bool again;

	if (work_used_up(&e->work) || !gather_some(e, &e->saving, g))
		return false;
	work_spend(&e->work, SAVE_UNITS);
	save_state(e, &e->saving, g, now);
	again = e->saving.again;
	unlist(e, g);
	if (again)
		save_again(e, g, now);
	return true;
}

bool
save_step(struct engine *e, struct moment now)
{
	while (e->save_soon.n > 0)
		if (!save_next(e, now))
			return false;
	return true;
}

bool
save_anew_step(struct engine *e, struct moment now)
{
	while (e->save_anew_n > 0)
		if (!save_next(e, now))
			return false;
	return true;
}

void
save_group_not(struct engine *e, struct group *g)
{
	unlist(e, g);
}

void
save_group_dropped(struct engine *e, struct group *g)
{
	struct group_state state = {
		.route_id = g->route->id,
		.receiver = g->route->receiver->name,
		.labels = g->labels,
	};
	struct change c = { .kind = CHANGE_GROUP_DROPPED, .group = &state, .place = &g->stored_as };

	if (!durable(e))
		return;
	unlist(e, g);
	tell(e, &c);
}

void
save_alert(struct engine *e, struct alert_entry *r, enum change_kind kind)
{
	struct change c = { .kind = kind, .alert = r->alert, .place = &r->stored_as };

	assert(kind == CHANGE_ALERT || kind == CHANGE_ALERT_DROPPED);
	if (durable(e))
		tell(e, &c);
}

void
save_silence(struct engine *e, const struct silence_entry *entry, enum change_kind kind)
{
	struct change c = { .kind = kind, .silence = entry->silence, .expires = entry->expires };

	assert(kind == CHANGE_SILENCE || kind == CHANGE_SILENCE_DROPPED);
	if (durable(e))
		tell(e, &c);
}

void
save_log_entry(struct engine *e, const struct log_entry *entry, enum change_kind kind)
{
	struct change c = { .kind = kind, .entry = entry, .place = &((struct log_entry *)(uintptr_t)entry)->stored_as };

	assert(kind == CHANGE_LOG_ENTRY || kind == CHANGE_LOG_ENTRY_DROPPED);
	if (durable(e))
		tell(e, &c);
}

static void
share(struct engine *e, const struct change *c)
{
	if (e->port->share != NULL && !e->closing)
		e->port->share(e->port, c);
}

void
share_silence(struct engine *e, const struct silence_entry *entry)
{
	share(e, &(struct change){ .kind = CHANGE_SILENCE, .silence = entry->silence, .expires = entry->expires });
}

void
share_log_entry(struct engine *e, const struct log_entry *entry, bool claimed)
{
	if (log_entry_is_shared(entry))
		share(e, &(struct change){ .kind = CHANGE_LOG_ENTRY, .entry = entry, .claimed = claimed });
}

/* Bytes that are spelled out at once: the group's labels, which are as long as its key, and its alerts. */
#define BYTES_PER_UNIT 16

void
save_intent(struct engine *e, const struct leg *leg)
{
	const struct notification *n = &leg->note;
	const struct flight *f = leg->flight;
	struct intent_state state = {
		.firing = f->firing_ids,
		.firing_n = f->firing_n,
		.resolved = f->resolved_ids,
		.resolved_n = leg_sends_resolved(leg) ? f->resolved_n : 0,
		.id = n->id,
		.route_id = n->route->id,
		.receiver = n->receiver->name,
		.integration = str_from(n->integration->kind->name),
		.index = n->integration->index,
		.labels = n->group_labels,
		.reason = n->reason,
		.flushed = n->flushed,
		.attempts = leg->attempts,
		.data = n->data,
		.recipients = n->recipients,
	};
	struct change c = { .kind = CHANGE_INTENT, .intent = &state };

	if (!durable(e))
		return;
	work_spend(&e->work, (int64_t)((n->group_key.n + (state.firing_n + state.resolved_n) * sizeof(state.firing[0])) / BYTES_PER_UNIT));
	tell(e, &c);
}

void
save_intent_dropped(struct engine *e, uint64_t id)
{
	struct intent_state state = { .id = id };
	struct change c = { .kind = CHANGE_INTENT_DROPPED, .intent = &state };

	if (durable(e))
		tell(e, &c);
}
