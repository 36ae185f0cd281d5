/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/poster.h (private) - a bounded queue of texts that are POSTed in batches, and tried again.
 *
 * The owner words a request (`fill`) and judges its answer (`judge`); the
 * poster has the queue, the batches, the retries and the counts. Nothing ever
 * waits for it: what has no room is dropped and counted. Loop thread only.
 */
#ifndef OBSERVE_POSTER_H
#define OBSERVE_POSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"
#include "config/config.h"
#include "config/http_config.h"
#include "http/fetch.h"

struct event_base;
struct http_client;
struct poster;

/* One request and its tries. */
struct post {
	size_t items;			/* texts in it */
	unsigned attempts;		/* begun */
	struct sbuf url, body;		/* from here on: empty until `fill` */
	struct http_config http;
	span timeout;
	const char *timeout_name;
	bool secret_url, gzipped;
};

#define POST_DONE ((span)0)
#define POST_LOST ((span)-1)

struct poster_options {
	struct event_base *base;	/* borrowed, as are clock and http */
	struct clock *clock;
	struct http_client *http;
	struct str user_agent;
	const char *name;		/* static: what the log says held the loop */
	size_t queue_max;		/* texts that may wait */
	size_t requests;		/* under way at a time */
	bool end_retries;		/* once closed nothing is tried again */
	/* Words a request for `p->items` texts. */
	void (*fill)(void *arg, struct post *p, const struct str *texts);
	/* POST_DONE, POST_LOST, or how long to wait before the next try. */
	span (*judge)(void *arg, const struct post *p, const struct fetch_response *r);
	void *arg;
};

/* The bounds of one request: it leaves with `items` texts, or `bytes`, or `wait` after the first text came. */
struct poster_batch {
	size_t items, bytes;
	span wait;
};

struct poster_counts {
	uint64_t sent, failed, dropped;	/* texts */
};

/* Paused until poster_aim. */
struct poster *poster_new(const struct poster_options *o);
/* From now on requests are filled by the settings in c, of which a reference is taken; NULL pauses. */
void poster_aim(struct poster *p, struct config *c, struct poster_batch batch);
/* Copies the text; false: dropped, as the queue is full. */
bool poster_push(struct poster *p, struct str text);
/* No more will be pushed: what waits for a fuller batch goes out now. */
void poster_close(struct poster *p);
/* Texts that wait, unless paused, or are under way. */
size_t poster_pending(const struct poster *p);
struct poster_counts poster_counts(const struct poster *p);
/* Cancels what is under way. Sets *p to NULL; *p may be NULL already. */
void poster_free(struct poster **p);

#endif
