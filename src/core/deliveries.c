/* SPDX-License-Identifier: Apache-2.0 */
#include "deliveries.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "engine_state.h"

const char *
delivery_state_text(enum delivery_state s)
{
	static const char *const texts[DELIVERY_STATES] = {
		[DELIVERY_PENDING] = "pending",
		[DELIVERY_ACCEPTED] = "accepted",
		[DELIVERY_DELIVERED] = "delivered",
		[DELIVERY_FAILED] = "failed",
		[DELIVERY_UNKNOWN] = "unknown",
		[DELIVERY_SUPPRESSED] = "suppressed",
	};

	return texts[s];
}

static uint64_t
hash_of_note(uint64_t notification, struct str recipient)
{
	return hash_mix(notification, hash_seeded(recipient.p, recipient.n));
}

uint64_t
delivery_hash(struct str a, struct str b)
{
	return hash_mix(hash_seeded(a.p, a.n), hash_seeded(b.p, b.n));
}

void
delivery_save(struct engine *e, struct held *h)
{
	if (e->port->persist != NULL && !e->closing)
		e->port->persist(e->port, &(struct change){ .kind = CHANGE_DELIVERY, .delivery = &h->d });
}

static struct delivery_counters *
counters_for(struct engine *e, const struct held *h)
{
	struct deliveries *all = &e->deliveries;

	for (size_t i = 0; i < all->counters.n; i++)
		if (str_is(h->d.integration, all->counters.v[i].integration) && str_eq(all->counters.v[i].gateway, h->d.gateway))
			return &all->counters.v[i];
	/* Interned strings that are kept for the engine's life: there are as many as gateways. */
	VEC_PUSH(&all->counters, ((struct delivery_counters){
		.integration = istr_ref(h->names[NAME_INTEGRATION])->bytes,
		.gateway = istr_str(istr_ref(h->names[NAME_GATEWAY])),
	}));
	return &all->counters.v[all->counters.n - 1];
}

static bool
is_failing(enum delivery_state s)
{
	return s == DELIVERY_FAILED || s == DELIVERY_UNKNOWN;
}

/* It is its person's last word. */
static void
note_failing(struct engine *e, struct person *p, struct held *h)
{
	struct deliveries *all = &e->deliveries;

	if (p->failing != NULL && h == NULL) {
		list_remove(&all->failing, &p->failing_place);
		all->failing_n--;
	} else if (p->failing == NULL && h != NULL) {
		list_append(&all->failing, &p->failing_place);
		all->failing_n++;
	}
	p->failing = h;
}

static void
settle_failing(struct engine *e, struct held *h)
{
	struct person *p = h->person;

	if (is_failing(h->d.state))
		note_failing(e, p, h);
	else if (h->d.state == DELIVERY_DELIVERED || h->d.state == DELIVERY_ACCEPTED)
		note_failing(e, p, NULL);
}

static void
tell_changed(struct engine *e, const struct held *h, enum delivery_state before, bool reported, struct moment now)
{
	struct event ev;

	if (!event_heard(e, EVENT_DELIVERY))
		return;
	ev = (struct event){ EVENT_DELIVERY, now, .delivery = { &h->d, before, reported } };
	emit(e, &ev);
}

/* All but saving it. */
static void
set_state(struct engine *e, struct held *h, enum delivery_state state, bool reported, struct moment now)
{
	enum delivery_state before = h->d.state;

	h->d.state = state;
	h->d.changed = wall_utc(now.wall);
	h->d.expires = wall_add(h->d.changed, e->options.retention);
	counters_for(e, h)->n[state]++;
	settle_failing(e, h);
	tell_changed(e, h, before, reported, now);
}

void
delivery_set(struct engine *e, struct held *h, enum delivery_state state, bool reported, struct moment now)
{
	set_state(e, h, state, reported, now);
	delivery_save(e, h);
}

void
delivery_text(struct str *to, struct str from)
{
	/* It may be a part of what is there. */
	struct str before = *to;

	*to = from.n > 0 ? (struct str){ mem_strndup(from.p, from.n), from.n } : STR_NONE;
	mem_free((char *)(uintptr_t)before.p);
}

void
delivery_name(struct held *h, enum delivery_name which, struct str s)
{
	struct str *const members[DELIVERY_NAMES] = {
		[NAME_GROUP_KEY] = &h->d.group_key,
		[NAME_RECEIVER] = &h->d.receiver,
		[NAME_INTEGRATION] = &h->d.integration,
		[NAME_RECIPIENT] = &h->d.recipient,
		[NAME_GATEWAY] = &h->d.gateway,
		[NAME_SEVERITY] = &h->d.severity,
		[NAME_WORST] = &h->d.worst,
		[NAME_COVERS] = &h->d.covers,
	};
	struct istr *name = istr_get(s);

	istr_unref(h->names[which]);
	h->names[which] = name;
	*members[which] = istr_str(name);
}

static struct gate *
gate_of(struct engine *e, struct istr *name)
{
	struct hmap *gates = &e->deliveries.gates;
	uint64_t hash = hash_seeded(name->bytes, name->n);
	struct gate *g;

	for (struct hmap_node *n = hmap_first(gates, hash); n != NULL; n = hmap_next(n)) {
		g = CONTAINER_OF(n, struct gate, node);
		if (g->name == name)
			return g;
	}
	g = NEW(struct gate);
	g->name = istr_ref(name);
	hmap_insert(gates, &g->node, hash);
	return g;
}

static uint64_t
hash_of_person(const struct istr *gateway, const struct istr *recipient)
{
	return delivery_hash(istr_str(gateway), istr_str(recipient));
}

struct person *
person_find(const struct engine *e, const struct istr *gateway, const struct istr *recipient)
{
	uint64_t hash = hash_of_person(gateway, recipient);

	for (struct hmap_node *n = hmap_first(&e->deliveries.persons, hash); n != NULL; n = hmap_next(n)) {
		struct person *p = CONTAINER_OF(n, struct person, node);

		if (p->recipient == recipient && p->gate->name == gateway)
			return p;
	}
	return NULL;
}

static struct person *
person_of(struct engine *e, struct held *h)
{
	struct person *p = person_find(e, h->names[NAME_GATEWAY], h->names[NAME_RECIPIENT]);

	if (p != NULL)
		return p;
	p = NEW(struct person);
	p->gate = gate_of(e, h->names[NAME_GATEWAY]);
	p->recipient = istr_ref(h->names[NAME_RECIPIENT]);
	p->timer.item.mark = DUE_DIGEST;
	hmap_insert(&e->deliveries.persons, &p->node, hash_of_person(p->gate->name, p->recipient));
	return p;
}

void
person_forget(struct engine *e, struct person *p)
{
	if (p->n > 0 || p->digesting != NULL)
		return;
	sched_disarm(&e->sched, &p->timer);
	hmap_remove(&e->deliveries.persons, &p->node);
	istr_unref(p->recipient);
	mem_free(p);
}

/* h is not the person's any more. */
static void
person_leave(struct engine *e, struct held *h)
{
	struct person *p = h->person;

	budget_uncharge(h);
	digest_owe_not(e, h);
	if (p->failing == h)
		note_failing(e, p, NULL);
	h->person = NULL;
	p->n--;
	person_forget(e, p);
}

static void
person_join(struct engine *e, struct held *h)
{
	h->person = person_of(e, h);
	h->person->n++;
}

static void
provide(struct engine *e, struct held *h)
{
	struct hmap *map = &e->deliveries.by_provider;

	if (h->provided)
		hmap_remove(map, &h->by_provider);
	h->provided = h->d.provider_id.n > 0;
	if (h->provided)
		hmap_insert(map, &h->by_provider, delivery_hash(h->d.gateway, h->d.provider_id));
}

void
delivery_by(struct engine *e, struct held *h, struct str gateway)
{
	if (str_eq(h->d.gateway, gateway))
		return;
	person_leave(e, h);
	h->d.charged = WALL_ZERO;
	delivery_name(h, NAME_GATEWAY, gateway);
	person_join(e, h);
	provide(e, h);
}

static void
free_held(struct engine *e, struct held *h)
{
	struct deliveries *all = &e->deliveries;

	if (all->sweeping == h)
		all->sweeping = LIST_ITEM(h->place.next, struct held, place);
	if (all->resuming == h)
		all->resuming = LIST_ITEM(h->place.next, struct held, place);
	if (all->leaving == h)
		all->leaving = LIST_ITEM(h->place.next, struct held, place);
	person_leave(e, h);
	if (h->provided)
		hmap_remove(&all->by_provider, &h->by_provider);
	hmap_remove(&all->by_note, &h->by_note);
	list_remove(&all->all, &h->place);
	all->n--;
	for (size_t i = 0; i < DELIVERY_NAMES; i++)
		istr_unref(h->names[i]);
	delivery_text(&h->d.provider_id, STR_NONE);
	delivery_text(&h->d.error, STR_NONE);
	labels_unref(h->d.labels);
	mem_free(h);
}

static void
drop(struct engine *e, struct held *h)
{
	if (e->port->persist != NULL && !e->closing)
		e->port->persist(e->port, &(struct change){ .kind = CHANGE_DELIVERY_DROPPED, .delivery = &h->d });
	free_held(e, h);
}

/* The others are waited for, by a notification or a digest. */
static bool
is_over(const struct held *h)
{
	return h->d.state != DELIVERY_PENDING && h->owed == OWED_NOT;
}

/* Those in front that are not over are no more than this, or the first one goes. */
#define FRONT 1000

static void
make_room(struct engine *e)
{
	struct deliveries *all = &e->deliveries;
	struct held *first = LIST_ITEM(all->all.first, struct held, place), *h = first;

	if (all->n < DELIVERIES_MAX)
		return;
	for (size_t i = 0; i < FRONT && h != NULL && !is_over(h); i++)
		h = LIST_ITEM(h->place.next, struct held, place);
	drop(e, h != NULL && is_over(h) ? h : first);
}

/* Behind those with lower ids: it is the last one, but for a store that has them in another order. */
static void
insert(struct deliveries *all, struct held *h)
{
	struct list_node *at = all->all.last;

	while (at != NULL && CONTAINER_OF(at, struct held, place)->d.id > h->d.id)
		at = at->prev;
	list_insert_behind(&all->all, at, &h->place);
	all->n++;
}

struct held *
delivery_find(const struct engine *e, uint64_t notification, struct str recipient)
{
	const struct hmap *map = &e->deliveries.by_note;

	for (struct hmap_node *n = hmap_first(map, hash_of_note(notification, recipient)); n != NULL; n = hmap_next(n)) {
		struct held *h = CONTAINER_OF(n, struct held, by_note);

		if (h->d.notification == notification && str_eq(h->d.recipient, recipient))
			return h;
	}
	return NULL;
}

/* With the names of d; the rest is the caller's. */
static struct held *
hold(struct engine *e, const struct delivery *d)
{
	struct held *h;

	make_room(e);
	h = NEW(struct held);
	h->d = *d;
	h->d.provider_id = h->d.error = STR_NONE;
	delivery_name(h, NAME_GROUP_KEY, d->group_key);
	delivery_name(h, NAME_RECEIVER, d->receiver);
	delivery_name(h, NAME_INTEGRATION, d->integration);
	delivery_name(h, NAME_RECIPIENT, d->recipient);
	delivery_name(h, NAME_GATEWAY, d->gateway);
	delivery_name(h, NAME_SEVERITY, d->severity);
	delivery_name(h, NAME_WORST, d->worst);
	delivery_name(h, NAME_COVERS, d->covers);
	labels_ref(h->d.labels);
	insert(&e->deliveries, h);
	hmap_insert(&e->deliveries.by_note, &h->by_note, hash_of_note(d->notification, d->recipient));
	person_join(e, h);
	return h;
}

/* Pending, and not saved yet. */
static struct held *
begin(struct engine *e, const struct notification *n, struct str recipient, struct str gateway, struct moment now)
{
	struct delivery d = {
		.id = ++e->deliveries.last,
		.notification = n->id,
		.group_key = n->group_key,
		.receiver = n->receiver->name,
		.integration = str_from(n->integration->kind->name),
		.index = (uint32_t)n->integration->index,
		.labels = n->group_labels,
		.recipient = recipient,
		.gateway = gateway,
		.created = wall_utc(now.wall),
		.charged = WALL_ZERO,
		.digest = n->digest != NULL,
	};
	struct held *h = hold(e, &d);

	set_state(e, h, DELIVERY_PENDING, false, now);
	return h;
}

struct held *
delivery_of(struct engine *e, const struct notification *n, struct str recipient, struct str gateway, struct moment now)
{
	struct held *h = delivery_find(e, n->id, recipient);

	if (h == NULL) {
		h = begin(e, n, recipient, gateway, now);
		delivery_save(e, h);
	}
	return h;
}

static enum delivery_state
state_of(const struct recipient *r, bool over, bool in_doubt)
{
	switch (r->state) {
	case RECIPIENT_DONE:
		return DELIVERY_ACCEPTED;
	case RECIPIENT_FAILED:
		return DELIVERY_FAILED;
	case RECIPIENT_UNKNOWN:
		return DELIVERY_UNKNOWN;
	case RECIPIENT_SUPPRESSED:
		return DELIVERY_SUPPRESSED;
	case RECIPIENT_PENDING:
		break;
	}
	if (!over)
		return DELIVERY_PENDING;
	/* Requests by a gateway are known to have left. */
	return r->doubt || (r->gateway.n == 0 && (r->asked || in_doubt)) ? DELIVERY_UNKNOWN : DELIVERY_FAILED;
}

/* Final: no notifier changes it any more. */
static bool
is_final(const struct held *h)
{
	return h->d.state == DELIVERY_DELIVERED || h->d.state == DELIVERY_FAILED;
}

/* fresh: it is not saved yet. */
static void
follow(struct engine *e, struct held *h, bool fresh, const struct recipient *r, enum delivery_state state, struct str why,
    struct moment now)
{
	bool named = !str_eq(h->d.provider_id, r->provider_id), changed = fresh || named;

	if (r->state == RECIPIENT_PENDING && state == DELIVERY_FAILED && h->doubt)
		state = DELIVERY_UNKNOWN;
	/* A message that a budget kept is the matter of a digest, unless it was let go since. */
	if (is_final(h) || (h->d.state == DELIVERY_SUPPRESSED && r->state == RECIPIENT_PENDING))
		return;
	if (r->error.n > 0 || state == DELIVERY_ACCEPTED)
		why = r->error;
	else if (state != DELIVERY_FAILED && state != DELIVERY_UNKNOWN)
		why = h->d.error;
	why = str_sub(why, 0, RECIPIENT_ERROR_MAX);
	if (r->gateway.n > 0 && h->owed == OWED_NOT)
		delivery_by(e, h, r->gateway);
	if (named) {
		delivery_text(&h->d.provider_id, r->provider_id);
		provide(e, h);
	}
	if (!r->asked) {
		changed |= h->d.left;
		h->out = h->d.left = false;
	}
	changed |= h->d.tries != r->tries || h->d.segments != r->segments || !str_eq(h->d.error, why);
	h->d.tries = r->tries;
	h->d.segments = r->segments;
	if (!str_eq(h->d.error, why))
		delivery_text(&h->d.error, why);
	if (h->d.state != state)
		delivery_set(e, h, state, false, now);
	else if (changed)
		delivery_save(e, h);
	if (named && h->d.provider_id.n > 0 && e->deliveries.early.n > 0)
		reports_apply_early(e, h, now);
}

void
deliveries_follow(struct engine *e, const struct notification *n, bool over, bool in_doubt, struct str why, struct moment now)
{
	bool asks = false;

	/* A notifier that counts no requests has no deliveries. */
	for (size_t i = 0; i < n->recipients.n; i++)
		asks |= n->recipients.v[i].tries > 0;
	for (size_t i = 0; i < n->recipients.n; i++) {
		const struct recipient *r = &n->recipients.v[i];
		struct held *h = delivery_find(e, n->id, r->to);
		bool fresh = h == NULL;

		/* Those that an earlier notification served were not asked; others may have been before a restart. */
		if (fresh && r->tries == 0 && (!asks || r->state != RECIPIENT_PENDING || !over))
			continue;
		if (fresh)
			h = begin(e, n, r->to, r->gateway, now);
		follow(e, h, fresh, r, state_of(r, over, in_doubt), why, now);
	}
}

enum restored
engine_restore_delivery(struct engine *e, struct change *c, struct moment now)
{
	const struct delivery *d = c->delivery;
	struct held *h;

	if (!wall_after(d->expires, now.wall))
		return RESTORED_EXPIRED;
	/* Later its ids would be those of others. */
	if (e->routing != NULL)
		return RESTORED_NOT;
	engine_enter(e, now);
	h = hold(e, d);
	delivery_text(&h->d.provider_id, d->provider_id);
	delivery_text(&h->d.error, str_sub(d->error, 0, RECIPIENT_ERROR_MAX));
	provide(e, h);
	h->restored = h->doubt = d->state == DELIVERY_PENDING;
	settle_failing(e, h);
	budget_restored(e, h, now);
	if (d->id > e->deliveries.last)
		e->deliveries.last = d->id;
	/* No other notification is to have its number. */
	if (d->notification > e->last_notification)
		e->last_notification = d->notification;
	engine_leave(e, now);
	return RESTORED;
}

#define SWEEP_UNITS 5
#define SWEEP_DROP_UNITS 50

void
deliveries_sweep_begin(struct engine *e)
{
	e->deliveries.sweeping = LIST_ITEM(e->deliveries.all.first, struct held, place);
}

bool
deliveries_sweep_some(struct engine *e, struct moment now)
{
	struct deliveries *all = &e->deliveries;

	while (all->sweeping != NULL) {
		struct held *h = all->sweeping;

		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, SWEEP_UNITS);
		all->sweeping = LIST_ITEM(h->place.next, struct held, place);
		if (wall_after(h->d.expires, now.wall) || !is_over(h))
			continue;
		work_spend(&e->work, SWEEP_DROP_UNITS);
		drop(e, h);
	}
	return true;
}

void
deliveries_fini(struct engine *e)
{
	struct deliveries *all = &e->deliveries;

	LIST_EACH(&all->all, node)
		free_held(e, CONTAINER_OF(node, struct held, place));
	LIST_EACH(&all->digests, node)
		digest_abandon(e, CONTAINER_OF(node, struct digesting, place));
	reports_fini(all);
	for (size_t i = 0; i < all->counters.n; i++) {
		istr_unref(istr_find(str_from(all->counters.v[i].integration)));
		istr_unref(istr_find(all->counters.v[i].gateway));
	}
	VEC_FINI(&all->counters);
	hmap_fini(&all->attempts);
	hmap_fini(&all->by_note);
	hmap_fini(&all->by_provider);
	HMAP_EACH(&all->gates, node) {
		struct gate *g = CONTAINER_OF(node, struct gate, node);

		istr_unref(g->name);
		mem_free(g);
	}
	hmap_fini(&all->gates);
	hmap_fini(&all->persons);
}
