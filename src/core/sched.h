/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/sched.h - which deadline comes next.
 *
 * A binary heap of deadlines that the owners embed in their own structs.
 * Knows no clock and no event loop: the caller says what time it is. Entries
 * that are due together come out in the order in which they were armed.
 *
 * Ownership: the schedule borrows every entry from arm to pop or disarm.
 * Errors: none; running out of memory ends the process (base/mem.h).
 */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

/* Zeroed memory is a deadline that is not armed. */
struct deadline {
	struct mono at;
	uint64_t order;	/* of arming */
	uint32_t place;	/* in the heap, counted from 1; 0: not armed */
	uint32_t kind;	/* the owner's mark: what this is embedded in */
};

/* Zeroed memory is an empty schedule. */
struct sched {
	struct deadline **heap;
	size_t n, cap;
	uint64_t armed;	/* ever */
};

/* Frees the heap; entries still armed are forgotten, not touched. */
void sched_fini(struct sched *s);
/* (Re)arms d for `at`; arming an armed deadline moves it. */
void sched_arm(struct sched *s, struct deadline *d, struct mono at);
/* Does nothing when d is not armed. */
void sched_disarm(struct sched *s, struct deadline *d);
/* The earliest deadline not after `now`, disarmed; NULL when none is due. */
struct deadline *sched_pop_due(struct sched *s, struct mono now);
/* When the earliest one is due; false: none is armed. */
bool sched_next(const struct sched *s, struct mono *at_out);

static inline bool
deadline_armed(const struct deadline *d)
{
	return d->place != 0;
}

#endif
