/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/turn.h - how long the loop is held by one turn of our code.
 *
 * Each callback of the event loop that may do work stands between turn_begin and
 * turn_end; of nested ones the outermost counts, under its name. While one of
 * them runs nothing else does: no alert comes in, none goes out. Reading a clock
 * twice is all that it costs. One process has one loop, and so one set of
 * figures. Loop thread only.
 */
#ifndef LOOP_TURN_H
#define LOOP_TURN_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/time.h"

/* A turn that takes longer is told in the log. */
#define TURN_LIMIT (10 * SPAN_MS)

#define TURN_BOUNDS 10

struct turn_figures {
	const double *bounds;		/* TURN_BOUNDS of them, in seconds */
	uint64_t counts[TURN_BOUNDS + 1];	/* by bound, not cumulative; the last is of what is above all */
	double sum;			/* seconds */
	span longest;
	const char *longest_name;	/* NULL: there was none yet */
};

/* `name`: static, what the log says held the loop. */
void turn_begin(const char *name);
void turn_end(void);
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
