/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http.h - HTTP requests of notifiers.
 */
#ifndef NOTIFY_HTTP_H
#define NOTIFY_HTTP_H

#include "notify/notifier.h"
#include "render.h"
#include "text/json_write.h"

/* A JSON body being written. */
struct http_json {
	struct sbuf buf;
	struct json_writer w;
};

void http_json_begin(struct http_json *j);
/* Ends the body with a newline, as Go's encoder does, and moves it to the arena. */
bool http_json_end(struct http_json *j, struct attempt *a, struct str *out, struct err *e) MUST_CHECK;
/* A key and its text, unless the text is empty. */
void json_put_opt(struct json_writer *w, const char *key, struct str v);

/* Fills in a request of `method` with our User-Agent; content_type NULL: none. */
void http_request(struct attempt *a, struct request *out, const char *method, struct str url,
    const char *content_type, struct str body);
void http_header(struct attempt *a, struct request *out, const char *name, struct str value);
/* The number of the decision, where members of a cluster claim: whoever gets it twice can tell. Else nothing is added. */
void http_idempotency_key(struct attempt *a, struct request *out);
/* Ends the body and posts it to the url: STEP_SEND, or STEP_FAIL when it is too large. */
enum step http_post_json(struct attempt *a, struct request *out, struct str url, struct http_json *j, struct err *e);

#endif
