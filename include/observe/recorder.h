/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/recorder.h - the event recorder (feature event-recorder).
 *
 * Events become lines of JSON at once; the lines wait in a queue of bounded
 * length and go to files and standard output by one worker thread, to web
 * hooks by the HTTP client. Nothing here ever makes the engine wait: what has
 * no room is dropped and counted. Loop thread only.
 */
#ifndef OBSERVE_RECORDER_H
#define OBSERVE_RECORDER_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "config/config.h"
#include "core/ports.h"
#include "observe/event_json.h"

struct event_base;
struct expo;
struct http_client;
struct recorder;

struct recorder_options {
	struct event_base *base;	/* borrowed, as are the rest */
	struct clock *clock;
	const struct log *log;
	struct http_client *http;
	struct str user_agent;
	struct record_env env;
	struct port *port;		/* whose events it hears, while it has outputs */
};

/* Without outputs until the first recorder_apply. */
struct recorder *recorder_new(const struct recorder_options *o, struct err *e) MUST_CHECK;
/*
 * The outputs that c names. When a file cannot be opened, those before stay;
 * the first time the other ones begin without it.
 */
void recorder_apply(struct recorder *r, struct config *c);
/* RECORD_STARTUP, RECORD_SHUTDOWN; r may be NULL, here and below. */
void recorder_process(struct recorder *r, enum record_type type, struct wall now);
/* Lines that are not written or sent yet. */
size_t recorder_pending(const struct recorder *r);
/* Waits for what a worker is writing; what web hooks have not got is lost. Sets *r to NULL. */
void recorder_free(struct recorder **r);
/* A metrics source; arg is the recorder. */
void recorder_expose(void *arg, struct expo *x, struct moment now);

#endif
