/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/packed.h (private) - bodies that are made in slices, and packed for clients that take gzip.
 */
#ifndef API_PACKED_H
#define API_PACKED_H

#include "handlers.h"
#include "text/gzip.h"

/* Embed as the first member, zeroed but for make and fini; in memory of mem_alloc, which packed_reply takes over. */
struct packed {
	struct http_stream stream;
	struct sbuf plain;	/* as it was made; not unbounded: a piece goes before the next is made */
	/*
	 * Appends what comes next to `plain`. HTTP_MORE: and wants to be called again; HTTP_LATER: w is used
	 * up; HTTP_WAIT: until stream.ready is called; HTTP_END: that was all; HTTP_FAILED sets e.
	 */
	enum http_more (*make)(struct packed *p, struct work *w, struct moment now, struct err *e);
	void (*fini)(struct packed *p);	/* of what is behind this struct */
	/* As http_stream.dismantle, before fini; or NULL. */
	bool (*dismantle)(struct packed *p, struct work *w);

	/* Private to packed.c. */
	struct gzip *gzip;
	size_t gone;		/* of `plain` */
	bool made;
};

/* Answers c with the body; status and Content-Type are the caller's to set. */
void packed_reply(struct call *c, struct packed *p);
/* For `make`, as long as nothing was made: an error is the answer, as ext_error gives it. */
void packed_error(struct packed *p, int status, const char *code, struct str message);
/* Does the client take gzip? */
bool takes_gzip(const struct call *c);

#endif
