/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/drive.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"
#include "core/engine.h"
#include "loop/exact_timer.h"
#include "loop/turn.h"

/* How long ticks may go on before I/O has its turn. */
#define TURN_MAX (4 * SPAN_MS)

struct drive {
	struct exact_timer timer;
	struct engine *engine;
	struct clock *clock;
	bool armed;
	struct mono at;		/* what the timer is armed for */
};

static void
arm(struct drive *d, struct mono at, struct mono now)
{
	exact_timer_in(&d->timer, mono_sub(at, now));
	d->armed = true;
	d->at = at;
}

static void
rearm_at(struct drive *d, struct mono now)
{
	struct mono at;

	if (!engine_next(d->engine, &at)) {
		if (d->armed)
			exact_timer_stop(&d->timer);
		d->armed = false;
	} else if (!d->armed || d->at.ns != at.ns) {
		arm(d, at, now);
	}
}

static void
on_timer(void *arg)
{
	struct drive *d = arg;
	struct moment now = d->clock->now(d->clock);
	struct mono end = mono_add(now.mono, TURN_MAX);
	struct engine_part part;
	struct mono at;

	d->armed = false;
	while (engine_next(d->engine, &at) && at.ns <= now.mono.ns) {
		engine_tick(d->engine, now);
		part = engine_longest_part(d->engine);
		turn_part(part.what != NULL ? str_from(part.what) : STR_NONE, (uint64_t)(part.units > 0 ? part.units : 0));
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
	exact_timer_init(&d->timer, base, "engine", on_timer, d);
	drive_rearm(d);
	return d;
}

void
drive_free(struct drive **d)
{
	if (*d == NULL)
		return;
	exact_timer_fini(&(*d)->timer);
	mem_free(*d);
	*d = NULL;
}

void
drive_rearm(struct drive *d)
{
	rearm_at(d, d->clock->now(d->clock).mono);
}
