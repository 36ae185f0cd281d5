/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/clock_watch.h"

#include "base/mem.h"
#include "core/counters.h"
#include "core/view.h"
#include "loop/timer.h"
#include "text/expo.h"

struct clock_watch {
	struct event_base *base;
	struct timer timer;
	struct clock *clock;
	const struct log *log;
	const struct engine *engine;
	struct moment last;
	uint64_t jumps, ahead;	/* alerts: as they were when a line told of them */
	struct mono quiet_until;	/* no line about alerts before that */
};

static void
look_for_jump(struct clock_watch *w, struct moment now)
{
	span by = wall_sub(now.wall, w->last.wall) - mono_sub(now.mono, w->last.mono);

	if (by <= CLOCK_JUMP && by >= -CLOCK_JUMP)
		return;
	w->jumps++;
	LOG(w->log, LOG_WARN, "The wall clock jumped: what was to happen by it happens earlier or later", F_SPAN("by", by));
}

static void
look_for_alerts(struct clock_watch *w, struct moment now)
{
	uint64_t ahead = view_counters(w->engine)->alerts_ahead;

	if (ahead == w->ahead || now.mono.ns < w->quiet_until.ns)
		return;
	LOG(w->log, LOG_WARN, "Alerts came that start in the future: their sender's clock is off, or this one's",
	    F_UINT("alerts", ahead - w->ahead));
	w->ahead = ahead;
	w->quiet_until = mono_add(now.mono, CLOCK_AHEAD_EVERY);
}

void
clock_watch_look(struct clock_watch *w)
{
	struct moment now = w->clock->now(w->clock);

	look_for_jump(w, now);
	look_for_alerts(w, now);
	w->last = now;
}

static void
on_timer(void *arg)
{
	struct clock_watch *w = arg;

	clock_watch_look(w);
	timer_in(&w->timer, CLOCK_LOOK_EVERY);
}

struct clock_watch *
clock_watch_new(struct event_base *base, struct clock *clock, const struct log *log, const struct engine *engine)
{
	struct clock_watch *w = NEW(struct clock_watch);

	*w = (struct clock_watch){ .base = base, .clock = clock, .log = log, .engine = engine, .last = clock->now(clock) };
	if (base == NULL)
		return w;
	timer_init(&w->timer, base, "clock watch", on_timer, w);
	timer_in(&w->timer, CLOCK_LOOK_EVERY);
	return w;
}

void
clock_watch_free(struct clock_watch **wp)
{
	struct clock_watch *w = *wp;

	if (w == NULL)
		return;
	if (w->base != NULL)
		timer_fini(&w->timer);
	mem_free(w);
	*wp = NULL;
}

void
clock_watch_expose(void *arg, struct expo *x, struct moment now)
{
	const struct clock_watch *w = arg;

	(void)now;
	expo_family(x, "tocsin_clock_jumps_total", "Times that the wall clock jumped against the time that passed.", EXPO_COUNTER);
	expo_value(x, (double)w->jumps);
	expo_family(x, "tocsin_clock_alerts_ahead_total", "Alerts that came with a start in the future, by this instance's clock.",
	    EXPO_COUNTER);
	expo_value(x, (double)view_counters(w->engine)->alerts_ahead);
}
