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

void
engine_claims(struct engine *e, const struct claims_state *c, struct moment now)
{
	assert(c->members_n <= CLAIM_MEMBERS_MAX);
	engine_enter(e, now);
	e->claims = *c;
	engine_leave(e, now);
}

void
engine_claimed(struct engine *e, const struct claim_answer *a, struct moment now)
{
	engine_enter(e, now);
	(void)a;
	engine_leave(e, now);
}

bool
engine_may_leave(const struct engine *e, uint64_t attempt, struct moment now)
{
	const struct leg *leg = leg_find(e, attempt);

	return leg == NULL || !leg->fenced || now.mono.ns < e->claims.lease_until.ns;
}
