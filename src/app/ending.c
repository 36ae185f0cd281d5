/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end: whoever is being told something at this moment is told to the end,
 * within bounds, so that it need not be told again after a restart.
 */
#include <event2/event.h>

#include "server_private.h"
#include "loop/turn.h"

#define POLL_MS 10
#define GRACE (3 * SPAN_S)

static void
on_poll(evutil_socket_t fd, short what, void *arg)
{
	TURN("end");
	struct server *s = arg;
	struct timeval again = { .tv_usec = POLL_MS * 1000 };

	(void)fd;
	(void)what;
	if (outbox_pending(s->outbox) + s->held.n + recorder_pending(s->recorder) + tracer_pending(s->tracer) == 0 ||
	    s->clock->now(s->clock).mono.ns >= s->end_at_latest.ns || event_add(s->ending, &again) != 0)
		event_base_loopbreak(s->base);
}

void
server_end(struct server *s)
{
	struct moment now = s->clock->now(s->clock);

	s->end_at_latest = mono_add(now.mono, GRACE);
	recorder_process(s->recorder, RECORD_SHUTDOWN, now.wall);
	tracer_close(s->tracer);
	if (s->ending == NULL)
		s->ending = evtimer_new(s->base, on_poll, s);
	if (s->ending == NULL)
		event_base_loopbreak(s->base);
	else
		on_poll(-1, 0, s);
}
