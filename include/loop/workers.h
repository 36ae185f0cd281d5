/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/workers.h - threads for what may block, and the way home.
 *
 * A job has one owner at any moment: the loop until workers_submit, a worker
 * while `run` runs, the loop again from `done` on. `run` sees nothing but the
 * job itself and cannot fail except by writing into the job. With one thread,
 * jobs run, and come home, in the order they were submitted.
 */
#ifndef LOOP_WORKERS_H
#define LOOP_WORKERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"

struct event_base;
struct workers;

/* Embed in a struct of one's own. */
struct job {
	struct job *next;		/* private to workers.c while it owns the job */
	void (*run)(struct job *j);	/* worker thread, may block */
	void (*done)(struct job *j);	/* loop thread; frees the job */
};

/*
 * `threads` >= 1; at most `queue_max` jobs are under way (submitted and not
 * yet handed to `done`). `name` (static, at most 15 bytes) is the threads' name. NULL and
 * e when the system refuses a thread or descriptor.
 */
struct workers *workers_new(struct event_base *base, unsigned threads, size_t queue_max, const char *name,
    struct err *e) MUST_CHECK;
/* False: the queue is full or work was stopped, the job is still the caller's. Loop thread only; also from `done`. */
bool workers_submit(struct workers *w, struct job *j) MUST_CHECK;
/* Jobs submitted and not yet home. */
size_t workers_pending(const struct workers *w);
/*
 * Waits until all that was submitted has run, calls `done` for each, ends the
 * threads and frees; sets *w to NULL. *w may be NULL already.
 */
void workers_stop(struct workers **w);

#endif
