/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end: whoever is being told something at this moment is told to the end,
 * within bounds, so that it need not be told again after a restart.
 */
#include <event2/event.h>

#include "base/leaks.h"
#include "others.h"
#include "server_private.h"

#define POLL (10 * SPAN_MS)
#define GRACE (3 * SPAN_S)

static void
on_poll(void *arg)
{
	struct server *s = arg;

	/* Claims that are under way come to their end first: nobody else may tell that as well. */
	bool done = others_rest(s) &&
	    outbox_pending(s->outbox) + s->held.n + recorder_pending(s->recorder) + tracer_pending(s->tracer) == 0;

	/* The others are told last, with all that was sent. */
	if ((done && others_leave(s)) || s->clock->now(s->clock).mono.ns >= s->end_at_latest.ns)
		event_base_loopbreak(s->base);
	else
		timer_in(&s->ending, POLL);
}

void
server_end(struct server *s)
{
	struct moment now = s->clock->now(s->clock);

	s->end_at_latest = mono_add(now.mono, GRACE);
	recorder_process(s->recorder, RECORD_SHUTDOWN, now.wall);
	tracer_close(s->tracer);
	timer_init(&s->ending, s->base, "end", on_poll, s);
	on_poll(s);
}

/* It takes seconds with a million alerts, in which the next start waits; with the process all of them go at once. */
void
server_free_state(struct server *s)
{
	if (!LEAKS_ARE_SOUGHT)
		return;
	engine_free(&s->engine);
	store_close(&s->store);
}
