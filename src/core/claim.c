/* SPDX-License-Identifier: Apache-2.0 */
/* Members that claim (core/claim.h): who they are, and whose turn it is. */
#include "core/claim.h"

#include <assert.h>

#include "base/hash.h"
#include "engine_state.h"

uint64_t
claim_member(struct str name)
{
	return hash_mix(hash_mix(0, fnv64(FNV64_INIT, name.p, name.n)), name.n);
}

static uint64_t
score(uint64_t group, uint64_t member)
{
	return hash_mix(hash_mix(group, member), member);
}

unsigned
claims_rank(const struct claims_state *c, struct str group_key)
{
	uint64_t group = fnv64(FNV64_INIT, group_key.p, group_key.n), own = score(group, c->self);
	unsigned rank = 0;

	for (size_t i = 0; i < c->members_n; i++) {
		uint64_t other = score(group, c->members[i]);

		if (c->members[i] != c->self)
			rank += other > own || (other == own && c->members[i] > c->self);
	}
	return rank;
}

const char *
claim_result_text(enum claim_result r)
{
	static const char *const texts[CLAIM_RESULTS] = {
		[CLAIM_OPEN] = "open",
		[CLAIM_SENT] = "sent",
		[CLAIM_FAILED] = "failed",
		[CLAIM_UNKNOWN] = "unknown",
	};

	return texts[r];
}

static bool
lease_lasts(const struct engine *e, struct moment now)
{
	return now.mono.ns < e->claims.lease_until.ns;
}

bool
claims_have_lease(struct engine *e, struct moment now)
{
	if (lease_lasts(e, now))
		return true;
	if (e->unleased.ns == 0)
		e->unleased = now.mono;
	return false;
}

static span
times(span each, unsigned n)
{
	if (each <= 0 || n == 0)
		return 0;
	return each <= SPAN_MAX / n ? each * n : SPAN_MAX;
}

span
claims_wait(const struct claims_state *c, struct str group_key)
{
	return times(c->peer_timeout, claims_rank(c, group_key));
}

/* Some of the gossip's members do not claim, yet or at the moment: they go by their places, and so must all. */
static bool
goes_by_position(struct engine *e, struct moment now)
{
	return e->cluster.on && (!claims_have_lease(e, now) || e->cluster.members > e->claims.members_n);
}

span
cluster_turn(struct engine *e, struct str group_key, struct moment now)
{
	if (!e->claims.on || goes_by_position(e, now))
		return cluster_wait(&e->cluster);
	return claims_wait(&e->claims, group_key);
}

span
cluster_longest_turn(const struct engine *e, struct str group_key)
{
	span by_position = cluster_wait(&e->cluster), by_rank;

	if (!e->claims.on)
		return by_position;
	by_rank = claims_wait(&e->claims, group_key);
	return by_rank > by_position ? by_rank : by_position;
}

static bool
same_members(const struct claims_state *a, const struct claims_state *b)
{
	if (a->members_n != b->members_n || a->self != b->self)
		return false;
	for (size_t i = 0; i < a->members_n; i++)
		if (a->members[i] != b->members[i])
			return false;
	return true;
}

static void
look_at_all(struct engine *e, struct moment now)
{
	e->claims_look++;
	if (!e->claims_chore.waits)
		chore_begin(e, &e->claims_chore, now);
}

void
engine_claims(struct engine *e, const struct claims_state *c, struct moment now)
{
	bool had, members, another;

	assert(c->members_n <= CLAIM_MEMBERS_MAX);
	engine_enter(e, now);
	had = claims_have_lease(e, now);
	members = !same_members(&e->claims, c);
	another = c->lease != e->claims.lease;
	e->claims = *c;
	awake_keep(e, now);
	if (claims_have_lease(e, now)) {
		e->lease_term += !had || another;
		e->unleased.ns = 0;
		sched_arm(&e->sched, &e->lease, c->lease_until);
	}
	if (members || another || had != claims_have_lease(e, now))
		look_at_all(e, now);
	engine_leave(e, now);
}

void
claims_lease_due(struct engine *e, struct moment now)
{
	(void)claims_have_lease(e, now);
	look_at_all(e, now);
}

/* A leg that is looked at, beside what it does then. */
#define LOOK_UNITS 20

bool
claims_look_step(struct engine *e, struct moment now)
{
	struct leg_claim *c;

	while ((c = LIST_ITEM(e->claimants.first, struct leg_claim, place)) != NULL && c->looked != e->claims_look) {
		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, LOOK_UNITS);
		list_remove(&e->claimants, &c->place);
		list_append(&e->claimants, &c->place);
		c->looked = e->claims_look;
		leg_claim_look(e, c->leg, now);
	}
	return true;
}

bool
engine_needs_lease(const struct engine *e, uint64_t attempt)
{
	const struct leg *leg = leg_find(e, attempt);

	return leg != NULL && leg->fenced;
}

bool
engine_may_leave(const struct engine *e, uint64_t attempt, struct moment now)
{
	return !engine_needs_lease(e, attempt) || lease_lasts(e, now);
}

void
tell_unsure(struct engine *e, const struct leg *leg, enum unsure_cause cause, bool held, struct moment now)
{
	struct unsure_counters *n = unsure_counters_of(&e->counters, leg->flight->route->receiver->name);
	struct event ev;

	if (held)
		n->held++;
	else
		n->possibly_duplicated[cause]++;
	e->counters.held_back += held;
	e->counters.possibly_duplicated += !held;
	if (!event_heard(e, EVENT_NOTIFY_UNSURE))
		return;
	ev = (struct event){ EVENT_NOTIFY_UNSURE, now,
		.notify_unsure = { leg_event(leg), leg->note.decision, cause, held,
			cause == UNSURE_ABANDONED ? str_from(leg->claim->owner) : STR("") } };
	emit(e, &ev);
}

void
tell_claimed(struct engine *e, const struct leg *leg, struct moment now)
{
	struct event ev;

	if (!event_heard(e, EVENT_NOTIFY_CLAIMED))
		return;
	ev = (struct event){ EVENT_NOTIFY_CLAIMED, now,
		.notify_claimed = { leg_event(leg), str_from(leg->claim->owner) } };
	emit(e, &ev);
}
