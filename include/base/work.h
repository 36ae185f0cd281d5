/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/work.h - how much may still be done before others have their turn.
 *
 * Work that can take long counts its own steps instead of asking a clock, so
 * that the core stays a pure function and a run can be repeated: the caller
 * gives a number of units, the callee spends them, and when they are used up it
 * keeps its place and says that it is not done. A unit is some 10 ns of a
 * present-day core: a turn of a few milliseconds is WORK_TURN units.
 */
#ifndef BASE_WORK_H
#define BASE_WORK_H

#include <stdbool.h>
#include <stdint.h>

/* About a millisecond; three where units cost more than they should, as what is not in the cache does. */
#define WORK_TURN INT64_C(100000)

struct work {
	int64_t left;	/* units; below zero: the last step cost more than there was */
};

static inline void
work_spend(struct work *w, int64_t units)
{
	w->left -= units;
}

static inline bool
work_used_up(const struct work *w)
{
	return w->left <= 0;
}

#endif
