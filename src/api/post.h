/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/post.h (private) - bodies of many alerts, read and taken piece by piece.
 *
 * A body as they usually are is done with within api_handle. A large one only begins there, and
 * the rest follows in slices (struct http_later) beside all else there is to do. It is read to
 * its end before anything changes; then the alerts go to the engine as they are made. Alerts
 * posted elsewhere meanwhile go in between; an alert in both posts is the one of the request
 * that came later, since that is what alerts are merged by.
 */
#ifndef API_POST_H
#define API_POST_H

#include "base/vec.h"
#include "base/work.h"
#include "handlers.h"

/*
 * COMPAT: one alert has bounds, since it is read, made and stored in one go; Alertmanager's only bound is memory.
 */
#define POST_ALERT_BYTES ((size_t)1 << 20)	/* in JSON, with blanks around it */
#define POST_ALERT_PAIRS 10000			/* labels and annotations */

/* Embed as the first member, in the request's arena and zeroed; post_begin sets the private ones. */
struct post {
	struct http_later later;
	struct call call;		/* `now` is when the request came */
	/* One slice: reads, or makes alerts. True: there is nothing left to do, or it failed and was answered. */
	bool (*step)(struct post *p, struct work *w);
	/* Answers, after the last slice, one that has not failed. */
	void (*answer)(struct post *p);
	/* Frees what is behind this struct. */
	void (*fini)(struct post *p);
	/* Nothing is to be taken: call.resp has the answer. */
	bool failed;
	size_t kept;			/* bytes that it holds beside body and arena */

	struct sbuf refused;		/* a line for each that could not be made */
	size_t taken;			/* alerts that were made */

	/* Private to post.c. */
	uint64_t sender;	/* of api->senders */
	size_t counted;			/* of them, in api->posts_kept */
	VEC(struct alert *) made;	/* and not given to the engine yet */
};

/* Does the first part of it, and answers if that was all. */
void post_begin(struct call *c, struct post *p);
/* May it keep `bytes`? */
bool post_may_keep(const struct post *p, size_t bytes);
/* Makes an alert, which goes to the engine after this slice; it counts as received either way. NULL and e: it is not valid. */
const struct alert *post_make(struct post *p, struct alert_draft *d, span resolve_timeout, struct err *e);
/* One is refused, and the others are taken: `where`, a prefix, and e are for the answer. */
void post_refuse(struct post *p, struct str where, const struct err *e);
/* Were some refused? Logs it under `message`; refused has what is to be answered. */
bool post_has_refused(struct post *p, const char *message);

#endif
