/* SPDX-License-Identifier: Apache-2.0 */
/* One member among others, whose receiver may have been told what nobody knows for certain. */
#include "lib_peer_tells.h"

static struct fake_world w;
static struct work spent;

static void
begin(span wait)
{
	world_member_start(&w, wait);
	spent = (struct work){ 0 };
}

static const struct fake_answer ok = { .outcome = { .ok = true } };

/* A member whose first notification of A has no answer, and the next ones have; after so long. */
static void
begin_in_doubt(span passed)
{
	static const struct fake_answer hang = { .hang = true };

	begin(15 * SPAN_S);
	world_script(&w, "*", &hang, 1);
	world_post(&w, "A", w.now.wall, wall_add(w.now.wall, SPAN_HOUR));
	world_run(&w, passed);
	ck_assert_uint_eq(w.sent.n, 1);
	world_script(&w, "*", &ok, 1);
}

static struct wall
in(span d)
{
	return wall_add(w.now.wall, d);
}

/* Another member told the group of A at `at`. */
static enum merged
told(const char *firing, const char *resolved, struct wall at)
{
	struct peer_tells t = { .firing = firing, .resolved = resolved, .at = at, .lasts = 2 * SPAN_HOUR };

	return world_peer_tells(&w, &t, &spent);
}

/* A receiver that may have been told that A fires hears of its end, whoever tells of other alerts meanwhile. */
START_TEST(doubts_outlive_a_merge)
{
	struct fake_answer lost[] = { { .outcome = { .unanswered = true, .error = STR("timeout") } }, { .outcome = { .ok = true } } };

	begin(15 * SPAN_S);
	world_script(&w, "*", lost, 2);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_post(&w, "A{n=2}", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 26 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_int_eq(told("A{n=2}", NULL, w.now.wall), MERGED_TAKEN);
	world_post(&w, "A", in(-SPAN_S), w.now.wall);
	world_run(&w, 86 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A{n=2}] resolved [A] some alerts resolved");
	world_fini(&w);
}
END_TEST

/* A member that has told nothing, and knows only of a doubt, takes any word of another for newer, whatever its clock says. */
START_TEST(a_doubt_alone_is_older_than_any_word)
{
	begin_in_doubt(90 * SPAN_S);
	ck_assert_int_eq(told("A", NULL, in(-SPAN_MIN * 2)), MERGED_TAKEN);
	world_run(&w, 5 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 1);
	world_fini(&w);
}
END_TEST

/* The clock is set back to before a doubt, which ends: what is told as that time comes again has its own, and what another one tells next is newer. */
START_TEST(a_doubt_that_is_over_dates_nothing)
{
	begin_in_doubt(90 * SPAN_S);
	world_step_wall(&w, -SPAN_HOUR);
	world_run(&w, SPAN_HOUR - 100 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	world_post(&w, "A", in(-SPAN_S), w.now.wall);
	/* A minute before the clock shows once more when the doubt arose. */
	world_run(&w, SPAN_HOUR - 25 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 3);
	ck_assert_str_eq(w.sent.v[2].text, " resolved [A] all alerts resolved");
	ck_assert_int_eq(told("A", NULL, w.now.wall), MERGED_TAKEN);
	world_fini(&w);
}
END_TEST

/* This member, started anew, gives up what may have been told before: that another one told the end of it before that is no answer. */
START_TEST(a_doubt_of_before_a_restart_is_no_older)
{
	struct wall before;

	begin_in_doubt(30 * SPAN_S);
	before = in(-25 * SPAN_S);
	w.wait = -1;
	world_restart(&w);
	world_script(&w, "*", &ok, 1);
	world_run(&w, 80 * SPAN_S);
	ck_assert_uint_eq(w.stored_intents.n, 1);
	world_post(&w, "A", in(-SPAN_S), w.now.wall);
	world_run(&w, 110 * SPAN_S);
	ck_assert_uint_eq(w.stored_intents.n, 0);
	ck_assert_int_eq(told(NULL, "A", before), MERGED_TAKEN);
	world_wait(&w, 15 * SPAN_S);
	world_run(&w, 200 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " resolved [A] all alerts resolved");
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("doubts", doubts_outlive_a_merge, a_doubt_alone_is_older_than_any_word, a_doubt_that_is_over_dates_nothing,
	    a_doubt_of_before_a_restart_is_no_older);
}
