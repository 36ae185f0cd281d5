/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Promises as an operator understands them, checked from what receivers get
 * and what is true of the alerts; the model's groups and flushes are not asked.
 */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "sim.h"

#define NEVER INT64_MAX
/* For answers, batches of the disk and the engine's own lateness. */
#define SLACK (6 * SPAN_S)

static struct heard *
heard_of(struct day *d, const char *key, int receiver, int kind, int index, bool make)
{
	uint64_t h = ((uint64_t)(uintptr_t)key >> 4) * 31 + (uint64_t)(receiver * 16 + kind * 4 + index);
	size_t i = h * UINT64_C(0x9E3779B97F4A7C15) >> 50;

	for (; d->heard_at[i] != 0; i = (i + 1) % ARRAY_LEN(d->heard_at)) {
		struct heard *x = &d->heard.v[d->heard_at[i] - 1];

		if (x->key == key && x->receiver == receiver && x->kind == kind && x->index == index)
			return x;
	}
	if (!make)
		return NULL;
	VEC_PUSH(&d->heard, ((struct heard){ .key = key, .receiver = receiver, .kind = kind, .index = index }));
	assert(d->heard.n < ARRAY_LEN(d->heard_at) / 2);
	d->heard_at[i] = (uint16_t)d->heard.n;
	return &d->heard.v[d->heard.n - 1];
}

static struct heard *
heard_by(struct day *d, const struct out *o, const struct plan *plan, bool make)
{
	const struct part *p = &plan->receivers[o->receiver].parts[o->part];

	return heard_of(d, o->key, o->receiver, p->kind, p->index, make);
}

void
watch_disturbed(struct day *d, int receiver)
{
	for (int i = 0; i < MAX_RECEIVERS; i++)
		if (receiver < 0 || i == receiver)
			d->disturbed[i] = mono_now(d);
}

void
watch_clock(struct day *d)
{
	for (size_t i = 0; i < d->heard.n; i++) {
		d->heard.v[i].known = false;
		d->heard.v[i].open = 0;
		d->heard.v[i].expires = 0;
	}
	/* Alerts that had ended seem to fire again: until somebody posts them, nobody can say. */
	d->doubtful = ~(alerts_mask)0;
}

/* Something new is known of the alert. */
void
watch_posted(struct day *d, int alert, bool fired)
{
	d->doubtful &= ~bit(alert);
	for (int k = 0; k < MAX_MATCHES; k++) {
		d->ended[alert][k] = NEVER;
		if (!fired)
			d->since[alert][k] = NEVER;
	}
}

/* Was it under way, so that what it told may be told once more? */
static bool
was_under_way(const struct day *d, const struct heard *h)
{
	for (size_t i = 0; i < d->on_disk.intents.n; i++) {
		const struct intent *in = &d->on_disk.intents.v[i];
		size_t n = strlen(h->key), m = strlen(in->labels_text);

		if (in->receiver == h->receiver && in->kind == h->kind && in->index == h->index && n >= m &&
		    strcmp(h->key + n - m, in->labels_text) == 0)
			return true;
	}
	return false;
}

/* The engine may tell again of things that a crash made it forget. */
void
watch_crashed(struct day *d)
{
	for (size_t i = 0; i < d->heard.n; i++) {
		struct heard *h = &d->heard.v[i];
		bool found = false;

		for (size_t j = 0; j < d->on_disk.entries.n; j++) {
			const struct entry *e = &d->on_disk.entries.v[j];

			if (e->key != h->key || e->receiver != h->receiver || e->kind != h->kind || e->index != h->index)
				continue;
			found = true;
			if (wall_now(d) >= h->expires)
				h->open = 0;
			h->at = e->timestamp;
			h->expires = e->expires;
			h->firing = e->firing;
			h->resolved = e->resolved;
		}
		if (!found)
			h->firing = h->resolved = 0;
		h->known &= found && !was_under_way(d, h);
	}
}

void
watch_first_attempt(struct day *d, const struct out *o, const struct m_flight *f)
{
	const struct heard *h = heard_by(d, o, f->plan, false);
	span repeat = repeats_after(&f->plan->routes[f->route]);
	alerts_mask all = o->firing | o->resolved;

	if (all == 0)
		sim_fail(d, "6 groups", "%s is told nothing", o->key);
	/* A reload in the same moment may have come after the look. */
	if (d->wait == 0 && f->plan == d->plan && (silenced_among(d, all, wall_now(d), wall_now(d)) | inhibited_among(d, all, wall_now(d))) != 0)
		sim_fail(d, "2 muted", "%s is told of what is silenced or inhibited: %s", o->key, mask_text(d, all));
	if (route_muted(f->plan, f->route, f->tick))
		sim_fail(d, "2 muted", "%s is told of while an interval mutes it", o->key);
	if (h == NULL || !h->known || wall_now(d) >= h->expires)
		return;
	if ((o->firing & ~h->firing) == 0 && (o->resolved & ~h->resolved) == 0 &&
	    (o->firing == 0 ? h->firing == 0 : model_tick(d, f) - h->at < repeat))
		sim_fail(d, "3 repeats", "%s part %d is told the same after %.1f s", o->key, o->part,
		    (double)(model_tick(d, f) - h->at) / 1e9);
}

void
watch_accepted(struct day *d, const struct out *o)
{
	const struct m_group *g = group_by_key(d, o->key);
	const struct m_flight *f = &g->flight;
	struct heard *h = heard_by(d, o, f->plan, true);

	/* A muted alert is in neither list, and the log forgets it, unless its end is promised. */
	h->open = wall_now(d) < h->expires ? h->open & f->promised : 0;
	h->at = model_tick(d, f);
	h->expires = wall_now(d) + log_time(d, &f->plan->routes[f->route]);
	h->firing = o->firing;
	h->resolved = o->resolved;
	h->known = true;
	h->open = f->plan->receivers[o->receiver].parts[o->part].send_resolved ? h->open | o->firing : 0;
}

/* Somebody, or so it may be, knows what o tells, and the log cannot say so for sure. */
static struct heard *
heard_in_doubt(struct day *d, const struct out *o)
{
	const struct integration *i = o->note->integration;
	struct heard *h = heard_of(d, o->key, o->receiver, kind_of(i->kind->name), (int)i->index, true);

	/* The end of what may have been told is told, once more perhaps. */
	h->known = false;
	return h;
}

static void
open_up(struct day *d, struct heard *h, const struct out *o)
{
	const struct m_group *g = group_by_key(d, o->key);
	const struct plan_route *r;

	/* Nobody knows any more of a group that ends with a reload. */
	if (g == NULL || !g->flying)
		return;
	r = &g->flight.plan->routes[g->flight.route];
	if (!g->flight.plan->receivers[o->receiver].parts[o->part].send_resolved)
		return;
	sim_say(d, "unheard %s part %d firing %s", o->key, o->part, mask_text(d, o->firing));
	/* Forgotten is forgotten, even if the log now remembers something newer. */
	if (wall_now(d) >= h->expires)
		h->open = 0;
	h->open |= o->firing;
	if (h->expires < wall_now(d) + log_time(d, r))
		h->expires = wall_now(d) + log_time(d, r);
}

void
watch_unheard(struct day *d, const struct out *o)
{
	struct heard *h = heard_in_doubt(d, o);

	/* Refused for good is refused. */
	if (!o->held && (o->outcome.ok || o->outcome.retry || o->answer_at == INT64_MAX))
		open_up(d, h, o);
}

void
watch_served(struct day *d, const struct out *o)
{
	open_up(d, heard_in_doubt(d, o), o);
}

/* A receiver that does not want to hear of ends is not told; the log forgets. */
void
watch_decided(struct day *d, const char *key, int receiver, const struct part *p, enum reason reason)
{
	struct heard *h = heard_of(d, key, receiver, p->kind, p->index, false);

	if (h != NULL && reason == REASON_ALL_RESOLVED && !p->send_resolved)
		h->firing = h->open = 0;
}

/* Somebody has it promised that he will hear of their end. */
void
watch_promised(struct day *d, const char *key, int receiver, const struct part *p, alerts_mask promised, span least)
{
	struct heard *h = heard_of(d, key, receiver, p->kind, p->index, false);

	if (h != NULL && (h->open & promised) != 0 && wall_now(d) < h->expires && h->expires < wall_now(d) + least)
		h->expires = wall_now(d) + least;
}

/* An alert that ends while it is muted is dropped without a word. */
void
watch_muted(struct day *d, const struct plan *plan, int route, const char *key, alerts_mask muted)
{
	int receiver = plan->routes[route].receiver;

	sim_say(d, "muted %s %s ended %s", key, mask_text(d, muted), mask_text(d, resolved_among(d, muted, wall_now(d))));

	if (muted == 0)
		return;
	for (int p = 0; p < plan->receivers[receiver].n; p++) {
		const struct part *part = &plan->receivers[receiver].parts[p];
		struct heard *h = heard_of(d, key, receiver, part->kind, part->index, false);

		if (h != NULL)
			h->open &= ~resolved_among(d, muted, wall_now(d));
	}
	for (int i = 0; i < d->alerts_n; i++)
		for (int k = 0; k < d->plan->places_n[i]; k++)
			if ((muted & bit(i)) != 0 && d->plan->places[i][k].key == key)
				d->since[i][k] = mono_now(d);
}

static bool
goes_to(const struct plan *p, int alert, const struct heard *h)
{
	for (int k = 0; k < p->places_n[alert]; k++) {
		int r = p->routes[p->places[alert][k].route].receiver;

		if (p->places[alert][k].key != h->key || r != h->receiver)
			continue;
		for (int i = 0; i < p->receivers[r].n; i++)
			if (p->receivers[r].parts[i].kind == h->kind && p->receivers[r].parts[i].index == h->index)
				return p->receivers[r].parts[i].send_resolved;
	}
	return false;
}

/* A receiver that is not told of an alert any more, or not of ends, will not hear of its end. */
void
watch_turned(struct day *d)
{
	for (size_t i = 0; i < d->heard.n; i++)
		for (int a = 0; a < d->alerts_n; a++)
			if ((d->heard.v[i].open & bit(a)) != 0 && !goes_to(d->plan, a, &d->heard.v[i]))
				d->heard.v[i].open &= ~bit(a);
	for (int i = 0; i < MAX_ALERTS; i++)
		for (int k = 0; k < MAX_MATCHES; k++)
			d->since[i][k] = d->ended[i][k] = NEVER;
}

static bool
told(struct day *d, int alert, const struct place *place, bool open)
{
	int receiver = d->plan->routes[place->route].receiver;
	const struct plan_receiver *r = &d->plan->receivers[receiver];

	for (int i = 0; i < r->n; i++) {
		const struct part *p = &r->parts[i];
		const struct heard *h = heard_of(d, place->key, receiver, p->kind, p->index, false);

		/* The log forgets after twice the repeat_interval, and then nobody knows what ended. */
		if (open && h != NULL && p->send_resolved && (h->open & bit(alert)) != 0 && wall_now(d) < h->expires)
			return false;
		if (!open && (h == NULL || (h->firing & bit(alert)) == 0))
			return false;
	}
	return true;
}

static bool
late(const struct day *d, int receiver, int64_t since, span bound)
{
	int64_t from = since;

	if (since == NEVER)
		return false;
	if (d->disturbed[receiver] > from)
		from = d->disturbed[receiver];
	if (d->first_flush > from)
		from = d->first_flush;
	return mono_now(d) - from > bound;
}

static void
look_at(struct day *d, int alert, int k, bool held_back)
{
	const struct place *place = &d->plan->places[alert][k];
	const struct plan_route *r = &d->plan->routes[place->route];
	span slack = SLACK + 2 * d->lag_max + (d->wait > 0 ? d->wait : 0);
	bool fires = d->alerts[alert].stored && !is_resolved(d, alert, wall_now(d));
	int64_t *since = &d->since[alert][k], *ended = &d->ended[alert][k];

	held_back |= d->wait < 0 || (d->doubtful & bit(alert)) != 0 || route_muted(d->plan, place->route, wall_now(d));
	if (held_back || !fires)
		*since = NEVER;
	else if (*since == NEVER)
		*since = mono_now(d);
	if (held_back || fires)
		*ended = NEVER;
	else if (*ended == NEVER)
		*ended = mono_now(d);
	if (late(d, r->receiver, *since, r->wait + r->interval + slack) && !told(d, alert, place, false))
		sim_fail(d, "1 in time", "%s has not been told of %d for %.1f s", place->key, alert,
		    (double)(mono_now(d) - *since) / 1e9);
	/* A reload may have made the group anew. */
	if (late(d, r->receiver, *ended, r->wait + r->interval + slack) && !told(d, alert, place, true))
		sim_fail(d, "4 resolved", "%s has not been told for %.1f s that %d ended", place->key,
		    (double)(mono_now(d) - *ended) / 1e9, alert);
}

void
watch_look(struct day *d)
{
	alerts_mask all = d->alerts_n == 64 ? ~(alerts_mask)0 : bit(d->alerts_n) - 1;
	alerts_mask muted = silenced_among(d, all, wall_now(d), wall_now(d)) | inhibited_among(d, all, wall_now(d));

	/* While somebody is told of the past, nobody promises anything of the present. */
	for (size_t i = 0; i < d->groups.n; i++)
		if (d->groups.v[i]->flying)
			watch_disturbed(d, d->plan->routes[d->groups.v[i]->route].receiver);
	for (int i = 0; i < d->alerts_n && !d->failed; i++)
		for (int k = 0; k < d->plan->places_n[i] && !d->failed; k++)
			look_at(d, i, k, (muted & bit(i)) != 0);
}
