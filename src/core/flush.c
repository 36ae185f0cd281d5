/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "ahead.h"
#include "base/mem.h"
#include "engine_state.h"
#include "told.h"

/* Looking at an alert of which nothing is in the cache: its member, its entry, itself and its labels. */
#define SNAPSHOT_UNITS 100
/* And noting it again where there is more room. */
#define NOTED_UNITS 2
/* The group's key, which may be long, is what it is looked up by in the notification log, several times. */
#define KEY_BYTES_PER_UNIT 8

static void *
grown(const struct flight *f, const void *old, size_t n, size_t size)
{
	void *fresh = arena_raw_array(f->arena, n, size);

	if (f->all_n > 0)
		memcpy(fresh, old, f->all_n * size);
	return fresh;
}

static void
grow(struct engine *e, struct flight *f, size_t n)
{
	work_spend(&e->work, NOTED_UNITS * (int64_t)f->all_n);
	f->all = grown(f, f->all, n, sizeof(f->all[0]));
	f->ids = grown(f, f->ids, n, sizeof(f->ids[0]));
	f->entries = grown(f, f->entries, n, sizeof(f->entries[0]));
	f->all_cap = n;
}

static void
take_alert(struct engine *e, struct flight *f, struct alert_entry *r, struct moment now)
{
	struct alert *a = r->alert;
	bool resolved = alert_resolved_at(a, f->seen);

	if (f->all_n == f->all_cap)
		grow(e, f, 2 * f->all_cap);
	f->entries[f->all_n] = entry_hold(r);
	f->ids[f->all_n] = (struct alert_ids){ labels_hash(a->labels), labels_fingerprint(a->labels) };
	f->all[f->all_n++] = (struct noted_alert){ alert_ref(a), resolved };
	/* Its time is over, and nobody has posted that it ended. */
	if (resolved)
		told_fires(e, r, false, now);
}

/* All alerts of the group, as they are when it is their turn, behind those that were taken before. */
static bool
take_snapshot(struct engine *e, struct flight *f, struct moment now)
{
	const struct order *members = &f->group->members;
	const struct labels *last = f->all_n > 0 ? f->all[f->all_n - 1].alert->labels : NULL;
	struct order_cursor c;

	for (struct member *m = group_after_at(f->group, last, &c); m != NULL; m = order_next(members, &c)) {
		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, SNAPSHOT_UNITS);
		members_fetch_ahead(members, &c);
		take_alert(e, f, m->entry, now);
	}
	return true;
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

static struct flight *
flight_new(struct engine *e, struct group *g, struct moment now)
{
	/* Thousands may be under way: one with a leg and an alert or two needs no more. */
	struct arena *arena = arena_new_small();
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

	work_spend(&e->work, (int64_t)(g->key->n / KEY_BYTES_PER_UNIT));
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

bool
flush_look(struct engine *e, struct flight *f, struct moment now)
{
	if (f->all_cap == 0) {
		grow(e, f, f->group->members.n);
		f->seen = now.wall;
		f->merges = e->merges;
	}
	if (!take_snapshot(e, f, now))
		return false;
	f->route_labels = flush_route_labels(e, f, now);
	/* Until the group changes, lists show them. */
	group_changed(f->group);
	f->group->route_labels = labels_ref(f->route_labels);
	tell_flushed(e, f, now);
	return true;
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
		if (f->all[i].alert != NULL)
			alert_unref(f->all[i].alert);
	istr_unref(f->held_key);
	labels_unref(f->group_labels);
	labels_unref(f->route_labels);
	config_unref(f->config);
	sbuf_fini(&f->errors);
	arena_free(&arena);
}

/* Letting go of an entry and its alert of which nothing is in the cache. */
#define LET_GO_UNITS 60

/* One at least; alerts stay while a notification of f is held. False: there are more. */
static bool
let_go_some(struct engine *e, struct flight *f)
{
	while (f->entries != NULL && f->let_go < f->all_n) {
		size_t i = f->let_go++;

		work_spend(&e->work, LET_GO_UNITS);
		if (f->all_n - i > ENTRY_AHEAD)
			fetch_object(f->entries[i + ENTRY_AHEAD]);
		if (f->all_n - i > ALERT_AHEAD)
			fetch_lines(f->all[i + ALERT_AHEAD].alert, 1);
		entry_let_go(e, f->entries[i]);
		if (f->life.holds == 0) {
			alert_unref(f->all[i].alert);
			f->all[i].alert = NULL;
		}
		if (f->let_go < f->all_n && work_used_up(&e->work))
			return false;
	}
	return true;
}

static void
flight_free(struct engine *e, struct flight *f)
{
	int64_t left = e->work.left;

	if (f->group != NULL)
		f->group->flight = NULL;
	sched_disarm(&e->sched, &f->timer);
	chore_drop(e, &f->chore);
	pipeline_rules_changed(f);
	flight_lists_fini(f);
	e->work.left = INT64_MAX;
	(void)let_go_some(e, f);
	e->work.left = left;
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
#define FORGET_UNITS 300
/* A flight of no more alerts than these is over at once. */
#define FEW 64

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
	if (!forget_some(e, f, now) || !let_go_some(e, f))
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
	if (f->at == f->all_n && f->all_n <= FEW && !settling(e))
		finish(e, f, now);
	else
		chore_begin(e, &f->chore, now);
}

/* For a flight that has seen its group, and has not told all. */
static void
cancel(struct engine *e, struct flight *f, struct moment now)
{
	work_spend(&e->work, LOOK_UNITS * (int64_t)f->all_n);
	f->canceled = true;
	for (size_t i = 0; i < f->legs_n; i++)
		leg_cancel(e, &f->legs[i], now);
	if (f->legs_n == 0)
		flight_failed(f, STR("context canceled"));
	tell_failed(e, f, now);
	f->phase = FLIGHT_FORGETTING;
	f->at = f->all_n;
}

bool
flush_cancel_some(struct engine *e, struct flight *f, struct moment now)
{
	if (f->phase != FLIGHT_SNAPSHOT) {
		if (f->phase != FLIGHT_FORGETTING)
			cancel(e, f, now);
		if (!forget_some(e, f, now))
			return false;
	}
	if (!let_go_some(e, f))
		return false;
	/* Nobody knows one that has not seen all of its group. */
	if (f->phase != FLIGHT_SNAPSHOT)
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
