/* SPDX-License-Identifier: Apache-2.0 */
#include "hashes.h"

#include <assert.h>

#include "base/mem.h"

/* From so many on, sorting by digits takes less than comparing. */
#define DIGITS_FROM 1024
/* Comparing takes so much for each. */
#define COMPARED_UNITS 12
#define DIGIT_BITS 11
#define DIGIT_VALUES ((size_t)1 << DIGIT_BITS)

/* An even number of digits, so that the last one comes to lie where the hashes were. */
#define DIGITS 6

/* Hashes that are being sorted by their digits, the lowest first: those of one digit are counted, then put in their places. */
struct hashes_run {
	uint64_t *other;
	unsigned digit;
	bool counted;
	size_t at;			/* of the hashes, in this digit */
	size_t place[DIGIT_VALUES];	/* how many there are, or where the next one goes */
};

/* As many of `left` steps as there is work for, one at least. */
static size_t
steps(struct work *w, size_t left)
{
	size_t n = w->left > 1 ? (size_t)w->left : 1;

	if (n > left)
		n = left;
	work_spend(w, (int64_t)n);
	return n;
}

static bool
count_some(struct hashes_run *r, const uint64_t *from, size_t n, struct work *w)
{
	size_t end = r->at + steps(w, n - r->at), sum = 0;
	unsigned shift = r->digit * DIGIT_BITS;

	for (; r->at < end; r->at++)
		r->place[from[r->at] >> shift & (DIGIT_VALUES - 1)]++;
	if (r->at < n)
		return false;
	for (size_t d = 0; d < DIGIT_VALUES; d++) {
		size_t here = r->place[d];

		r->place[d] = sum;
		sum += here;
	}
	r->counted = true;
	r->at = 0;
	return true;
}

/* Those that are equal stay as they are. */
static bool
place_some(struct hashes_run *r, const uint64_t *from, uint64_t *to, size_t n, struct work *w)
{
	size_t end = r->at + steps(w, n - r->at);
	unsigned shift = r->digit * DIGIT_BITS;

	for (; r->at < end; r->at++)
		to[r->place[from[r->at] >> shift & (DIGIT_VALUES - 1)]++] = from[r->at];
	if (r->at < n)
		return false;
	memset(r->place, 0, sizeof(r->place));
	r->counted = false;
	r->at = 0;
	r->digit++;
	return true;
}

void
hashes_run_free(struct hashes_run **r)
{
	if (*r == NULL)
		return;
	mem_free((*r)->other);
	mem_free(*r);
	*r = NULL;
}

bool
hashes_sort_some(struct hashes_run **run, uint64_t *v, size_t n, struct work *w)
{
	struct hashes_run *r = *run;

	if (n < DIGITS_FROM) {
		work_spend(w, COMPARED_UNITS * (int64_t)n);
		if (n > 1)
			qsort(v, n, sizeof(v[0]), hashes_cmp);
		return true;
	}
	if (r == NULL) {
		*run = r = NEW(struct hashes_run);
		r->other = mem_alloc(n * sizeof(v[0]));
	}
	while (r->digit < DIGITS) {
		uint64_t *from = r->digit % 2 == 0 ? v : r->other, *to = from == v ? r->other : v;

		if (work_used_up(w) || (!r->counted && !count_some(r, from, n, w)) || !place_some(r, from, to, n, w))
			return false;
	}
	hashes_run_free(run);
	return true;
}

void
hashes_sort(uint64_t *v, size_t n)
{
	struct hashes_run *run = NULL;
	struct work all = { INT64_MAX };
	bool sorted = hashes_sort_some(&run, v, n, &all);

	assert(sorted);
	(void)sorted;
}
