/* SPDX-License-Identifier: Apache-2.0 */
/* Where members claim: nobody can know whether a receiver was told, and none of it is forgotten or left uncounted. */
#include "lib_claim.h"

static const struct fake_answer refused = { .outcome = { .retry = true, .error = STR("503") } };
static const struct fake_answer hang = { .hang = true };

/* A claim of another one that said nothing more of it is won by this one. */
static void
take_over(void)
{
	uint64_t a = hash_of("A");
	struct log_entry telling = theirs(&a, true, 0);

	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 12 * SPAN_S);
	answer(CLAIM_ABANDONED, 3, &telling);
}

START_TEST(who_takes_over_and_is_refused_keeps_the_doubt)
{
	take_over();
	world_script(&w, "*", &refused, 1);
	answer(CLAIM_WON, 9, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	/* It was not told by this one for certain, and perhaps by the one before. */
	ck_assert_uint_eq(results[CLAIM_FAILED], 0);
	world_script(&w, "*", &hang, 1);
	world_run(&w, 80 * SPAN_S);
	ck_assert_uint_eq(w.sent.v[1].unsure, 1 + UNSURE_UNANSWERED);
	ck_assert_uint_eq(results[CLAIM_UNKNOWN], 1);
	ck_assert_uint_eq(result_doubtful, 1);
	world_fini(&w);
}
END_TEST

/* The store is to know it when the claim is withdrawn. */
START_TEST(a_claim_that_takes_over_says_that_it_is_in_doubt)
{
	take_over();
	ck_assert(last_in_doubt);
	lease(0, 0);
	ck_assert_uint_eq(over, 1);
	ck_assert_uint_eq(results[CLAIM_FAILED], 0);
	world_fini(&w);
}
END_TEST

START_TEST(what_is_told_on_account_of_a_doubt_in_the_log_is_counted)
{
	uint64_t a = hash_of("A");
	struct log_entry entry;

	begin(ON_UNKNOWN_RESEND);
	entry = theirs(&a, true, 3);
	entry.firing_n = 0;
	entry.doubtful = &a;
	entry.doubtful_n = 1;
	merge(&entry);
	world_run(&w, 12 * SPAN_S);
	answer(CLAIM_WON, 4, NULL);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_int_eq(w.sent.v[0].unsure, 1 + UNSURE_ABANDONED);
	ck_assert_uint_eq(counted()->possibly_duplicated[UNSURE_ABANDONED], 1);
	world_fini(&w);
}
END_TEST

/* The log has the end that was told here; the only news since then is a claim of another one. */
START_TEST(what_was_news_for_a_claim_that_failed_is_not_told)
{
	uint64_t a = hash_of("A");
	struct log_entry entry;

	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 12 * SPAN_S);
	answer(CLAIM_WON, 3, NULL);
	world_post(&w, "A", w.now.wall, w.now.wall);
	world_run(&w, 75 * SPAN_S);
	answer(CLAIM_WON, 5, NULL);
	ck_assert_uint_eq(w.sent.n, 2);
	world_run(&w, 80 * SPAN_S);
	world_post(&w, "A", w.now.wall, wall_add(w.now.wall, SPAN_HOUR));
	entry = theirs(&a, false, 6);
	merge(&entry);
	world_post(&w, "A", w.now.wall, w.now.wall);
	world_script(&w, "*", &refused, 1);
	world_run(&w, 91 * SPAN_S);
	ck_assert_uint_eq(asked, 3);
	answer(CLAIM_WON, 8, NULL);
	ck_assert_uint_eq(w.sent.n, 3);
	ck_assert_uint_eq(results[CLAIM_FAILED], 1);
	entry.claimed_n = 0;
	entry.revision = 9;
	merge(&entry);
	world_run(&w, 200 * SPAN_S);
	ck_assert_uint_eq(asked, 3);
	ck_assert_uint_eq(w.sent.n, 3);
	world_fini(&w);
}
END_TEST

/* The end of A was told then, by another one, whose record comes with the doubt whether it was told to fire at that other time. */
static void
ended(span told, span doubted)
{
	uint64_t a = hash_of("A");
	struct log_entry entry;

	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 5 * SPAN_S);
	world_post(&w, "A", wall_add(w.now.wall, -SPAN_S), w.now.wall);
	entry = theirs(&a, true, 3);
	entry.timestamp = wall_add(w.now.wall, -told);
	entry.resolved = &a;
	entry.resolved_n = 1;
	entry.firing_n = 0;
	entry.doubtful = &a;
	entry.doubtful_n = 1;
	entry.doubted = wall_add(w.now.wall, -doubted);
	merge(&entry);
}

START_TEST(an_older_word_does_not_end_a_doubt)
{
	ended(3 * SPAN_S, 2 * SPAN_S);
	world_run(&w, 12 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	answer(CLAIM_WON, 4, NULL);
	ck_assert_str_eq(w.sent.v[0].text, " resolved [A] all alerts resolved");
	ck_assert_uint_eq(result_doubtful, 0);
	world_fini(&w);
	/* A later one does. */
	ended(2 * SPAN_S, 3 * SPAN_S);
	world_run(&w, SPAN_MIN);
	ck_assert_uint_eq(asked, 0);
	world_fini(&w);
}
END_TEST

/* It would be told once more after each flush, or for nothing: what is told after a claim was won is the last word for all. */
START_TEST(what_is_told_ends_doubts_of_clocks_that_are_ahead)
{
	ended(3 * SPAN_S, -20 * SPAN_S);
	world_run(&w, 12 * SPAN_S);
	answer(CLAIM_WON, 4, NULL);
	ck_assert_int_eq(wall_sub(result_at, w.now.wall), 13 * SPAN_S);
	world_fini(&w);
}
END_TEST

/* That A fires is told by a claim that was left, after its end was told by another. */
START_TEST(an_abandoned_claim_is_newer_than_an_older_word)
{
	uint64_t a = hash_of("A");
	struct log_entry telling;

	ended(3 * SPAN_S, 2 * SPAN_S);
	telling = theirs(&a, true, 0);
	telling.timestamp = wall_add(w.now.wall, -SPAN_S);
	world_run(&w, 12 * SPAN_S);
	world_script(&w, "*", &hang, 1);
	answer(CLAIM_ABANDONED, 4, &telling);
	answer(CLAIM_WON, 5, NULL);
	world_run(&w, 80 * SPAN_S);
	ck_assert_uint_eq(results[CLAIM_UNKNOWN], 1);
	ck_assert_uint_eq(result_doubtful, 1);
	world_fini(&w);
}
END_TEST

/* It is in what was told long ago, and is forgotten soon. */
START_TEST(a_doubt_outlives_what_is_forgotten)
{
	uint64_t a = hash_of("A");
	struct log_entry old, entry;

	begin(ON_UNKNOWN_RESEND);
	old = theirs(&a, true, 3);
	old.expires = wall_add(w.now.wall, 5 * SPAN_S);
	merge(&old);
	entry = old;
	entry.revision = 4;
	entry.doubtful_ends = &a;
	entry.doubtful_ends_n = 1;
	entry.doubted = w.now.wall;
	entry.expires = wall_add(w.now.wall, SPAN_HOUR);
	merge(&entry);
	world_run(&w, 20 * SPAN_MIN);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(told_firing, 1);
	world_fini(&w);
}
END_TEST

/* The store did not answer; before it is asked again another member tells. */
START_TEST(what_is_told_before_it_is_asked_again_is_not_claimed)
{
	uint64_t a = hash_of("A");
	struct log_entry entry;

	begin(ON_UNKNOWN_RESEND);
	world_run(&w, 12 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	answer(CLAIM_UNANSWERED, 0, NULL);
	entry = theirs(&a, true, 3);
	merge(&entry);
	world_run(&w, 20 * SPAN_S);
	ck_assert_uint_eq(asked, 1);
	ck_assert_uint_eq(w.sent.n, 0);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("claim_doubt", what_is_told_before_it_is_asked_again_is_not_claimed,
	    an_older_word_does_not_end_a_doubt, what_is_told_ends_doubts_of_clocks_that_are_ahead,
	    an_abandoned_claim_is_newer_than_an_older_word, a_doubt_outlives_what_is_forgotten, who_takes_over_and_is_refused_keeps_the_doubt,
	    a_claim_that_takes_over_says_that_it_is_in_doubt,
	    what_is_told_on_account_of_a_doubt_in_the_log_is_counted, what_was_news_for_a_claim_that_failed_is_not_told);
}
