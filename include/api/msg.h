/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/msg.h - an HTTP request and response as values.
 *
 * net/http_server.c makes requests out of connections and writes responses; the
 * handlers in api/ know nothing of sockets. Header names are compared without
 * case.
 */
#ifndef API_MSG_H
#define API_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"

struct api_header {
	struct str name, value;
};

/* Borrowed for the call of api_handle. */
struct api_request {
	struct str method;	/* as sent: GET, POST, … */
	struct str path;	/* raw (percent-encoded), without query */
	struct str query;	/* raw, without '?' */
	const struct api_header *headers;
	size_t headers_n;
	struct str body;
	struct arena *arena;	/* of the request */
};

/*
 * A body that is too large for memory: the server asks for it piece by piece,
 * the next one only when the client has taken the last. It belongs to the response,
 * and is freed with it, whether or not anybody has read it.
 */
struct api_stream {
	uint64_t size;		/* known when `open` has returned */
	/* Called once, when the answer may go out. False: a 500 goes instead. */
	bool (*open)(struct api_stream *s, struct err *e) MUST_CHECK;
	/* The next n bytes, of no more than `size` altogether; must not take long. False: the connection ends. */
	bool (*read)(struct api_stream *s, void *to, size_t n, struct err *e) MUST_CHECK;
	void (*drop)(struct api_stream *s);
};

struct api_response {
	int status;
	struct api_header headers[16];	/* Content-Length and Date are the server's; values in the request's arena or static */
	size_t headers_n;
	struct sbuf body;
	struct api_stream *stream;	/* instead of `body`; NULL: there is none */
	/* For metrics: "/api/v2/alerts", "/metrics" … static or in the arena */
	struct str handler;
	bool is_api;		/* of /api/v2: no size histogram */
	/* Hold the response back until all that was persisted so far is durable. */
	bool wait_durable;
};

struct str api_request_header(const struct api_request *r, const char *name);
void api_response_header(struct api_response *r, const char *name, struct str value);

#endif
