/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/hashes.h (private) - label hashes in order, as the notification log has them.
 */
#ifndef CORE_HASHES_H
#define CORE_HASHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline int
hashes_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static inline void
hashes_sort(uint64_t *v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof(v[0]), hashes_cmp);
}

/* Is it among n sorted ones? */
static inline bool
hashes_have(const uint64_t *v, size_t n, uint64_t hash)
{
	return n > 0 && bsearch(&hash, v, n, sizeof(hash), hashes_cmp) != NULL;
}

static inline bool
hashes_equal(const uint64_t *a, const uint64_t *b, size_t n)
{
	return n == 0 || memcmp(a, b, n * sizeof(a[0])) == 0;
}

#endif
