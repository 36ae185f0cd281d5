/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_plain.h - requests on plain connections that are kept, without libcurl.
 *
 * Most webhooks are a POST by http:// without a proxy, to a host that answered a moment ago, and of such a request
 * libcurl's machinery costs several times what the request itself does. libcurl still makes the first connection to
 * each host, which is how names are resolved and errors are told; where it led is remembered for as long as libcurl
 * remembers a name, and further connections are made there. Failures before a request has left, or on a connection
 * that the other side had closed meanwhile, or says that it closes for want of a request, are no result: libcurl does it anew.
 *
 * A connection is registered with the loop once, a request leaves on it at once and in one write, and its answer is read
 * by http_answer.h: libevent's own client took a fifth of the instructions of a notification (28,000 of 148,000) and turned epoll's interest
 * in the connection on and off six times. Loop thread only.
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

enum plain_end {
	PLAIN_ANSWERED,		/* all of the answer is in the hop, its status too */
	PLAIN_UNSENT,		/* nobody has got it: it is to be sent by libcurl */
	PLAIN_REFUSED,		/* by the gate; *hop->error says why */
	PLAIN_FAILED,		/* it had left; *hop->error says what came instead of an answer */
};

struct plain_pool *plain_pool_new(struct event_base *base);
/* No call may be under way. Sets *pool to NULL. */
void plain_pool_free(struct plain_pool **pool);

/* A hop to u by libcurl was answered, without a proxy, by that address. */
void plain_learn(struct plain_pool *pool, const struct url *u, const char *ip, long port, struct mono now);
/*
 * Sends what `hop` says; its headers are made already (http_hop_prepare). False: it is not for here, and nothing was
 * done; *refused then tells whether it is that the gate was closed. True: `done` is called once, from the loop.
 */
bool plain_start(struct plain_pool *pool, struct http_hop *hop, struct mono now, void (*done)(void *arg, enum plain_end end),
    void *arg, struct plain_call **out, bool *refused) MUST_CHECK;
/* `done` will not be called. Sets *call to NULL; *call may be NULL already. */
void plain_cancel(struct plain_call **call);

#endif
