/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/tasks.h"

#include <assert.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/mem.h"
#include "loop/timer.h"

/* How long slices may follow one another before I/O and timers have their turn. */
#define TURN_MAX (4 * SPAN_MS)

struct tasks {
	struct timer timer;
	struct clock *clock;
	struct list ready;
	struct list_node *end;		/* of this turn's, while it goes on: what is behind it had a slice */
	bool running;
};

/* A timer rather than an event that is made active: that one would be served again before any I/O is looked at. */
static void
wake(struct tasks *s)
{
	if (!s->running && s->ready.first != NULL && !timer_is_set(&s->timer))
		timer_in(&s->timer, 0);
}

static void
run_first(struct tasks *s, struct moment now)
{
	struct task *t = CONTAINER_OF(s->ready.first, struct task, place);
	struct work w = { TASK_SLICE };

	task_cancel(s, t);
	t->run(t, &w, now);
}

static void
on_turn(void *arg)
{
	struct tasks *s = arg;
	struct moment now = s->clock->now(s->clock);
	struct mono end = mono_add(now.mono, TURN_MAX);

	s->running = true;
	s->end = s->ready.last;
	while (s->end != NULL && now.mono.ns < end.ns) {
		run_first(s, now);
		now = s->clock->now(s->clock);
	}
	s->running = false;
	s->end = NULL;
	wake(s);
}

struct tasks *
tasks_new(struct event_base *base, struct clock *clock, const char *name)
{
	struct tasks *s = NEW(struct tasks);

	s->clock = clock;
	timer_init(&s->timer, base, name, on_turn, s);
	return s;
}

void
tasks_free(struct tasks **sp)
{
	struct tasks *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	assert(s->ready.first == NULL);
	timer_fini(&s->timer);
	mem_free(s);
}

void
task_ready(struct tasks *s, struct task *t)
{
	if (t->ready)
		return;
	t->ready = true;
	list_append(&s->ready, &t->place);
	wake(s);
}

void
task_cancel(struct tasks *s, struct task *t)
{
	if (!t->ready)
		return;
	/* The turn ends where it would have ended without this one. */
	if (s->end == &t->place)
		s->end = t->place.prev;
	list_remove(&s->ready, &t->place);
	t->ready = false;
}
