/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/exact_timer.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "loop/turn.h"

static void
on_due(evutil_socket_t fd, short what, void *arg)
{
	struct exact_timer *t = arg;
	TURN(t->timer.name);

	(void)fd;
	(void)what;
	/* The descriptor is not read: each time that it is due it wakes us once. */
	t->timer.fn(t->timer.arg);
}

void
exact_timer_init(struct exact_timer *t, struct event_base *base, const char *name, void (*fn)(void *arg), void *arg)
{
	*t = (struct exact_timer){ .fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC) };
	timer_init(&t->timer, base, name, fn, arg);
	if (t->fd < 0)
		return;
	t->ev = event_new(base, t->fd, EV_READ | EV_ET | EV_PERSIST, on_due, t);
	if (t->ev == NULL)
		abort();	/* out of memory */
	if (event_add(t->ev, NULL) == 0)
		return;
	event_free(t->ev);
	t->ev = NULL;
	close(t->fd);
	t->fd = -1;
}

void
exact_timer_in(struct exact_timer *t, span wait)
{
	struct itimerspec at = { .it_value = { (time_t)(wait / SPAN_S), (long)(wait % SPAN_S) } };
	int bad;

	if (wait <= 0 || t->fd < 0) {
		timer_in(&t->timer, wait);
		return;
	}
	timer_stop(&t->timer);
	bad = timerfd_settime(t->fd, 0, &at, NULL);
	/* It is a timer, and the time is a valid one. */
	assert(bad == 0);
	(void)bad;
}

void
exact_timer_stop(struct exact_timer *t)
{
	timer_stop(&t->timer);
}

void
exact_timer_fini(struct exact_timer *t)
{
	timer_fini(&t->timer);
	if (t->ev == NULL)
		return;
	event_free(t->ev);
	t->ev = NULL;
	close(t->fd);
	t->fd = -1;
}
