/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/ranks.h - many things put in order by a number, at once.
 *
 * By buckets instead of comparisons: each thing is moved a few times, whether there are a thousand of them or a million,
 * and whoever chooses the numbers gains nothing by it, as buckets that are crowded have buckets of their own.
 */
#ifndef BASE_RANKS_H
#define BASE_RANKS_H

#include <stddef.h>
#include <stdint.h>

struct ranked {
	uint64_t rank;
	void *thing;
};

/* The lowest rank first; those of one rank stay in the order in which they stand. */
void ranks_sort(struct ranked *v, size_t n);

#endif
