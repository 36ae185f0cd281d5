/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_client.h - HTTP requests to receivers, by libcurl on the loop, or
 * without it where its machinery would cost more than the request.
 *
 * Knows all of struct http_config: credentials, TLS, proxies, redirects by
 * Go's rules, oauth2. Nothing blocks the loop: names are resolved in threads,
 * and a receiver that hangs delays nobody else (transfers per host are
 * bounded, what is above waits its turn). Loop thread only.
 */
#ifndef FETCH_HTTP_CLIENT_H
#define FETCH_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "config/http_config.h"
#include "http/fetch.h"

struct event_base;
struct http_client;
struct http_call;

struct http_client_options {
	struct event_base *base;	/* borrowed, as are clock and log */
	struct clock *clock;
	const struct log *log;
	unsigned per_host;		/* transfers to one host at a time; 0: 64 */
	unsigned in_all;		/* transfers at a time; 0: 1024 */
};

struct http_client *http_client_new(const struct http_client_options *o, struct err *e) MUST_CHECK;
/* No call may be under way. Sets *c to NULL; *c may be NULL already. */
void http_client_free(struct http_client **c);

/*
 * Sends r; `done` is called once, later and from the loop, with what came of
 * it: an answer, or transport_error with Go's words. All that r refers to must
 * live until then (or until the call is canceled). `deadline` ends it with
 * "context deadline exceeded". SIGPIPE must be ignored.
 */
struct http_call *http_client_start(struct http_client *c, const struct fetch_request *r, struct mono deadline,
    void (*done)(void *arg, const struct fetch_response *resp), void *arg) MUST_CHECK;
/* `done` will not be called. Sets *call to NULL; *call may be NULL already. */
void http_client_cancel(struct http_call **call);

#endif
