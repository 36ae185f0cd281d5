/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of hashes are sorted at once or in slices, to the same end. */
#include "hashes.h"

#include "base/hash.h"
#include "base/mem.h"
#include "lib_core.h"

static uint64_t *
some(size_t n)
{
	uint64_t *v = mem_calloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = hash_mix(7, i % 900 + i / 3);
	return v;
}

/* Slices of so many units; each spends no more than one beyond, but for a short list, which is sorted at once. */
static void
sort_in_slices(size_t n, int64_t units)
{
	uint64_t *whole = some(n), *v = some(n);
	struct hashes_run *run = NULL;
	size_t slices = 1;
	struct work w = { units };

	qsort(whole, n, sizeof(*whole), hashes_cmp);
	for (; !hashes_sort_some(&run, v, n, &w); slices++) {
		ck_assert_int_ge(w.left, -1);
		w.left = units;
	}
	ck_assert_ptr_null(run);
	ck_assert(hashes_equal(v, whole, n));
	if (n > 1024)
		ck_assert_uint_ge(slices, n * 6 / (size_t)units);
	mem_free(whole);
	mem_free(v);
}

START_TEST(slices_come_to_the_same)
{
	static const size_t sizes[] = { 0, 1, 2, 1000, 1023, 1024, 1025, 5000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int64_t units = 1; units < 1000000; units *= 10)
			sort_in_slices(sizes[i], units);
}
END_TEST

START_TEST(one_may_be_given_up)
{
	uint64_t *v = some(3000);
	struct hashes_run *run = NULL;
	struct work w = { 5000 };

	ck_assert(!hashes_sort_some(&run, v, 3000, &w));
	ck_assert_ptr_nonnull(run);
	hashes_run_free(&run);
	ck_assert_ptr_null(run);
	hashes_run_free(&run);
	mem_free(v);
}
END_TEST

int
main(void)
{
	return RUN("hashes", slices_come_to_the_same, one_may_be_given_up);
}
