/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rand.h"
#include "lib_core.h"
#include "sched.h"

static struct mono
at(int64_t ns)
{
	return (struct mono){ ns };
}

START_TEST(in_order_of_time_then_of_arming)
{
	struct sched s = { 0 };
	struct deadline d[4] = { 0 };
	struct mono next;

	ck_assert(!sched_next(&s, &next));
	sched_arm(&s, &d[0], at(5));
	sched_arm(&s, &d[1], at(3));
	sched_arm(&s, &d[2], at(5));
	sched_arm(&s, &d[3], at(9));
	ck_assert(sched_next(&s, &next));
	ck_assert_int_eq(next.ns, 3);
	ck_assert_ptr_null(sched_pop_due(&s, at(2)));
	ck_assert_ptr_eq(sched_pop_due(&s, at(5)), &d[1]);
	ck_assert(!deadline_armed(&d[1]));
	ck_assert_ptr_eq(sched_pop_due(&s, at(5)), &d[0]);
	ck_assert_ptr_eq(sched_pop_due(&s, at(5)), &d[2]);
	ck_assert_ptr_null(sched_pop_due(&s, at(5)));
	sched_disarm(&s, &d[3]);
	sched_disarm(&s, &d[3]);
	ck_assert(!sched_next(&s, &next));
	sched_fini(&s);
}
END_TEST

START_TEST(arming_again_moves)
{
	struct sched s = { 0 };
	struct deadline a = { 0 }, b = { 0 };

	sched_arm(&s, &a, at(1));
	sched_arm(&s, &b, at(2));
	sched_arm(&s, &a, at(2));
	ck_assert_ptr_eq(sched_pop_due(&s, at(9)), &b);
	ck_assert_ptr_eq(sched_pop_due(&s, at(9)), &a);
	sched_fini(&s);
}
END_TEST

START_TEST(many)
{
	static struct deadline d[2000];
	struct sched s = { 0 };
	struct rand r;
	int64_t last = -1;
	size_t armed = 0, popped = 0;

	rand_seed(&r, 7);
	for (size_t i = 0; i < ARRAY_LEN(d); i++)
		sched_arm(&s, &d[i], at((int64_t)rand_below(&r, 500)));
	for (size_t i = 0; i < 1000; i++) {
		struct deadline *x = &d[rand_below(&r, ARRAY_LEN(d))];

		if (rand_below(&r, 2) == 0)
			sched_disarm(&s, x);
		else
			sched_arm(&s, x, at((int64_t)rand_below(&r, 500)));
	}
	for (size_t i = 0; i < ARRAY_LEN(d); i++)
		armed += deadline_armed(&d[i]);
	for (struct deadline *x; (x = sched_pop_due(&s, at(1000))) != NULL; popped++) {
		ck_assert_int_ge(x->item.key, last);
		last = x->item.key;
	}
	ck_assert_uint_eq(popped, armed);
	sched_fini(&s);
}
END_TEST

int
main(void)
{
	return RUN("sched", in_order_of_time_then_of_arming, arming_again_moves, many);
}
