/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>

#include "engine_state.h"
#include "hashes.h"
#include "told.h"

void
pipeline_rules_changed(struct flight *f)
{
	stage_run_reset(&f->passage.run);
}

static void
set_mark(struct engine *e, const struct flight *f, const struct alert_entry *r, enum mark mark)
{
	struct member *m = group_member(f->group, r);

	if (m == NULL || member_notes(m)->mark == mark)
		return;
	alert_counts_without(&e->counts, r);
	member_notes(m)->mark = mark & 3;
	alert_counts_with(&e->counts, r);
	e->revision++;
}

static void
mark(struct engine *e, struct flight *f, size_t place, const struct verdict *v)
{
	if (stages[v->stage].scope == STAGE_ALERT) {
		set_mark(e, f, f->entries[place], v->cause == MUTE_NONE ? MARK_ACTIVE : MARK_SUPPRESSED);
		return;
	}
	e->revision += f->group->muted_n > 0 || v->by.intervals.n > 0;
	group_set_muted(f->group, v->by.intervals.names, v->by.intervals.n);
}

/* The listener that acts upon verdicts. */
struct acting {
	struct engine *engine;
	struct flight *flight;
	struct moment now;
};

/* Intervals begin or cease to hold the group back. */
static void
tell_group_muted(const struct acting *a, const struct verdict *v)
{
	struct event ev;

	if ((a->flight->group->muted_n > 0) == (v->cause != MUTE_NONE) || !event_heard(a->engine, EVENT_GROUP_MUTED))
		return;
	ev = (struct event){ EVENT_GROUP_MUTED, a->now,
		.group_muted = { flight_event_group(a->flight), v, a->flight->all_n } };
	emit(a->engine, &ev);
}

static void
tell_muted(const struct acting *a, const struct alert *alert, const struct verdict *v)
{
	struct event ev;

	if (!event_heard(a->engine, EVENT_MUTED))
		return;
	ev = (struct event){ EVENT_MUTED, a->now, .muted = { flight_event_group(a->flight), alert, v } };
	emit(a->engine, &ev);
}

/* Does one of the silences, which hold back an alert that fires, let its end pass? */
static bool
promises_end(const struct verdict *v)
{
	for (size_t i = 0; v->cause == MUTE_SILENCE && i < v->by.silences.n; i++) {
		const struct silence *s = v->by.silences.v[i];

		if (s->extra != NULL && s->extra->notify_resolved)
			return true;
	}
	return false;
}

static void
note_promise(struct flight *f, size_t place)
{
	if (f->promised == NULL)
		f->promised = ARENA_ARRAY(f->arena, f->all_n, uint64_t);
	f->promised[f->promised_n++] = f->ids[place].hash;
}

/* Marks, counts and emits; a stage_listener. */
static void
act(void *arg, size_t place, const struct verdict *v)
{
	const struct acting *a = arg;
	struct flight *f = a->flight;
	bool group = stages[v->stage].scope == STAGE_GROUP;

	if (group)
		tell_group_muted(a, v);
	else if (!f->all[place].resolved)
		told_verdict(a->engine, f->entries[place], v, a->now);
	mark(a->engine, f, place, v);
	if (v->cause == MUTE_NONE)
		return;
	if (v->cause == MUTE_SILENCE)
		silences_note_held(f->entries[place], a->now.wall);
	if (!group && !f->all[place].resolved && promises_end(v))
		note_promise(f, place);
	a->engine->counters.suppressed[v->cause] += group ? f->passage.left_n : 1;
	tell_muted(a, group ? NULL : f->all[place].alert, v);
}

/* Deciding, for each alert. */
#define DECIDE_UNITS 10

/* False: there is more to be looked at, until the flight's deadline. */
static bool
pass_stages(struct engine *e, struct flight *f, struct moment now)
{
	struct stage_facts facts = { e, f->route, f->tick, now.wall, f->seen, f->arena, WALL_ZERO };
	struct acting acting = { e, f, now };

	if (!passage_step(&f->passage, &facts, &e->work, act, &acting)) {
		if (!deadline_armed(&f->timer))
			sched_arm(&e->sched, &f->timer, f->deadline);
		return false;
	}
	if (!hashes_sort_some(&f->lists.sorting, f->promised, f->promised_n, &e->work))
		return false;
	sched_disarm(&e->sched, &f->timer);
	return true;
}

void
pipeline_make_legs(struct flight *f, size_t n)
{
	f->legs = ARENA_ARRAY(f->arena, n, struct leg);
	f->legs_n = n;
	/* One more than legs, so that none of them ends the flight under our hands. */
	f->running = n + 1;
	for (size_t i = 0; i < n; i++) {
		f->legs[i].flight = f;
		f->legs[i].timer.item.mark = DUE_LEG;
	}
}

static void
make_legs(struct flight *f)
{
	const struct receiver *r = f->route->receiver;

	pipeline_make_legs(f, r->n);
	for (size_t i = 0; i < r->n; i++)
		f->legs[i].integration = &r->integrations[i];
}

static bool
begin_legs(struct engine *e, struct flight *f, struct moment now)
{
	for (; f->at < f->legs_n; f->at++) {
		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, DECIDE_UNITS * (int64_t)f->passed_n);
		leg_begin(e, &f->legs[f->at], now);
	}
	/* Decided: as of now the flush need not be begun again. */
	save_group(e, f->group, SAVE_NOW, now);
	return true;
}

/* Nobody is told anything; but the log has to remember for whom that will change. */
static bool
keep_promises(struct engine *e, struct flight *f, struct moment now)
{
	const struct receiver *r = f->route->receiver;

	for (; f->promised_n > 0 && f->at < r->n; f->at++) {
		const struct integration *i = &r->integrations[f->at];
		struct log_key key = log_key_of(f->key, r, i);

		if (work_used_up(&e->work))
			return false;
		(void)log_debts_keep(e, f, i, nflog_find(e->nflog, &key), now);
	}
	return true;
}

/* True: the stages may run; else f's timer looks again. */
static bool
settled(struct engine *e, struct flight *f, struct moment now)
{
	struct mono next = mono_add(now.mono, SETTLE_POLL);

	if (cluster_has_settled(e))
		return true;
	sched_arm(&e->sched, &f->timer, next.ns < f->deadline.ns ? next : f->deadline);
	return false;
}

bool
flight_step(struct engine *e, struct flight *f, struct moment now)
{
	if (f->phase == FLIGHT_FORGETTING)
		return flush_forget(e, f, now);
	if (f->phase == FLIGHT_SNAPSHOT) {
		if (!flush_look(e, f, now))
			return false;
		f->phase = FLIGHT_SETTLING;
	}
	if (f->phase == FLIGHT_SETTLING) {
		if (!settled(e, f, now))
			return true;
		passage_begin(&f->passage, f->entries, f->all_n, f->arena);
		f->phase = FLIGHT_STAGES;
	}
	if (f->phase == FLIGHT_STAGES) {
		if (!pass_stages(e, f, now))
			return false;
		f->phase = FLIGHT_OUTDATED;
	}
	if (f->phase == FLIGHT_OUTDATED) {
		if (!outdated_leave_out(e, f, now))
			return false;
		f->phase = f->passage.left_n > 0 ? FLIGHT_LISTS : FLIGHT_HELD;
		flight_lists_begin(f, f->passage.left, f->passage.left_n);
	}
	if (f->phase == FLIGHT_HELD) {
		if (!keep_promises(e, f, now))
			return false;
		flush_end(e, f, now);
		return true;
	}
	if (f->phase == FLIGHT_LISTS) {
		if (!flight_lists_some(e, f))
			return false;
		make_legs(f);
		f->phase = FLIGHT_LEGS;
	}
	if (f->phase == FLIGHT_LEGS) {
		if (!begin_legs(e, f, now))
			return false;
		f->phase = FLIGHT_TOLD;
		pipeline_leg_done(e, f, now);
	}
	return true;
}

void
pipeline_due(struct engine *e, struct flight *f, struct moment now)
{
	if (now.mono.ns < f->deadline.ns) {
		chore_begin(e, &f->chore, now);
		return;
	}
	flight_failed(f, STR("context deadline exceeded"));
	flush_end(e, f, now);
}

void
pipeline_leg_done(struct engine *e, struct flight *f, struct moment now)
{
	assert(f->running > 0);
	if (--f->running == 0)
		flush_end(e, f, now);
}
