/* SPDX-License-Identifier: Apache-2.0 */

#include "base/compiler.h"
#include "base/list.h"
#include "suite.h"

struct item {
	int value;
	struct list_node place;
};

/* The values forwards, each as a digit; the way back must be the same. */
static int
digits(const struct list *l)
{
	int forwards = 0, backwards = 0, weight = 1;

	LIST_EACH(l, n)
		forwards = forwards * 10 + CONTAINER_OF(n, struct item, place)->value;
	for (struct list_node *n = l->last; n != NULL; n = n->prev, weight *= 10)
		backwards += CONTAINER_OF(n, struct item, place)->value * weight;
	ck_assert_int_eq(forwards, backwards);
	return forwards;
}

START_TEST(keeps_the_order_of_appending)
{
	struct item i[4] = { { .value = 1 }, { .value = 2 }, { .value = 3 }, { .value = 4 } };
	struct list l = { 0 };

	ck_assert_int_eq(digits(&l), 0);
	for (size_t k = 0; k < 4; k++)
		list_append(&l, &i[k].place);
	ck_assert_int_eq(digits(&l), 1234);
	list_remove(&l, &i[1].place);	/* in the middle, */
	ck_assert_int_eq(digits(&l), 134);
	list_remove(&l, &i[0].place);	/* at the beginning */
	ck_assert_int_eq(digits(&l), 34);
	list_remove(&l, &i[3].place);	/* and at the end */
	ck_assert_int_eq(digits(&l), 3);
	list_append(&l, &i[1].place);
	ck_assert_int_eq(digits(&l), 32);
	list_prepend(&l, &i[3].place);
	ck_assert_int_eq(digits(&l), 432);
	list_remove(&l, &i[3].place);
	list_remove(&l, &i[2].place);
	list_remove(&l, &i[1].place);
	list_prepend(&l, &i[0].place);
	ck_assert_int_eq(digits(&l), 1);
	list_remove(&l, &i[0].place);
	ck_assert_ptr_null(l.first);
	ck_assert_ptr_null(l.last);
}
END_TEST

START_TEST(the_visited_one_may_be_removed)
{
	struct item i[5] = { { .value = 1 }, { .value = 2 }, { .value = 3 }, { .value = 4 }, { .value = 5 } };
	struct list l = { 0 };

	for (size_t k = 0; k < 5; k++)
		list_append(&l, &i[k].place);
	LIST_EACH(&l, n)
		if (CONTAINER_OF(n, struct item, place)->value % 2 == 1)
			list_remove(&l, n);
	ck_assert_int_eq(digits(&l), 24);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, keeps_the_order_of_appending);
	tcase_add_test(tc, the_visited_one_may_be_removed);
}

int
main(void)
{
	return run_suite("list", add);
}
