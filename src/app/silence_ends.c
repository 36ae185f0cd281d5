/* SPDX-License-Identifier: Apache-2.0 */
#include "silence_ends.h"

#include "base/mem.h"
#include "core/view.h"
#include "server_private.h"

/* The clock may be set: it is looked at again after this. */
#define LOOK_AHEAD SPAN_MIN
/* Until the database of history is open. */
#define LOOK_AGAIN (20 * SPAN_MS)
/* Units of one turn. */
#define TURN_WORK 20000
/* To note one. */
#define NOTE_UNITS 50

struct silence_ends {
	struct server *s;
	struct timer timer;
	struct event_listener listener;
	struct wall from, upto;		/* ends after the first, up to the second, are told of … */
	struct silence_list *list;	/* … by this; NULL: all was told up to `from` */
	bool looked_back;		/* `from` is when history ended before */
};

static void
wait_for_next(struct silence_ends *x)
{
	struct moment now = x->s->clock->now(x->s->clock);
	struct wall at;
	span wait;

	if (x->list != NULL)
		return;
	timer_stop(&x->timer);
	if (!view_silences_turn(x->s->engine, now, &at))
		return;
	/* At its end it is still active. One without an end is as far away as a span goes. */
	wait = wall_sub(at, now.wall);
	timer_in(&x->timer, wait < LOOK_AHEAD ? wait + SPAN_MS : LOOK_AHEAD);
}

/* Somebody who ends a silence is told of when he does it, and one that comes again by the engine. */
static bool
ended_by_itself(const struct silence *s)
{
	return wall_before(s->updated, s->ends) && silence_schedule(s) == NULL;
}

/* Those that ended last come first. False: there is more, in the next turn. */
static bool
tell(struct silence_ends *x, struct moment now)
{
	struct work w = { TURN_WORK };
	const struct silence *s;

	while ((s = view_silence_next(x->list, &w)) != NULL) {
		if (!wall_after(s->ends, x->from))
			return true;
		if (ended_by_itself(s))
			history_silence_ended(x->s->history, s, now);
		work_spend(&w, NOTE_UNITS);
		if (work_used_up(&w))
			return false;
	}
	return !work_used_up(&w);
}

/* Silences that ended while no process was there: the next one tells of them. False: not now. */
static bool
look_back(struct silence_ends *x, struct moment now)
{
	struct wall before;

	if (!history_before(x->s->history, &before)) {
		/* One that cannot be opened is not waited for. */
		x->looked_back = !history_health(x->s->history, now).ok;
		return x->looked_back;
	}
	if (!wall_is_zero(before) && wall_before(before, x->from))
		x->from = before;
	x->looked_back = true;
	return true;
}

static void
on_timer(void *arg)
{
	static const bool expired[3] = { [SILENCE_EXPIRED] = true };
	struct silence_ends *x = arg;
	struct moment now = x->s->clock->now(x->s->clock);

	if (!x->looked_back && !look_back(x, now)) {
		timer_in(&x->timer, LOOK_AGAIN);
		return;
	}
	engine_see(x->s->engine, now);
	if (x->list == NULL) {
		x->list = view_silence_list(x->s->engine, expired, now);
		x->upto = now.wall;
	}
	if (!tell(x, now)) {
		timer_in(&x->timer, 0);
		return;
	}
	view_silence_list_end(&x->list);
	x->from = x->upto;
	wait_for_next(x);
}

static void
hear(void *arg, const struct event *ev)
{
	struct silence_ends *x = arg;

	(void)ev;
	/* The engine is at work: it is asked later. */
	if (x->list != NULL)
		return;
	timer_stop(&x->timer);
	timer_in(&x->timer, 0);
}

struct silence_ends *
silence_ends_new(struct server *s)
{
	struct silence_ends *x = NEW(struct silence_ends);

	x->s = s;
	x->from = s->clock->now(s->clock).wall;
	x->listener = (struct event_listener){
		EVENT_BIT(EVENT_SILENCE_CREATED) | EVENT_BIT(EVENT_SILENCE_UPDATED) | EVENT_BIT(EVENT_SILENCE_EXPIRED), hear, x
	};
	port_listen(&s->port, &x->listener);
	timer_init(&x->timer, s->base, "silence ends", on_timer, x);
	timer_in(&x->timer, 0);
	return x;
}

void
silence_ends_free(struct silence_ends **xp)
{
	struct silence_ends *x = *xp;

	if (x == NULL)
		return;
	view_silence_list_end(&x->list);
	port_unlisten(&x->s->port, &x->listener);
	timer_fini(&x->timer);
	mem_free(x);
	*xp = NULL;
}
