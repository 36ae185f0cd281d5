/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http_reply.h - responses as bytes.
 */
#ifndef NET_HTTP_REPLY_H
#define NET_HTTP_REPLY_H

#include "base/str.h"

struct api_response;
struct evbuffer;
struct exchange;
struct http_server;

/* "Not Found"; for a status without a name "status code 599". */
const char *http_reason(int status);
/* Adds a header; name and value are borrowed. Dropped when there are too many. */
void http_reply_header(struct api_response *r, const char *name, struct str value);
/*
 * Appends the answer of x to `out`. The body moves there by reference, so it
 * exists once, whatever the pace of the reader.
 */
void http_reply_write(struct http_server *s, struct exchange *x, struct evbuffer *out);

#endif
