/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims: questions of the engine, and their answers.
 */
#include "state.h"

#define CLAIM_PATIENCE (3 * SPAN_S)
/* A question that is looked at: its record is read, and the engine told, which may send. */
#define LOOK_UNITS 2000

struct asked *
asked_find(const struct ledger *l, uint64_t id)
{
	for (struct hmap_node *n = hmap_first(&l->by_id, hash_mix(0, id)); n != NULL; n = hmap_next(n)) {
		struct asked *a = CONTAINER_OF(n, struct asked, node);

		if (a->id == id)
			return a;
	}
	return NULL;
}

static bool
waits_for_others(const struct asked *a)
{
	return a->state == ASKED_HELD || a->state == ASKED_BEHIND;
}

static void
put_in(struct asked *a, struct list *in)
{
	if (a->in != NULL)
		list_remove(a->in, &a->place);
	a->in = in;
	list_append(in, &a->place);
}

static void
look_soon(struct ledger *l, struct asked *a)
{
	if (a->in != &l->due)
		put_in(a, &l->due);
	make_ready(l);
}

static void
tell_unanswered(struct ledger *l, struct asked *a)
{
	a->unanswered = true;
	look_soon(l, a);
}

static void
enter(struct ledger *l, struct asked *a, enum asked_state state)
{
	a->state = state;
	if (!a->unanswered)
		put_in(a, waits_for_others(a) ? &l->waiting : &l->asked);
}

static void
drop_held(struct asked *a)
{
	mem_free((void *)(uintptr_t)a->held.p);
	a->held = STR_NONE;
}

void
asked_free(struct ledger *l, struct asked *a)
{
	struct arena *arena = a->arena;

	forget(l, &a->pending);
	list_remove(a->in, &a->place);
	hmap_remove(&l->by_id, &a->node);
	hmap_remove(&l->asked_by_key, &a->keyed);
	drop_held(a);
	arena_free(&arena);	/* it is in it */
}

void
claims_free_all(struct ledger *l)
{
	HMAP_EACH(&l->by_id, node)
		asked_free(l, CONTAINER_OF(node, struct asked, node));
	hmap_fini(&l->by_id);
	hmap_fini(&l->asked_by_key);
}

void
ledger_port_claim(struct ledger *l, const struct claim *c)
{
	struct arena *arena = arena_new();
	struct asked *a = ARENA_NEW(arena, struct asked);
	struct log_record r = { .told = c->told, .telling = c->telling, .owner = l->o.member, .claim = c->id,
		.decision = c->decision, .in_doubt = c->in_doubt, .state = CLAIM_OPEN };
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED);

	record_log_key(&key, &c->key);
	a->arena = arena;
	a->key = arena_str(arena, sbuf_get(&key));
	a->id = c->id;
	a->revision = c->revision;
	sbuf_fini(&key);
	enter(l, a, ASKED_PARKED);
	hmap_insert(&l->by_id, &a->node, hash_mix(0, a->id));
	hmap_insert(&l->asked_by_key, &a->keyed, hash_seeded(a->key.p, a->key.n));
	if (!copy_log_record(arena, &r, &a->record))
		tell_unanswered(l, a);
}

/* The etcd is asked; when there is none, that is the answer. */
static void
ask(struct ledger *l, struct asked *a, struct moment now)
{
	struct sbuf value = SBUF_INIT(RECORD_MAX);
	struct etcd_op op = { .key = a->key, .fenced = true, .revision = (int64_t)a->revision,
		.until = mono_add(now.mono, CLAIM_PATIENCE) };

	if (l->resting) {
		enter(l, a, ASKED_PARKED);
		return;
	}
	if (is_up(l, now) && write_waits(l, a->key)) {
		enter(l, a, ASKED_BEHIND);
		return;
	}
	a->record.lease = etcd_lease(l->o.etcd);
	record_put_log(&value, &a->record);
	op.value = sbuf_get(&value);
	enter(l, a, ASKED_NOW);
	if (a->unanswered || value.overflow || !is_up(l, now) || !submit(l, &a->pending, &op, now)) {
		enter(l, a, ASKED_PARKED);
		tell_unanswered(l, a);
	}
	sbuf_fini(&value);
}

void
ledger_ask(struct ledger *l, uint64_t id, struct moment now)
{
	struct asked *a = asked_find(l, id);

	if (a != NULL && a->state == ASKED_PARKED)
		ask(l, a, now);
}

/* Our record, if it is there, without a claim. */
static void
withdraw(struct ledger *l, struct asked *a)
{
	a->record.state = a->record.in_doubt ? CLAIM_UNKNOWN : CLAIM_FAILED;
	write_log(l, &a->record, a->revision);
	asked_free(l, a);
}

void
ledger_port_claim_over(struct ledger *l, uint64_t id)
{
	struct asked *a = asked_find(l, id);

	if (a == NULL)
		return;
	if (a->state == ASKED_NOW)
		a->over = true;
	else if (a->state == ASKED_WON || a->state == ASKED_UNSURE)
		withdraw(l, a);
	else
		asked_free(l, a);
}

void
ledger_port_claim_result(struct ledger *l, const struct claim *c, enum claim_result result)
{
	struct asked *a = asked_find(l, c->id);
	struct log_record r = { .told = c->told, .telling = c->telling, .decision = c->decision, .state = result };
	uint64_t revision = c->revision;

	if (a != NULL) {
		revision = a->revision;
		r.owner = l->o.member;
		r.lease = a->record.lease;
		r.claim = a->id;
	}
	write_log(l, &r, revision);
	if (a != NULL)
		asked_free(l, a);
}

/* The last word on it; `a` may be gone when this returns. */
static void
answer(struct ledger *l, const struct asked *a, enum claim_verdict verdict, const struct log_record *r, struct moment now)
{
	struct claim_answer answer = { .id = a->id, .verdict = verdict, .revision = a->revision };

	if (r != NULL && (verdict == CLAIM_HELD || verdict == CLAIM_ABANDONED)) {
		answer.owner = r->owner;
		answer.decision = r->decision;
		answer.telling = &r->telling;
	}
	l->figures.claims[verdict]++;
	engine_claimed(l->o.engine, &answer, now);
}

/* It is answered, and over. */
static void
finish(struct ledger *l, struct asked *a, enum claim_verdict verdict, const struct log_record *r, struct moment now)
{
	uint64_t id = a->id;

	if (!a->over)
		answer(l, a, verdict, r, now);
	/* The engine may have said meanwhile that it is over. */
	a = asked_find(l, id);
	if (a != NULL)
		asked_free(l, a);
}

bool
is_alive(const struct ledger *l, const struct log_record *r)
{
	return etcd_is_alive(l->o.etcd, r->owner, r->lease);
}

/*
 * The record that is in the way; it is in the arena. Its owner may not be known yet: what was told of members is older
 * than the record.
 */
static void
judge(struct ledger *l, struct asked *a, const struct log_record *r, struct moment now)
{
	bool first = a->state != ASKED_HELD;

	a->revision = a->held_revision;
	if (r->state == CLAIM_SENT || r->state == CLAIM_FAILED) {
		finish(l, a, CLAIM_MOVED, NULL, now);
	} else if (r->state == CLAIM_UNKNOWN ||
	    is_ours(l, r) || (!is_alive(l, r) && (uint64_t)etcd_figures(l->o.etcd).revision >= a->held_revision)) {
		finish(l, a, CLAIM_ABANDONED, r, now);
	} else {
		enter(l, a, ASKED_HELD);
		if (first && !a->over)
			answer(l, a, CLAIM_HELD, r, now);
	}
}

static void
hold(struct asked *a, const struct etcd_kv *kv)
{
	drop_held(a);
	a->held = (struct str){ mem_strndup(kv->value.p, kv->value.n), kv->value.n };
	a->held_revision = (uint64_t)kv->revision;
}

/* Another record is there. */
static void
moved(struct ledger *l, struct asked *a, const struct etcd_kv *kv, struct moment now)
{
	struct log_record r;
	bool readable;

	take_record(l, kv, NULL, now);
	if (a->over) {
		asked_free(l, a);
		return;
	}
	if (is_newer(kv)) {
		/* Those who know it claim it there; here it is as if there was no etcd. */
		enter(l, a, ASKED_PARKED);
		tell_unanswered(l, a);
		return;
	}
	readable = read_log_record(l, kv, &r, NULL);
	if (!readable || (is_ours(l, &r) && !r.in_doubt)) {
		/* Written over: nonsense holds nobody up, and nothing was sent for a claim of ours that was lost on its way. */
		a->revision = (uint64_t)kv->revision;
		ask(l, a, now);
		return;
	}
	hold(a, kv);
	judge(l, a, &r, now);
}

static void
won(struct ledger *l, struct asked *a, uint64_t revision, struct moment now)
{
	struct known *k = known_get(l, a->key);

	if (k != NULL && k->revision < revision) {
		k->revision = revision;
		k->gone = false;
		k->open = true;
		k->updated = a->record.told.timestamp;
		k->expires = a->record.telling.expires;
	}
	a->revision = revision;
	enter(l, a, ASKED_WON);
	if (a->over)
		withdraw(l, a);
	else
		answer(l, a, CLAIM_WON, NULL, now);
}

void
claim_done(struct ledger *l, struct asked *a, const struct etcd_outcome *o, struct moment now)
{
	if (o->fate == ETCD_DONE) {
		won(l, a, (uint64_t)o->revision, now);
	} else if (o->fate == ETCD_MOVED && o->now != NULL && (uint64_t)o->now->revision != a->revision) {
		moved(l, a, o->now, now);
	} else if (o->fate == ETCD_MOVED && o->now == NULL && a->revision != 0 && !a->over) {
		a->revision = 0;
		finish(l, a, CLAIM_MOVED, NULL, now);
	} else {
		/* No answer, or no lease. */
		enter(l, a, o->fate == ETCD_UNHEARD ? ASKED_UNSURE : ASKED_PARKED);
		tell_unanswered(l, a);
	}
}

bool
claims_are_asked(const struct ledger *l)
{
	LIST_EACH(&l->asked, node)
		if (CONTAINER_OF(node, struct asked, place)->state == ASKED_NOW)
			return true;
	return l->due.first != NULL;
}

void
claims_record(struct ledger *l, const struct etcd_kv *kv)
{
	for (struct hmap_node *n = hmap_first(&l->asked_by_key, hash_seeded(kv->key.p, kv->key.n)); n != NULL; n = hmap_next(n)) {
		struct asked *a = CONTAINER_OF(n, struct asked, keyed);

		if (a->state != ASKED_HELD || !str_eq(a->key, kv->key) || (uint64_t)kv->revision <= a->held_revision)
			continue;
		hold(a, kv);
		if (kv->gone || kv->cut)
			drop_held(a);
		look_soon(l, a);
	}
}

static void
look(struct ledger *l, struct asked *a, struct moment now)
{
	struct etcd_kv kv = { .key = a->key, .value = a->held, .revision = (int64_t)a->held_revision };
	struct log_record r;

	if (a->held.p != NULL && read_log_record(l, &kv, &r, NULL)) {
		judge(l, a, &r, now);
		return;
	}
	ask(l, a, now);
}

void
claims_go_on(struct ledger *l, struct str key, bool written)
{
	for (struct hmap_node *n = hmap_first(&l->asked_by_key, hash_seeded(key.p, key.n)); n != NULL; n = hmap_next(n)) {
		struct asked *a = CONTAINER_OF(n, struct asked, keyed);

		if (a->state != ASKED_BEHIND || !str_eq(a->key, key))
			continue;
		a->unanswered |= !written;
		look_soon(l, a);
	}
}

void
claims_look_at_all(struct ledger *l)
{
	LIST_EACH(&l->waiting, node)
		look_soon(l, CONTAINER_OF(node, struct asked, place));
}

void
claims_held_unanswered(struct ledger *l)
{
	claims_look_at_all(l);
	LIST_EACH(&l->due, node) {
		struct asked *a = CONTAINER_OF(node, struct asked, place);

		a->unanswered |= a->state == ASKED_HELD;
	}
}

static void
unanswered(struct ledger *l, struct asked *a, struct moment now)
{
	uint64_t id = a->id;

	a->unanswered = false;
	enter(l, a, a->state);
	if (!a->over)
		answer(l, a, CLAIM_UNANSWERED, NULL, now);
	a = asked_find(l, id);
	if (a == NULL || a->pending.op != 0)
		return;
	if (a->state == ASKED_UNSURE)
		withdraw(l, a);
	else
		asked_free(l, a);
}

/* Answers may bring new questions, and end others. */
bool
claims_work(struct ledger *l, struct work *w, struct moment now)
{
	bool up = is_up(l, now);

	if (!up)
		claims_look_at_all(l);
	while (l->due.first != NULL) {
		struct asked *a = CONTAINER_OF(l->due.first, struct asked, place);

		if (work_used_up(w))
			return false;
		work_spend(w, LOOK_UNITS);
		if (a->unanswered || (!up && waits_for_others(a))) {
			unanswered(l, a, now);
			continue;
		}
		enter(l, a, a->state);
		if (a->state == ASKED_HELD)
			look(l, a, now);
		else if (a->state == ASKED_BEHIND && !write_waits(l, a->key))
			ask(l, a, now);
	}
	return true;
}
