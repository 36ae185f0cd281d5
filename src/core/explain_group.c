/* SPDX-License-Identifier: Apache-2.0 */
/* The fate of the alert in one group: the stages' loop and the legs' judge, with a listener that only takes note. */
#include <string.h>

#include "base/mem.h"
#include "explain_state.h"
#include "hashes.h"

static struct explained_group *
at_hand(const struct explain_run *r)
{
	return &r->groups[r->at];
}

void
explain_group_fini(struct explained_group *g)
{
	labels_unref(g->labels);
	for (size_t i = 0; i < STAGE_N; i++)
		alert_unref(g->stages[i].source);
	for (size_t i = 0; i < g->silences_n; i++)
		silence_unref(g->silences[i].silence);
	for (size_t i = 0; i < g->alerts_n; i++)
		alert_unref(g->alerts[i].alert);
}

/* An alert that fires now is taken to go on, whatever end it has: who posts it moves that again and again. */
static bool
has_ended(const struct explain_run *r, const struct alert *a)
{
	return alert_resolved_at(a, r->now.wall);
}

/* When the group is flushed next, and the tick that this is for. */
static void
find_time(struct explained_group *out, struct mono due, struct moment now)
{
	struct mono wanted = due;

	if (due.ns <= now.mono.ns) {
		wanted = flush_wanted(out->route, due, now);
		out->flush = wall_utc(now.wall);
	} else {
		out->flush = wall_add(wall_utc(now.wall), mono_sub(due, now.mono));
	}
	out->tick = wall_add(wall_utc(now.wall), mono_sub(wanted, now.mono));
}

static struct str
key_of(struct explain_run *r, const struct route *route, const struct labels *labels)
{
	struct str key = group_key_of(route, labels), kept = arena_str(r->arena, key);

	mem_free((char *)(uintptr_t)key.p);
	return kept;
}

void
explain_group_begin(const struct engine *e, struct explain_run *r)
{
	struct explained_group *out = at_hand(r);
	const struct route *route = out->route;
	const struct group *g = group_find(e, route, r->labels);

	r->serial = g != NULL ? g->serial : 0;
	r->flushes = g != NULL ? g->flushes : 0;
	r->firing.n = r->resolved.n = 0;
	r->alerts.n = 0;
	out->held_by = STAGE_N;
	out->labels = g != NULL ? labels_ref(g->labels) : group_labels_of(route, r->labels);
	out->key = key_of(r, route, out->labels);
	out->exists = g != NULL;
	out->member = g != NULL && r->real != NULL && group_member(g, r->real) != NULL;
	out->flushing = g != NULL && g->flight != NULL;
	out->exact = !out->flushing && !r->hasty;
	find_time(out, g != NULL ? g->due : group_first_due(e, route, r->alert, r->now), r->now);
	out->resolved = has_ended(r, r->alert);
	/* Nobody puts what has ended into a group once it was told. */
	if (!out->member && r->asked == NULL && out->resolved && !(r->real != NULL && r->real->waits))
		out->verdict = EXPLAIN_OVER;
}

bool
explain_group_same(const struct engine *e, const struct explain_run *r)
{
	const struct group *g = group_find(e, at_hand(r)->route, r->labels);

	return g != NULL ? g->serial == r->serial && g->flushes == r->flushes : r->serial == 0;
}

static struct stage_facts
facts_of(const struct engine *e, struct explain_run *r)
{
	const struct explained_group *g = at_hand(r);

	return (struct stage_facts){ e, g->route, g->tick, r->now.wall, r->now.wall, r->scratch, g->flush };
}

static void
enter(struct explain_run *r)
{
	if (r->inside) {
		r->passage.entries = &r->passing;
		return;
	}
	arena_reset(r->scratch);
	passage_begin(&r->passage, &r->passing, 1, r->scratch);
	r->inside = true;
}

/* A stage_listener. */
static void
note_self(void *arg, size_t place, const struct verdict *v)
{
	struct explain_run *r = arg;
	struct explained_group *g = at_hand(r);
	struct explained_stage *s = &g->stages[v->stage];
	struct str *names;

	(void)place;
	s->cause = v->cause;
	if (v->cause != MUTE_NONE && g->held_by == STAGE_N)
		g->held_by = v->stage;
	if (v->cause == MUTE_INHIBITION) {
		s->source = alert_ref((struct alert *)(uintptr_t)v->by.inhibition.source);
		s->rule = v->by.inhibition.rule;
	} else if (v->cause == MUTE_TIME_INTERVAL || v->cause == MUTE_ACTIVE_TIME_INTERVAL) {
		names = ARENA_ARRAY(r->arena, v->by.intervals.n, struct str);
		memcpy(names, v->by.intervals.names, v->by.intervals.n * sizeof(names[0]));
		s->intervals = names;
		s->intervals_n = v->by.intervals.n;
	}
}

#define SILENCE_UNITS 5

/* All that match, as the entry remembers them after the stage of silences. */
static void
note_silences(struct explain_run *r, struct work *w)
{
	struct explained_group *g = at_hand(r);

	g->silences = ARENA_ARRAY(r->arena, r->entry->silences_n, struct explained_silence);
	for (uint32_t i = 0; i < r->entry->silences_n; i++) {
		struct silence *s = r->entry->silences[i]->silence;

		g->silences[g->silences_n++] = (struct explained_silence){ silence_ref(s), silence_state_at(s, r->now.wall),
			silence_state_ahead(s, g->flush) };
	}
	work_spend(w, SILENCE_UNITS * (int64_t)g->silences_n);
}

/* Another member has told that it ended: it is not told to fire before it is posted again. */
static bool
is_outdated(const struct alert_entry *entry, const struct explain_run *r, const struct alert *a)
{
	return entry != NULL && entry->outdated && r->asked == NULL && !has_ended(r, a);
}

static void
note_alert(struct explain_run *r, const struct alert_entry *entry, struct alert *a)
{
	bool resolved = has_ended(r, a);

	if (is_outdated(entry, r, a))
		return;
	if (resolved)
		VEC_PUSH(&r->resolved, labels_hash(a->labels));
	else
		VEC_PUSH(&r->firing, labels_hash(a->labels));
	if (r->alerts.n < EXPLAIN_ALERTS_MAX)
		VEC_PUSH(&r->alerts, ((struct noted_alert){ alert_ref(a), resolved }));
}

bool
explain_group_self(const struct engine *e, struct explain_run *r, struct work *w)
{
	struct explained_group *g = at_hand(r);
	struct stage_facts facts = facts_of(e, r);

	r->passing = r->entry;
	enter(r);
	/* Behind a stage that holds it back, what the others have against it. */
	while (r->passage.stage < STAGE_N) {
		if (r->passage.left_n == 0) {
			r->passage.left[0] = 0;
			r->passage.left_n = 1;
		}
		if (!passage_step(&r->passage, &facts, w, note_self, r))
			return false;
	}
	r->inside = false;
	note_silences(r, w);
	/* As a source of inhibition it may hold back others, and nobody has asked those yet. */
	if (r->asked != NULL && !r->stored && g->exists && r->inhibitor != NULL && inhibit_is_source(r->inhibitor, r->entry))
		g->exact = false;
	return true;
}

/* A stage_listener. */
static void
note_other(void *arg, size_t place, const struct verdict *v)
{
	struct explain_run *r = arg;

	(void)place;
	if (v->cause != MUTE_NONE)
		at_hand(r)->held[v->cause]++;
}

/* To find the next alert and to note it. */
#define MEMBER_UNITS 60

/* The one at hand, or the next; NULL: that was the last. */
static struct alert_entry *
next_member(const struct engine *e, struct explain_run *r)
{
	const struct group *g = group_find(e, at_hand(r)->route, r->labels);
	struct alert_entry *same = r->inside ? alerts_find(&e->alerts, r->member) : NULL;
	const struct member *m;

	if (g == NULL)
		return NULL;
	if (same != NULL && group_member(g, same) != NULL)
		return same;
	if (r->inside)
		stage_run_reset(&r->passage.run);
	r->inside = false;
	m = group_after(g, r->member);
	if (m == NULL)
		return NULL;
	labels_ref(m->entry->alert->labels);
	labels_unref(r->member);
	r->member = m->entry->alert->labels;
	return m->entry;
}

/* It was no member, and would be one. */
static void
join(struct explain_run *r)
{
	size_t i = r->alerts.n;

	if (at_hand(r)->member || at_hand(r)->held_by != STAGE_N)
		return;
	note_alert(r, r->real, r->alert);
	for (; i > 0 && i < r->alerts.n && alert_cmp(r->alerts.v[i].alert, r->alerts.v[i - 1].alert) < 0; i--) {
		struct noted_alert t = r->alerts.v[i];

		r->alerts.v[i] = r->alerts.v[i - 1];
		r->alerts.v[i - 1] = t;
	}
}

bool
explain_group_members(const struct engine *e, struct explain_run *r, struct work *w)
{
	struct stage_facts facts = facts_of(e, r);

	for (;;) {
		if (work_used_up(w))
			return false;
		r->passing = next_member(e, r);
		if (r->passing == NULL)
			break;
		if (r->passing == r->real) {
			if (at_hand(r)->held_by == STAGE_N)
				note_alert(r, r->real, r->alert);
			continue;
		}
		enter(r);
		if (!passage_step(&r->passage, &facts, w, note_other, r))
			return false;
		work_spend(w, MEMBER_UNITS);
		r->inside = false;
		if (r->passage.left_n > 0)
			note_alert(r, r->passing, r->passing->alert);
	}
	labels_unref(r->member);
	r->member = NULL;
	join(r);
	return true;
}

/* The log as it will be at the tick; false: it says nothing. */
static bool
log_says(const struct engine *e, const struct explained_group *g, const struct integration *i, struct log_entry *out)
{
	struct log_key key = log_key_of(g->key, g->route->receiver, i);
	const struct log_entry *entry = nflog_find(e->nflog, &key);

	if (entry == NULL)
		return false;
	*out = *entry;
	/* As a leg does with one of a clock that was set back since. */
	if (wall_after(out->timestamp, g->tick))
		out->timestamp = g->tick;
	return true;
}

static void
judge_leg(const struct engine *e, const struct explain_run *r, const struct flight *f, struct explained_leg *leg)
{
	struct explained_group *g = at_hand(r);
	struct reason_facts facts = leg_facts(f, leg->integration);
	struct log_entry entry;
	bool some = log_says(e, g, leg->integration, &entry);
	bool passes = g->held_by == STAGE_N && !is_outdated(r->real, r, r->alert);
	struct leg_verdict v = leg_judge(some ? &entry : NULL, &facts);

	leg->reason = v.reason;
	leg->told = v.told;
	leg->tells_alert = passes && v.told && (!g->resolved || facts.send_resolved);
	leg->last = leg->again = WALL_ZERO;
	if (some && entry.firing_n + entry.resolved_n > 0)
		leg->last = entry.timestamp;
	if (passes && !g->resolved && (v.logged || some))
		leg->again = reason_repeat_tick(v.logged ? g->tick : entry.timestamp, &facts);
	/* It may have been swept away by then. */
	if (some && !wall_after(entry.expires, g->flush))
		g->exact = false;
}

static void
see_claim(const struct engine *e, struct explain_run *r, struct explained_leg *leg)
{
	const struct group *g = group_find(e, at_hand(r)->route, r->labels);
	const struct flight *f = g != NULL ? g->flight : NULL;

	for (size_t i = 0; f != NULL && i < f->legs_n; i++) {
		const struct leg *l = &f->legs[i];

		if (l->claim != NULL && l->claim->held && l->integration->ordinal == leg->integration->ordinal)
			leg->claimed_by = arena_str(r->arena, str_from(l->claim->owner));
	}
}

static struct explained_claims
claims_of(const struct engine *e, const struct explain_run *r, struct str key)
{
	const struct claims_state *c = &e->claims;

	if (!c->on)
		return (struct explained_claims){ 0 };
	return (struct explained_claims){ true, c->settled, r->now.mono.ns < c->lease_until.ns, claims_rank(c, key),
		(unsigned)c->members_n, claims_wait(c, key) };
}

static enum explain_verdict
verdict_of(const struct explained_group *g)
{
	if (g->route->receiver->n == 0)
		return EXPLAIN_NO_RECEIVER;
	if (g->held_by != STAGE_N)
		return EXPLAIN_SUPPRESSED;
	for (size_t i = 0; i < g->legs_n; i++)
		if (g->legs[i].tells_alert)
			return EXPLAIN_NOTIFIED;
	return EXPLAIN_DEDUPLICATED;
}

/* As a flight's notes and legs: a hash sorted, and looked at for each integration. */
#define NOTE_UNITS 12
#define DECIDE_UNITS 10

void
explain_group_legs(const struct engine *e, struct explain_run *r, struct work *w)
{
	struct explained_group *g = at_hand(r);
	const struct receiver *receiver = g->route->receiver;
	size_t n = r->firing.n + r->resolved.n;
	struct flight f = { .route = g->route, .tick = g->tick, .firing = r->firing.v, .firing_n = r->firing.n,
		.resolved = r->resolved.v, .resolved_n = r->resolved.n };

	hashes_sort(r->firing.v, r->firing.n);
	hashes_sort(r->resolved.v, r->resolved.n);
	work_spend(w, (int64_t)n * (NOTE_UNITS + DECIDE_UNITS * (int64_t)receiver->n));
	g->firing = r->firing.n;
	g->resolved_n = r->resolved.n;
	g->alerts = ARENA_ARRAY(r->arena, r->alerts.n, struct noted_alert);
	g->alerts_n = r->alerts.n;
	if (r->alerts.n > 0)
		memcpy(g->alerts, r->alerts.v, r->alerts.n * sizeof(g->alerts[0]));
	r->alerts.n = 0;
	/* When nothing passes nobody decides. */
	g->legs_n = n > 0 ? receiver->n : 0;
	g->legs = ARENA_ARRAY(r->arena, g->legs_n, struct explained_leg);
	for (size_t i = 0; i < g->legs_n; i++) {
		g->legs[i].integration = &receiver->integrations[i];
		judge_leg(e, r, &f, &g->legs[i]);
		see_claim(e, r, &g->legs[i]);
	}
	g->cluster = e->cluster;
	g->claims = claims_of(e, r, g->key);
	g->verdict = verdict_of(g);
}
