/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests: when a budget lets a person have a message again, the first one tells of all that was suppressed. It goes by the
 * integration that told last, in attempts like those of any notification, until it is told: then what it covers is digested.
 *
 * A digest may cover a hundred thousand deliveries, so gathering them, and what becomes of them in the end, goes in slices. A message that is
 * suppressed meanwhile is in this digest if it is still being gathered, else in the next. A crash before all have come to know
 * that they were told leaves the others to the next digest as well.
 */
#include <assert.h>

#include "base/backoff.h"
#include "base/hash.h"
#include "base/mem.h"
#include "config/ui_conf.h"
#include "engine_state.h"

#define FIRST_PAUSE (10 * SPAN_S)
#define MAX_PAUSE (10 * SPAN_MIN)
/* One that was refused for good begins anew after that, which doubles up to the other. */
#define REFUSED_PAUSE SPAN_MIN
#define REFUSED_MAX (60 * SPAN_MIN)
/* So many of those that are owed are asked for an integration that there still is. */
#define LOOK_MAX 1000
/* A delivery that is gathered or given back, and one that is written down. */
#define MOVE_UNITS 40
#define SAVE_UNITS 400

static void
arm(struct engine *e, struct person *p, struct moment now)
{
	struct mono at = budget_opens(e, p, now);

	if (p->digesting == NULL && p->owed.first != NULL)
		sched_arm(&e->sched, &p->timer, at.ns > p->not_before.ns ? at : p->not_before);
}

void
digest_owe(struct engine *e, struct held *h, struct moment now)
{
	assert(h->owed == OWED_NOT);
	h->owed = OWED_WAITS;
	list_append(&h->person->owed, &h->owed_place);
	e->deliveries.owed_n++;
	arm(e, h->person, now);
}

void
digest_owe_not(struct engine *e, struct held *h)
{
	if (h->owed == OWED_NOT)
		return;
	if (e->deliveries.told_of == h)
		e->deliveries.told_of = LIST_ITEM(h->owed_place.next, struct held, owed_place);
	list_remove(h->owed == OWED_WAITS ? &h->person->owed : &h->person->digesting->covers, &h->owed_place);
	h->owed = OWED_NOT;
	e->deliveries.owed_n--;
}

/* NULL: the configuration has no such integration any more. */
static const struct integration *
integration_of(const struct config *c, struct str receiver, struct str kind, size_t index, const struct receiver **out)
{
	const struct receiver *r = config_receiver(c, receiver);

	*out = r;
	for (size_t i = 0; r != NULL && i < r->n; i++)
		if (r->integrations[i].index == index && str_is(kind, r->integrations[i].kind->name))
			return &r->integrations[i];
	return NULL;
}

static const struct route *
route_of(const struct route *at, const struct receiver *r)
{
	const struct route *found = at->receiver == r ? at : NULL;

	for (size_t i = 0; i < at->routes_n && found == NULL; i++)
		found = route_of(at->routes[i], r);
	return found;
}

static void
cover(struct digesting *g, struct held *h)
{
	size_t rank = ui_severity_rank(&config_ui(g->config)->severity, h->d.severity);

	list_remove(&g->person->owed, &h->owed_place);
	list_append(&g->covers, &h->owed_place);
	h->owed = OWED_COVERED;
	if (g->digest.messages++ == 0)
		g->digest.since = h->d.created;
	g->digest.alerts += h->d.alerts;
	if (rank < g->least || (rank == g->least && g->digest.worst.n == 0)) {
		g->least = rank;
		g->digest.severity = arena_str(g->arena, h->d.severity);
		g->digest.worst = arena_str(g->arena, h->d.worst);
	}
}

static void
release(struct notification_life *life)
{
	struct digesting *g = CONTAINER_OF(life, struct digesting, life);

	labels_unref(g->labels);
	config_unref(g->config);
	arena_free(&g->arena);
	mem_free(g);
}

/* It covers nothing any more. */
static void
end(struct engine *e, struct digesting *g)
{
	struct person *p = g->person;

	assert(g->covers.first == NULL);
	chore_drop(e, &g->chore);
	list_remove(&e->deliveries.digests, &g->place);
	p->digesting = NULL;
	sched_disarm(&e->sched, &p->timer);
	if (g->life.holds > 0)
		g->life.over = release;
	else
		release(&g->life);
	person_forget(e, p);
}

/* The next one is about deliveries that came meanwhile, or were given back. */
static void
end_and_go_on(struct engine *e, struct digesting *g, struct moment now)
{
	struct person *p = g->person;
	bool stays = p->n > 0;

	end(e, g);
	if (stays)
		arm(e, p, now);
}

static void
attempt_over(struct engine *e, struct digesting *g)
{
	hmap_remove(&e->deliveries.attempts, &g->by_attempt);
	g->attempt = 0;
}

void
digest_abandon(struct engine *e, struct digesting *g)
{
	if (g->attempt != 0) {
		e->port->cancel(e->port, g->attempt);
		attempt_over(e, g);
	}
	end(e, g);
}

static void
attempt(struct engine *e, struct digesting *g, struct moment now)
{
	struct mono deadline = mono_add(now.mono, DIGEST_ATTEMPT_TIME);

	g->attempt = ++e->last_attempt;
	hmap_insert(&e->deliveries.attempts, &g->by_attempt, hash_mix(0, g->attempt));
	sched_arm(&e->sched, &g->person->timer, deadline);
	e->port->send(e->port, g->attempt, &g->note, deadline, now);
}

/* It goes by that integration of the configuration in force. */
static void
go_by(struct engine *e, struct digesting *g, const struct integration *i, const struct receiver *r)
{
	struct config *before = g->config, *c = config_ref(e->routing->config);
	const struct route *route = route_of(c->route, r);

	g->config = g->note.config = c;
	g->note.receiver = r;
	g->note.integration = i;
	g->note.route = route != NULL ? route : c->route;
	config_unref(before);
}

static struct digesting *
make(struct engine *e, struct person *p, const struct held *last, const struct integration *i, const struct receiver *r,
    struct moment now)
{
	struct digesting *g = NEW(struct digesting);
	struct recipient *to;

	g->chore.kind = CHORE_DIGEST;
	g->arena = arena_new();
	g->person = p;
	g->least = SIZE_MAX;
	g->labels = labels_ref(last->d.labels);
	g->pause = FIRST_PAUSE;
	to = ARENA_NEW(g->arena, struct recipient);
	to->to = arena_str(g->arena, istr_str(p->recipient));
	g->note = (struct notification){
		.id = ++e->last_notification,
		.group_key = arena_str(g->arena, last->d.group_key),
		.group_labels = g->labels,
		.route_labels = g->labels,
		.reason = REASON_REPEAT,
		.flushed = now.wall,
		.arena = g->arena,
		.recipients = { .v = to, .n = 1, .known = true },
		.digest = &g->digest,
		.life = &g->life,
	};
	go_by(e, g, i, r);
	return g;
}

static void
begin(struct engine *e, struct person *p, struct moment now)
{
	struct held *last = LIST_ITEM(p->owed.last, struct held, owed_place);
	const struct integration *i = NULL;
	const struct receiver *r = NULL;
	struct digesting *g;
	struct held *h;

	for (size_t n = 0; last != NULL && n < LOOK_MAX; n++, last = LIST_ITEM(last->owed_place.prev, struct held, owed_place))
		if ((i = integration_of(e->routing->config, last->d.receiver, last->d.integration, last->d.index, &r)) != NULL)
			break;
	if (i == NULL) {
		/* Another configuration may have it again. */
		p->not_before = mono_add(now.mono, REFUSED_MAX);
		arm(e, p, now);
		return;
	}
	g = make(e, p, last, i, r, now);
	/* From here on the person stays, whoever makes room for the delivery. */
	p->digesting = g;
	list_append(&e->deliveries.digests, &g->place);
	/* That one may have to make room for the next one. */
	cover(g, CONTAINER_OF(p->owed.first, struct held, owed_place));
	/* The place in the budget that has become free is taken at once. */
	h = delivery_of(e, &g->note, g->note.recipients.v[0].to, istr_str(p->gate->name), now);
	budget_charge(h, now);
	delivery_name(h, NAME_COVERS, istr_str(p->gate->name));
	delivery_save(e, h);
	chore_begin(e, &g->chore, now);
}

/* The end of those that it covers; no attempt is out, and none is to come. */
static void
turn_to(struct engine *e, struct digesting *g, enum digest_phase phase, struct moment now)
{
	sched_disarm(&e->sched, &g->person->timer);
	g->phase = phase;
	chore_begin(e, &g->chore, now);
}

/* Told, or as good as that. */
static void
told(struct engine *e, struct digesting *g, struct moment now)
{
	e->deliveries.digests_told++;
	g->person->refusals = 0;
	turn_to(e, g, DIGEST_TOLD, now);
}

static void
refused(struct engine *e, struct digesting *g, struct moment now)
{
	struct person *p = g->person;

	p->not_before = mono_add(now.mono, backoff_doubled(REFUSED_PAUSE, p->refusals++, REFUSED_MAX));
	turn_to(e, g, DIGEST_REFUSED, now);
}

/* It has all that it is about. */
static void
begin_telling(struct engine *e, struct digesting *g, struct moment now)
{
	g->phase = DIGEST_TELLS;
	attempt(e, g, now);
}

static void
finish(struct engine *e, struct held *h, struct moment now)
{
	work_spend(&e->work, SAVE_UNITS);
	digest_owe_not(e, h);
	h->d.digested = true;
	delivery_set(e, h, DELIVERY_SUPPRESSED, false, now);
}

/* The last first, so that they stand in front of what came meanwhile in their order. */
static void
give_back(struct engine *e, struct digesting *g, struct held *h)
{
	work_spend(&e->work, MOVE_UNITS);
	list_remove(&g->covers, &h->owed_place);
	h->owed = OWED_WAITS;
	list_prepend(&g->person->owed, &h->owed_place);
}

bool
digest_step(struct engine *e, struct digesting *g, struct moment now)
{
	struct list *from = g->phase == DIGEST_GATHERS ? &g->person->owed : &g->covers;

	while (from->first != NULL) {
		if (work_used_up(&e->work))
			return false;
		if (g->phase == DIGEST_GATHERS) {
			work_spend(&e->work, MOVE_UNITS);
			cover(g, CONTAINER_OF(from->first, struct held, owed_place));
		} else if (g->phase == DIGEST_TOLD) {
			finish(e, CONTAINER_OF(from->first, struct held, owed_place), now);
		} else {
			give_back(e, g, CONTAINER_OF(from->last, struct held, owed_place));
		}
	}
	if (g->phase == DIGEST_GATHERS)
		begin_telling(e, g, now);
	else
		end_and_go_on(e, g, now);
	return true;
}

static void
try_later(struct engine *e, struct digesting *g, span at_least, struct moment now)
{
	span wait = backoff_jittered(&g->pause, MAX_PAUSE, &e->port->rand);

	sched_arm(&e->sched, &g->person->timer, mono_add(now.mono, wait > at_least ? wait : at_least));
}

/* A reload may have mended the reason of its failure. False: the configuration has no such integration any more. */
static bool
renew(struct engine *e, struct digesting *g)
{
	const struct notification *n = &g->note;
	const struct integration *i;
	const struct receiver *r;

	/* Somebody who was told to stop may still read it. */
	if (g->config == e->routing->config || g->life.holds > 0)
		return true;
	i = integration_of(e->routing->config, n->receiver->name, str_from(n->integration->kind->name), n->integration->index, &r);
	if (i == NULL)
		return false;
	go_by(e, g, i, r);
	/* They are places in a list of gateways that may be another now. */
	n->recipients.v[0].refused = 0;
	return true;
}

/* Its time is over. One that has left, and is not to be told twice, may have been told. */
static void
cut(struct engine *e, struct digesting *g, struct moment now)
{
	const struct recipient *r = g->note.recipients.v;

	e->port->cancel(e->port, g->attempt);
	attempt_over(e, g);
	deliveries_cut(e, &g->note);
	deliveries_follow(e, &g->note, r->state != RECIPIENT_PENDING, true, STR("context deadline exceeded"), now);
	if (r->state == RECIPIENT_UNKNOWN)
		told(e, g, now);
	else
		try_later(e, g, 0, now);
}

void
digest_due(struct engine *e, struct person *p, struct moment now)
{
	struct digesting *g = p->digesting;

	if (e->routing == NULL || awake_hears(e, now)) {
		sched_arm(&e->sched, &p->timer, mono_add(now.mono, SPAN_S));
	} else if (g == NULL) {
		if (budget_opens(e, p, now).ns > now.mono.ns)
			arm(e, p, now);
		else if (p->owed.first != NULL)
			begin(e, p, now);
	} else if (g->attempt != 0) {
		cut(e, g, now);
	} else if (renew(e, g)) {
		attempt(e, g, now);
	} else {
		deliveries_follow(e, &g->note, true, false, STR("the configuration has no such integration any more"), now);
		refused(e, g, now);
	}
}

bool
digest_given_up_some(struct engine *e, struct held *h, struct moment now)
{
	struct deliveries *all = &e->deliveries;
	struct person *p = person_find(e, h->names[NAME_COVERS], h->names[NAME_RECIPIENT]);

	if (p != NULL && all->told_of == NULL)
		all->told_of = LIST_ITEM(p->owed.first, struct held, owed_place);
	while (all->told_of != NULL) {
		struct held *x = all->told_of;

		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, MOVE_UNITS);
		all->told_of = LIST_ITEM(x->owed_place.next, struct held, owed_place);
		/* Those suppressed later are the next one's. */
		if (x->d.id <= h->d.id && !wall_after(x->d.changed, h->d.created))
			finish(e, x, now);
	}
	return true;
}

struct digesting *
digest_find(const struct engine *e, uint64_t attempt)
{
	for (struct hmap_node *n = hmap_first(&e->deliveries.attempts, hash_mix(0, attempt)); n != NULL; n = hmap_next(n)) {
		struct digesting *g = CONTAINER_OF(n, struct digesting, by_attempt);

		if (g->attempt == attempt)
			return g;
	}
	return NULL;
}

void
digest_delivered(struct engine *e, struct digesting *g, const struct outcome *o, struct moment now)
{
	bool over = o->ok || !o->retry;

	attempt_over(e, g);
	deliveries_follow(e, &g->note, over, o->unanswered, o->error, now);
	/* One that got no answer and is not to be told twice may have been told. */
	if (o->ok || g->note.recipients.v[0].state == RECIPIENT_UNKNOWN)
		told(e, g, now);
	else if (o->retry)
		try_later(e, g, o->retry_after, now);
	else
		refused(e, g, now);
}
