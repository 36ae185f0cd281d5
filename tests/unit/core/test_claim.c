/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of members (core/claim.h). */
#include "core/claim.h"

#include <stdio.h>

#include "lib_core.h"

static struct claims_state
members_of(size_t n)
{
	struct claims_state c = { .on = true, .members_n = n };

	for (size_t i = 0; i < n; i++) {
		char name[32];

		snprintf(name, sizeof(name), "m%zu", i);
		c.members[i] = claim_member(str_from(name));
	}
	return c;
}

/* The place of each member for that group; each is there once. */
static void
places(struct claims_state *c, int group, unsigned *out)
{
	char key[32];
	unsigned seen = 0;

	snprintf(key, sizeof(key), "{}:{alertname=\"A%d\"}", group);
	for (size_t i = 0; i < c->members_n; i++) {
		c->self = c->members[i];
		out[i] = claims_rank(c, str_from(key));
		seen |= 1U << out[i];
	}
	ck_assert_uint_eq(seen, (1U << c->members_n) - 1);
}

START_TEST(groups_are_spread_and_few_move)
{
	struct claims_state five = members_of(5), four = members_of(4);
	unsigned first[5] = { 0 }, moved = 0;

	for (int g = 0; g < 1000; g++) {
		unsigned with[5], without[4];

		places(&five, g, with);
		places(&four, g, without);
		for (size_t i = 0; i < 5; i++)
			first[i] += with[i] == 0;
		/* The order of the others stays when the last one goes. */
		for (size_t i = 0; i < 4; i++) {
			ck_assert_uint_eq(without[i], with[i] - (with[i] > with[4]));
			moved += without[i] == 0 && with[i] != 0;
		}
	}
	for (size_t i = 0; i < 5; i++)
		ck_assert(first[i] > 140 && first[i] < 260);
	ck_assert_uint_eq(moved, first[4]);
}
END_TEST

int
main(void)
{
	return RUN("claim", groups_are_spread_and_few_move);
}
