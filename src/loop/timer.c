/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/timer.h"

#include <stddef.h>
#include <stdlib.h>

#include <event2/event.h>

#include "loop/turn.h"

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;
	TURN(t->name);

	(void)fd;
	(void)what;
	t->set = false;
	t->fn(t->arg);
}

void
timer_init(struct timer *t, struct event_base *base, const char *name, void (*fn)(void *arg), void *arg)
{
	*t = (struct timer){ .name = name, .fn = fn, .arg = arg };
	t->ev = evtimer_new(base, on_timer, t);
	if (t->ev == NULL)
		abort();	/* out of memory */
}

void
timer_fini(struct timer *t)
{
	if (t->ev != NULL)
		event_free(t->ev);
	t->ev = NULL;
	t->set = false;
}

void
timer_in(struct timer *t, span wait)
{
	struct timeval tv = { 0, 0 };

	if (t->ev == NULL)
		return;
	if (wait > 0) {
		int64_t us = wait / SPAN_US + (wait % SPAN_US != 0);

		tv.tv_sec = (time_t)(us / 1000000);
		tv.tv_usec = (suseconds_t)(us % 1000000);
	}
	if (evtimer_add(t->ev, &tv) != 0)
		abort();	/* out of memory */
	t->set = true;
}

void
timer_in_round(struct timer *t)
{
	if (t->ev == NULL)
		return;
	event_active(t->ev, EV_TIMEOUT, 0);
	t->set = true;
}

void
timer_stop(struct timer *t)
{
	if (t->ev != NULL)
		evtimer_del(t->ev);
	t->set = false;
}
