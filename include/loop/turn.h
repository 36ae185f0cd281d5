/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/turn.h - how long the loop is held by one turn of our code.
 *
 * Each callback of the event loop that may do work stands between turn_begin and
 * turn_end; of nested ones the outermost counts, under its name. While one of
 * them runs nothing else does: no alert comes in, none goes out. Reading a clock
 * twice is all that it costs. One process has one loop, and so one set of
 * figures. Loop thread only.
 *
 * A machine that is busy with else holds the loop as well. So turns are counted twice, by the clock and
 * by what they had of the processor, and only the second is ours to mend. That clock is read where a turn was longer
 * than a millisecond, and when one begins and half a millisecond may have been spent since it was read last: what was done in between
 * counts as the turn's. Shorter ones count by the clock.
 */
#ifndef LOOP_TURN_H
#define LOOP_TURN_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/str.h"
#include "base/time.h"

/* A turn that takes longer is told in the log. */
#define TURN_LIMIT (10 * SPAN_MS)

#define TURN_BOUNDS 10

/* Turns by one of the clocks. */
struct turn_times {
	uint64_t counts[TURN_BOUNDS + 1];	/* by bound, not cumulative; the last is of what is above all */
	double sum;			/* seconds */
	span longest;
	const char *longest_name;	/* NULL: there was none yet */
};

struct turn_figures {
	const double *bounds;		/* TURN_BOUNDS of them, in seconds */
	struct turn_times wall, cpu;
};

/* `name`: static, what the log says held the loop. */
void turn_begin(const char *name);
void turn_end(void);
/*
 * The part of the turn since the last call, or since it began, was this, so large; the log has the longest such part of a long turn.
 * `size`: in units, bytes or the like, as `what` has it. A clock is read.
 */
void turn_part(struct str what, uint64_t size);
/* One that lasts to the end of the block. */
#define TURN(name) __attribute__((cleanup(turn_leave), unused)) const char *const turn_here = turn_enter(name)

static inline const char *
turn_enter(const char *name)
{
	turn_begin(name);
	return name;
}

static inline void
turn_leave(const char *const *name)
{
	(void)name;
	turn_end();
}

/* Where long turns are told; NULL: nowhere. Borrowed. */
void turn_log(const struct log *log);
void turn_figures(struct turn_figures *out);

#endif
