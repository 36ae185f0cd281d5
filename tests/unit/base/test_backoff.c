/* SPDX-License-Identifier: Apache-2.0 */

#include "base/backoff.h"
#include "suite.h"

START_TEST(doubles_up_to_the_most)
{
	static const span seconds[] = { 1, 2, 4, 8, 10, 10 };

	for (unsigned i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		ck_assert_int_eq(backoff_doubled(SPAN_S, i, 10 * SPAN_S), seconds[i] * SPAN_S);
	ck_assert_int_eq(backoff_doubled(SPAN_S, 4000000000u, SPAN_MAX), SPAN_MAX);
	/* A first one that is too long already is cut as well. */
	ck_assert_int_eq(backoff_doubled(SPAN_MIN, 0, SPAN_S), SPAN_S);
	ck_assert_int_eq(backoff_doubled(SPAN_MIN, 3, SPAN_S), SPAN_S);
}
END_TEST

START_TEST(grows_by_half_and_strays_by_half)
{
	static const span base_ms[] = { 500, 750, 1125, 1500, 1500 };
	span pause = 500 * SPAN_MS, least = SPAN_MAX, most = 0;
	struct rand r;

	rand_seed(&r, 1);
	for (unsigned i = 0; i < sizeof(base_ms) / sizeof(base_ms[0]); i++) {
		ck_assert_int_eq(pause, base_ms[i] * SPAN_MS);
		(void)backoff_jittered(&pause, 1500 * SPAN_MS, &r);
	}
	for (int i = 0; i < 1000; i++) {
		span wait, same = SPAN_S;

		wait = backoff_jittered(&same, SPAN_S, &r);
		ck_assert_int_eq(same, SPAN_S);
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	ck_assert_int_ge(least, 500 * SPAN_MS);
	ck_assert_int_lt(least, 510 * SPAN_MS);
	ck_assert_int_gt(most, 1490 * SPAN_MS);
	ck_assert_int_lt(most, 1500 * SPAN_MS);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, doubles_up_to_the_most);
	tcase_add_test(tc, grows_by_half_and_strays_by_half);
}

int
main(void)
{
	return run_suite("backoff", add);
}
