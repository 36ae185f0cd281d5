/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http/msg.h - an HTTP request and response as values.
 *
 * The serve room makes requests out of connections and writes responses; the
 * handlers in api/ know nothing of sockets. Header names are compared without
 * case.
 */
#ifndef HTTP_MSG_H
#define HTTP_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"
#include "base/work.h"
#include "http/principal.h"

struct http_header {
	struct str name, value;
};

/* Borrowed for the call of api_handle. */
/* Places of which a GET takes one while it is answered: there are as many for the page's own lists as for all others. */
enum http_places { HTTP_NO_PLACE, HTTP_PLACE, HTTP_PAGE_PLACE, HTTP_PLACES };

struct http_request {
	struct str method;	/* as sent: GET, POST, … */
	struct str path;	/* raw (percent-encoded), without query */
	struct str query;	/* raw, without '?' */
	const struct http_header *headers;
	size_t headers_n;
	struct str body;
	struct str client;	/* its address, without a port; empty: not known */
	struct arena *arena;	/* of the request */
	struct principal principal;	/* the name is in the arena */
};

/* The continuation after a piece of a body. */
enum http_more {
	HTTP_MORE,	/* there is more to come */
	HTTP_LATER,	/* so there is, but not now: other work of the loop comes first */
	HTTP_WAIT,	/* so there is, but not before `ready` is called */
	HTTP_END,	/* that was all */
	HTTP_FAILED,	/* there is no more, though there should be */
};

/* About how much `next` appends at a time; a client that reads slowly has a few of them in memory. */
#define HTTP_PIECE ((size_t)64 << 10)
/* The length shows only at the end. */
#define HTTP_STREAM_UNKNOWN UINT64_MAX

/*
 * A body that is too large for memory, or takes too long to make: the server asks
 * for it piece by piece, the next one only when the client has taken most of the last,
 * and not at all once the client has gone. It belongs to the response, and is
 * freed with it, whether or not anybody has read it.
 */
struct http_stream {
	uint64_t size;		/* bytes, known when `open` has returned; or HTTP_STREAM_UNKNOWN */
	/* Called once, when the answer may go out. False: a 500 with e goes instead. May be NULL. */
	bool (*open)(struct http_stream *s, struct err *e) MUST_CHECK;
	/*
	 * Appends what comes next to `out`: about HTTP_PIECE, or as far as the units of `w` reach, and
	 * altogether `size` where that is known. It is asked once in a turn of the loop at most.
	 * HTTP_FAILED sets e: the connection ends, or, where nothing was sent yet, a 500 goes instead.
	 */
	enum http_more (*next)(struct http_stream *s, struct sbuf *out, struct work *w, struct moment now,
	    struct err *e) MUST_CHECK;
	/*
	 * Frees what takes long to free, as far as the units of `w` reach; true: the rest is `drop`'s. May be NULL.
	 * Where it is there, both are called when the request and its arena may be gone already.
	 */
	bool (*dismantle)(struct http_stream *s, struct work *w);
	void (*drop)(struct http_stream *s);
	int status;		/* in place of the response's, as long as nothing was sent; 0: as that has it */
	/* The server's, set before the first `next`: ends an HTTP_WAIT. Not from within `next`. */
	void (*ready)(void *ready_arg);
	void *ready_arg;
};

/* Dismantles and drops it, however long that takes. */
void http_stream_free(struct http_stream *s);

struct http_response;

/*
 * A request that takes too long for one turn of the loop, and has no answer before it is
 * done: the server calls `step` in place of the handler, once in a turn at most, until it
 * returns true and the response is complete. It goes on whether or not the client is still
 * there; only the end of the server breaks it off. The body, the arena and the response are
 * its own until `drop`; of the request no other string is.
 */
struct http_later {
	/* Does what the units of `w` allow. */
	bool (*step)(struct http_later *l, struct http_response *out, struct work *w, struct moment now) MUST_CHECK;
	void (*drop)(struct http_later *l);
};

struct http_response {
	int status;
	struct http_header headers[16];	/* Content-Length and Date are the server's; values in the request's arena or static */
	size_t headers_n;
	struct sbuf body;
	struct http_stream *stream;	/* instead of `body`; NULL: there is none */
	struct http_later *later;	/* nothing else is to be looked at before that is done; NULL: there is none */
	/* For metrics: "/api/v2/alerts", "/metrics" … static or in the arena */
	struct str handler;
	bool is_api;		/* of /api/v2: no size histogram */
	/* Hold the response back until all that was persisted so far is durable. */
	bool wait_durable;
};

/* The first of that name; STR_NONE: there is none. */
struct str http_request_header(const struct http_request *r, const char *name);
/* Adds one; there is room for all that answers have. The value is borrowed. */
void http_response_header(struct http_response *r, const char *name, struct str value);
/* One line of text/plain (without its newline) that no browser takes for anything else, as Go's http.Error. */
void http_response_text(struct http_response *r, int status, struct str text);

#endif
