/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/timer.h - calls a function of ours once, after a span of time.
 *
 * The call is a turn (loop/turn.h) under the timer's name. Spans begin when the
 * present round of the event loop began, and are rounded up to microseconds; so
 * whoever has an exact deadline looks at the clock when called, and sets the
 * timer again if it is early. Running out of memory ends the process, as in
 * base/mem.h. Loop thread only.
 */
#ifndef LOOP_TIMER_H
#define LOOP_TIMER_H

#include <stdbool.h>

#include "base/time.h"

struct event;
struct event_base;

/* Embed in a struct of one's own, which must stay where it is. */
struct timer {
	struct event *ev;		/* private to timer.c, as is all */
	const char *name;
	void (*fn)(void *arg);
	void *arg;
	bool set;
};

/* `name`: static, what the log says held the loop. `fn` may end the timer, and free what it is in. Borrows `base`. */
void timer_init(struct timer *t, struct event_base *base, const char *name, void (*fn)(void *arg), void *arg);
/* It never fires, nor can be set any more. Zeroed timers are left alone by this function and by all below. */
void timer_fini(struct timer *t);
/*
 * Sets it, or sets it anew. Even after 0, or less, it fires from the loop and
 * never from here, when the I/O that is ready has been looked at.
 */
void timer_in(struct timer *t, span wait);
/*
 * Sets it to fire in this round of the loop, behind all that the round has found ready, without another look at what is ready
 * meanwhile. For what ends a round: a timer that sets itself so, again and again, would keep the loop from I/O.
 */
void timer_in_round(struct timer *t);
void timer_stop(struct timer *t);
/* It will fire. */
static inline bool
timer_is_set(const struct timer *t)
{
	return t->set;
}

#endif
