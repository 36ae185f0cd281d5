/* SPDX-License-Identifier: Apache-2.0 */
#include "core/engine.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "engine_state.h"
#include "told.h"

/* The cost of handling a deadline, beside the work that it counts itself. */
#define DEADLINE_UNITS 100
/* Others than ticks may do a turn's work as often as this. */
#define FILL_INTERVAL (10 * SPAN_MS)
/* A wall clock is corrected by less all the time. */
#define CLOCK_STEP SPAN_S
/* Senders state when an alert began: later than that is by a clock that is off. */
#define STARTS_AHEAD SPAN_MIN

struct engine *
engine_new(const struct engine_options *o, struct port *port, struct moment now)
{
	struct engine *e = NEW(struct engine);

	assert(o->retention > 0 && o->alert_gc_interval > 0 && o->maintenance_interval > 0);
	e->options = *o;
	/* Half: the loop goes on with further ticks while its turn lasts, so that only the last can be too long. */
	if (o->turn_work <= 0)
		e->options.turn_work = WORK_TURN * 3 / 8;
	e->work.left = e->options.turn_work;
	e->filled = now.mono;
	e->slot = 1;	/* the first configuration takes the other one */
	e->posted.chore.kind = CHORE_POSTED;
	e->applying.chore.kind = CHORE_APPLY;
	e->alert_gc_chore.kind = CHORE_ALERT_GC;
	e->maintenance_chore.kind = CHORE_MAINTENANCE;
	e->save_chore.kind = CHORE_SAVE;
	e->claims_chore.kind = CHORE_CLAIMS;
	e->witness_walk.chore.kind = CHORE_WITNESSES;
	e->started = now.mono;
	e->port = port;
	e->latest = now;
	e->first_flush = mono_add(now.mono, o->start_delay > 0 ? o->start_delay : 0);
	e->limits.max = o->alerts_per_name;
	silences_init(&e->silences, o->retention, o->max_silences, o->max_silence_bytes, o->naming);
	e->silences.port = port;
	e->silences.sched = &e->sched;
	e->silences.unwatch = silence_watch_end;
	e->silences.counters = &e->counters;
	e->nflog = nflog_new();
	e->restored_arena = arena_new();
	e->alert_gc.item.mark = DUE_ALERT_GC;
	e->maintenance.item.mark = DUE_MAINTENANCE;
	e->save.item.mark = DUE_SAVE;
	e->lease.item.mark = DUE_LEASE;
	e->awake.timer.item.mark = DUE_AWAKE;
	sched_arm(&e->sched, &e->alert_gc, mono_add(now.mono, o->alert_gc_interval));
	sched_arm(&e->sched, &e->maintenance, mono_add(now.mono, o->maintenance_interval));
	return e;
}

static void
abandon_flights(struct engine *e)
{
	HMAP_EACH(&e->groups, node) {
		struct group *g = CONTAINER_OF(node, struct group, node);

		if (g->flight != NULL)
			flush_abandon(e, g->flight);
	}
}

static void
free_groups(struct engine *e)
{
	HMAP_EACH(&e->groups, node)
		group_free(e, CONTAINER_OF(node, struct group, node));
	hmap_fini(&e->groups);
	order_fini(&e->groups_order);
	HMAP_EACH(&e->retired, node)
		group_free(e, CONTAINER_OF(node, struct group, node));
	hmap_fini(&e->retired);
	hmap_fini(&e->attempts);
	hmap_fini(&e->claiming);
	VEC_FINI(&e->save_soon);
	VEC_FINI(&e->save_now);
	labels_unref(e->saving.last);
	VEC_FINI(&e->saving.fingerprints);
	VEC_FINI(&e->saving_whole.fingerprints);
	VEC_FINI(&e->fingerprints);
}

static void
free_alerts(struct engine *e)
{
	/* First, or each entry is looked for in all of them. */
	alert_columns_fini(&e->columns, &e->alerts);
	for (struct alert_entry *r = e->alerts.oldest, *newer; r != NULL; r = newer) {
		newer = r->newer;
		entry_set_stored(&e->alerts, r, false);
		/* The groups it waits for, in the midst of a start, will not come. */
		r->awaited = false;
		entry_release(e, r);
	}
	alerts_fini(&e->alerts);
	alert_counts_fini(&e->counts);
	limits_fini(&e->limits);
}

void
engine_close(struct engine *e)
{
	if (e == NULL || e->closing)
		return;
	assert(!e->inside);
	e->inside = true;
	/* In the midst of that, what is saved is what was before. */
	if (!settling(e))
		save_groups_due(e, true, e->latest);
	e->closing = true;
	abandon_flights(e);
}

void
engine_free(struct engine **ep)
{
	struct engine *e = *ep;

	if (e == NULL)
		return;
	engine_close(e);
	alerts_end(&e->alerts, &e->alert_gc_at);
	alerts_end(&e->alerts, &e->applying.at);
	witness_walk_fini(e);
	posted_fini(e);
	settle_fini(e);
	free_groups(e);
	deliveries_fini(e);
	reply_marks_fini(e);
	free_alerts(e);
	apply_fini(e);
	for (size_t i = 0; i < e->restored.n; i++)
		labels_unref(e->restored.v[i].labels);
	VEC_FINI(&e->restored);
	resume_fini(e);
	inhibitor_free(&e->inhibitor);
	silences_fini(&e->silences);
	nflog_free(&e->nflog);
	routing_free(&e->routing);
	sched_fini(&e->sched);
	counters_forget_receivers(&e->counters);
	unsure_counters_fini(&e->counters);
	mem_free(e);
	*ep = NULL;
}

/* In either direction, against the time that has passed. */
static bool
clock_jumped(const struct engine *e, struct moment now)
{
	span by = wall_sub(now.wall, e->latest.wall), passed = mono_sub(now.mono, e->latest.mono);

	return by > passed + CLOCK_STEP || by < passed - CLOCK_STEP;
}

void
engine_see(struct engine *e, struct moment now)
{
	if (wall_before(now.wall, wall_add(e->latest.wall, -CLOCK_STEP))) {
		silences_clock_stepped(&e->silences);
		if (e->inhibitor != NULL)
			inhibit_clock_stepped(e->inhibitor);
	}
	if (clock_jumped(e, now))
		silence_watch_clock_stepped(&e->silences);
	e->latest = now;
}

void
rules_forget(struct engine *e, struct alert_entry *r)
{
	struct applying *a = &e->applying;

	if (e->inhibitor != NULL)
		inhibit_forget(e->inhibitor, r);
	if (a->old_inhibitor != NULL)
		inhibit_forget(a->old_inhibitor, r);
	if (a->inhibitor != NULL)
		inhibit_forget(a->inhibitor, r);
	if (a->at.entry == r) {
		routing_run_reset(&a->routing_run);
		inhibit_run_reset(&a->inhibit_run);
	}
}

void
rules_look_again(struct engine *e, struct alert_entry *r)
{
	rules_forget(e, r);
	if (e->applying.inhibitor != NULL)
		alerts_renew(&e->alerts, r);
}

void
engine_enter(struct engine *e, struct moment now)
{
	assert(!e->inside);
	e->inside = true;
	awake_look(e, now);
	engine_see(e, now);
	if (mono_sub(now.mono, e->filled) < FILL_INTERVAL)
		return;
	e->work.left = e->options.turn_work;
	e->filled = now.mono;
}

void
engine_leave(struct engine *e, struct moment now)
{
	save_groups_due(e, false, now);
	e->inside = false;
}

/* Does a list show the one as the other? Equal texts are the same text. */
static bool
looks_same(const struct alert *a, const struct alert *b, struct wall now)
{
	return a->annotations == b->annotations && a->generator_url == b->generator_url &&
	    wall_cmp(alert_starts(a), alert_starts(b)) == 0 && alert_resolved_at(a, now) == alert_resolved_at(b, now);
}

/* The entry that holds a from now on; NULL: the limit refuses it. */
static struct alert_entry *
store(struct engine *e, struct alert *a, bool *fresh, struct wall *before, struct moment now)
{
	struct alert_entry *r = alerts_find(&e->alerts, a->labels);
	struct alert *held;

	*fresh = r == NULL || !r->stored;
	*before = r != NULL ? alert_ends(r->alert) : WALL_ZERO;
	held = awake_received(e, *fresh ? alert_ref(a) : alert_merge(r->alert, a, now.wall), now);
	if (!limits_admit(&e->limits, held, now.wall)) {
		alert_unref(held);
		return NULL;
	}
	if (*fresh || !looks_same(r->alert, held, now.wall))
		e->revision++;
	if (r == NULL) {
		r = alerts_add(&e->alerts, held);
		alert_unref(held);
	} else {
		alert_counts_without(&e->counts, r);
		alert_unref(r->alert);
		r->alert = held;
		alert_counts_with(&e->counts, r);
		r->outdated = false;
	}
	return r;
}

static void
tell_limited(struct engine *e, const struct alert *a, struct moment now)
{
	struct event ev UNSET;

	if (!event_heard(e, EVENT_ALERT_LIMITED))
		return;
	ev = (struct event){ EVENT_ALERT_LIMITED, now, .alert_limited = { a } };
	emit(e, &ev);
}

static void
tell_received(struct engine *e, const struct alert *a, bool fresh, struct moment now)
{
	struct event ev UNSET;

	if (!event_heard(e, EVENT_ALERT_RECEIVED))
		return;
	ev = (struct event){ EVENT_ALERT_RECEIVED, now, .alert_received = { a, fresh } };
	emit(e, &ev);
}

static void
ingest(struct engine *e, struct alert *a, size_t n, struct moment now)
{
	bool fresh;
	struct wall before;
	struct alert_entry *r = store(e, a, &fresh, &before, now);

	if (r == NULL) {
		e->counters.alerts_limited++;
		tell_limited(e, a, now);
		return;
	}
	e->counters.alerts_ahead += wall_sub(alert_starts(a), now.wall) > STARTS_AHEAD;
	if (!r->stored) {
		/* An alert that is not stored was not looked at as a source of inhibition. */
		rules_look_again(e, r);
		entry_set_stored(&e->alerts, r, true);
	}
	save_alert(e, r, CHANGE_ALERT);
	tell_received(e, r->alert, fresh, now);
	told_fires(e, r, !alert_resolved_at(r->alert, now.wall), now);
	/* Without a configuration there are no groups yet: the first one makes them of all that is stored. */
	if (e->inhibitor != NULL)
		posted_take(e, r, n, now);
	if (e->silences.watches.first != NULL)
		silence_watch_posted(e, r, before, now);
}

void
engine_ingest(struct engine *e, struct alert *const *alerts, size_t n, struct moment now)
{
	uint64_t before = e->counters.processed;
	struct mono began = stopwatch(e->port);

	engine_enter(e, now);
	for (size_t i = 0; i < n; i++) {
		alerts_fetch(&e->alerts, alerts, n, i);
		ingest(e, alerts[i], n, now);
	}
	/* One reading for all of them: readings would take longer than an alert. */
	if (e->counters.processed > before) {
		count_summary(&e->counters.processing, e->port, began);
		e->counters.processing.n += e->counters.processed - before - 1;
	}
	engine_leave(e, now);
}

void
tell_silence_event(struct engine *e, const struct silence_entry *entry, enum event_kind kind, enum silence_by by,
    struct moment now)
{
	/* All three kinds have the same payload. */
	struct event ev = { kind, now, .silence_created = { entry->silence, by } };

	if (event_heard(e, kind))
		emit(e, &ev);
}

void
tell_silence(struct engine *e, const struct silence_entry *entry, enum event_kind kind, enum silence_by by,
    struct moment now)
{
	save_silence(e, entry, CHANGE_SILENCE);
	share_silence(e, entry);
	tell_silence_event(e, entry, kind, by, now);
}

bool
engine_silence_set(struct engine *e, const struct silence *draft, struct moment now, char id_out[SILENCE_ID_MAX],
    struct err *err)
{
	struct silence_change c;
	bool ok;

	engine_enter(e, now);
	ok = silences_set(&e->silences, draft, &e->port->rand, now.wall, &c, err);
	if (ok) {
		if (c.expired != NULL)
			tell_silence(e, c.expired, EVENT_SILENCE_EXPIRED, SILENCE_BY_REQUEST, now);
		silence_watch(e, c.set);
		tell_silence(e, c.set, c.created ? EVENT_SILENCE_CREATED : EVENT_SILENCE_UPDATED, SILENCE_BY_REQUEST, now);
		memcpy(id_out, c.set->silence->id, SILENCE_ID_MAX);
	}
	engine_leave(e, now);
	return ok;
}

bool
engine_silence_expire(struct engine *e, struct str id, struct moment now, struct err *err)
{
	struct silence_entry *ended;
	bool ok;

	engine_enter(e, now);
	ok = silences_expire(&e->silences, id, now.wall, &ended, err);
	if (ok && ended != NULL)
		tell_silence(e, ended, EVENT_SILENCE_EXPIRED, SILENCE_BY_REQUEST, now);
	engine_leave(e, now);
	return ok;
}

void
engine_delivered(struct engine *e, uint64_t attempt, const struct outcome *o, struct moment now)
{
	struct digesting *g;
	struct leg *leg;

	engine_enter(e, now);
	leg = leg_find(e, attempt);
	if (leg != NULL)
		leg_delivered(e, leg, o, now);
	else if ((g = digest_find(e, attempt)) != NULL)
		digest_delivered(e, g, o, now);
	engine_leave(e, now);
}

void
engine_progressed(struct engine *e, uint64_t attempt, struct moment now)
{
	struct digesting *g;
	struct leg *leg;

	engine_enter(e, now);
	leg = leg_find(e, attempt);
	if (leg != NULL)
		leg_progressed(e, leg, now);
	else if ((g = digest_find(e, attempt)) != NULL)
		deliveries_follow(e, &g->note, false, false, STR_NONE, now);
	engine_leave(e, now);
}

static void
handle(struct engine *e, struct deadline *d, struct moment now)
{
	struct group *g;

	work_spend(&e->work, DEADLINE_UNITS);
	switch ((enum due)d->item.mark) {
	case DUE_GROUP:
		g = CONTAINER_OF(d, struct group, timer);
		/* One flush at a time: the end of this one begins the next. */
		if (awake_hears(e, now))
			sched_arm(&e->sched, d, e->awake.hears_until);
		else if (g->flight == NULL)
			flush_begin(e, g, now);
		break;
	case DUE_FLIGHT:
		pipeline_due(e, CONTAINER_OF(d, struct flight, timer), now);
		break;
	case DUE_LEG:
		leg_due(e, CONTAINER_OF(d, struct leg, timer), now);
		break;
	case DUE_ALERT_GC:
		alert_gc_due(e, now);
		break;
	case DUE_MAINTENANCE:
		maintenance_due(e, now);
		break;
	case DUE_SAVE:
		save_due(e, now);
		break;
	case DUE_LEASE:
		claims_lease_due(e, now);
		break;
	case DUE_AWAKE:
		awake_keep(e, now);
		break;
	case DUE_DIGEST:
		digest_due(e, CONTAINER_OF(d, struct person, timer), now);
		break;
	case DUE_SILENCE:
		silence_watch_due(e, CONTAINER_OF(d, struct silence_watch, timer), now);
		break;
	}
}

void
engine_tick(struct engine *e, struct moment now)
{
	int64_t half = e->options.turn_work / 2;
	struct deadline *d;

	engine_enter(e, now);
	e->filled = now.mono;
	/* Neither deadlines nor chores may keep the others waiting for ever. */
	e->work.left = e->options.turn_work - half;
	tick_parts_begin(e);
	while (!settling(e) && !work_used_up(&e->work) && (d = sched_pop_due(&e->sched, now.mono)) != NULL)
		handle(e, d, now);
	tick_part_over(e, "what is due");
	e->work.left = (e->work.left > 0 ? e->work.left : 0) + (half > 0 ? half : 1);
	chores_run(e, now);
	engine_leave(e, now);
	tick_part_over(e, "saving what was told");
}

bool
engine_next(const struct engine *e, struct mono *at_out)
{
	if (e->chores.first == NULL)
		return sched_next(&e->sched, at_out);
	*at_out = e->latest.mono;
	return true;
}
