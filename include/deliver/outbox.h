/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver/outbox.h - carries out the attempts that the engine asks for.
 *
 * An attempt is a conversation between a notifier, which says what to send next
 * (notify/notifier.h), and a transport, which sends it. When it ends the engine is
 * told by engine_delivered, always from a later turn of the loop than the
 * outbox_send that began it. Attempts of an integration begin in the order in which they
 * came, integrations take turns, and only so many begin in one turn of the loop: they
 * render templates. Large notifications are
 * rendered by other threads; all calls here are from the loop's.
 */
#ifndef DELIVER_OUTBOX_H
#define DELIVER_OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "core/notification.h"
#include "core/rehearsal.h"
#include "notify/notifier.h"
#include "text/traceparent.h"

struct drive;
struct engine;
struct event_base;
struct http_client;
struct mail_pool;
struct outbox;

/* Waits for the store. Embed in a struct of one's own. */
struct outbox_wait {
	void (*over)(struct outbox_wait *w);
	void *waiting;	/* of who keeps it waiting; NULL: it does not wait */
};

struct outbox_options {
	struct event_base *base;	/* all borrowed */
	struct clock *clock;
	const struct log *log;
	struct http_client *http;
	struct mail_pool *mail;
	struct str external_url;	/* for templates; no trailing slash */
	struct str user_agent;
	struct str hostname;
	/* The traceparent header of an attempt's requests; false: none. NULL: never one. */
	bool (*traceparent)(void *arg, const struct notification *n, uint64_t attempt, char out[TRACEPARENT_MAX]);
	/*
	 * Calls w->over from a later turn, when all that the engine has told the store is on disk, or cannot get there. False: it is so
	 * already. NULL: nothing is durable.
	 */
	bool (*wait)(void *arg, struct outbox_wait *w);
	void (*wait_cancel)(void *arg, struct outbox_wait *w);	/* `over` will not be called; only while waiting */
	void *arg;
};

struct outbox *outbox_new(const struct outbox_options *o);
/* The engine and the timer that are told; before the first outbox_send. */
void outbox_attach(struct outbox *o, struct engine *engine, struct drive *drive);
/* Drops attempts under way without telling the engine. Sets *o to NULL; *o may be NULL already. */
void outbox_free(struct outbox **o);

/* The server's port.send, port.cancel and port.forget (core/ports.h). */
void outbox_send(struct outbox *o, uint64_t attempt, struct notification *n, struct mono deadline);
void outbox_cancel(struct outbox *o, uint64_t attempt);
void outbox_forget(struct outbox *o, struct notification *n);
/* Bytes that may be kept between attempts; what would be more is rendered anew. */
#define OUTBOX_PARKED_MAX ((size_t)32 << 20)

/*
 * An attempt that the engine knows nothing of. Sets n->id. n stays in place until `over`, or until
 * it was called off and nobody holds it any more.
 */
void outbox_rehearse(struct outbox *o, struct rehearsal *r, struct notification *n, struct mono deadline);
/* `over` is not called any more; it may have been called already. */
void outbox_call_off(struct outbox *o, struct rehearsal *r);
/*
 * Renders `source` (copied) with the data of n, which is held meanwhile, in a thread that has nothing else to do and
 * within bounds of its own: PREVIEW_STEPS, PREVIEW_OUTPUT. False and e: too many wait for that.
 */
#define PREVIEW_STEPS UINT64_C(2000000)
#define PREVIEW_OUTPUT ((size_t)256 << 10)
#define PREVIEWS_MAX 8
bool outbox_preview(struct outbox *o, struct tmpl_preview *p, struct notification *n, struct str source, bool html,
    struct err *e) MUST_CHECK;
/* As outbox_call_off. */
void outbox_preview_off(struct tmpl_preview *p);

/* Attempts under way. */
size_t outbox_pending(const struct outbox *o);
/* The environment that notifiers are given; borrowed, for calls of them elsewhere. */
const struct notify_env *outbox_env(const struct outbox *o);

#endif
