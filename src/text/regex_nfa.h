/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_nfa.h - all the places at once where a program may be.
 *
 * A set of places holds steps that take a rune, conditions that are not decided
 * yet as nobody has seen what is behind, and RX_STEP_MATCH. Edges that cost
 * nothing are followed at once.
 */
#ifndef TEXT_REGEX_NFA_H
#define TEXT_REGEX_NFA_H

#include "regex_prog.h"

struct rx_places {
	uint32_t *v;
	uint32_t n;
};

/* Memory for one who moves sets of one program. */
struct rx_scratch {
	const struct rx_prog *prog;
	uint32_t *mark, now;	/* mark[step] == now: the step is in the set that is being made */
	uint32_t *stack;
	struct rx_places middle, next, current;
};

enum rx_moved { RX_DEAD, RX_MATCHED, RX_MOVED };

/* Costs time in proportion to the program; rx_scratch_fini frees. */
void rx_scratch_init(struct rx_scratch *s, const struct rx_prog *p);
void rx_scratch_fini(struct rx_scratch *s);

/* Where a match begins, into s->next; RX_MATCHED when nothing at all is a match. */
enum rx_moved rx_begin(struct rx_scratch *s);
/*
 * From `from`, with `before` in front of it, over the rune into s->next (which must not be `from`'s memory).
 * RX_DEAD: no match any more. RX_MATCHED: it matches, whatever follows; at RX_END: it matches.
 */
enum rx_moved rx_move(struct rx_scratch *s, struct rx_places from, unsigned before, int32_t rune);

#endif
