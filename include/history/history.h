/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/history.h - what happened: every change of an alert's condition, every notification, every silence
 * made, edited or ended, every reload, in a database of its own beside that of the store.
 *
 * It hears the engine's events, keeps them in memory within a bound, and writes them on a thread of its own at
 * least every second: what a crash loses is at most the last second. Nobody ever waits for it: when the disk is
 * behind or fails, events are dropped, counted, and a gap says so among those that were kept. An entry of a
 * notification is made when its outcome is known, never before it was attempted. Questions are answered by other
 * threads, each with a connection that only reads. Loop thread only.
 */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/time.h"
#include "core/past.h"
#include "core/ports.h"
#include "http/msg.h"
#include "model/matcher.h"

struct event_base;
struct expo;
struct history;

struct history_options {
	struct event_base *base;	/* borrowed, as are the rest */
	struct clock *clock;
	const struct log *log;
	struct port *port;		/* whose events it hears */
	const char *path;		/* directory; the file is history.db in it */
	span retention;			/* older events go */
	uint64_t max_bytes;		/* of the file; the oldest events go before it is larger */
	size_t queue_bytes;		/* of events in memory; 0: as usual */
	enum matcher_mode matcher_mode;
	/* The name and the address of who asks for what the engine does at this moment; borrowed; may be empty. NULL: nobody knows. */
	void (*actor)(void *arg, struct str *name, struct str *from);
	void *arg;
};

/* NULL and e when the system refuses threads; a file that cannot be used is none of that. */
struct history *history_new(const struct history_options *o, struct err *e) MUST_CHECK;
/* Writes what there is, waiting for it; ends questions. Sets *h to NULL, which it may be already, here and below. */
void history_free(struct history **h);
/* Events of the process. */
void history_started(struct history *h, struct config *c, struct wall now, struct str version);
void history_stopped(struct history *h, struct wall now);
/* e: why a configuration was refused; NULL: c is in force. by: who asked for it; may be empty. */
void history_reloaded(struct history *h, struct config *c, struct wall now, const struct err *e, struct str by);
/*
 * When the last event of an earlier process happened; WALL_ZERO: there is none. False: nothing is known of it until the
 * database is open.
 */
bool history_before(const struct history *h, struct wall *at_out);
/* The time of a silence was over; the engine tells of those that end by themselves before. */
void history_silence_ended(struct history *h, const struct silence *s, struct moment now);

/*
 * The answer, made while it is read. NULL: e is ERR_INVALID, and q->bad names the parameter; ERR_LIMIT: too many ask at
 * this moment; ERR_IO: there is no database.
 */
struct http_stream *history_ask(struct history *h, struct past_query *q, struct moment now, struct err *e) MUST_CHECK;

/* Grows with each event that is in the database. */
uint64_t history_revision(const struct history *h);
struct past_health history_health(const struct history *h, struct moment now);
void history_expose(void *arg, struct expo *x, struct moment now);	/* a metrics source; arg is the history */

#endif
