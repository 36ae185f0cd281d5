/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/exact_timer.h - a timer that fires within microseconds of when it is due.
 *
 * Those of loop/timer.h go by libevent's clock, which moves with the ticks of the kernel, 4 ms apart on most machines: what is
 * due then fires up to that much late. That is as good for most, but who waits for a notification, or measures how late it
 * was, would see it. libevent can have an exact clock for all of its timers, at the price of a system call in each round of the
 * loop; this one makes a call when it is set, and none else. Loop thread only.
 */
#ifndef LOOP_EXACT_TIMER_H
#define LOOP_EXACT_TIMER_H

#include "base/time.h"
#include "loop/timer.h"

struct exact_timer {
	struct timer timer;	/* private, as is all: for what is due already, and where there is no descriptor to be had */
	struct event *ev;
	int fd;			/* a timerfd; -1: none */
};

/*
 * As timer_init and those after it, but it may fire early, or when it was stopped or set anew, as to take back what the kernel was
 * asked for is another call: deadlines are compared with the clock.
 */
void exact_timer_init(struct exact_timer *t, struct event_base *base, const char *name, void (*fn)(void *arg), void *arg);
void exact_timer_fini(struct exact_timer *t);
void exact_timer_in(struct exact_timer *t, span wait);
void exact_timer_stop(struct exact_timer *t);

#endif
