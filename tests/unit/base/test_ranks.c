/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include "base/mem.h"
#include "base/rand.h"
#include "base/ranks.h"
#include "suite.h"

#define MANY 3000

/* Numbers as others send them: evenly, near each other with some far away, all the same, a few of each, and as adversaries choose them. */
static uint64_t
rank_of(struct rand *r, int shape, size_t i)
{
	switch (shape) {
	case 0:
		return rand_u64(r);
	case 1:
		return i % 100 == 99 ? rand_u64(r) : UINT64_C(1) << 60 | rand_below(r, 5000);
	case 2:
		return 7;
	case 3:
		return rand_below(r, 3);
	case 4:
		return i;
	case 5:
		return UINT64_MAX - i;
	default:
		/* Each bit tells one of them from all others. */
		return i < 64 ? UINT64_C(1) << i : rand_below(r, 2);
	}
}

static void
check_sorted(struct rand *r, int shape, size_t n)
{
	struct ranked *v = mem_calloc(n + 1, sizeof(*v));
	bool *seen = mem_calloc(n + 1, sizeof(*seen));
	uint64_t *ranks = mem_calloc(n + 1, sizeof(*ranks));

	for (size_t i = 0; i < n; i++) {
		ranks[i] = rank_of(r, shape, i);
		v[i] = (struct ranked){ ranks[i], &seen[i] };
	}
	ranks_sort(v, n);
	for (size_t i = 0; i < n; i++) {
		size_t which = (size_t)((bool *)v[i].thing - seen);

		ck_assert_uint_lt(which, n);
		ck_assert(!seen[which]);
		seen[which] = true;
		ck_assert_uint_eq(v[i].rank, ranks[which]);
		if (i > 0)
			ck_assert(v[i - 1].rank < v[i].rank || (v[i - 1].rank == v[i].rank && v[i - 1].thing < v[i].thing));
	}
	mem_free(v);
	mem_free(seen);
	mem_free(ranks);
}

START_TEST(all_come_in_order_and_equal_ones_stay_as_they_stand)
{
	static const size_t sizes[] = { 0, 1, 2, 47, 48, 49, 100, MANY };
	struct rand r;

	rand_seed(&r, 5);
	for (int shape = 0; shape < 7; shape++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			check_sorted(&r, shape, sizes[i]);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, all_come_in_order_and_equal_ones_stay_as_they_stand);
}

int
main(void)
{
	return run_suite("ranks", add);
}
