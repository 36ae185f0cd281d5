/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/http_response.h - responses, handed to evhttp.
 */
#ifndef SERVE_HTTP_RESPONSE_H
#define SERVE_HTTP_RESPONSE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/str.h"

struct http_response;
struct exchange;
struct http_conn;

/* "Not Found"; for a status without a name "status code". */
const char *http_reason(int status);
/* Whether a body goes with it; not with that of HEAD, nor with some statuses. */
bool http_response_has_body(const struct exchange *x);
/*
 * Gives the answer to evhttp. A body in memory moves there by reference, so it
 * exists once, whatever the pace of the reader. True: it was so small that the
 * socket took all of it at once, and the exchange is over and the connection may be gone; or it was gathered (http_gather.c).
 */
bool http_response_send(struct http_conn *c);
/* The socket took n bytes of text, the whole answer; negative: none. The result is the same; false: evhttp has the rest. */
bool http_response_sent(struct http_conn *c, struct str text, ssize_t n);

#endif
