/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/http_call.h - a call on its way; private to http_client.c and its parts.
 */
#ifndef FETCH_HTTP_CALL_H
#define FETCH_HTTP_CALL_H

#include <curl/curl.h>

#include "base/hmap.h"
#include "base/list.h"
#include "fetch/http_client.h"
#include "http_hop.h"
#include "http_alike.h"
#include "http_plain.h"
#include "loop/timer.h"

struct oauth2_cache;
struct oauth2_wait;

/* A host:port that calls go to, while there are any. */
struct http_host {
	struct hmap_node node;
	struct str key;
	unsigned running;
	struct list waiting;		/* calls, for their turn */
	struct list_node place;		/* among the hosts where some wait */
};

struct http_client {
	struct http_client_options o;
	CURLM *multi;
	struct timer timer;		/* libcurl's */
	void (*on_done)(CURL *easy, CURLcode code);
	struct hmap hosts;
	struct list waiting;		/* hosts */
	unsigned running;
	unsigned launched;		/* in this turn of the loop */
	struct timer next_turn;
	size_t calls;
	struct oauth2_cache *oauth2;
	struct plain_pool *plain;
	struct alike_requests alike;
};

enum call_state {
	CALL_TOKEN,	/* waits for an oauth2 token */
	CALL_WAITING,	/* for its turn */
	CALL_RUNNING,
	CALL_ENDED,	/* the result is there; `timer` will report it */
};

struct http_call {
	struct http_client *client;
	const struct fetch_request *r;
	void (*done)(void *arg, const struct fetch_response *resp);
	void *arg;
	struct arena *arena;
	struct http_hop hop;
	struct alike_request *alike;	/* of the first hop; NULL: it is like no other */
	struct plain_call *plain;	/* of this hop, while libcurl has no part in it */
	enum call_state state;
	struct timer timer;
	struct mono deadline;		/* the sooner of the attempt's and the request's own */
	bool own_timeout;		/* it is the request's own */
	struct mono idle_until;		/* with r->idle: the end, unless something moves before */
	curl_off_t moved;		/* of the bodies of this hop, both ways */
	unsigned redirects;
	struct http_host *host;
	struct list_node place;		/* in the host's queue */
	struct oauth2_wait *token;
	/* The result. */
	bool failed, timed_out;
	bool gone_out;			/* failed: the receiver may have got the request */
	int status;
	span retry_after;
	struct err err;			/* the last, as it is longer than all else */
};

#endif
