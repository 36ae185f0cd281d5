/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/http_request.h - evhttp's view of a request as a value, strictly judged.
 *
 * A head that two parsers might read differently (both lengths, several of them,
 * transfer encodings that evhttp ignores, control characters) is refused,
 * because that is how requests are smuggled past proxies (RFC 9112 11.2).
 */
#ifndef SERVE_HTTP_REQUEST_H
#define SERVE_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "http/msg.h"

struct evhttp_connection;
struct evhttp_request;
struct known_head;

#define HTTP_HEADERS_MAX 2000
/* The name of a verb that evhttp does not know and we do not remember. */
#define HTTP_METHOD_UNKNOWN "UNKNOWN"

struct http_verdict {
	int status;		/* 0: fine; otherwise what to answer with */
	const char *why;	/* static, for its text; "" for none */
	bool has_length;	/* of the body, as a header tells it … */
	uint64_t length;	/* … or 0 */
	bool close;		/* the client wants the connection to end */
	bool unread;		/* a body may follow that evhttp has not read */
};

/*
 * Fills *out but for the body and makes the request one of HTTP/1.0 or /1.1.
 * Strings belong to the request of evhttp; the arrays are in the arena. With a
 * status other than 0 only *v is to be used.
 */
void http_request_read(struct evhttp_request *req, struct arena *a, struct http_request *out, struct http_verdict *v);
/* Worth a try of http_request_plain. */
bool http_request_looks_plain(struct str text);
/*
 * Fills *out from a text that is a POST of HTTP/1.1 with a length and nothing behind it, and about which no two readers
 * differ; false: it is not, or it may not be. The body stays where it is, and lacks *missing bytes at its end; all else is copied.
 * *known is such a head, and afterwards this one.
 */
bool http_request_plain(struct str text, struct evhttp_connection *evcon, struct known_head *known, struct arena *a, struct http_request *out,
    uint64_t *missing) MUST_CHECK;
/* Without the body. */
struct http_request http_request_copy(struct arena *a, const struct http_request *r) MUST_CHECK;
/* It is of HTTP/1.0, which knows no chunks. */
bool http_request_is_old(const struct evhttp_request *req);
/* Bytes of the body that are not in `room` as yet. */
size_t http_request_body_left(struct evhttp_request *req);
/* Moves a part of it there, that takes little time; false: there is no room for it. */
bool http_request_collect(struct evhttp_request *req, struct sbuf *room) MUST_CHECK;
/* The body: what was collected; or borrowed from the request where it is in one piece, otherwise moved into `room`. */
struct str http_request_body(struct evhttp_request *req, struct sbuf *room);

#endif
