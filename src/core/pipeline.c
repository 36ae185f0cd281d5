/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdlib.h>

#include "engine_state.h"
#include "hashes.h"

#define SETTLE_POLL (100 * SPAN_MS)

/* The caller says what is muted and why. */
static void
tell_muted(struct engine *e, const struct flight *f, struct event *ev, struct moment now)
{
	ev->kind = EVENT_MUTED;
	ev->group_key = f->key;
	ev->receiver = f->route->receiver->name;
	emit(e, ev, now);
}

static void
tell_muted_alert(struct engine *e, const struct flight *f, const struct alert_entry *r, struct event *ev,
    struct moment now)
{
	const struct silence **active;

	if (ev->verdict == MUTE_SILENCE && r->silences_n > 0) {
		active = ARENA_ARRAY(f->arena, r->silences_n, const struct silence *);
		ev->silences_n = silences_active(r, now.wall, active);
		ev->silences = active;
	}
	tell_muted(e, f, ev, now);
}

static void
forget_spare(struct engine *e, struct flight *f)
{
	if (f->spare.alert == NULL)
		return;
	rules_forget(e, &f->spare);
	silences_forget(&f->spare);
	f->spare = (struct alert_entry){ 0 };
}

/* The entry of a flight's alert; one that the flight keeps for a while when no group holds it any more. */
static struct alert_entry *
entry_of(struct engine *e, struct flight *f, struct alert *a)
{
	struct alert_entry *r = alerts_find(&e->alerts, a->labels);

	if (r != NULL)
		return r;
	f->spare.alert = a;
	return &f->spare;
}

void
pipeline_rules_changed(struct engine *e, struct flight *f)
{
	mute_run_reset(&f->run);
	forget_spare(e, f);
}

static void
set_mark(const struct flight *f, const struct alert_entry *r, enum mark mark)
{
	struct member *m = group_member(f->group, r);

	if (m != NULL)
		m->mark = (uint8_t)mark;
}

/* Looking at an alert of a flight. */
#define ALERT_UNITS 20

/* What `stage` makes of one alert; false: there is more to be looked at. */
static bool
judge(struct engine *e, struct flight *f, struct noted_alert *n, enum mute_verdict stage, struct moment now)
{
	struct alert_entry *r = entry_of(e, f, n->alert);
	struct event ev = { .alert = n->alert };
	struct mute mute;
	bool done;

	if (stage == MUTE_INHIBITION)
		done = mute_inhibited(e, r, now.wall, &f->run, &e->work, &mute);
	else
		done = mute_silenced(e, r, now.wall, &f->run, &e->work, &mute);
	if (!done)
		return false;
	set_mark(f, r, mute.verdict == MUTE_NONE ? MARK_ACTIVE : MARK_SUPPRESSED);
	if (mute.verdict == MUTE_NONE) {
		f->passed[f->kept++] = *n;
	} else {
		e->counters.suppressed[mute.verdict]++;
		ev.verdict = mute.verdict;
		ev.by = mute.by;
		ev.rule = mute.rule;
		tell_muted_alert(e, f, r, &ev, now);
	}
	forget_spare(e, f);
	return true;
}

/* Keeps of f->passed what `stage` does not hold back; false: there is more to be looked at. */
static bool
filter(struct engine *e, struct flight *f, enum mute_verdict stage, struct moment now)
{
	for (; f->at < f->passed_n; f->at++) {
		if (work_used_up(&e->work) || !judge(e, f, &f->passed[f->at], stage, now))
			return false;
		work_spend(&e->work, ALERT_UNITS);
	}
	f->passed_n = f->kept;
	f->at = f->kept = 0;
	return true;
}

static void
filter_by_time(struct engine *e, struct flight *f, struct moment now)
{
	struct str *names;
	size_t n;
	struct event ev = { .verdict = mute_by_time(f, &names, &n) };
	struct sbuf by = SBUF_INIT(4096);

	group_set_muted(f->group, names, n);
	if (ev.verdict == MUTE_NONE)
		return;
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			sbuf_putc(&by, ',');
		sbuf_str(&by, names[i]);
	}
	e->counters.suppressed[ev.verdict] += f->passed_n;
	ev.by = sbuf_get(&by);
	tell_muted(e, f, &ev, now);
	sbuf_fini(&by);
	f->passed_n = 0;
}

void
pipeline_note_hashes(struct flight *f)
{
	f->firing = ARENA_ARRAY(f->arena, f->passed_n, uint64_t);
	f->resolved = ARENA_ARRAY(f->arena, f->passed_n, uint64_t);
	for (size_t i = 0; i < f->passed_n; i++) {
		uint64_t hash = f->passed[i].alert->labels->hash;

		if (f->passed[i].resolved)
			f->resolved[f->resolved_n++] = hash;
		else
			f->firing[f->firing_n++] = hash;
	}
	hashes_sort(f->firing, f->firing_n);
	hashes_sort(f->resolved, f->resolved_n);
}

/* f->passed is f->all without what is muted, in the same order. */
static void
note_muted(struct flight *f)
{
	size_t at = 0;

	if (f->passed_n == f->all_n)
		return;
	f->muted = ARENA_ARRAY(f->arena, f->all_n - f->passed_n, uint64_t);
	for (size_t i = 0; i < f->all_n; i++) {
		if (at < f->passed_n && f->passed[at].alert == f->all[i].alert)
			at++;
		else
			f->muted[f->muted_n++] = f->all[i].alert->labels->hash;
	}
}

/* Sorting a hash, and what deciding costs for each. */
#define NOTE_UNITS 12
#define DECIDE_UNITS 10

static void
note(struct engine *e, struct flight *f)
{
	const struct receiver *r = f->route->receiver;

	work_spend(&e->work, NOTE_UNITS * (int64_t)f->all_n);
	pipeline_note_hashes(f);
	note_muted(f);
	f->legs = ARENA_ARRAY(f->arena, r->n, struct leg);
	f->legs_n = r->n;
	/* One more than legs, so that none of them ends the flight under our hands. */
	f->running = r->n + 1;
	for (size_t i = 0; i < r->n; i++) {
		f->legs[i].flight = f;
		f->legs[i].integration = &r->integrations[i];
		f->legs[i].timer.kind = DUE_LEG;
	}
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

/* The stage is through: the next one, or the end when nothing is left to tell. */
static bool
next_stage(struct engine *e, struct flight *f, struct moment now)
{
	switch (f->stage) {
	case STAGE_INHIBITION:
		f->stage = STAGE_SILENCES;
		if (f->passed_n > 0)
			filter_by_time(e, f, now);
		break;
	case STAGE_SILENCES:
		f->stage = STAGE_LEGS;
		sched_disarm(&e->sched, &f->timer);
		if (f->passed_n > 0)
			note(e, f);
		break;
	case STAGE_LEGS:
		f->stage = STAGE_TOLD;
		pipeline_leg_done(e, f, now);
		return true;
	case STAGE_SNAPSHOT:
	case STAGE_SETTLING:
	case STAGE_TOLD:
	case STAGE_FORGETTING:
		return true;
	}
	if (f->passed_n > 0)
		return false;
	flush_end(e, f, now);
	return true;
}

static bool
do_stage(struct engine *e, struct flight *f, struct moment now)
{
	switch (f->stage) {
	case STAGE_INHIBITION:
		return filter(e, f, MUTE_INHIBITION, now);
	case STAGE_SILENCES:
		return filter(e, f, MUTE_SILENCE, now);
	case STAGE_LEGS:
		return begin_legs(e, f, now);
	case STAGE_SNAPSHOT:
	case STAGE_SETTLING:
	case STAGE_TOLD:
	case STAGE_FORGETTING:
		break;
	}
	return true;
}

/* True: the stages may run; else f's timer looks again. */
static bool
settled(struct engine *e, struct flight *f, struct moment now)
{
	struct mono next = mono_add(now.mono, SETTLE_POLL);

	if (e->port->wait == NULL || e->port->wait(e->port) >= 0)
		return true;
	sched_arm(&e->sched, &f->timer, next.ns < f->deadline.ns ? next : f->deadline);
	return false;
}

static void
begin_filtering(struct flight *f)
{
	f->stage = STAGE_INHIBITION;
	f->passed = ARENA_ARRAY(f->arena, f->all_n, struct noted_alert);
	for (size_t i = 0; i < f->all_n; i++)
		f->passed[i] = f->all[i];
	f->passed_n = f->all_n;
}

bool
flight_step(struct engine *e, struct flight *f, struct moment now)
{
	if (f->stage == STAGE_FORGETTING)
		return flush_forget(e, f, now);
	if (f->stage == STAGE_SNAPSHOT) {
		flush_look(e, f, now);
		f->stage = STAGE_SETTLING;
	}
	if (f->stage == STAGE_SETTLING) {
		if (!settled(e, f, now))
			return true;
		begin_filtering(f);
	}
	while (do_stage(e, f, now))
		if (next_stage(e, f, now))
			return true;
	/* Those that are being told have timers of their own. */
	if (f->stage < STAGE_LEGS && !deadline_armed(&f->timer))
		sched_arm(&e->sched, &f->timer, f->deadline);
	return false;
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
