/* SPDX-License-Identifier: Apache-2.0 */
#include "hashes.h"

#include "base/mem.h"

/* From so many on, sorting by digits takes less than comparing. */
#define DIGITS_FROM 1024
#define DIGIT_BITS 11
#define DIGIT_VALUES ((size_t)1 << DIGIT_BITS)

/* `from` in the order of the digit at `shift`, and among equal ones as before. */
static void
sort_by_digit(const uint64_t *from, uint64_t *to, size_t n, unsigned shift)
{
	size_t place[DIGIT_VALUES] = { 0 }, sum = 0;

	for (size_t i = 0; i < n; i++)
		place[from[i] >> shift & (DIGIT_VALUES - 1)]++;
	for (size_t d = 0; d < DIGIT_VALUES; d++) {
		size_t here = place[d];

		place[d] = sum;
		sum += here;
	}
	for (size_t i = 0; i < n; i++)
		to[place[from[i] >> shift & (DIGIT_VALUES - 1)]++] = from[i];
}

void
hashes_sort(uint64_t *v, size_t n)
{
	uint64_t *other;

	if (n < DIGITS_FROM) {
		if (n > 1)
			qsort(v, n, sizeof(v[0]), hashes_cmp);
		return;
	}
	other = mem_calloc(n, sizeof(v[0]));
	/* An even number of digits, so that the last one comes to lie in v. */
	for (unsigned shift = 0; shift < 64; shift += 2 * DIGIT_BITS) {
		sort_by_digit(v, other, n, shift);
		sort_by_digit(other, v, n, shift + DIGIT_BITS);
	}
	mem_free(other);
}
