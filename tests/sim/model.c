/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The truth at a moment: alerts, silences, inhibition, intervals, the log.
 */
#include <string.h>

#include "sim.h"

bool
is_resolved(const struct day *d, int alert, int64_t wall)
{
	return d->alerts[alert].ends <= wall;
}

alerts_mask
resolved_among(const struct day *d, alerts_mask among, int64_t wall)
{
	alerts_mask out = 0;

	for (int i = 0; i < d->alerts_n; i++)
		if ((among & bit(i)) != 0 && is_resolved(d, i, wall))
			out |= bit(i);
	return out;
}

/* Both ends count. */
alerts_mask
silenced_among(const struct day *d, alerts_mask among, int64_t wall, int64_t seen)
{
	alerts_mask out = 0;

	for (size_t i = 0; i < d->quiets.n; i++) {
		const struct quiet *q = &d->quiets.v[i];

		if (q->starts <= wall && wall <= q->ends)
			out |= q->alerts & (q->x.notify ? ~resolved_among(d, q->alerts, seen) : ~(alerts_mask)0);
	}
	return out & among;
}

alerts_mask
promised_among(const struct day *d, alerts_mask among, int64_t wall)
{
	alerts_mask out = 0;

	for (size_t i = 0; i < d->quiets.n; i++) {
		const struct quiet *q = &d->quiets.v[i];

		if (q->x.notify && q->starts <= wall && wall <= q->ends)
			out |= q->alerts;
	}
	return out & among;
}

static bool
values_equal(const struct day *d, int a, int b, uint8_t names)
{
	for (int i = 0; i < NAMES; i++)
		if ((names >> i & 1) != 0 && d->alerts[a].values[i] != d->alerts[b].values[i])
			return false;
	return true;
}

static bool
is_inhibited(const struct day *d, int alert, int64_t wall)
{
	for (int r = 0; r < d->plan->rules_n; r++) {
		alerts_mask sources = d->plan->sources[r];

		if ((d->plan->targets[r] & bit(alert)) == 0)
			continue;
		if ((sources & bit(alert)) != 0)
			sources &= ~d->plan->targets[r];
		for (int s = 0; s < d->alerts_n; s++)
			if ((sources & bit(s)) != 0 && d->alerts[s].stored && !is_resolved(d, s, wall) &&
			    values_equal(d, s, alert, d->plan->rules[r].equal))
				return true;
	}
	return false;
}

alerts_mask
inhibited_among(const struct day *d, alerts_mask among, int64_t wall)
{
	alerts_mask out = 0;

	if (d->plan->rules_n == 0)
		return 0;
	for (int i = 0; i < d->alerts_n; i++)
		if ((among & bit(i)) != 0 && is_inhibited(d, i, wall))
			out |= bit(i);
	return out;
}

bool
route_muted(const struct plan *p, int route, int64_t wall)
{
	const struct plan_route *r = &p->routes[route];

	if (r->active >= 0 && !interval_holds(&p->intervals[r->active], wall))
		return true;
	return r->mute >= 0 && interval_holds(&p->intervals[r->mute], wall);
}

/* Stored, or held by some group. */
alerts_mask
known_alerts(const struct day *d)
{
	alerts_mask out = 0;

	for (int i = 0; i < d->alerts_n; i++)
		if (d->alerts[i].stored)
			out |= bit(i);
	for (size_t i = 0; i < d->groups.n; i++)
		out |= d->groups.v[i]->members;
	return out;
}

struct entry *
entry_find(struct day *d, const char *key, int receiver, int kind, int index)
{
	for (size_t i = 0; i < d->entries.n; i++) {
		struct entry *e = &d->entries.v[i];

		if (e->key == key && e->receiver == receiver && e->kind == kind && e->index == index)
			return e;
	}
	return NULL;
}

span
model_age(const struct day *d, const struct m_flight *f, int64_t told)
{
	if (d->wait == 0)
		return 0;
	return f->resumed || told - f->seen > LOG_AGE_MAX ? LOG_AGE_MAX : told > f->seen ? told - f->seen : 0;
}

/* The newest of what g's receivers were told of the end of an alert; NULL: nothing. */
static const struct entry *
end_told(struct day *d, const struct m_group *g, int alert)
{
	int receiver = g->flight.plan->routes[g->flight.route].receiver;
	const struct plan_receiver *to = &g->flight.plan->receivers[receiver];
	const struct entry *newest = NULL;

	for (int i = 0; i < to->n; i++) {
		const struct part *p = &to->parts[i];
		const struct entry *e = entry_find(d, g->key, receiver, p->kind, p->index);

		if (e != NULL && (e->resolved & bit(alert)) != 0 && (newest == NULL || e->timestamp >= newest->timestamp))
			newest = e;
	}
	return newest;
}

alerts_mask
outdated_among(struct day *d, const struct m_group *g, alerts_mask firing)
{
	alerts_mask out = 0;

	for (int i = 0; d->wait != 0 && i < d->alerts_n; i++) {
		const struct entry *end = (firing & bit(i)) != 0 ? end_told(d, g, i) : NULL;
		int64_t looked = end != NULL ? end->timestamp - end->age : 0;

		/* Until it is posted again, though the log forgets. */
		if (end != NULL)
			d->alerts[i].outdated |= d->alerts[i].stated <= looked && looked - wall_now(d) <= CLOCKS_DIFFER_MOST;
		if (d->alerts[i].outdated)
			out |= firing & bit(i);
	}
	return out;
}

void
model_keep(struct day *d, const struct m_group *g, const struct part *p)
{
	const struct m_flight *f = &g->flight;
	const struct plan_route *r = &f->plan->routes[f->route];
	struct entry *e = entry_find(d, g->key, r->receiver, p->kind, p->index);
	span keep = log_time(d, r), least = keep - keep / 4;
	alerts_mask told = e != NULL ? f->promised & (e->firing | e->doubtful) : 0;

	if (!p->send_resolved)
		return;
	watch_promised(d, g->key, r->receiver, p, f->promised, least);
	if (told == 0 || ((told & ~e->doubtful) == 0 && e->expires - wall_now(d) >= least))
		return;
	e->doubtful |= told;
	if (e->expires < wall_now(d) + keep)
		e->expires = wall_now(d) + keep;
}

span
repeats_after(const struct plan_route *r)
{
	return r->repeat - (r->interval / 100 < SPAN_S ? r->interval / 100 : SPAN_S);
}

enum reason
reason_wanted(const struct entry *e, alerts_mask firing, alerts_mask resolved, bool send_resolved, int64_t tick,
    const struct plan_route *r)
{
	if (e == NULL)
		return firing != 0 ? REASON_FIRST : REASON_NONE;
	if ((firing & ~e->firing) != 0)
		return e->firing == 0 ? REASON_FIRST : REASON_NEW_ALERTS;
	if (firing == 0)
		return e->firing != 0 || (resolved & e->doubtful) != 0 ? REASON_ALL_RESOLVED : REASON_NONE;
	if (send_resolved && (resolved & (~e->resolved | e->doubtful)) != 0)
		return REASON_SOME_RESOLVED;
	return tick - e->timestamp >= repeats_after(r) ? REASON_REPEAT : REASON_NONE;
}

/* The rules of Alertmanager's Alert.Merge, for two that overlap; what arrives is the younger one. */
static void
merge(struct m_alert *a, int64_t starts, int64_t ends, bool timeout, int64_t now)
{
	if (starts < a->starts)
		a->starts = starts;
	if (ends <= now) {
		if (a->ends > now || a->ends < ends)
			a->ends = ends;
	} else if (a->ends < ends || a->timeout) {
		a->ends = ends;
	}
	a->timeout = timeout;
}

void
model_post(struct day *d, int alert, int64_t starts, int64_t ends, bool timeout)
{
	struct m_alert *a = &d->alerts[alert];
	int64_t now = wall_now(d);

	watch_posted(d, alert, a->stored && a->ends > now);
	a->version++;
	if (a->stored && ((ends > a->starts && ends < a->ends) || (starts > a->starts && starts < a->ends))) {
		merge(a, starts, ends, timeout, now);
	} else {
		a->starts = starts;
		a->ends = ends;
		a->timeout = timeout;
	}
	a->updated = now;
	a->stated = ends;
	a->outdated = false;
	a->stored = true;
	quiets_posted(d, alert);
	model_dispatch(d, alert, false);
}

static void
gc_silences(struct day *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->quiets.n; i++)
		if (d->quiets.v[i].declared || d->quiets.v[i].expires > wall_now(d))
			d->quiets.v[kept++] = d->quiets.v[i];
	d->quiets.n = kept;
}

static void
gc_entries(struct day *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->entries.n; i++)
		if (d->entries.v[i].expires > wall_now(d))
			d->entries.v[kept++] = d->entries.v[i];
	d->entries.n = kept;
}

void
model_gc(struct day *d)
{
	if (d->next_gc <= mono_now(d)) {
		for (int i = 0; i < d->alerts_n; i++)
			if (d->alerts[i].stored && is_resolved(d, i, wall_now(d)))
				d->alerts[i].stored = false;
		d->next_gc = mono_now(d) + d->eo.alert_gc_interval;
	}
	if (d->next_maintenance <= mono_now(d)) {
		gc_silences(d);
		gc_entries(d);
		d->next_maintenance = mono_now(d) + d->eo.maintenance_interval;
	}
}

alerts_mask
sieve_alerts(const struct day *d, const struct sieve *s)
{
	alerts_mask out = 0;

	for (int i = 0; i < d->alerts_n; i++)
		if (sieve_matches(s, d->alerts[i].values))
			out |= bit(i);
	return out;
}

void
model_declare(struct day *d)
{
	const struct plan_quiet *from = &d->plan->quiet;
	struct quiet q = { .id = "declared", .declared = true, .sieve = from->sieve, .starts = from->starts };
	size_t kept = 0;

	for (size_t i = 0; i < d->quiets.n; i++)
		if (!d->quiets.v[i].declared)
			d->quiets.v[kept++] = d->quiets.v[i];
	d->quiets.n = kept;
	if (!from->present)
		return;
	q.ends = from->starts + from->length;
	q.alerts = sieve_alerts(d, &q.sieve);
	VEC_PUSH(&d->quiets, q);
}

bool
sieves_same(const struct sieve *a, const struct sieve *b)
{
	if (a->n != b->n || a->n < 0)
		return false;
	for (int i = 0; i < a->n; i++)
		if (a->picks[i].name != b->picks[i].name || a->picks[i].values != b->picks[i].values ||
		    a->picks[i].negative != b->picks[i].negative || a->picks[i].regex != b->picks[i].regex)
			return false;
	return true;
}

bool
quiet_keeps_id(const struct day *d, const struct quiet *old, const struct sieve *sieve, int64_t starts, int64_t ends)
{
	int64_t now = wall_now(d);

	if (!sieves_same(&old->sieve, sieve) || now > old->ends)
		return false;
	if (now < old->starts)
		return starts >= now;
	return starts / SPAN_S == old->starts / SPAN_S && ends >= now;
}
