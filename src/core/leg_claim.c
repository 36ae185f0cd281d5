/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A leg where members claim (core/claim.h): before each attempt it asks the common store, and after it it tells the result.
 *
 * An attempt that failed for certain gives the claim back: others, who may reach the receiver, need not wait. One that got
 * no answer keeps it, as only its owner knows so much about it.
 */
#include <string.h>

#include "base/hash.h"
#include "engine_state.h"
#include "hashes.h"

/* A store that does not answer is asked again for so long, each time after a pause; so long it is missed after the lease ended. */
#define PATIENCE (5 * SPAN_S)
#define PAUSE (250 * SPAN_MS)

static uint64_t
id_hash(uint64_t id)
{
	return hash_mix(0, id);
}

void
leg_claim_enter(struct engine *e, struct leg *leg, struct moment now)
{
	struct leg_claim *c = leg->claim;

	if (c == NULL)
		c = leg->claim = ARENA_NEW(leg->flight->arena, struct leg_claim);
	c->leg = leg;
	c->turn_from = now.mono;
	if (c->listed)
		return;
	c->listed = true;
	c->looked = e->claims_look;
	list_append(&e->claimants, &c->place);
}

static void
forget_id(struct engine *e, struct leg_claim *c)
{
	if (c->id != 0)
		hmap_remove(&e->claiming, &c->node);
	c->id = 0;
	c->won = c->held = false;
}

static struct leg *
find(const struct engine *e, uint64_t id)
{
	for (struct hmap_node *n = hmap_first(&e->claiming, id_hash(id)); n != NULL; n = hmap_next(n)) {
		struct leg_claim *c = CONTAINER_OF(n, struct leg_claim, node);

		if (c->id == id)
			return c->leg;
	}
	return NULL;
}

/* Doubts are what may have been told of, by this member or by others: sorted, in scratch. */
static void
fill_doubts(struct engine *e, struct log_entry *to)
{
	e->fingerprints.n = 0;
	for (size_t i = 0; i < to->doubtful_n; i++)
		VEC_PUSH(&e->fingerprints, to->doubtful[i]);
	for (size_t i = 0; i < to->claimed_n; i++)
		if (!hashes_have(to->doubtful, to->doubtful_n, to->claimed[i]))
			VEC_PUSH(&e->fingerprints, to->claimed[i]);
	hashes_sort(e->fingerprints.v, e->fingerprints.n);
	to->doubtful = e->fingerprints.v;
	to->doubtful_n = e->fingerprints.n;
	to->claimed = NULL;
	to->claimed_n = 0;
}

static void
fill(struct engine *e, const struct leg *leg, const struct log_entry *held, struct claim *out, struct moment now)
{
	const struct flight *f = leg->flight;

	*out = (struct claim){
		.id = leg->claim->id,
		.key = log_key_of(f->key, f->route->receiver, leg->integration),
		.decision = leg->note.decision,
		.in_doubt = leg->in_doubt || leg->claim->take_over,
		.revision = leg->claim->revision,
	};
	out->telling = (struct log_entry){
		.key = out->key,
		.timestamp = wall_utc(now.wall),
		.expires = wall_add(wall_utc(now.wall), leg_log_time(e, f->route)),
		.firing = f->firing,
		.firing_n = f->firing_n,
		.resolved = f->resolved,
		.resolved_n = f->resolved_n,
		.data = leg->data,
	};
	out->told = held != NULL ? *held
				 : (struct log_entry){ .key = out->key, .timestamp = WALL_ZERO, .expires = out->telling.expires };
	fill_doubts(e, &out->told);
}

/* The result of a claim of this leg, or without one: what was told though the store could not be asked. */
static void
tell_result(struct engine *e, struct leg *leg, enum claim_result result, struct moment now)
{
	struct claim c;

	fill(e, leg, leg_logged(e, leg), &c, now);
	e->port->claim_result(e->port, &c, result, now);
	forget_id(e, leg->claim);
}

/* Nothing was told for this decision yet: it is made anew, by what the log has now. */
static void
renew(struct leg *leg, const struct leg_verdict *v, const struct log_entry *entry, struct moment now)
{
	leg->note.decision = (struct decision){ 0 };
	leg->reason = leg->note.reason = v->reason;
	leg->data = (struct receiver_data){ 0 };
	if (entry != NULL && v->reason != REASON_FIRST)
		leg_copy_data(leg->flight->arena, &entry->data, &leg->data);
	leg->note.data = leg->data;
	leg->owed_n = leg->kept_n = leg->note.served_n = 0;
	log_debts_find(entry, leg, now);
}

/* The record was not what it was judged by. False: the leg is over, as others have told. */
static bool
judge_again(struct engine *e, struct leg *leg, struct moment now)
{
	const struct log_entry *entry = leg_logged(e, leg);
	struct reason_facts facts = leg_facts(leg->flight, leg->integration);
	struct leg_verdict v = leg_judge(entry, &facts);

	leg->merges = e->merges;
	if (v.told && !leg_is_overtaken(e, leg, entry, now)) {
		if (leg->attempts == 0)
			renew(leg, &v, entry, now);
		return true;
	}
	if (entry != NULL)
		leg_overtaken(e, leg, entry, v.logged, now);
	else
		leg_succeeded(e, leg, now);
	return false;
}

static void
ask(struct engine *e, struct leg *leg, struct moment now)
{
	struct leg_claim *c = leg->claim;
	const struct log_entry *held = leg_logged(e, leg);
	struct claim claim;

	leg->state = LEG_CLAIMING;
	c->fallback = false;
	if (c->asked.ns == 0)
		c->asked = now.mono;
	c->id = ++e->last_claim;
	c->term = e->lease_term;
	hmap_insert(&e->claiming, &c->node, id_hash(c->id));
	/* Not in the place of an answer: a store that has lost records is behind what is known here. */
	if (!c->corrected && held != NULL && held->revision > c->revision)
		c->revision = held->revision;
	decision_find(leg, held, c->revision);
	fill(e, leg, held, &claim, now);
	leg_arm(e, leg, mono_add(c->asked, PATIENCE));
	e->port->claim(e->port, &claim, now);
}

static void
begin(struct engine *e, struct leg *leg, bool fenced, struct moment now)
{
	leg->claim->asked.ns = 0;
	leg->fenced = fenced;
	leg_attempt_begin(e, leg, now);
}

/* The claim is none any more, or never was one: one that was won under a lease that has ended may have been told. */
static void
let_go(struct engine *e, struct leg *leg, struct moment now)
{
	if (leg->claim->won)
		tell_result(e, leg, CLAIM_UNKNOWN, now);
	else
		forget_id(e, leg->claim);
}

/* When it may be sent without a claim. */
static struct mono
unclaimed_at(struct engine *e, const struct leg *leg, struct moment now)
{
	bool lease = claims_have_lease(e, now);
	struct mono at = mono_add(leg->claim->turn_from, cluster_turn(e, leg->flight->key, now));
	/* A member that has just woken up may have missed the end of the lease, and learns more in a moment. */
	struct mono missed = mono_add(e->unleased, PATIENCE);

	return !lease && at.ns < missed.ns ? missed : at;
}

/* The store cannot be asked: as if there was none, but for the doubt that is left. */
static void
go_unclaimed(struct engine *e, struct leg *leg, struct moment now)
{
	struct leg_claim *c = leg->claim;
	struct mono at = unclaimed_at(e, leg, now);
	bool held = leg->in_doubt && leg->flight->route->receiver->on_unknown == ON_UNKNOWN_HOLD;

	if (c->id != 0 && !c->won)
		e->port->claim_over(e->port, c->id);
	forget_id(e, c);
	c->asked.ns = 0;
	if (now.mono.ns < at.ns || held) {
		leg->state = LEG_PAUSING;
		c->fallback = true;
		leg_arm(e, leg, held ? leg->flight->deadline : at);
		return;
	}
	c->fallback = false;
	/* Others may have told it, though the store does not answer. */
	if (leg->merges != e->merges && !judge_again(e, leg, now))
		return;
	decision_find(leg, leg_logged(e, leg), 0);
	tell_unsure(e, leg, UNSURE_UNCLAIMED, false, now);
	begin(e, leg, false, now);
}

void
leg_claim_attempt(struct engine *e, struct leg *leg, struct moment now)
{
	struct leg_claim *c = leg->claim;
	bool lease = claims_have_lease(e, now);

	if (c->won && c->term == e->lease_term && lease) {
		tell_unsure(e, leg, UNSURE_UNANSWERED, false, now);
		begin(e, leg, true, now);
		return;
	}
	let_go(e, leg, now);
	if (lease)
		ask(e, leg, now);
	else
		go_unclaimed(e, leg, now);
}

/* As abandoned as it was left: the log says that it was told, and everybody is to think so. */
static void
hold_back(struct engine *e, struct leg *leg, struct moment now)
{
	const struct log_entry *held = leg_logged(e, leg);
	struct log_entry entry = leg->claim->abandoned;

	tell_unsure(e, leg, UNSURE_ABANDONED, true, now);
	entry.key = log_key_of(leg->flight->key, leg->flight->route->receiver, leg->integration);
	entry.timestamp = wall_utc(now.wall);
	entry.expires = wall_add(entry.timestamp, leg_log_time(e, leg->flight->route));
	entry.data = leg->data;
	entry.timestamp = leg_after(e, leg, held, entry.timestamp);
	if (held != NULL && wall_cmp(entry.timestamp, held->timestamp) == 0)
		entry.timestamp = wall_add(held->timestamp, 1);
	leg_log_set(e, leg, &entry, held, now);
	leg_succeeded(e, leg, now);
}

/* It was left in doubt by whoever had claimed it before, if not for this leg. */
static bool
perhaps_told(const struct engine *e, const struct leg *leg)
{
	struct reason_facts facts = leg_facts(leg->flight, leg->integration);

	return leg->reason != REASON_REPEAT && reason_perhaps_known(leg_logged(e, leg), &facts);
}

/* Others have told the end of what is to be told to fire, and it has been posted here since. */
static bool
has_ended(struct engine *e, const struct leg *leg, const struct log_entry *entry, struct moment now)
{
	return entry != NULL && entry->by_peer && outdated_meanwhile(e, leg->flight, now);
}

static void
answer_won(struct engine *e, struct leg *leg, const struct claim_answer *a, struct moment now)
{
	struct leg_claim *c = leg->claim;

	c->won = true;
	c->held = c->corrected = false;
	c->revision = a->revision;
	if (!claims_have_lease(e, now) || c->term != e->lease_term) {
		/* Nothing was sent. */
		tell_result(e, leg, leg->in_doubt || c->take_over ? CLAIM_UNKNOWN : CLAIM_FAILED, now);
		leg_claim_attempt(e, leg, now);
		return;
	}
	if (c->hold) {
		hold_back(e, leg, now);
		return;
	}
	/* As long as it has not been told, whatever comes of further attempts. */
	leg->in_doubt |= c->take_over;
	/* Members that could not ask the store may have told it since it was asked, and this one heard of that otherwise. */
	if (!leg_still_to_be_told(e, leg, now))
		return;
	if (has_ended(e, leg, leg_logged(e, leg), now)) {
		leg_overtaken(e, leg, leg_logged(e, leg), true, now);
		return;
	}
	if (c->take_over || leg->in_doubt)
		tell_unsure(e, leg, c->take_over ? UNSURE_ABANDONED : UNSURE_UNANSWERED, false, now);
	else if (perhaps_told(e, leg))
		tell_unsure(e, leg, UNSURE_ABANDONED, false, now);
	c->take_over = false;
	begin(e, leg, true, now);
}

static void
note_owner(struct leg_claim *c, struct str owner)
{
	size_t n = owner.n < sizeof(c->owner) ? owner.n : sizeof(c->owner) - 1;

	if (n > 0)
		memcpy(c->owner, owner.p, n);
	c->owner[n] = '\0';
}

static const uint64_t *
copy_hashes(struct arena *a, const uint64_t *v, size_t n)
{
	uint64_t *copy = ARENA_ARRAY(a, n, uint64_t);

	if (n > 0)
		memcpy(copy, v, n * sizeof(copy[0]));
	return copy;
}

static bool
same_content(const struct flight *f, const struct log_entry *telling)
{
	return f->firing_n == telling->firing_n && f->resolved_n == telling->resolved_n &&
	    hashes_equal(f->firing, telling->firing, f->firing_n) && hashes_equal(f->resolved, telling->resolved, f->resolved_n);
}

/* Is there anything in leg that is not in what was to be told before? */
static bool
has_news(const struct leg *leg, const struct log_entry *telling, struct moment now)
{
	struct reason_facts facts = leg_facts(leg->flight, leg->integration);
	struct log_entry told = *telling;

	told.timestamp = wall_utc(now.wall);
	return leg_judge(&told, &facts).told;
}

static void
answer_abandoned(struct engine *e, struct leg *leg, const struct claim_answer *a, struct moment now)
{
	struct leg_claim *c = leg->claim;
	struct arena *arena = leg->flight->arena;

	note_owner(c, a->owner);
	log_debts_by_claim(e, leg, a->telling, now);
	if (!judge_again(e, leg, now))
		return;
	c->take_over = true;
	if (a->telling != NULL && same_content(leg->flight, a->telling))
		leg->note.decision = a->decision;
	c->hold = a->telling != NULL && leg->flight->route->receiver->on_unknown == ON_UNKNOWN_HOLD &&
	    !has_news(leg, a->telling, now);
	if (c->hold)
		c->abandoned = (struct log_entry){
			.firing = copy_hashes(arena, a->telling->firing, a->telling->firing_n),
			.firing_n = a->telling->firing_n,
			.resolved = copy_hashes(arena, a->telling->resolved, a->telling->resolved_n),
			.resolved_n = a->telling->resolved_n,
		};
	ask(e, leg, now);
}

static void
answer_unanswered(struct engine *e, struct leg *leg, struct moment now)
{
	struct leg_claim *c = leg->claim;

	if (!claims_have_lease(e, now) || mono_sub(now.mono, c->asked) >= PATIENCE) {
		go_unclaimed(e, leg, now);
		return;
	}
	leg_arm(e, leg, mono_add(now.mono, PAUSE));
}

static void
answered(struct engine *e, struct leg *leg, const struct claim_answer *a, struct moment now)
{
	struct leg_claim *c = leg->claim;

	if (c->won)
		return;
	if (a->verdict == CLAIM_WON) {
		answer_won(e, leg, a, now);
		return;
	}
	if (a->verdict == CLAIM_HELD) {
		note_owner(c, a->owner);
		if (!c->held)
			tell_claimed(e, leg, now);
		c->held = true;
		leg_arm(e, leg, leg->flight->deadline);
		return;
	}
	if (c->held)
		c->asked = now.mono;	/* it was asked, and has waited */
	forget_id(e, c);
	if (a->verdict == CLAIM_UNANSWERED) {
		answer_unanswered(e, leg, now);
		return;
	}
	c->revision = a->revision;
	c->corrected = true;
	c->asked.ns = 0;
	c->hold = c->take_over = false;
	if (a->verdict == CLAIM_ABANDONED)
		answer_abandoned(e, leg, a, now);
	else if (judge_again(e, leg, now))
		ask(e, leg, now);
}

void
engine_claimed(struct engine *e, const struct claim_answer *a, struct moment now)
{
	struct leg *leg;

	engine_enter(e, now);
	leg = a->id != 0 ? find(e, a->id) : NULL;
	if (leg != NULL)
		answered(e, leg, a, now);
	engine_leave(e, now);
}

void
leg_claim_due(struct engine *e, struct leg *leg, struct moment now)
{
	if (leg->claim->id != 0 || !claims_have_lease(e, now))
		go_unclaimed(e, leg, now);
	else if (judge_again(e, leg, now))
		ask(e, leg, now);
}

void
leg_claim_failed(struct engine *e, struct leg *leg, struct moment now)
{
	struct leg_claim *c = leg->claim;

	leg->fenced = false;
	if (c->won && !leg->in_doubt)
		tell_result(e, leg, CLAIM_FAILED, now);
}

void
leg_claim_told(struct engine *e, struct leg *leg, const struct log_entry *held, struct moment now)
{
	struct claim c;

	leg->fenced = false;
	if (!leg->claim->won)
		forget_id(e, leg->claim);
	fill(e, leg, held, &c, now);
	e->port->claim_result(e->port, &c, CLAIM_SENT, now);
	forget_id(e, leg->claim);
}

bool
leg_claim_told_late(struct engine *e, struct leg *leg, const struct log_entry *entry, const struct log_entry *held,
    struct moment now)
{
	struct log_entry mine = *entry;

	if (held == NULL || !held->by_peer || held->merge <= leg->merges)
		return false;
	/* A claim that was won orders them by itself, whatever clocks say: what was told after it has a newer record. */
	if (leg->claim->won ? held->revision <= leg->claim->revision : !wall_after(held->timestamp, entry->timestamp))
		return false;
	/* The other one tells of something that came after these ends. */
	mine.resolved_n = 0;
	mine.timestamp = held->timestamp;
	log_debts_by_claim(e, leg, &mine, now);
	return true;
}

void
leg_log_set(struct engine *e, struct leg *leg, struct log_entry *entry, const struct log_entry *held, struct moment now)
{
	bool told = leg->claim != NULL && leg->note.id != 0;

	if (held != NULL) {
		entry->revision = held->revision;
		/* The claims of others are as open as before, unless this one has taken them over. */
		entry->claimed = told && leg->claim->won ? NULL : held->claimed;
		entry->claimed_n = told && leg->claim->won ? 0 : held->claimed_n;
		entry->doubted = held->doubted;
	}
	held = nflog_set(e->nflog, entry);
	if (held == NULL)
		return;
	save_log_entry(e, held, CHANGE_LOG_ENTRY);
	share_log_entry(e, held, told);
	if (told)
		leg_claim_told(e, leg, held, now);
}

void
leg_claim_end(struct engine *e, struct leg *leg)
{
	struct leg_claim *c = leg->claim;

	if (c->listed)
		list_remove(&e->claimants, &c->place);
	c->listed = false;
	if (c->won)
		tell_result(e, leg, leg->in_doubt ? CLAIM_UNKNOWN : CLAIM_FAILED, e->latest);
	else if (c->id != 0)
		e->port->claim_over(e->port, c->id);
	forget_id(e, c);
}

void
leg_claim_fini(struct engine *e, struct leg *leg)
{
	if (leg->claim->listed)
		list_remove(&e->claimants, &leg->claim->place);
	leg->claim->listed = false;
	forget_id(e, leg->claim);
}

bool
leg_claim_waits(const struct leg *leg)
{
	return leg->claim != NULL && leg->attempts == 0 && !leg->in_doubt &&
	    (leg->state == LEG_CLAIMING || (leg->state == LEG_PAUSING && leg->claim->fallback));
}

/* Nobody who takes over from here can know whether the receiver was told. */
static void
cut(struct engine *e, struct leg *leg, struct moment now)
{
	static const struct outcome lost = { .retry = true, .unanswered = true, .error = STR("the lease of etcd has ended") };

	struct leg_claim *c = leg->claim;
	const struct flight *f = leg->flight;

	e->port->cancel(e->port, leg->attempt);
	deliveries_cut(e, &leg->note);
	let_go(e, leg, now);
	c->hold = f->route->receiver->on_unknown == ON_UNKNOWN_HOLD;
	c->abandoned = (struct log_entry){ .firing = f->firing, .firing_n = f->firing_n, .resolved = f->resolved,
		.resolved_n = f->resolved_n };
	leg_delivered(e, leg, &lost, now);
}

static void
look_at_turn(struct engine *e, struct leg *leg, struct mono at, struct moment now)
{
	if (at.ns <= now.mono.ns)
		leg_due(e, leg, now);
	else
		leg_arm(e, leg, at);
}

void
leg_claim_look(struct engine *e, struct leg *leg, struct moment now)
{
	const struct leg_claim *c = leg->claim;
	bool lease = claims_have_lease(e, now);

	switch (leg->state) {
	case LEG_WAITING:
		if (!leg->flight->resumed || leg->in_turn)
			look_at_turn(e, leg, mono_add(c->turn_from, cluster_turn(e, leg->flight->key, now)), now);
		break;
	case LEG_CLAIMING:
		if (!lease)
			go_unclaimed(e, leg, now);
		break;
	case LEG_SENDING:
		if (leg->fenced && (!lease || c->term != e->lease_term))
			cut(e, leg, now);
		break;
	case LEG_PAUSING:
		if (c->fallback)
			look_at_turn(e, leg, lease ? now.mono : unclaimed_at(e, leg, now), now);
		break;
	case LEG_DONE:
		break;
	}
}
