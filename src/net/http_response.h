/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http_response.h - responses, handed to evhttp.
 */
#ifndef NET_HTTP_RESPONSE_H
#define NET_HTTP_RESPONSE_H

#include <stdbool.h>

#include "base/str.h"

struct api_response;
struct exchange;
struct http_conn;

/* "Not Found"; for a status without a name "status code". */
const char *http_reason(int status);
/* Adds a header; name and value are borrowed. Dropped when there are too many. */
void http_response_header(struct api_response *r, const char *name, struct str value);
/* Whether a body goes with it; not with that of HEAD, nor with some statuses. */
bool http_response_has_body(const struct exchange *x);
/*
 * Gives the answer to evhttp. A body in memory moves there by reference, so it
 * exists once, whatever the pace of the reader.
 */
void http_response_send(struct http_conn *c);

#endif
