/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/mem.h"
#include "engine_state.h"
#include "told.h"

/* All alerts of the group as they are now. */
static void
take_snapshot(struct flight *f, struct group *g, struct wall now)
{
	struct order_cursor c;

	f->all = ARENA_ARRAY(f->arena, g->members.n, struct noted_alert);
	f->entries = ARENA_ARRAY(f->arena, g->members.n, struct alert_entry *);
	for (struct member *m = order_first(&g->members, &c); m != NULL; m = order_next(&g->members, &c)) {
		struct alert *a = m->entry->alert;

		members_fetch_ahead(&g->members, &c);
		f->entries[f->all_n] = entry_hold(m->entry);
		f->all[f->all_n++] = (struct noted_alert){ alert_ref(a), alert_resolved_at(a, now) };
	}
}

/* Their time is over, and nobody has posted that they ended. */
static void
tell_timeouts(struct engine *e, const struct flight *f, struct moment now)
{
	for (size_t i = 0; i < f->all_n; i++)
		if (f->all[i].resolved)
			told_fires(e, f->entries[i], false, now);
}

struct labels *
flush_route_labels(struct engine *e, const struct flight *f, struct moment now)
{
	if (f->route->labels.n == 0 || e->port->route_labels == NULL)
		return labels_empty();
	return e->port->route_labels(e->port, f->config, f->route, f->group_labels, f->all, f->all_n, now);
}

struct event_group
flight_event_group(const struct flight *f)
{
	return (struct event_group){
		.key = f->key,
		.receiver = f->route->receiver->name,
		.labels = f->group_labels,
		.route = f->route,
		.config = f->config,
		.serial = f->group_serial,
		.flush = f->serial,
	};
}

static void
tell_flushed(struct engine *e, const struct flight *f, struct moment now)
{
	struct event ev;

	if (!event_heard(e, EVENT_GROUP_FLUSHED))
		return;
	ev = (struct event){ EVENT_GROUP_FLUSHED, now, .group_flushed = { flight_event_group(f), f->all, f->all_n } };
	emit(e, &ev);
}

span
flush_time(const struct route *route)
{
	return route->group_interval > 10 * SPAN_S ? route->group_interval : 10 * SPAN_S;
}

struct wall
flight_tick(const struct flight *f, struct moment now)
{
	return wall_add(wall_utc(now.wall), -mono_sub(now.mono, f->wanted));
}

/* Thousands may be under way: one with a leg and an alert or two needs so much. */
#define FLIGHT_BYTES 1408

static struct flight *
flight_new(struct engine *e, struct group *g, struct moment now)
{
	struct arena *arena = arena_new_small(FLIGHT_BYTES);
	struct flight *f = ARENA_NEW(arena, struct flight);

	assert(g->flight == NULL && g->members.n > 0);
	f->arena = arena;
	f->config = config_ref(e->routing->config);
	f->group = g;
	f->route = g->route;
	f->held_key = istr_ref(g->key);
	f->key = istr_str(g->key);
	f->group_labels = labels_ref(g->labels);
	f->group_serial = g->serial;
	f->serial = ++g->flushes;
	f->deadline = mono_add(mono_add(now.mono, flush_time(g->route)), cluster_longest_turn(e, f->key));
	f->timer.item.mark = DUE_FLIGHT;
	f->chore.kind = CHORE_FLIGHT;
	f->errors = (struct sbuf)SBUF_INIT(64 * 1024);
	g->flight = f;
	return f;
}

/* Taking a reference to an alert. */
#define SNAPSHOT_UNITS 5

struct mono
flush_wanted(const struct route *route, struct mono due, struct moment now)
{
	span late = mono_sub(now.mono, due), interval = route->group_interval;

	assert(late >= 0 && interval > 0);
	return mono_add(due, late - late % interval);
}

void
flush_begin(struct engine *e, struct group *g, struct moment now)
{
	struct flight *f = flight_new(e, g, now);

	f->wanted = flush_wanted(g->route, g->due, now);
	f->tick = flight_tick(f, now);
	g->flushed = true;
	/*
	 * COMPAT: counted from the tick before, not from when its timer went off,
	 * so that ticks do not drift as Alertmanager's do.
	 */
	group_arm_again(e, g, mono_add(f->wanted, g->route->group_interval));
	save_group(e, g, SAVE_NOW, now);
	chore_begin(e, &f->chore, now);
}

void
flush_look(struct engine *e, struct flight *f, struct moment now)
{
	work_spend(&e->work, SNAPSHOT_UNITS * (int64_t)f->group->members.n);
	take_snapshot(f, f->group, now.wall);
	tell_timeouts(e, f, now);
	f->seen = now.wall;
	f->merges = e->merges;
	f->route_labels = flush_route_labels(e, f, now);
	/* Until the group changes, lists show them. */
	group_changed(f->group);
	f->group->route_labels = labels_ref(f->route_labels);
	tell_flushed(e, f, now);
}

struct flight *
flush_resume(struct engine *e, struct group *g, struct wall tick, struct moment now)
{
	struct flight *f = flight_new(e, g, now);

	f->resumed = true;
	f->tick = tick;
	f->wanted = mono_add(now.mono, -wall_sub(now.wall, tick));
	return f;
}

/* Nothing of the engine's: it may be gone. */
static void
flight_release(struct notification_life *life)
{
	struct flight *f = CONTAINER_OF(life, struct flight, life);
	struct arena *arena = f->arena;

	for (size_t i = 0; i < f->all_n; i++)
		alert_unref(f->all[i].alert);
	istr_unref(f->held_key);
	labels_unref(f->group_labels);
	labels_unref(f->route_labels);
	config_unref(f->config);
	sbuf_fini(&f->errors);
	arena_free(&arena);
}

/* Entries that somebody holds stay until they are let go. */
static void
flight_free(struct engine *e, struct flight *f)
{
	if (f->group != NULL)
		f->group->flight = NULL;
	sched_disarm(&e->sched, &f->timer);
	chore_drop(e, &f->chore);
	pipeline_rules_changed(f);
	for (size_t i = 0; f->entries != NULL && i < f->all_n; i++)
		entry_let_go(e, f->entries[i]);
	for (size_t i = 0; i < f->legs_n; i++)
		leg_fini(e, &f->legs[i]);
	if (f->life.holds > 0)
		f->life.over = flight_release;
	else
		flight_release(&f->life);
}

void
flight_failed(struct flight *f, struct str error)
{
	f->failed = true;
	if (f->errors.n > 0)
		sbuf_putc(&f->errors, '\n');
	sbuf_str(&f->errors, error);
}

static void
tell_failed(struct engine *e, const struct flight *f, struct moment now)
{
	struct event ev;

	if (!event_heard(e, EVENT_FLUSH_FAILED))
		return;
	ev = (struct event){ EVENT_FLUSH_FAILED, now,
		.flush_failed = { flight_event_group(f), f->all_n, sbuf_get(&f->errors), f->canceled } };
	emit(e, &ev);
}

static void
tell_resolved(struct engine *e, const struct flight *f, const struct alert *a, struct moment now)
{
	struct event ev;

	if (!event_heard(e, EVENT_ALERT_RESOLVED))
		return;
	ev = (struct event){ EVENT_ALERT_RESOLVED, now, .alert_resolved = { flight_event_group(f), a } };
	emit(e, &ev);
}

static void
tell_ended(struct engine *e, const struct flight *f, struct moment now)
{
	struct event ev;

	if (!event_heard(e, EVENT_FLUSH_ENDED))
		return;
	ev = (struct event){ EVENT_FLUSH_ENDED, now, .flush_ended = { flight_event_group(f), f->failed } };
	emit(e, &ev);
}

/* Takes it out of the group if it was not posted again meanwhile. */
static void
forget(struct engine *e, struct flight *f, size_t place, struct moment now)
{
	struct alert_entry *r = f->entries[place];
	struct member *m;

	tell_resolved(e, f, f->all[place].alert, now);
	m = group_member(f->group, r);
	if (m != NULL && r->alert == f->all[place].alert)
		group_remove(e, m);
}

static void
finish(struct engine *e, struct flight *f, struct moment now)
{
	struct group *g = f->group;
	bool anew = f->overtaken;

	tell_ended(e, f, now);
	flight_free(e, f);
	g->overtaken = anew;
	if (anew && g->members.n > 0)
		group_arm(e, g, now.mono);
	save_group(e, g, SAVE_NOW, now);
	if (g->members.n == 0)
		group_end(e, g, now);
	else if (!deadline_armed(&g->timer))
		flush_begin(e, g, now);
}

/* Looking at an alert; taking it out. */
#define LOOK_UNITS 1
#define FORGET_UNITS 100

static bool
forget_some(struct engine *e, struct flight *f, struct moment now)
{
	/* One at least, whatever the caller has used up: it would come back here for ever. */
	while (f->at < f->all_n) {
		work_spend(&e->work, f->all[f->at].resolved ? FORGET_UNITS : LOOK_UNITS);
		if (f->all[f->at].resolved)
			forget(e, f, f->at, now);
		f->at++;
		if (f->at < f->all_n && work_used_up(&e->work))
			return false;
	}
	return true;
}

bool
flush_forget(struct engine *e, struct flight *f, struct moment now)
{
	if (!forget_some(e, f, now))
		return false;
	finish(e, f, now);
	return true;
}

void
flush_end(struct engine *e, struct flight *f, struct moment now)
{
	assert(f->running == 0);
	/*
	 * Changes of the flush have moved the revision already. The next one is shown only of a group that nobody was told of:
	 * else each of many groups would have everybody fetch his list again at each flush.
	 */
	if (wall_is_zero(group_next_repeat(e, f->group)))
		e->revision++;
	chore_drop(e, &f->chore);
	sched_disarm(&e->sched, &f->timer);
	f->phase = FLIGHT_FORGETTING;
	/* A resumed flight knows only a part of the group: the next flush sees to it, as when it was overtaken. */
	f->at = f->failed || f->resumed || f->overtaken ? f->all_n : 0;
	if (f->failed)
		tell_failed(e, f, now);
	if (f->at == f->all_n && !settling(e))
		finish(e, f, now);
	else
		chore_begin(e, &f->chore, now);
}

bool
flush_cancel_some(struct engine *e, struct flight *f, struct moment now)
{
	if (f->phase == FLIGHT_SNAPSHOT) {
		/* Nothing of it is known yet, to nobody. */
		flight_free(e, f);
		return true;
	}
	if (f->phase == FLIGHT_FORGETTING) {
		/* All is told: there is nothing left to be stopped. */
		if (!forget_some(e, f, now))
			return false;
		tell_ended(e, f, now);
		flight_free(e, f);
		return true;
	}
	work_spend(&e->work, LOOK_UNITS * (int64_t)f->all_n);
	f->canceled = true;
	for (size_t i = 0; i < f->legs_n; i++)
		leg_cancel(e, &f->legs[i], now);
	if (f->legs_n == 0)
		flight_failed(f, STR("context canceled"));
	tell_failed(e, f, now);
	tell_ended(e, f, now);
	flight_free(e, f);
	return true;
}

void
flush_cancel(struct engine *e, struct flight *f, struct moment now)
{
	int64_t left = e->work.left;
	bool done;

	e->work.left = INT64_MAX;
	done = flush_cancel_some(e, f, now);
	assert(done);
	(void)done;
	e->work.left = left;
}

void
flush_abandon(struct engine *e, struct flight *f)
{
	flight_free(e, f);
}
