/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/clock_watch.h - warns of a clock that is off: when the wall clock jumps against the monotonic one, and when alerts come that
 * start in the future (struct counters alerts_ahead), so that their sender's clock differs from this one. Loop thread only.
 */
#ifndef OBSERVE_CLOCK_WATCH_H
#define OBSERVE_CLOCK_WATCH_H

#include "base/log.h"
#include "base/time.h"

struct clock;
struct clock_watch;
struct engine;
struct event_base;
struct expo;

/* A clock that is put right bit by bit does not jump so far between two looks. */
#define CLOCK_LOOK_EVERY (10 * SPAN_S)
#define CLOCK_JUMP (2 * SPAN_S)
/* Senders may go on for days: a line about it comes no more often. */
#define CLOCK_AHEAD_EVERY (10 * SPAN_MIN)

/* All borrowed. base: NULL, if nobody but the caller looks. */
struct clock_watch *clock_watch_new(struct event_base *base, struct clock *clock, const struct log *log, const struct engine *engine);
/* Sets *w to NULL, which it may be already. */
void clock_watch_free(struct clock_watch **w);
/* The look of every CLOCK_LOOK_EVERY. */
void clock_watch_look(struct clock_watch *w);
/* A metrics source; arg is the watch. */
void clock_watch_expose(void *arg, struct expo *x, struct moment now);

#endif
