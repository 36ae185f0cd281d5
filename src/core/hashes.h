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

#include "base/work.h"

/* Ascending. In time linear in n where there are many. */
void hashes_sort(uint64_t *v, size_t n);
/* The same in slices: *run is NULL before, and when it is over, which returns true; v is in disorder meanwhile. */
struct hashes_run;
bool hashes_sort_some(struct hashes_run **run, uint64_t *v, size_t n, struct work *w);
/* Gives up what has begun; *run may be NULL. */
void hashes_run_free(struct hashes_run **run);

static inline int
hashes_cmp(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Is it among n sorted ones? */
static inline bool
hashes_have(const uint64_t *v, size_t n, uint64_t hash)
{
	return n > 0 && bsearch(&hash, v, n, sizeof(hash), hashes_cmp) != NULL;
}

/* The same for hashes that are asked for in ascending order; *at begins with 0. */
static inline bool
hashes_meet(const uint64_t *v, size_t n, size_t *at, uint64_t hash)
{
	while (*at < n && v[*at] < hash)
		++*at;
	return *at < n && v[*at] == hash;
}

static inline bool
hashes_equal(const uint64_t *a, const uint64_t *b, size_t n)
{
	return n == 0 || memcmp(a, b, n * sizeof(a[0])) == 0;
}

#endif
