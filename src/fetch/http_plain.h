/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_plain.h - requests on plain connections that are kept, by libevent's own client.
 *
 * Most webhooks are a POST by http:// without a proxy, to a host that answered a moment ago, and of such a request
 * libcurl's machinery costs several times what the request itself does. libcurl still makes the first connection to
 * each host, which is how names are resolved and errors are told; where it led is remembered for as long as libcurl
 * remembers a name, and further connections are made there. Failures before a request has left, or on a connection
 * that the other side had closed meanwhile, are no result: libcurl does it anew. Loop thread only.
 */
#ifndef FETCH_HTTP_PLAIN_H
#define FETCH_HTTP_PLAIN_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/time.h"
#include "http_hop.h"

struct event_base;
struct plain_pool;
struct plain_call;

/* Deadlines that are later are not for here. */
#define PLAIN_FOR_MAX (80000 * SPAN_S)

enum plain_end {
	PLAIN_ANSWERED,		/* all of the answer is in the hop, its status too */
	PLAIN_UNSENT,		/* nobody has got it: it is to be sent by libcurl */
	PLAIN_REFUSED,		/* by the gate; *leg->error says why */
	PLAIN_FAILED,		/* it had left; *leg->error says what came instead of an answer */
};

/* A request by its URL and its headers, as it is written here. */
struct plain_form {
	bool fits;			/* … which is as libcurl would write it; else the rest means nothing */
	const char *target;
	const char *const *headers;	/* names and values in turn, NULL behind the last */
};
/* All of it lies in the arena. */
void plain_form_make(struct plain_form *f, struct arena *a, const struct url *u, const struct curl_slist *headers);

struct plain_pool *plain_pool_new(struct event_base *base);
/* No call may be under way. Sets *pool to NULL. */
void plain_pool_free(struct plain_pool **pool);

/* A hop to u by libcurl was answered, without a proxy, by that address. */
void plain_learn(struct plain_pool *pool, const struct url *u, const char *ip, long port, struct mono now);
/*
 * Sends what `leg` says; its headers are made already (http_hop_prepare). False: it is not for here, and nothing was
 * done; *refused then tells whether it is that the gate was closed. True: `done` is called once, from the loop.
 */
bool plain_start(struct plain_pool *pool, struct http_hop *leg, struct mono now, void (*done)(void *arg, enum plain_end end),
    void *arg, struct plain_call **out, bool *refused) MUST_CHECK;
/* `done` will not be called. Sets *call to NULL; *call may be NULL already. */
void plain_cancel(struct plain_call **call);

#endif
