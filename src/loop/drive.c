/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/drive.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include <event2/event.h>

#include "base/mem.h"
#include "core/engine.h"
#include "loop/turn.h"

/* How long ticks may go on before I/O has its turn. */
#define TURN_MAX (4 * SPAN_MS)

struct drive {
	struct event *timer;
	struct engine *engine;
	struct clock *clock;
	bool armed;
	struct mono at;		/* what the timer is armed for */
};

static void
arm(struct drive *d, struct mono at, struct mono now)
{
	span wait = mono_sub(at, now);
	struct timeval tv;

	if (wait < 0)
		wait = 0;
	/* Rounded up: a timer that fires early would only be armed again. */
	wait = (wait + SPAN_US - 1) / SPAN_US;
	tv.tv_sec = wait / 1000000;
	tv.tv_usec = wait % 1000000;
	evtimer_add(d->timer, &tv);
	d->armed = true;
	d->at = at;
}

static void
rearm_at(struct drive *d, struct mono now)
{
	struct mono at;

	if (!engine_next(d->engine, &at)) {
		if (d->armed)
			evtimer_del(d->timer);
		d->armed = false;
	} else if (!d->armed || d->at.ns != at.ns) {
		arm(d, at, now);
	}
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	TURN("engine");
	struct drive *d = arg;
	struct moment now = d->clock->now(d->clock);
	struct mono end = mono_add(now.mono, TURN_MAX);
	struct mono at;

	(void)fd;
	(void)what;
	d->armed = false;
	while (engine_next(d->engine, &at) && at.ns <= now.mono.ns) {
		engine_tick(d->engine, now);
		now = d->clock->now(d->clock);
		if (now.mono.ns >= end.ns)
			break;
	}
	rearm_at(d, now.mono);
}

struct drive *
drive_new(struct event_base *base, struct engine *engine, struct clock *clock)
{
	struct drive *d = NEW(struct drive);

	d->engine = engine;
	d->clock = clock;
	d->timer = evtimer_new(base, on_timer, d);
	assert(d->timer != NULL);
	drive_rearm(d);
	return d;
}

void
drive_free(struct drive **d)
{
	if (*d == NULL)
		return;
	event_free((*d)->timer);
	mem_free(*d);
	*d = NULL;
}

void
drive_rearm(struct drive *d)
{
	rearm_at(d, d->clock->now(d->clock).mono);
}
