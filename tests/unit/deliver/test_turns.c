/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>

#include "turns.h"

static const char a, b;

START_TEST(integrations_take_turns)
{
	struct turns s = { 0 };
	struct turn t[6] = { 0 };

	for (size_t i = 0; i < 4; i++)
		turns_wait(&s, &t[i], &a);
	turns_wait(&s, &t[4], &b);
	turns_wait(&s, &t[5], &b);
	ck_assert_ptr_eq(turns_next(&s), &t[0]);
	ck_assert_ptr_eq(turns_next(&s), &t[4]);
	/* One that waits no more is passed over. */
	turns_leave(&s, &t[1]);
	ck_assert_ptr_eq(turns_next(&s), &t[2]);
	ck_assert_ptr_eq(turns_next(&s), &t[5]);
	ck_assert_ptr_eq(turns_next(&s), &t[3]);
	ck_assert_ptr_null(turns_next(&s));
	ck_assert(!turns_any(&s));
	for (size_t i = 0; i < 6; i++)
		turns_leave(&s, &t[i]);
	ck_assert_uint_eq(s.takers.n, 0);
	turns_fini(&s);
}
END_TEST

START_TEST(so_many_of_one_are_under_way)
{
	static struct turn t[TURNS_UNDER_WAY_MAX + 3], other;
	struct turns s = { 0 };

	for (size_t i = 0; i < TURNS_UNDER_WAY_MAX + 3; i++)
		turns_wait(&s, &t[i], &a);
	for (size_t i = 0; i < TURNS_UNDER_WAY_MAX; i++)
		ck_assert_ptr_eq(turns_next(&s), &t[i]);
	ck_assert(!turns_any(&s));
	ck_assert_ptr_null(turns_next(&s));
	/* Others are not kept waiting by that. */
	turns_wait(&s, &other, &b);
	ck_assert_ptr_eq(turns_next(&s), &other);
	/* One is over, and the next one begins. */
	turns_leave(&s, &t[7]);
	ck_assert(turns_any(&s));
	ck_assert_ptr_eq(turns_next(&s), &t[TURNS_UNDER_WAY_MAX]);
	ck_assert_ptr_null(turns_next(&s));
	/* The one that is next goes away instead. */
	turns_leave(&s, &t[TURNS_UNDER_WAY_MAX + 1]);
	turns_leave(&s, &t[0]);
	ck_assert_ptr_eq(turns_next(&s), &t[TURNS_UNDER_WAY_MAX + 2]);
	turns_leave(&s, &other);
	turns_fini(&s);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("turns");
	Suite *s = suite_create("turns");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, integrations_take_turns);
	tcase_add_test(t, so_many_of_one_are_under_way);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
