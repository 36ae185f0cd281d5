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
tell_muted_alert(struct engine *e, const struct flight *f, const struct record *r, struct event *ev,
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

/* The record of a flight's alert; one made for the moment when the group holds it no more. */
static struct record *
record_of(struct engine *e, const struct noted_alert *n, struct record *spare)
{
	struct record *r = alerts_find(&e->alerts, n->alert->labels);

	if (r != NULL)
		return r;
	*spare = (struct record){ .alert = n->alert };
	return spare;
}

static void
spare_fini(struct engine *e, struct record *spare)
{
	if (spare->alert == NULL)
		return;
	inhibit_forget(e->inhibitor, spare);
	silences_forget(spare);
}

static void
set_mark(const struct flight *f, const struct record *r, enum mark mark)
{
	struct member *m = group_member(f->group, r);

	if (m != NULL)
		m->mark = (uint8_t)mark;
}

/* Keeps of f->passed what `stage` does not hold back. */
static void
filter(struct engine *e, struct flight *f, enum mute_verdict stage, struct moment now)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->passed_n; i++) {
		struct record spare = { 0 };
		struct record *r = record_of(e, &f->passed[i], &spare);
		struct event ev = { 0 };
		struct work all = { INT64_MAX };
		struct mute_run run = { 0 };
		struct mute mute;

		if (stage == MUTE_INHIBITION)
			mute_inhibited(e, r, now.wall, &run, &all, &mute);
		else
			mute_silenced(e, r, now.wall, &run, &all, &mute);
		ev.verdict = mute.verdict;
		ev.by = mute.by;
		ev.rule = mute.rule;
		set_mark(f, r, ev.verdict == MUTE_NONE ? MARK_ACTIVE : MARK_SUPPRESSED);
		if (ev.verdict == MUTE_NONE) {
			f->passed[kept++] = f->passed[i];
		} else {
			e->counters.suppressed[ev.verdict]++;
			ev.alert = f->passed[i].alert;
			tell_muted_alert(e, f, r, &ev, now);
		}
		spare_fini(e, &spare);
	}
	f->passed_n = kept;
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

static void
fan_out(struct engine *e, struct flight *f, struct moment now)
{
	const struct receiver *r = f->route->receiver;

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
	for (size_t i = 0; i < r->n; i++)
		leg_begin(e, &f->legs[i], now);
	pipeline_leg_done(e, f, now);
}

static void
run_stages(struct engine *e, struct flight *f, struct moment now)
{
	f->passed = ARENA_ARRAY(f->arena, f->all_n, struct noted_alert);
	for (size_t i = 0; i < f->all_n; i++)
		f->passed[i] = f->all[i];
	f->passed_n = f->all_n;
	filter(e, f, MUTE_INHIBITION, now);
	if (f->passed_n > 0)
		filter_by_time(e, f, now);
	if (f->passed_n > 0)
		filter(e, f, MUTE_SILENCE, now);
	if (f->passed_n > 0)
		fan_out(e, f, now);
	else
		flush_end(e, f, now);
}

void
pipeline_begin(struct engine *e, struct flight *f, struct moment now)
{
	struct mono next = mono_add(now.mono, SETTLE_POLL);

	if (e->port->wait == NULL || e->port->wait(e->port) >= 0) {
		run_stages(e, f, now);
		return;
	}
	sched_arm(&e->sched, &f->timer, next.ns < f->deadline.ns ? next : f->deadline);
}

void
pipeline_due(struct engine *e, struct flight *f, struct moment now)
{
	if (now.mono.ns < f->deadline.ns) {
		pipeline_begin(e, f, now);
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
