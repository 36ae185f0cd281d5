/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things that have to happen: groups, their flushes, and what each integration
 * is told.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define MIN_DEADLINE (10 * SPAN_S)
#define FIRST_PAUSE (500 * SPAN_MS)
#define MAX_PAUSE (60 * SPAN_S)

static void
drop_if_empty(struct day *d, struct m_group *g)
{
	if (g->members != 0)
		return;
	for (size_t i = 0; i < d->groups.n; i++)
		if (d->groups.v[i] == g) {
			group_drop(d, i);
			return;
		}
}

static struct m_group *
group_of_event(struct day *d, const struct event_group *of, const char *what)
{
	const char *key = intern(d, of->key.p, of->key.n);
	struct m_group *g = group_by_key(d, key);

	if (g == NULL)
		sim_fail(d, "6 groups", "%s of a group that is not: %s", what, key);
	return g;
}

static const struct plan_receiver *
receiver(const struct m_flight *f)
{
	return &f->plan->receivers[f->plan->routes[f->route].receiver];
}

static void
flight_over(struct day *d, struct m_group *g)
{
	struct m_flight *f = &g->flight;

	g->flying = false;
	if (!f->failed && !f->resumed) {
		for (int i = 0; i < d->alerts_n; i++)
			if ((f->all_resolved & bit(i)) != 0 && f->versions[i] == d->alerts[i].version &&
			    (g->members & bit(i)) != 0) {
				g->members &= ~bit(i);
				g->changed = mono_now(d);
			}
		drop_if_empty(d, g);
	}
}

static void leave_behind(struct day *d, struct m_group *g, const struct m_leg *leg);

/* Success ends a flight as its last leg does; of failure the engine tells. */
static void
leg_over(struct day *d, struct m_group *g, struct m_leg *leg, bool ok)
{
	struct m_flight *f = &g->flight;

	/* One that goes on after a restart may have been out before it. */
	if (!ok && (leg->attempts > 0 || leg->in_doubt))
		leave_behind(d, g, leg);
	leg->state = M_DONE;
	f->failed |= !ok;
	for (int i = 0; i < f->legs_n; i++)
		if (f->legs[i].state != M_DONE)
			return;
	if (!f->failed)
		flight_over(d, g);
}

/* Muting, in its order; what is left goes to all integrations. */
static void
run_stages(struct day *d, struct m_group *g)
{
	struct m_flight *f = &g->flight;
	alerts_mask passed = f->all;

	f->staged = true;
	passed &= ~inhibited_among(d, passed, wall_now(d));
	if (passed != 0) {
		g->time_muted = route_muted(f->plan, f->route, f->tick);
		if (g->time_muted)
			passed = 0;
	}
	f->promised = promised_among(d, passed & ~f->all_resolved, wall_now(d));
	passed &= ~silenced_among(d, passed, wall_now(d), f->seen);
	f->outdated = outdated_among(d, g, passed & ~f->all_resolved);
	f->promised |= f->outdated;
	passed &= ~f->outdated;
	watch_muted(d, f->plan, f->route, g->key, f->all & ~passed);
	f->firing = passed & ~f->all_resolved;
	f->resolved = passed & f->all_resolved;
	f->legs_n = passed != 0 ? receiver(f)->n : 0;
	for (int i = 0; i < f->legs_n; i++)
		f->legs[i] = (struct m_leg){ .part = i, .done = -1, .decide_at = mono_now(d) + (d->wait > 0 ? d->wait : 0) };
	for (int i = 0; passed == 0 && i < receiver(f)->n; i++)
		model_keep(d, g, &receiver(f)->parts[i]);
	if (f->legs_n == 0)
		flight_over(d, g);
}

void
model_begin_turn(const struct day *d, struct m_flight *f)
{
	f->unsettled = d->wait < 0;
	for (int i = 0; i < f->legs_n; i++) {
		f->legs[i].state = d->wait != 0 ? M_PAUSE : M_TOLD;
		f->legs[i].next_lo = f->legs[i].next_hi = f->unsettled ? INT64_MAX : mono_now(d) + d->wait;
	}
}

void
model_polls(struct day *d)
{
	for (size_t i = d->groups.n; i > 0; i--) {
		struct m_group *g = d->groups.v[i - 1];
		struct m_flight *f = &g->flight;

		if (!g->flying || (f->staged && !f->unsettled) || f->poll > mono_now(d) || f->deadline <= mono_now(d))
			continue;
		if (d->wait < 0)
			f->poll = mono_now(d) + SETTLE_POLL;
		else if (f->unsettled)
			model_begin_turn(d, f);
		else
			run_stages(d, g);
	}
}

int64_t
model_next_tick(const struct day *d, const struct m_group *g)
{
	span interval = d->plan->routes[g->route].interval, late = mono_now(d) - g->due;

	return late < interval ? g->due : g->due + late - late % interval;
}

bool
model_busy(const struct day *d)
{
	struct mono next;

	return engine_next(d->engine, &next) && next.ns <= mono_now(d);
}

int64_t
model_tick(const struct day *d, const struct m_flight *f)
{
	return wall_now(d) - (mono_now(d) - f->wanted);
}

void
model_flushed(struct day *d, const struct event_flushed *flushed)
{
	struct m_group *g = group_of_event(d, &flushed->group, "flush");
	struct m_flight *f;
	const struct plan_route *r;
	alerts_mask firing = noted_mask(d, flushed->alerts, flushed->alerts_n, false);
	alerts_mask ended = noted_mask(d, flushed->alerts, flushed->alerts_n, true);

	d->flushes++;
	if (g == NULL)
		return;
	f = &g->flight;
	r = &d->plan->routes[g->route];
	if (g->flying)
		sim_fail(d, "6 groups", "two flushes at once of %s", g->key);
	if (mono_now(d) < g->due || mono_now(d) < d->first_flush)
		sim_fail(d, "7 wake-ups", "flush too early of %s, by %.3f s", g->key,
		    (double)(g->due - mono_now(d)) / 1e9);
	if (receiver_of(flushed->group.receiver) != r->receiver)
		sim_fail(d, "6 groups", "%s flushed to %.*s", g->key, STR_ARG(flushed->group.receiver));
	*f = (struct m_flight){ .plan = d->plan, .route = g->route, .all = g->members };
	/* Ticks that went by during the flush before are not made up for. */
	while (g->due <= mono_now(d) - r->interval)
		g->due += r->interval;
	f->wanted = g->due;
	f->tick = model_tick(d, f);
	f->seen = wall_now(d);
	f->deadline = mono_now(d) + (r->interval > MIN_DEADLINE ? r->interval : MIN_DEADLINE) +
	    (d->wait > 0 ? d->wait : 0);
	f->all_resolved = resolved_among(d, f->all, wall_now(d));
	for (int i = 0; i < d->alerts_n; i++)
		f->versions[i] = d->alerts[i].version;
	if (firing != (f->all & ~f->all_resolved) || ended != f->all_resolved)
		sim_fail(d, "6 groups", "%s has firing %s resolved %s, should have %s and %s", g->key,
		    mask_text(d, firing), mask_text(d, ended), mask_text(d, f->all & ~f->all_resolved),
		    mask_text(d, f->all_resolved));
	g->flying = true;
	g->flushed = true;
	g->due = g->due_or = f->wanted + r->interval;
	f->poll = mono_now(d) + SETTLE_POLL;
	if (d->wait >= 0)
		run_stages(d, g);
}

/* It was begun in this moment, and nobody was told of it. */
static bool
is_undecided(const struct day *d, const struct m_group *g)
{
	bool undecided = g->flying && g->flight.staged && !g->flight.resumed && g->flight.seen == wall_now(d);

	for (int k = 0; undecided && k < g->flight.legs_n; k++)
		undecided = g->flight.legs[k].state == M_WAIT;
	return undecided;
}

void
model_stage_again(struct day *d)
{
	for (size_t i = d->groups.n; i > 0; i--)
		if (is_undecided(d, d->groups.v[i - 1]))
			run_stages(d, d->groups.v[i - 1]);
}

void
model_muted(struct day *d, const struct event_muted *muted)
{
	const struct verdict *v = muted->verdict;
	struct m_group *g;
	struct m_flight *f;
	alerts_mask held;
	bool declared = false;

	for (size_t i = 0; v->cause == MUTE_SILENCE && i < v->by.silences.n; i++)
		declared |= v->by.silences.v[i]->source != NULL;
	/* One that a reload has ended goes on in the engine for a moment. */
	g = declared ? group_by_key(d, intern(d, muted->group.key.p, muted->group.key.n)) : NULL;
	if (g == NULL || !is_undecided(d, g))
		return;
	/* Each alert is looked at by itself: some before it, some after. */
	f = &g->flight;
	held = (f->firing | f->resolved) & bit(alert_of_labels(d, muted->alert->labels));
	if (held == 0)
		return;
	watch_muted(d, f->plan, f->route, g->key, held);
	f->firing &= ~held;
	f->resolved &= ~held;
	if ((f->firing | f->resolved) != 0)
		return;
	f->legs_n = 0;
	for (int i = 0; i < receiver(f)->n; i++)
		model_keep(d, g, &receiver(f)->parts[i]);
	flight_over(d, g);
}

static struct m_leg *
leg_of(struct m_group *g, int part)
{
	if (!g->flying)
		return NULL;
	for (int i = 0; i < g->flight.legs_n; i++)
		if (g->flight.legs[i].part == part)
			return &g->flight.legs[i];
	return NULL;
}

span
log_time(const struct day *d, const struct plan_route *r)
{
	span longest = r->repeat;

	if (longest < r->interval)
		longest = r->interval;
	if (longest < MIN_DEADLINE)
		longest = MIN_DEADLINE;
	return 2 * longest < d->eo.retention ? 2 * longest : d->eo.retention;
}

/* Where the log has, or gets, what it holds of this; it is kept from now on. */
static struct entry *
entry_for(struct day *d, const char *key, const struct plan_route *r, const struct part *p, int64_t tick)
{
	struct entry *e = entry_find(d, key, r->receiver, p->kind, p->index);
	int64_t keep = wall_now(d) + log_time(d, r);

	if (e == NULL) {
		/* Nothing was told: among others any word is newer. */
		VEC_PUSH(&d->entries, ((struct entry){ .key = key, .receiver = r->receiver, .kind = p->kind,
		    .index = p->index, .timestamp = d->wait != 0 ? wall_to_ns(WALL_ZERO) : tick }));
		e = &d->entries.v[d->entries.n - 1];
	}
	if (e->expires < keep)
		e->expires = keep;
	return e;
}

/* A notification of a future that is none any more counts as of `latest`; among others, who know it so, when its repeat would be late. */
static void
right_clock(const struct day *d, struct entry *e, int64_t latest, span repeat)
{
	if (e->timestamp <= latest || e->timestamp - latest <= (d->wait != 0 ? repeat : 0))
		return;
	e->expires -= e->timestamp - latest;
	e->timestamp = latest;
	if (e->doubted > latest)
		e->doubted = latest;
}

/* Among others, what waited for its turn was told after its tick. */
static int64_t
latest_told(const struct day *d, const struct m_flight *f)
{
	return d->wait != 0 ? wall_now(d) : model_tick(d, f);
}

static int64_t
not_before(int64_t at, int64_t when)
{
	return when > at && when - at <= CLOCKS_DIFFER_MOST ? when : at;
}

/* Not before its flush looked, nor before what the others know or what is in doubt, though the clock was set back. */
static int64_t
told_at(const struct day *d, const struct m_flight *f, const struct entry *held)
{
	int64_t at = wall_now(d);

	if (d->wait == 0)
		return model_tick(d, f);
	if (!f->resumed)
		at = not_before(at, f->seen);
	if (held == NULL)
		return at;
	return not_before(held->timestamp > at ? held->timestamp + 1 : at, held->doubted);
}

static void
log_set(struct day *d, struct m_group *g, const struct m_leg *leg, int64_t data)
{
	struct m_flight *f = &g->flight;
	const struct plan_route *r = &f->plan->routes[f->route];
	const struct part *p = &f->plan->receivers[r->receiver].parts[leg->part];
	struct entry *held = entry_find(d, g->key, r->receiver, p->kind, p->index);
	int64_t at;

	if (held != NULL)
		right_clock(d, held, latest_told(d, f), r->repeat);
	at = told_at(d, f, held);
	*entry_for(d, g->key, r, p, 0) = (struct entry){ .key = g->key, .receiver = r->receiver, .kind = p->kind,
		.index = p->index, .timestamp = at, .expires = wall_now(d) + log_time(d, r),
		.age = model_age(d, f, at), .data = data, .doubtful = leg->kept,
		.firing = f->firing | (held != NULL ? f->outdated & held->firing : 0),
		.resolved = f->resolved | (held != NULL ? f->outdated & held->resolved : 0),
		.doubted = held != NULL && leg->kept != 0 ? held->doubted : 0 };
}

void
model_cut(struct day *d, struct m_group *g)
{
	for (int i = 0; g->flying && i < g->flight.legs_n; i++) {
		struct m_leg *leg = &g->flight.legs[i];

		if (leg->state == M_WAIT || leg->state == M_DONE)
			continue;
		leg->in_doubt |= leg->state == M_SENDING;
		leave_behind(d, g, leg);
	}
}

void
model_left_behind(struct day *d, const char *key, const struct plan_route *r, const struct part *p,
    const struct left *l)
{
	struct entry *e = entry_find(d, key, r->receiver, p->kind, p->index);
	alerts_mask doubtful = p->send_resolved ? l->owed | (l->in_doubt || l->done > 0 ? l->firing : 0) : 0;
	alerts_mask resolved = p->send_resolved ? l->resolved : 0;
	bool same;

	if (e == NULL && doubtful == 0 && l->done <= 0)
		return;
	e = entry_for(d, key, r, p, l->tick);
	e->doubtful |= doubtful;
	if (d->wait != 0 && p->send_resolved && (l->in_doubt || l->done > 0) && e->doubted < l->sent)
		e->doubted = l->sent;
	if (e->doubtful == 0)
		e->doubted = 0;
	if (l->done <= 0)
		return;
	same = e->served != 0 && e->served_firing == l->firing && e->served_resolved == resolved &&
	    wall_now(d) >= e->served_at && wall_now(d) - e->served_at < r->repeat;
	if (!same)
		e->served_at = wall_now(d);
	e->served = l->done;
	e->served_firing = l->firing;
	e->served_resolved = resolved;
}

/* A notification is given up: whom it may have reached, and whom it did. */
static void
leave_behind(struct day *d, struct m_group *g, const struct m_leg *leg)
{
	struct m_flight *f = &g->flight;
	const struct plan_route *r = &f->plan->routes[f->route];
	int64_t sent = leg->attempts > 0 ? wall_now(d) - (mono_now(d) - leg->began) : f->resumed ? model_tick(d, f) : 0;

	model_left_behind(d, g->key, r, &f->plan->receivers[r->receiver].parts[leg->part],
	    &(struct left){ f->firing, f->resolved, leg->owed, leg->in_doubt, leg->done, model_tick(d, f), sent });
}

int
model_served(const struct entry *e, const struct m_leg *leg, int64_t now, span repeat)
{
	bool same = e != NULL && e->served_firing == leg->firing && e->served_resolved == leg->resolved;

	return same && now >= e->served_at && now - e->served_at < repeat ? e->served : 0;
}

static void
decide(struct day *d, struct m_group *g, struct m_leg *leg, enum reason told)
{
	struct m_flight *f = &g->flight;
	const struct plan_route *r = &f->plan->routes[f->route];
	const struct part *p = &f->plan->receivers[r->receiver].parts[leg->part];
	struct entry *e = entry_find(d, g->key, r->receiver, p->kind, p->index);

	if (e != NULL)
		right_clock(d, e, latest_told(d, f), r->repeat);
	model_keep(d, g, p);
	leg->reason = reason_wanted(e, f->firing, f->resolved, p->send_resolved, f->tick, r);
	if (leg->reason != told)
		sim_fail(d, "3 reasons", "%s part %d: decided '%s', should be '%s' (firing %s resolved %s)", g->key,
		    leg->part, reason_text(told), reason_text(leg->reason), mask_text(d, f->firing),
		    mask_text(d, f->resolved));
	watch_decided(d, g->key, r->receiver, p, told);
	leg->data = e != NULL && leg->reason != REASON_FIRST ? e->data : 0;
	leg->firing = f->firing;
	leg->resolved = p->send_resolved ? f->resolved : 0;
	leg->served = model_served(e, leg, wall_now(d), r->repeat);
	leg->owed = e != NULL ? (f->firing | f->resolved) & (e->firing | e->doubtful) : 0;
	leg->kept = e != NULL && p->send_resolved ? e->doubtful & f->promised : 0;
	leg->pause = FIRST_PAUSE;
	leg->state = M_TOLD;
	if (leg->reason == REASON_NONE) {
		leg_over(d, g, leg, true);
	} else if (leg->firing == 0 && !p->send_resolved) {
		log_set(d, g, leg, leg->data);
		leg_over(d, g, leg, true);
	}
}

void
model_decided(struct day *d, const struct event_decided *decided)
{
	struct m_group *g = group_of_event(d, &decided->leg.group, "decision");
	size_t part = decided->leg.integration->ordinal;
	struct m_leg *leg;

	if (g == NULL || d->failed)
		return;
	leg = leg_of(g, (int)part);
	if (leg == NULL || leg->state != M_WAIT || mono_now(d) < leg->decide_at) {
		sim_fail(d, "6 groups", "decision of %s part %zu out of turn", g->key, part);
		return;
	}
	decide(d, g, leg, decided->leg.reason);
}

void
model_sent(struct day *d, const struct out *o, struct mono deadline)
{
	struct m_group *g = group_by_key(d, o->key);
	const struct notification *n = o->note;
	struct m_leg *leg = g != NULL ? leg_of(g, o->part) : NULL;
	struct m_flight *f;
	const struct plan_route *r;

	if (leg == NULL || !(leg->state == M_TOLD || leg->state == M_PAUSE)) {
		sim_fail(d, "3 reasons", "%s part %d is sent to without being wanted", o->key, o->part);
		return;
	}
	f = &g->flight;
	r = &f->plan->routes[f->route];
	if (leg->state == M_PAUSE && (mono_now(d) < leg->next_lo || mono_now(d) >= f->deadline))
		sim_fail(d, "7 wake-ups", "%s part %d: next attempt at a wrong time", o->key, o->part);
	if (o->firing != leg->firing || o->resolved != leg->resolved || o->reason != leg->reason)
		sim_fail(d, "6 groups", "%s part %d is told firing %s resolved %s '%s', should be %s %s '%s'", o->key,
		    o->part, mask_text(d, o->firing), mask_text(d, o->resolved), reason_text(o->reason),
		    mask_text(d, leg->firing), mask_text(d, leg->resolved), reason_text(leg->reason));
	if (o->receiver != r->receiver || wall_to_ns(n->flushed) != f->tick || deadline.ns != f->deadline)
		sim_fail(d, "6 groups", "%s part %d: wrong receiver, tick or deadline", o->key, o->part);
	if (leg->note != 0 && leg->note != n->id)
		sim_fail(d, "5 durable", "%s part %d is another notification than before", o->key, o->part);
	if (data_value(&n->data) != leg->data)
		sim_fail(d, "5 durable", "%s part %d remembers %" PRId64 ", should remember %" PRId64, o->key, o->part,
		    data_value(&n->data), leg->data);
	if (recipients_value(&n->recipients) != leg->done)
		sim_fail(d, "5 durable", "%s part %d: recipients served %d, should be %d", o->key, o->part,
		    recipients_value(&n->recipients), leg->done);
	if (served_value(n->served, n->served_n) != leg->served)
		sim_fail(d, "5 durable", "%s part %d: served before %d, should be %d", o->key, o->part,
		    served_value(n->served, n->served_n), leg->served);
	if (leg->note == 0)
		watch_first_attempt(d, o, f);
	leg->note = n->id;
	leg->state = M_SENDING;
	leg->attempts++;
	leg->attempt = o->attempt;
	leg->began = mono_now(d);
}

static struct m_leg *
leg_sending(struct day *d, const struct out *o, struct m_group **g)
{
	struct m_leg *leg;

	*g = group_by_key(d, o->key);
	leg = *g != NULL ? leg_of(*g, o->part) : NULL;
	return leg != NULL && leg->state == M_SENDING && leg->attempt == o->attempt ? leg : NULL;
}

void
model_progress(struct day *d, const struct out *o, int done)
{
	struct m_group *g;
	struct m_leg *leg = leg_sending(d, o, &g);

	if (leg != NULL)
		leg->done = done;
}

void
model_answer(struct day *d, const struct out *o)
{
	struct m_group *g;
	struct m_leg *leg = leg_sending(d, o, &g);
	span pause;

	if (leg == NULL) {
		sim_fail(d, "3 reasons", "an attempt for %s is out that should not be", o->key);
		return;
	}
	if (o->outcome.ok) {
		watch_accepted(d, o);
		log_set(d, g, leg, o->outcome.data_set ? o->value.i : leg->data);
		leg_over(d, g, leg, true);
		return;
	}
	leg->in_doubt |= o->outcome.unanswered;
	if (!o->outcome.retry) {
		leg_over(d, g, leg, false);
		return;
	}
	pause = leg->pause;
	leg->next_lo = leg->began + pause / 2 - 1;
	leg->next_hi = leg->began + pause + pause / 2 + 1;
	if (leg->next_lo < mono_now(d) + o->outcome.retry_after)
		leg->next_lo = mono_now(d) + o->outcome.retry_after;
	if (leg->next_hi < leg->next_lo)
		leg->next_hi = leg->next_lo;
	leg->pause = pause * 3 / 2 < MAX_PAUSE ? pause * 3 / 2 : MAX_PAUSE;
	leg->state = M_PAUSE;
}

/* Flights that fail during a reload belong to groups that it ends. */
static void
check_ending(struct day *d, const char *key)
{
	for (size_t i = 0; i < d->ending.n; i++)
		if (d->ending.v[i] == key)
			return;
	sim_fail(d, "6 groups", "a reload that does not touch %s cancels its flush", key);
}

void
model_canceled(struct day *d, const struct out *o)
{
	struct m_group *g;
	struct m_leg *leg = leg_sending(d, o, &g);

	if (d->reloading) {
		check_ending(d, o->key);
		return;
	}
	if (leg == NULL) {
		sim_fail(d, "3 reasons", "canceled what is not out: %s", o->key);
		return;
	}
	if (mono_now(d) < g->flight.deadline)
		sim_fail(d, "7 wake-ups", "%s is given up before its time", o->key);
	leg->in_doubt = true;
	leg_over(d, g, leg, false);
}

void
model_notify_failed(struct day *d, const struct event_notify_failed *failed)
{
	const struct event_group *of = &failed->leg.group;
	size_t part = failed->leg.integration->ordinal;
	struct m_group *g;
	struct m_leg *leg;

	if (d->reloading) {
		check_ending(d, intern(d, of->key.p, of->key.n));
		return;
	}
	g = group_of_event(d, of, "failure");
	if (g == NULL || d->failed)
		return;
	leg = leg_of(g, (int)part);
	if (leg == NULL || (leg->state != M_DONE && mono_now(d) < g->flight.deadline)) {
		sim_fail(d, "7 wake-ups", "%s part %zu fails before its time", g->key, part);
		return;
	}
	if (leg->state == M_SENDING)
		return;	/* it is canceled first */
	if (leg->state != M_DONE)
		leg_over(d, g, leg, false);
}

void
model_flush_failed(struct day *d, const struct event_flush_failed *failed)
{
	struct m_group *g;
	struct m_flight *f;
	bool late;

	if (d->reloading) {
		check_ending(d, intern(d, failed->group.key.p, failed->group.key.n));
		return;
	}
	g = group_of_event(d, &failed->group, "failed flush");
	if (g == NULL || d->failed)
		return;
	f = &g->flight;
	late = mono_now(d) >= f->deadline;
	if (!g->flying) {
		sim_fail(d, "6 groups", "a flush of %s fails that is not", g->key);
		return;
	}
	for (int i = 0; i < f->legs_n; i++)
		if (f->legs[i].state == M_WAIT && late)
			f->legs[i].state = M_DONE, f->failed = true;
		else if (f->legs[i].state != M_DONE)
			sim_fail(d, "6 groups", "%s fails while part %d is under way", g->key, f->legs[i].part);
	if (!f->staged && late)
		f->failed = true;
	if (!f->failed)
		sim_fail(d, "6 groups", "the flush of %s should not fail: %.*s", g->key, STR_ARG(failed->error));
	flight_over(d, g);
}

/* When the engine has to do something for g on its own. */
static int64_t
wanted_at(const struct day *d, const struct m_group *g)
{
	const struct m_flight *f = &g->flight;
	int64_t due = g->due > g->due_or ? g->due : g->due_or, at;

	if (!g->flying)
		return due > d->first_flush ? due : d->first_flush;
	at = f->deadline;
	if ((!f->staged || f->unsettled) && f->poll < at)
		at = f->poll;
	for (int i = 0; i < f->legs_n && !f->unsettled; i++) {
		const struct m_leg *leg = &f->legs[i];

		if (leg->state == M_WAIT && leg->decide_at < at)
			at = leg->decide_at;
		if (leg->state == M_PAUSE && leg->next_hi < at)
			at = leg->next_hi;
		if (leg->state == M_TOLD)
			at = 0;
	}
	return at;
}

void
model_settled(struct day *d)
{
	struct mono next;
	int64_t at = engine_next(d->engine, &next) ? next.ns : INT64_MAX;

	for (size_t i = 0; i < d->groups.n && !d->failed; i++) {
		const struct m_group *g = d->groups.v[i];
		int64_t wanted = wanted_at(d, g);

		if (wanted <= mono_now(d))
			sim_fail(d, "1 in time", "%s: %s was due %.3f s ago", g->key, g->flying ? "an attempt" : "a flush",
			    (double)(mono_now(d) - wanted) / 1e9);
		else if (wanted < at)
			sim_fail(d, "7 wake-ups", "%s is due in %.3f s, the engine sleeps for %.3f s", g->key,
			    (double)(wanted - mono_now(d)) / 1e9, (double)(at - mono_now(d)) / 1e9);
	}
}
