/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/tasks.h - work that is done in slices, beside all else the loop has to do.
 *
 * A task that is ready has one slice in each turn of the loop, if all that are
 * ready fit into it; else the turn ends after a few milliseconds, timers and I/O
 * have theirs, and the next goes on where it ended. So many tasks are slower,
 * and nothing else is. When none is ready nothing is done at all. Loop thread only.
 */
#ifndef LOOP_TASKS_H
#define LOOP_TASKS_H

#include <stdbool.h>

#include "base/list.h"
#include "base/time.h"
#include "base/work.h"

struct event_base;
struct tasks;

/* Embed in a struct of one's own. */
struct task {
	/* One slice; `w` has its units. It calls task_ready for another one, and may free the task. */
	void (*run)(struct task *t, struct work *w, struct moment now);
	struct list_node place;		/* private to tasks.c, as is the next */
	bool ready;
};

/* The work that a slice may spend: about a millisecond. */
#define TASK_SLICE (WORK_TURN / 3)

/* Borrows both for its life; `name` (static) is what loop/turn.h shows. */
struct tasks *tasks_new(struct event_base *base, struct clock *clock, const char *name);
/* No task may be ready any more. Sets *s to NULL; *s may be NULL already. */
void tasks_free(struct tasks **s);
/* It has a slice from the loop, behind those that are ready already. Twice is once. */
void task_ready(struct tasks *s, struct task *t);
/* It has none. To be called before a task is freed that may be ready. */
void task_cancel(struct tasks *s, struct task *t);

#endif
