/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/sched.h - which deadline comes next.
 *
 * A heap of deadlines that the owners embed in their own structs. Knows no
 * clock and no event loop: the caller says what time it is. Entries that are
 * due together come out in the order in which they were armed.
 *
 * Ownership: the schedule borrows every entry from arm to pop or disarm.
 */
#ifndef CORE_SCHED_H
#define CORE_SCHED_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/min_heap.h"
#include "base/time.h"

/* Zeroed memory is a deadline that is not armed; the mark says what it is embedded in. */
struct deadline {
	struct min_item item;
};

/* Zeroed memory is an empty schedule. */
struct sched {
	struct min_heap heap;
};

/* Entries still armed are forgotten, not touched. */
static inline void
sched_fini(struct sched *s)
{
	min_heap_fini(&s->heap);
}

/* (Re)arms d for `at`; arming an armed deadline moves it. */
static inline void
sched_arm(struct sched *s, struct deadline *d, struct mono at)
{
	min_heap_set(&s->heap, &d->item, at.ns);
}

/* Does nothing when d is not armed. */
static inline void
sched_disarm(struct sched *s, struct deadline *d)
{
	min_heap_remove(&s->heap, &d->item);
}

/* When the earliest one is due; false: none is armed. */
static inline bool
sched_next(const struct sched *s, struct mono *at_out)
{
	if (s->heap.n == 0)
		return false;
	at_out->ns = s->heap.v[0]->key;
	return true;
}

/* The earliest deadline not after `now`, disarmed; NULL when none is due. */
static inline struct deadline *
sched_pop_due(struct sched *s, struct mono now)
{
	struct min_item *first = s->heap.n > 0 ? s->heap.v[0] : NULL;

	if (first == NULL || first->key > now.ns)
		return NULL;
	min_heap_remove(&s->heap, first);
	return CONTAINER_OF(first, struct deadline, item);
}

static inline bool
deadline_armed(const struct deadline *d)
{
	return d->item.place != 0;
}

#endif
