/* SPDX-License-Identifier: Apache-2.0 */
/* Claims of members (core/claim.h). */
#include "lib_claim.h"

#include <stdio.h>

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

START_TEST(nothing_leaves_before_it_is_claimed)
{
	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 12 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(last_revision, 0);
	ck_assert_uint_eq(w.sent.n, 0);
	answer(CLAIM_WON, 5, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_uint_eq(results[CLAIM_SENT], 1);
	ck_assert_uint_eq(result_revision, 5);
	ck_assert_uint_eq(result_firing, 1);
	ck_assert(w.sent.v[0].decision.hi == last_decision.hi && w.sent.v[0].decision.lo == last_decision.lo);
	/* The end is another decision. */
	world_post(&w, "A", w.now.wall, w.now.wall);
	world_run(&w, 75 * SPAN_S);
	ck_assert_uint_eq(asked, 2);
	ck_assert_uint_eq(told_firing, 1);
	answer(CLAIM_WON, 7, NULL);
	ck_assert_str_eq(w.sent.v[1].text, " resolved [A] all alerts resolved");
	ck_assert_uint_ne(w.sent.v[1].decision.hi, w.sent.v[0].decision.hi);
	ck_assert_uint_eq(counted()->possibly_duplicated[UNSURE_ABANDONED], 0);
	world_fini(&w);
}
END_TEST

START_TEST(who_loses_judges_again)
{
	uint64_t a = hash_of("A");
	struct log_entry entry;

	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 12 * SPAN_S);
	/* Another one failed: there is nothing told, and a newer record. */
	answer(CLAIM_MOVED, 4, NULL);
	ck_assert_uint_eq(asked, 2);
	ck_assert_uint_eq(last_revision, 4);
	entry = theirs(&a, true, 6);
	merge(&entry);
	answer(CLAIM_MOVED, 6, NULL);
	ck_assert_uint_eq(asked, 2);
	ck_assert_uint_eq(w.sent.n, 0);
	ck_assert_uint_eq(w.events[EVENT_NOTIFY_OVERTAKEN], 1);
	/* A later flush goes by the newest record. */
	world_post(&w, "A", w.now.wall, w.now.wall);
	world_run(&w, 80 * SPAN_S);
	ck_assert_uint_eq(last_revision, 6);
	answer(CLAIM_WON, 8, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	world_fini(&w);
}
END_TEST

/* The records were deleted, or those of a backup are there: what the store says counts, not what this one knows. */
START_TEST(a_store_that_has_lost_records_is_believed)
{
	uint64_t a = hash_of("A");
	struct log_entry entry;

	begin(ON_UNKNOWN_RESEND);
	entry = theirs(&a, true, 60);
	merge(&entry);
	world_post(&w, "A", w.now.wall, w.now.wall);
	world_run(&w, 12 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(last_revision, 60);
	answer(CLAIM_MOVED, 7, NULL);
	ck_assert_uint_eq(last_revision, 7);
	answer(CLAIM_MOVED, 0, NULL);
	ck_assert_uint_eq(last_revision, 0);
	ck_assert_uint_eq(asked, 3);
	/* One that cannot be asked for a moment is asked the same again. */
	answer(CLAIM_UNANSWERED, 0, NULL);
	world_run(&w, 13 * SPAN_S);
	ck_assert_uint_eq(asked, 4);
	ck_assert_uint_eq(last_revision, 0);
	answer(CLAIM_WON, 9, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_uint_eq(result_revision, 9);
	world_fini(&w);
}
END_TEST

START_TEST(an_abandoned_claim_is_told_again)
{
	uint64_t a = hash_of("A");
	struct log_entry telling;

	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 12 * SPAN_S);
	telling = theirs(&a, true, 0);
	answer(CLAIM_HELD, 3, &telling);
	ck_assert_uint_eq(w.events[EVENT_NOTIFY_CLAIMED], 1);
	world_run(&w, 22 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	answer(CLAIM_ABANDONED, 3, &telling);
	ck_assert_uint_eq(last_revision, 3);
	answer(CLAIM_WON, 9, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	/* It is the same decision. */
	ck_assert_uint_eq(w.sent.v[0].decision.hi, 7);
	ck_assert_uint_eq(counted()->possibly_duplicated[UNSURE_ABANDONED], 1);
	ck_assert_uint_eq(w.events[EVENT_NOTIFY_UNSURE], 1);
	ck_assert_uint_eq(results[CLAIM_SENT], 1);
	world_fini(&w);
}
END_TEST

START_TEST(an_abandoned_claim_is_held_back_where_that_is_wanted)
{
	uint64_t a = hash_of("A");
	struct log_entry telling;

	begin(ON_UNKNOWN_HOLD);
	world_run(&w, 12 * SPAN_S);
	telling = theirs(&a, true, 0);
	answer(CLAIM_ABANDONED, 3, &telling);
	answer(CLAIM_WON, 9, NULL);
	ck_assert_uint_eq(w.sent.n, 0);
	ck_assert_uint_eq(counted()->held, 1);
	ck_assert_uint_eq(results[CLAIM_SENT], 1);
	ck_assert_uint_eq(result_firing, 1);
	/* News are told. */
	world_post(&w, "A{x=1}", w.now.wall, wall_add(w.now.wall, SPAN_HOUR));
	world_run(&w, 75 * SPAN_S);
	answer(CLAIM_WON, 11, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_uint_eq(counted()->possibly_duplicated[UNSURE_ABANDONED], 0);
	world_fini(&w);
}
END_TEST

/* The end is told of what another one may have told, and of nothing else. */
START_TEST(what_another_claims_to_tell_is_owed_its_end)
{
	uint64_t a = hash_of("A");
	struct log_entry entry;

	begin(ON_UNKNOWN_RESEND);
	entry = theirs(&a, false, 0);
	merge(&entry);
	world_run(&w, 5 * SPAN_S);
	world_post(&w, "A", w.now.wall, w.now.wall);
	world_run(&w, 12 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	answer(CLAIM_ABANDONED, 3, NULL);
	answer(CLAIM_WON, 4, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_str_eq(w.sent.v[0].text, " resolved [A] all alerts resolved");
	world_fini(&w);
	/* It failed: there is nothing to tell. */
	begin(ON_UNKNOWN_RESEND);
	entry = theirs(&a, false, 0);
	merge(&entry);
	world_post(&w, "A", w.now.wall, w.now.wall);
	world_run(&w, 12 * SPAN_S);
	entry.claimed_n = 0;
	entry.revision = 4;
	merge(&entry);
	answer(CLAIM_MOVED, 4, NULL);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(w.sent.n, 0);
	world_fini(&w);
}
END_TEST

START_TEST(without_an_answer_it_is_told_all_the_same)
{
	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 12 * SPAN_S);
	answer(CLAIM_UNANSWERED, 0, NULL);
	world_run(&w, 13 * SPAN_S);
	ck_assert_uint_eq(asked, 2);
	ck_assert_uint_eq(w.sent.n, 0);
	/* Nobody says anything more. */
	world_run(&w, 16 * SPAN_S);
	ck_assert_uint_eq(over, 1);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_uint_eq(counted()->possibly_duplicated[UNSURE_UNCLAIMED], 1);
	ck_assert_uint_eq(results[CLAIM_SENT], 1);
	/* An answer that comes now changes nothing. */
	answer(CLAIM_WON, 4, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	world_fini(&w);
}
END_TEST

START_TEST(without_a_lease_members_take_turns)
{
	begin(ON_UNKNOWN_RESEND);
	lease(0, 1);
	world_run(&w, 24 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 0);
	world_run(&w, 26 * SPAN_S);
	ck_assert_uint_eq(asked, 0);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_uint_eq(counted()->possibly_duplicated[UNSURE_UNCLAIMED], 1);
	world_fini(&w);
}
END_TEST

/* While a cluster goes from gossip to claims, member by member, those who do not claim yet go by their places. */
START_TEST(among_members_that_do_not_claim_places_count)
{
	struct cluster_state all = { .on = true, .settled = true, .position = 1, .members = 2, .peer_timeout = 15 * SPAN_S };

	begin(ON_UNKNOWN_RESEND);
	engine_cluster(w.engine, &all, w.now);
	world_run(&w, 24 * SPAN_S);
	ck_assert_uint_eq(asked, 0);
	world_run(&w, 26 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	answer(CLAIM_WON, 5, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	world_fini(&w);
}
END_TEST

START_TEST(the_next_one_tells_when_the_first_is_gone)
{
	begin(ON_UNKNOWN_RESEND);
	lease(SPAN_HOUR, 2);
	world_run(&w, 20 * SPAN_S);
	ck_assert_uint_eq(asked, 0);
	lease(SPAN_HOUR, 0);
	world_settle(&w);
	ck_assert_uint_eq(asked, 1);
	world_fini(&w);
}
END_TEST

START_TEST(nothing_is_out_beyond_the_lease)
{
	static const struct fake_answer hang = { .hang = true };
	static const struct fake_answer ok = { .outcome = { .ok = true } };

	begin(ON_UNKNOWN_RESEND);
	world_script(&w, "*", &hang, 1);
	world_run(&w, 12 * SPAN_S);
	lease(8 * SPAN_S, 0);
	answer(CLAIM_WON, 3, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert(engine_may_leave(w.engine, w.sent.v[0].attempt, w.now));
	ck_assert(!engine_may_leave(w.engine, w.sent.v[0].attempt, world_at(&w, 20 * SPAN_S)));
	world_script(&w, "*", &ok, 1);
	world_run(&w, 20 * SPAN_S + 1);
	ck_assert(w.sent.v[0].canceled);
	/* The claim does not stay behind, as one that nobody says anything of. */
	ck_assert_uint_eq(results[CLAIM_UNKNOWN], 1);
	ck_assert_uint_eq(result_revision, 3);
	/* It may come back in a moment, and it does. */
	world_run(&w, 22 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	lease(SPAN_HOUR, 0);
	world_run(&w, 24 * SPAN_S);
	ck_assert_uint_eq(asked, 2);
	answer(CLAIM_WON, 5, NULL);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_int_eq(w.sent.v[1].unsure, 1 + UNSURE_UNANSWERED);
	world_fini(&w);
}
END_TEST

START_TEST(a_failure_gives_the_claim_back)
{
	static const struct fake_answer answers[] = {
		{ .outcome = { .retry = true, .error = STR("503") } },
		{ .outcome = { .retry = true, .unanswered = true, .error = STR("timeout") } },
		{ .outcome = { .ok = true } },
	};

	begin(ON_UNKNOWN_RESEND);
	world_script(&w, "*", answers, 3);
	world_run(&w, 11 * SPAN_S);
	answer(CLAIM_WON, 3, NULL);
	ck_assert_uint_eq(results[CLAIM_FAILED], 1);
	world_run(&w, 13 * SPAN_S);
	ck_assert_uint_eq(asked, 2);
	/* Without an answer it is kept, and the next attempt counts. */
	answer(CLAIM_WON, 5, NULL);
	ck_assert_uint_eq(w.sent.n, 2);
	world_run(&w, 16 * SPAN_S);
	ck_assert_uint_eq(asked, 2);
	ck_assert_uint_eq(w.sent.n, 3);
	ck_assert_int_eq(w.sent.v[2].unsure, 1 + UNSURE_UNANSWERED);
	ck_assert_uint_eq(w.sent.v[2].decision.hi, w.sent.v[0].decision.hi);
	ck_assert_uint_eq(results[CLAIM_SENT], 1);
	world_fini(&w);
}
END_TEST

/* An alert that fires, and an abandoned claim that may have told its end. */
START_TEST(what_another_may_have_ended_is_told_again)
{
	uint64_t a = hash_of("A");
	struct log_entry entry, telling;

	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 12 * SPAN_S);
	answer(CLAIM_WON, 3, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	world_run(&w, 75 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	/* A record of another member: it tells an end. */
	entry = theirs(&a, true, 0);
	entry.timestamp = wall_add(w.now.wall, -65 * SPAN_S);
	entry.doubtful_ends = &a;
	entry.doubtful_ends_n = 1;
	merge(&entry);
	world_run(&w, 132 * SPAN_S);
	ck_assert_uint_eq(asked, 2);
	telling = (struct log_entry){ .key = entry.key, .resolved = &a, .resolved_n = 1 };
	answer(CLAIM_ABANDONED, 5, &telling);
	answer(CLAIM_WON, 6, NULL);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A] new alerts added");
	ck_assert_int_eq(w.sent.v[1].unsure, 1 + UNSURE_ABANDONED);
	ck_assert_uint_eq(result_ends, 0);
	/* Once. */
	world_run(&w, 600 * SPAN_S);
	ck_assert_uint_eq(asked, 3);
	world_fini(&w);
}
END_TEST

/* A member that takes such a claim over, and gets no answer either, leaves both doubts. */
START_TEST(ends_in_doubt_are_written_down)
{
	static const struct fake_answer hang = { .hang = true };
	uint64_t a = hash_of("A");
	const struct log_entry telling = { .resolved = &a, .resolved_n = 1 };

	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 12 * SPAN_S);
	answer(CLAIM_WON, 3, NULL);
	world_script(&w, "*", &hang, 1);
	world_post(&w, "A{x=1}", w.now.wall, wall_add(w.now.wall, SPAN_HOUR));
	world_run(&w, 72 * SPAN_S);
	answer(CLAIM_ABANDONED, 5, &telling);
	answer(CLAIM_WON, 6, NULL);
	ck_assert_uint_eq(w.sent.n, 2);
	world_run(&w, 135 * SPAN_S);
	ck_assert_uint_eq(results[CLAIM_UNKNOWN], 1);
	ck_assert_uint_eq(result_ends, 1);
	world_fini(&w);
}
END_TEST

/* It stood still while its attempt was out: the answer comes when others have taken over, told, and told again. */
START_TEST(a_late_answer_is_not_the_last_word)
{
	static const struct fake_answer slow = { .delay = 5 * SPAN_S, .outcome = { .ok = true } };
	uint64_t a = hash_of("A"), x = hash_of("A{x=1}"), both[] = { a < x ? a : x, a < x ? x : a };
	struct log_entry entry;

	begin(ON_UNKNOWN_RESEND);
	world_script(&w, "*", &slow, 1);
	world_run(&w, 12 * SPAN_S);
	answer(CLAIM_WON, 3, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	entry = theirs(both, true, 6);
	entry.firing_n = 2;
	/* By a clock that is slow. */
	entry.timestamp = wall_add(w.now.wall, -7 * SPAN_S);
	merge(&entry);
	world_run(&w, 18 * SPAN_S);
	ck_assert_uint_eq(results[CLAIM_SENT], 0);
	/* Here is known now what all know. */
	world_post(&w, "A{x=1}", w.now.wall, wall_add(w.now.wall, SPAN_HOUR));
	world_run(&w, 75 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	world_fini(&w);
}
END_TEST

/* The lease is another one, though there was one all the while: what was won, or asked for, under the first is nobody's. */
START_TEST(a_claim_ends_with_its_lease)
{
	static const struct fake_answer hang = { .hang = true };
	struct claims_state c = { .on = true, .settled = true, .self = 1, .members = { 1 }, .members_n = 1, .lease = 7 };

	begin(ON_UNKNOWN_RESEND);
	world_script(&w, "*", &hang, 1);
	world_run(&w, 12 * SPAN_S);
	c.lease_until = mono_add(w.now.mono, SPAN_HOUR);
	engine_claims(w.engine, &c, w.now);
	answer(CLAIM_WON, 3, NULL);
	ck_assert_uint_eq(w.sent.n, 0);
	ck_assert_uint_eq(results[CLAIM_FAILED], 1);
	ck_assert_uint_eq(asked, 2);
	answer(CLAIM_WON, 5, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	c.lease = 8;
	engine_claims(w.engine, &c, w.now);
	world_settle(&w);
	ck_assert(w.sent.v[0].canceled);
	world_run(&w, 14 * SPAN_S);
	ck_assert_uint_eq(asked, 3);
	world_fini(&w);
}
END_TEST

/* Given up in doubt: others are to know. */
START_TEST(a_doubt_is_written_down)
{
	static const struct fake_answer hang = { .hang = true };

	begin(ON_UNKNOWN_RESEND);
	world_script(&w, "*", &hang, 1);
	world_run(&w, 11 * SPAN_S);
	answer(CLAIM_WON, 3, NULL);
	world_run(&w, 75 * SPAN_S);
	ck_assert_uint_eq(results[CLAIM_UNKNOWN], 1);
	ck_assert_uint_eq(result_firing, 0);
	ck_assert_uint_eq(result_doubtful, 1);
	world_fini(&w);
}
END_TEST

/* A member that could not ask the store told it, and this one hears of that by gossip while its own claim is under way. */
START_TEST(what_was_told_without_a_claim_meanwhile_is_not_told_again)
{
	uint64_t a = hash_of("A");
	struct log_entry entry;

	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 12 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	entry = theirs(&a, true, 0);
	merge(&entry);
	answer(CLAIM_WON, 5, NULL);
	ck_assert_uint_eq(w.sent.n, 0);
	ck_assert_uint_eq(results[CLAIM_FAILED], 1);
	world_run(&w, 3 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 0);
	world_fini(&w);
}
END_TEST

/* Another one has told its end, which is older by that one's clock than the last post, and while the claim is under way it is posted here. */
START_TEST(what_ended_while_it_was_claimed_is_not_told_to_fire)
{
	uint64_t a = hash_of("A");
	struct log_entry entry;

	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 5 * SPAN_S);
	entry = theirs(&a, true, 0);
	entry.timestamp = wall_add(w.now.wall, -SPAN_MIN);
	entry.resolved = entry.firing;
	entry.resolved_n = 1;
	entry.firing_n = 0;
	merge(&entry);
	world_run(&w, 12 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	world_post(&w, "A", w.now.wall, w.now.wall);
	answer(CLAIM_WON, 5, NULL);
	ck_assert_uint_eq(w.sent.n, 0);
	ck_assert_uint_eq(results[CLAIM_FAILED], 1);
	world_run(&w, 3 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 0);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("claim", groups_are_spread_and_few_move, nothing_leaves_before_it_is_claimed, who_loses_judges_again,
	    a_store_that_has_lost_records_is_believed,
	    an_abandoned_claim_is_told_again, an_abandoned_claim_is_held_back_where_that_is_wanted,
	    what_another_claims_to_tell_is_owed_its_end, without_an_answer_it_is_told_all_the_same,
	    without_a_lease_members_take_turns, among_members_that_do_not_claim_places_count,
	    the_next_one_tells_when_the_first_is_gone, nothing_is_out_beyond_the_lease,
	    what_another_may_have_ended_is_told_again, ends_in_doubt_are_written_down, a_late_answer_is_not_the_last_word,
	    a_claim_ends_with_its_lease,
	    a_failure_gives_the_claim_back, a_doubt_is_written_down, what_was_told_without_a_claim_meanwhile_is_not_told_again,
	    what_ended_while_it_was_claimed_is_not_told_to_fire);
}
