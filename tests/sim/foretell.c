/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explanations (core/explain.h) against what then happens: just before a group is due, what they say of one of its alerts,
 * known or made up and posted right after, is kept, and every stage of the flush, every decision and every attempt is
 * compared with it. Some are made long before; when nobody did anything since, they must say the same.
 */
#include <string.h>

#include "sim.h"

enum told { TOLD_BEFORE = 1, TOLD_NOW = 2 };

static int
draw(struct day *d, int n)
{
	return (int)rand_below(&d->foretelling, (uint64_t)n);
}

/* In slices of whatever size. */
static void
finish(struct day *d, struct explain_run *run)
{
	struct work w;

	do
		w.left = 1 + draw(d, draw(d, 2) == 0 ? 10 : 100000);
	while (!explain_some(d->engine, run, d->now, &w));
}

static const struct explained_group *
group_in(const struct explain_run *run, const char *key)
{
	size_t n, all;
	const struct explained_group *g = explain_groups(run, &n, &all);

	for (size_t i = 0; i < n; i++)
		if (str_is(g[i].key, key))
			return &g[i];
	return NULL;
}

static struct explain_run *
explain_alert_now(struct day *d, int alert, bool posted)
{
	struct m_alert *m = &d->alerts[alert];
	struct label_pair pairs[NAMES];
	struct alert_draft draft = { .labels = pairs, .labels_n = labels_n(m->labels), .starts = WALL_ZERO, .ends = WALL_ZERO };
	struct explain_run *run;
	struct err e = { 0 };
	struct alert *a;
	bool firing;

	if (!posted)
		return explain_stored(d->engine, labels_fingerprint(m->labels));
	for (uint32_t i = 0; i < labels_n(m->labels); i++)
		pairs[i] = (struct label_pair){ istr_str(labels_name(m->labels, i)), istr_str(labels_value(m->labels, i)) };
	a = alert_make(&draft, 10000 * SPAN_HOUR, NAMING_UTF8, d->now.wall, &firing, &e);
	run = explain_posted(a);
	alert_unref(a);
	return run;
}

static void
foretold_fini(struct foretold *f)
{
	explain_free(&f->run);
}

void
foretell_fini(struct day *d)
{
	for (size_t i = 0; i < d->foretold.n; i++)
		foretold_fini(&d->foretold.v[i]);
	d->foretold.n = 0;
	for (size_t i = 0; i < d->foreseen.n; i++)
		foretold_fini(&d->foreseen.v[i]);
	d->foreseen.n = 0;
}

/* A member of g; posted: one that is not, and would be. -1: there is none. */
static int
some_alert(struct day *d, const struct m_group *g, bool posted)
{
	int from = draw(d, d->alerts_n);

	for (int n = 0; n < d->alerts_n; n++) {
		int a = (from + n) % d->alerts_n;

		if (!posted && (g->members & bit(a)) != 0)
			return a;
		for (int k = 0; posted && k < d->plan->places_n[a]; k++)
			if (!d->alerts[a].stored && d->plan->places[a][k].key == g->key)
				return a;
	}
	return -1;
}

static bool
same_stage(const struct explained_stage *a, const struct explained_stage *b)
{
	/* Another one of several sources that inhibit it may be found by then. */
	return a->cause == b->cause && (a->source != NULL) == (b->source != NULL) && a->intervals_n == b->intervals_n;
}

static bool
same_leg(const struct explained_leg *a, const struct explained_leg *b)
{
	return a->reason == b->reason && a->told == b->told && a->tells_alert == b->tells_alert &&
	    wall_cmp(a->last, b->last) == 0 && wall_cmp(a->again, b->again) == 0;
}

static bool
same_group(const struct explained_group *a, const struct explained_group *b)
{
	bool same = a->member == b->member && wall_cmp(a->tick, b->tick) == 0 && a->resolved == b->resolved &&
	    a->held_by == b->held_by && a->firing == b->firing && a->resolved_n == b->resolved_n &&
	    memcmp(a->held, b->held, sizeof(a->held)) == 0 && a->legs_n == b->legs_n && a->verdict == b->verdict;

	for (int i = 0; same && i < STAGE_N; i++)
		same = same_stage(&a->stages[i], &b->stages[i]);
	for (size_t i = 0; same && i < a->legs_n; i++)
		same = same_leg(&a->legs[i], &b->legs[i]);
	return same;
}

/* Has anything come or gone by the clock alone that was not foreseen? Silences were, alerts that end were not. */
static bool
quiet_since(struct day *d, const struct foretold *f)
{
	alerts_mask all = bit(d->alerts_n) - 1;
	int64_t flush = wall_to_ns(f->g->flush), made = wall_to_ns(explain_moment(f->run).wall);

	return silenced_among(d, all, flush, made) == silenced_among(d, all, wall_now(d), wall_now(d)) &&
	    resolved_among(d, all, made) == resolved_among(d, all, wall_now(d)) &&
	    inhibited_among(d, all, made) == inhibited_among(d, all, wall_now(d));
}

static void
compare_with_foreseen(struct day *d, const struct foretold *now)
{
	for (size_t i = 0; i < d->foreseen.n; i++) {
		const struct foretold *f = &d->foreseen.v[i];

		if (f->key != now->key || f->alert != now->alert || !f->g->exact || !now->g->exact ||
		    f->upset != d->upset || f->due != now->due || !quiet_since(d, f))
			continue;
		d->explained_ahead++;
		if (!same_group(f->g, now->g))
			sim_fail(d, "8 explain", "%s: what was foreseen %.3f s ago of alert %d is not so", f->key,
			    (double)(mono_now(d) - f->made) / 1e9, f->alert);
	}
}

static bool
is_due(const struct day *d, const struct m_group *g)
{
	return !g->flying && g->due <= mono_now(d) && g->due_or <= mono_now(d) && d->first_flush <= mono_now(d);
}

/* True: nothing was done. */
static bool
foretell(struct day *d, const struct m_group *g)
{
	/* At the end of the day nobody posts any more. */
	bool posted = draw(d, 4) == 0 && d->next_action != INT64_MAX;
	struct foretold f = { .alert = some_alert(d, g, posted), .key = g->key, .made = mono_now(d), .due = g->due,
		.upset = d->upset };

	if (f.alert < 0)
		return true;
	f.run = explain_alert_now(d, f.alert, posted);
	if (f.run == NULL) {
		sim_fail(d, "8 explain", "alert %d of %s is not known", f.alert, f.key);
		return false;
	}
	finish(d, f.run);
	f.g = group_in(f.run, g->key);
	f.exact = f.g != NULL && f.g->exact;
	if (f.g == NULL)
		sim_fail(d, "8 explain", "alert %d should go to %s", f.alert, f.key);
	else if (!posted)
		compare_with_foreseen(d, &f);
	VEC_PUSH(&d->foretold, f);
	d->explained++;
	sim_say(d, "foretold %s of %s%d: firing %zu resolved %zu held %d legs %zu exact %d", f.key, posted ? "posted " : "", f.alert,
	    f.g != NULL ? f.g->firing : 0, f.g != NULL ? f.g->resolved_n : 0, f.g != NULL ? (int)f.g->held_by : -1, f.g != NULL ? f.g->legs_n : 0, f.exact);
	if (!posted || d->failed)
		return true;
	d->upset++;
	d->foretold.v[d->foretold.n - 1].upset = d->upset;
	act_post(d, f.alert, WALL_ZERO, wall_add(d->now.wall, SPAN_HOUR));
	return false;
}

void
foretell_due(struct day *d)
{
	if (d->wait != 0 || d->next_plan != NULL)
		return;
	for (size_t i = 0; i < d->groups.n && !d->failed; i++)
		if (is_due(d, d->groups.v[i]) && draw(d, 4) == 0 && !foretell(d, d->groups.v[i]))
			return;
}

/* Some group's next flush, whenever that is. */
void
foretell_ahead(struct day *d)
{
	struct foretold f = { .made = mono_now(d), .upset = d->upset };
	const struct m_group *g;

	if (d->groups.n == 0 || d->next_plan != NULL || draw(d, 8) != 0)
		return;
	g = d->groups.v[draw(d, (int)d->groups.n)];
	f.key = g->key;
	f.due = g->due;
	f.alert = some_alert(d, g, false);
	f.run = f.alert >= 0 ? explain_alert_now(d, f.alert, false) : NULL;
	if (f.run == NULL)
		return;
	finish(d, f.run);
	f.g = group_in(f.run, f.key);
	if (d->foreseen.n == 8) {
		foretold_fini(&d->foreseen.v[0]);
		memmove(&d->foreseen.v[0], &d->foreseen.v[1], 7 * sizeof(f));
		d->foreseen.n--;
	}
	if (f.g == NULL)
		sim_fail(d, "8 explain", "alert %d is in %s", f.alert, f.key);
	VEC_PUSH(&d->foreseen, f);
}

/* False: somebody did something since. */
static bool
holds(const struct day *d, const struct foretold *f)
{
	return f->exact && f->upset == d->upset;
}

static bool
is_about(const struct day *d, const struct foretold *f, const struct event_group *g)
{
	return holds(d, f) && str_is(g->key, f->key);
}

static void
heard_flushed(struct day *d, struct foretold *f)
{
	const struct m_group *g = group_by_key(d, f->key);

	f->flushed = true;
	if (g != NULL && g->flight.tick != wall_to_ns(f->g->tick))
		sim_fail(d, "8 explain", "%s is flushed for another tick than was said", f->key);
}

static bool
same_silences(const struct foretold *f, const struct verdict *v)
{
	size_t n = 0;

	for (size_t i = 0; i < f->g->silences_n; i++) {
		const struct silence_extra *x = f->g->silences[i].silence->extra;

		if (f->g->silences[i].then != SILENCE_ACTIVE || (f->g->resolved && x != NULL && x->notify_resolved))
			continue;
		if (n == v->by.silences.n || strcmp(v->by.silences.v[n]->id, f->g->silences[i].silence->id) != 0)
			return false;
		n++;
	}
	return n == v->by.silences.n;
}

static void
heard_muted(struct day *d, struct foretold *f, const struct event_muted *m)
{
	const struct explained_stage *s = &f->g->stages[m->verdict->stage];

	if (f->muted || (m->alert != NULL && m->alert->labels != d->alerts[f->alert].labels))
		return;
	f->muted = true;
	if (f->g->held_by != m->verdict->stage || s->cause != m->verdict->cause)
		sim_fail(d, "8 explain", "alert %d of %s is held back by %s, which was not said", f->alert, f->key,
		    mute_cause_text(m->verdict->cause));
	else if (s->cause == MUTE_INHIBITION &&
	    (s->rule != m->verdict->by.inhibition.rule || s->source->labels != m->verdict->by.inhibition.source->labels))
		sim_fail(d, "8 explain", "alert %d of %s is inhibited by another one than was said", f->alert, f->key);
	else if (s->cause == MUTE_SILENCE && !same_silences(f, m->verdict))
		sim_fail(d, "8 explain", "alert %d of %s has other silences than was said", f->alert, f->key);
}

static void
heard_decided(struct day *d, struct foretold *f, const struct event_decided *e)
{
	size_t part = e->leg.integration->ordinal;

	f->decided++;
	if (part >= f->g->legs_n || f->g->legs[part].reason != e->leg.reason)
		sim_fail(d, "8 explain", "%s part %zu: decided '%s', which was not said", f->key, part, reason_text(e->leg.reason));
	else if (f->g->firing != e->firing || f->g->resolved_n != e->resolved)
		sim_fail(d, "8 explain", "%s part %zu: %zu fire and %zu ended, %zu and %zu was said", f->key, part, e->firing,
		    e->resolved, f->g->firing, f->g->resolved_n);
}

void
foretell_hear(struct day *d, const struct event *ev)
{
	for (size_t i = 0; i < d->foretold.n && !d->failed; i++) {
		struct foretold *f = &d->foretold.v[i];

		if (ev->kind == EVENT_GROUP_FLUSHED && is_about(d, f, &ev->group_flushed.group))
			heard_flushed(d, f);
		if (ev->kind == EVENT_MUTED && is_about(d, f, &ev->muted.group))
			heard_muted(d, f, &ev->muted);
		if (ev->kind == EVENT_NOTIFY_DECIDED && is_about(d, f, &ev->notify_decided.leg.group))
			heard_decided(d, f, &ev->notify_decided);
	}
}

void
foretell_sent(struct day *d, const struct out *o)
{
	for (size_t i = 0; i < d->foretold.n && !d->failed; i++) {
		struct foretold *f = &d->foretold.v[i];
		bool in_it = ((o->firing | o->resolved) & bit(f->alert)) != 0;

		if (!holds(d, f) || f->key != o->key)
			continue;
		f->sent |= 1 << o->part;
		if ((size_t)o->part >= f->g->legs_n || !f->g->legs[o->part].told)
			sim_fail(d, "8 explain", "%s part %d is told, which was not said", f->key, o->part);
		else if (in_it != f->g->legs[o->part].tells_alert)
			sim_fail(d, "8 explain", "%s part %d is%s told of alert %d", f->key, o->part, in_it ? "" : " not", f->alert);
	}
}

static void
check(struct day *d, const struct foretold *f)
{
	int wanted = 0;

	for (size_t i = 0; i < f->g->legs_n; i++)
		wanted |= f->g->legs[i].told ? 1 << i : 0;
	if (!f->flushed)
		sim_fail(d, "8 explain", "%s is not flushed", f->key);
	else if (f->muted != (f->g->held_by != STAGE_N))
		sim_fail(d, "8 explain", "alert %d of %s is not held back", f->alert, f->key);
	else if (f->decided != f->g->legs_n || f->sent != wanted)
		sim_fail(d, "8 explain", "%s: %zu of %zu decided, sent to %x, should be %x", f->key, f->decided, f->g->legs_n,
		    (unsigned)f->sent, (unsigned)wanted);
}

void
foretell_check(struct day *d)
{
	for (size_t i = 0; i < d->foretold.n; i++) {
		struct foretold *f = &d->foretold.v[i];

		if (holds(d, f) && !d->failed)
			check(d, f);
		foretold_fini(f);
	}
	d->foretold.n = 0;
}
