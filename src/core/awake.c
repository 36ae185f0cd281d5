/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member that stood still: its process was stopped, or its machine was.
 *
 * Others went on without it, and what they told, and what was posted here, waits to be read. Flushes and attempts that became due meanwhile would
 * be judged by what was before. So nothing new is told for a moment, until what waits has been heard. And a post that is read then
 * may be as old as the time it stood still is long: an end that another has told since is newer (outdated.c).
 *
 * The engine of a member is entered often enough to notice: by its own deadline, if nothing else is due.
 */
#include "engine_state.h"

#define LOOK_EVERY (500 * SPAN_MS)
/* Longer than a loop is ever held by work. */
#define STOOD_STILL (2 * SPAN_S)
/* All that waited in buffers has been read by then. */
#define HEARS (1 * SPAN_S)

void
awake_keep(struct engine *e, struct moment now)
{
	if (!clustered(e))
		sched_disarm(&e->sched, &e->awake.timer);
	else if (!deadline_armed(&e->awake.timer))
		sched_arm(&e->sched, &e->awake.timer, mono_add(now.mono, LOOK_EVERY));
}

void
awake_look(struct engine *e, struct moment now)
{
	if (!deadline_armed(&e->awake.timer) || mono_sub(now.mono, e->latest.mono) < STOOD_STILL)
		return;
	e->awake.since = e->latest.wall;
	e->awake.hears_until = mono_add(now.mono, HEARS);
}

bool
awake_hears(const struct engine *e, struct moment now)
{
	return now.mono.ns < e->awake.hears_until.ns;
}

struct alert *
awake_received(const struct engine *e, struct alert *a, struct moment now)
{
	if (!awake_hears(e, now) || !wall_before(e->awake.since, alert_updated(a)))
		return a;
	return alert_with_wait(a, wall_sub(alert_updated(a), e->awake.since));
}
