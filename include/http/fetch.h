/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http/fetch.h - a request to another server and its answer as values.
 *
 * The fetch room carries them out; who fills them in knows nothing of sockets.
 */
#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "base/time.h"
#include "http/msg.h"

struct http_config;

/* Takes the body of an answer of 2xx piece by piece, as it comes. Embed in a struct of one's own. */
struct fetch_sink {
	/* False with e set: the request fails with that error. While it works the loop waits. */
	bool (*put)(struct fetch_sink *s, struct str piece, struct err *e) MUST_CHECK;
};

/* Asked when there is a connection, right before the request leaves on it. Embed in a struct of one's own. */
struct fetch_gate {
	/* False with e set: it does not leave, and fails with that error. */
	bool (*open)(struct fetch_gate *g, struct err *e) MUST_CHECK;
};

struct fetch_request {
	struct str method, url;
	struct str body;
	struct http_header *headers;	/* Content-Type, User-Agent and what the kind needs; credentials come from http_config */
	size_t headers_n;
	const struct http_config *http;	/* how to get there; never NULL */
	span timeout;				/* of this request; 0: only the attempt's deadline */
	const char *timeout_name;	/* "webhook": for "configured webhook timeout reached (5s)"; NULL: nobody configured it */
	bool secret_url;		/* show <redacted> instead of the URL in errors */
	struct str traceparent;		/* W3C Trace Context; empty: none. Set by the edge */
	bool keep_method;		/* a redirect that would make a GET of it is the answer, and is not followed */
	span connect_timeout;		/* until a connection is made, by TLS where that is spoken; 0: 10 s */
	span idle;			/* the longest time in which nothing may come or go; 0: any */
	size_t body_max;		/* how much of an answer is kept; 0: 1 MiB */
	bool status_decides;		/* an answer whose body breaks off, or does not end in time, is one all the same (cut) */
	bool once;			/* never sent again by itself: on a connection of its own, as one that was kept may turn out to be closed */
	struct fetch_gate *gate;	/* borrowed; NULL: always open. Asked for each redirect anew, and not for tokens of oauth2 */
	struct fetch_sink *sink;	/* takes it instead, borrowed; NULL: none. Refusals and redirects are not for it */
};

/* Borrowed for the call it is given to. */
struct fetch_response {
	bool transport_error;		/* no answer: `error` says why */
	bool timed_out;			/* … because the request's own timeout passed, or its idle time */
	bool unanswered;		/* … and the request, or a part of it, had gone out */
	struct str error;
	int status;
	struct str body;		/* as much as the request said, at most */
	bool cut;			/* … and there was more, or should have been */
	struct str content_type;
	span retry_after;		/* of the header; 0 when absent */
};

#endif
