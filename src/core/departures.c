/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When requests by gateways truly leave. Until then one that is cut, or that a crash ended, was never sent. From then on until its
 * answer nobody knows whether it was taken: then a gateway that gives up what has no answer is not asked again, neither after a cut
 * nor after a crash. For the latter the delivery says so on disk before the request leaves.
 */
#include "engine_state.h"

/* The notification of an attempt that is out; NULL: there is none of that number. */
static const struct notification *
note_of(const struct engine *e, uint64_t attempt)
{
	const struct leg *leg = leg_find(e, attempt);
	const struct digesting *g = leg == NULL ? digest_find(e, attempt) : NULL;

	return leg != NULL ? &leg->note : g != NULL ? &g->note : NULL;
}

static bool
gives_up(const struct config *c, const struct held *h)
{
	const struct gateway *g = config_gateway(c, h->d.gateway);

	return g != NULL && g->on_unknown == UNKNOWN_GIVE_UP;
}

bool
engine_leaves(struct engine *e, uint64_t attempt, struct str recipient, struct moment now)
{
	const struct notification *n;
	struct held *h;
	bool waits;

	engine_enter(e, now);
	n = note_of(e, attempt);
	h = n != NULL ? delivery_find(e, n->id, recipient) : NULL;
	waits = h != NULL && gives_up(n->config, h) && e->port->persist != NULL;
	if (waits && !h->d.left) {
		h->d.left = true;
		delivery_save(e, h);
	}
	engine_leave(e, now);
	return waits;
}

void
engine_left(struct engine *e, uint64_t attempt, struct str recipient, struct moment now)
{
	const struct notification *n;
	struct held *h;

	engine_enter(e, now);
	n = note_of(e, attempt);
	h = n != NULL ? delivery_find(e, n->id, recipient) : NULL;
	if (h != NULL)
		h->out = true;
	engine_leave(e, now);
}

void
deliveries_cut(struct engine *e, struct notification *n)
{
	for (size_t i = 0; i < n->recipients.n; i++) {
		struct recipient *r = &n->recipients.v[i];
		struct held *h = r->asked && r->gateway.n > 0 ? delivery_find(e, n->id, r->to) : NULL;

		if (h == NULL)
			continue;
		r->asked = false;
		r->doubt |= h->out;
		if (h->out && r->state == RECIPIENT_PENDING && gives_up(n->config, h)) {
			r->state = RECIPIENT_UNKNOWN;
			r->error = STR("its request was cut before there was an answer");
		}
	}
}

/* The intent may be from before its notifier named anybody: then it has only those. */
static void
note_unknown(struct arena *a, struct restored_intent *intent, const struct held *h)
{
	struct recipients *all = &intent->state.recipients;
	struct recipient *r = NULL;

	for (size_t i = 0; i < all->n && r == NULL; i++)
		if (str_eq(all->v[i].to, h->d.recipient))
			r = &all->v[i];
	if (r == NULL) {
		if (all->n >= intent->recipients_cap) {
			intent->recipients_cap = 2 * all->n + 1;
			all->v = arena_grow(a, all->v, all->n, intent->recipients_cap, sizeof(*all->v));
		}
		r = &all->v[all->n++];
		*r = (struct recipient){ .to = arena_str(a, h->d.recipient), .tries = h->d.tries > 0 ? h->d.tries : 1 };
	}
	if (r->state != RECIPIENT_PENDING)
		return;
	r->state = RECIPIENT_UNKNOWN;
	r->doubt = true;
	r->gateway = arena_str(a, h->d.gateway);
	r->error = arena_str(a, h->d.error);
}

/* A recipient of the notification that is looked for. */
#define NAME_UNITS 1
#define LOOK_UNITS 5
#define SAVE_UNITS 400

/* False: there is more to be done for h. */
static bool
give_up_some(struct engine *e, struct held *h, struct moment now)
{
	struct restored_intent *intent = resume_find(e, h->d.notification);

	if (h->d.digest && !digest_given_up_some(e, h, now))
		return false;
	work_spend(&e->work, SAVE_UNITS);
	delivery_text(&h->d.error, STR("its request had left before a restart"));
	if (intent != NULL) {
		work_spend(&e->work, NAME_UNITS * (int64_t)intent->state.recipients.n);
		note_unknown(e->restored_arena, intent, h);
	} else {
		h->d.left = false;
	}
	h->restored = false;
	h->doubt = true;
	delivery_set(e, h, DELIVERY_UNKNOWN, false, now);
	return true;
}

void
deliveries_left_begin(struct engine *e)
{
	e->deliveries.leaving = LIST_ITEM(e->deliveries.all.first, struct held, place);
}

bool
deliveries_left_some(struct engine *e, struct moment now)
{
	struct deliveries *all = &e->deliveries;

	while (all->leaving != NULL) {
		struct held *h = all->leaving;

		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, LOOK_UNITS);
		/* One that is unknown already was so at a start before this one, and its notification has not got on since. */
		if (h->d.left && (h->d.state == DELIVERY_PENDING || h->d.state == DELIVERY_UNKNOWN) &&
		    gives_up(e->routing->config, h) && !give_up_some(e, h, now))
			return false;
		all->leaving = LIST_ITEM(h->place.next, struct held, place);
	}
	return true;
}
