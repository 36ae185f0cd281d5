/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/silence_lists.h - the silences in the orders in which lists show them.
 *
 * Active ones by their end, pending ones by their start, expired ones by their
 * end, the latest first. Whether one is active is a question of the time, so
 * each stands in all three orders.
 *
 * A list that is written piece by piece shows the silences as they were when it
 * began: edits move a silence within the orders, and it would be shown twice or
 * not at all. So a silence as it was before an edit (they are immutable) stays
 * in the orders as long as a list is open that began before the edit.
 */
#ifndef CORE_SILENCE_LISTS_H
#define CORE_SILENCE_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "base/vec.h"
#include "base/work.h"
#include "model/silence.h"
#include "order.h"

/* A silence between two edits. */
struct silence_version {
	struct silence *silence;	/* owned reference */
	struct silence_version *next;	/* of those that are over, in the order in which they ended */
	uint64_t from, until;		/* by struct silence_lists.edits; until 0: it is in force */
	size_t bytes;			/* encoded (silence_wire_size) */
};

/* Zeroed memory is empty. */
struct silence_lists {
	struct order by_end, by_start, by_end_down;
	struct order several;		/* those that have not just one set of matchers, by end */
	uint64_t edits;			/* so far */
	struct silence_version *over, **over_end;
	struct silence_cursor *open;
	size_t bytes;			/* of what is in force */
	bool many;			/* between silence_lists_begin_many and silence_lists_end_many */
	VEC(struct silence_version *) to_order;	/* those that were added since */
};

/* s is in force from now on, to be forgotten at `expires`. Take the result back with silence_lists_remove. */
struct silence_version *silence_lists_add(struct silence_lists *l, struct silence *s, struct wall expires);
void silence_lists_remove(struct silence_lists *l, struct silence_version *v);
/*
 * About n are about to be added, while no list is open: they are put in order when silence_lists_end_many is called,
 * which costs less than to look for each one's places.
 */
void silence_lists_begin_many(struct silence_lists *l, size_t n);
void silence_lists_end_many(struct silence_lists *l);
/* The earliest start or end after now of one that is in force; false: there is none. */
bool silence_lists_turn(const struct silence_lists *l, struct wall now, struct wall *at_out);
/* How many are in force, by their enum silence_state at that time. */
void silence_lists_count(const struct silence_lists *l, struct wall now, size_t out[3]);
/* Nothing must be in force, and no list open. */
void silence_lists_fini(struct silence_lists *l);

/* One list that is being written. */
struct silence_cursor {
	struct silence_cursor *next;	/* of those that are open */
	struct silence_lists *lists;	/* NULL: not open */
	uint64_t edits;			/* when it began */
	struct wall now;		/* likewise */
	bool wanted[3];			/* by enum silence_state */
	int phase;
	struct silence_version last;	/* as of the one that was visited last; no silence: none in this phase */
};

/*
 * Begins a list of the silences that are in a wanted state now. Ends with silence_list_end. That somebody
 * reads is noted in l, which shows the same silences as before: so readers may hold it as const.
 */
void silence_list_begin(struct silence_cursor *c, const struct silence_lists *l, const bool wanted[3], struct wall now);
/* The next one, borrowed; NULL: that was the last, or, when w is used up, there may be more. */
struct silence *silence_list_next(struct silence_cursor *c, struct work *w);
/* Nothing of it is left, and what was kept for it goes little by little. c may be zeroed. */
void silence_list_end(struct silence_cursor *c);

#endif
