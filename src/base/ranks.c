/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ranks.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

/* So many are sorted by moving one at a time. */
#define FEW 48
/* Things in a bucket, on the average, and the bits that say which it is: at most. */
#define IN_BUCKET 8
#define BUCKET_BITS 16

static void
sort_few(struct ranked *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct ranked x = v[i];
		size_t at = i;

		for (; at > 0 && v[at - 1].rank > x.rank; at--)
			v[at] = v[at - 1];
		v[at] = x;
	}
}

/* The bits in which ranks differ; 0 also when they are in order as they stand. */
static uint64_t
differences(const struct ranked *v, size_t n)
{
	uint64_t differ = 0;
	bool sorted = true;

	for (size_t i = 1; i < n; i++) {
		differ |= v[i].rank ^ v[0].rank;
		sorted = sorted && v[i - 1].rank <= v[i].rank;
	}
	return sorted ? 0 : differ;
}

/* Puts all into buckets by the bits from `shift` on. ends is zeroed; then it says where each bucket ends. */
static void
distribute(struct ranked *v, size_t n, unsigned shift, size_t *ends, size_t buckets)
{
	struct ranked *sorted = mem_alloc(n * sizeof(sorted[0]));
	size_t mask = buckets - 1, at = 0;

	for (size_t i = 0; i < n; i++)
		ends[v[i].rank >> shift & mask]++;
	for (size_t b = 0; b < buckets; b++) {
		size_t many = ends[b];

		ends[b] = at;
		at += many;
	}
	/* Behind this each stands where the next one begins. */
	for (size_t i = 0; i < n; i++)
		sorted[ends[v[i].rank >> shift & mask]++] = v[i];
	memcpy(v, sorted, n * sizeof(v[0]));
	mem_free(sorted);
}

void
ranks_sort(struct ranked *v, size_t n)
{
	uint64_t differ = n > FEW ? differences(v, n) : 0;
	unsigned bits = 1, top;
	size_t *ends;

	if (n <= FEW)
		sort_few(v, n);
	if (differ == 0)
		return;
	top = 64 - (unsigned)__builtin_clzll(differ);
	while (bits < BUCKET_BITS && bits < top && n >> bits > IN_BUCKET)
		bits++;
	ends = mem_calloc((size_t)1 << bits, sizeof(ends[0]));
	distribute(v, n, top - bits, ends, (size_t)1 << bits);
	for (size_t b = 0, from = 0; b >> bits == 0; from = ends[b++])
		ranks_sort(v + from, ends[b] - from);
	mem_free(ends);
}
