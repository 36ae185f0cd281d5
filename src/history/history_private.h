/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/history_private.h (private) - the loop's side.
 */
#ifndef HISTORY_PRIVATE_H
#define HISTORY_PRIVATE_H

#include "base/log.h"
#include "core/ports.h"
#include "history/history.h"
#include "loop/timer.h"
#include "loop/workers.h"
#include "reader.h"
#include "record.h"
#include "past_writer.h"

/* Threads that answer questions, each with a connection; questions that may wait for one. */
#define READERS 2
#define QUESTIONS_MAX 64

struct history {
	struct history_options o;
	struct log log;
	struct event_listener listener;

	/* Writing: at most one job at a time. */
	struct workers *writing;
	struct past_writer writer;		/* the thread's while `under_way` */
	struct job job;
	bool under_way;
	struct timer soon;		/* the next commit, or the next try */
	struct timer freeing;
	struct batch *filling;		/* NULL: nothing has happened */
	struct batch *first, *last;	/* full ones that wait; the first is being written while `under_way` */
	struct batch *written;		/* to be given back */
	struct batch *emptied;		/* given back: their memory is freed by the next job, as that may take ten milliseconds */
	struct batch *freed;		/* … by this one */
	size_t bytes;			/* of all that is not written yet */
	size_t records;
	span pause;			/* before the next try, while it fails; 0: it does not */
	bool stopping;

	/* The outcome of the last job. */
	bool opened;			/* the database could be opened */
	bool upgrading;			/* not yet: it is of an earlier version, and being upgraded */
	struct err problem;		/* ERR_NONE: none */
	uint64_t generation, events, file_bytes, deleted, bad, revision;
	int64_t oldest;
	int64_t before;			/* past_writer.before */
	uint64_t key[2];
	double seconds;
	uint64_t commits, failures, set_aside;

	struct config *config;		/* in force; owned reference or NULL */

	/* Counts. */
	uint64_t taken, dropped;
	uint64_t missing;		/* dropped since the last gap that was told of */

	/* Reading. */
	struct workers *reading[READERS];
	struct reader readers[READERS];
	uint64_t asked, asked_failed;
};

/* ask.c */
/* The cursor of an id: 32 digits. */
#define CURSOR_MAX 33
void cursor_format(const struct history *h, uint64_t before, char out[CURSOR_MAX]);
bool cursor_parse(const struct history *h, struct str text, uint64_t *before) MUST_CHECK;

#endif
