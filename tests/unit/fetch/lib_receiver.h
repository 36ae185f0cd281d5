/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_receiver.h - a receiver of webhooks and a client for it, both on the loop of the test. A test says for one request at a
 * time how it is answered, and whether the connection ends then.
 */
#ifndef LIB_RECEIVER_H
#define LIB_RECEIVER_H

#include <stdbool.h>

#include "base/sbuf.h"
#include "base/time.h"
#include "fetch/http_client.h"
#include "lib_got.h"

struct bufferevent;
struct event_base;
struct evconnlistener;

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define GUESTS_MAX 16

/* A connection to the receiver. */
struct guest {
	struct bufferevent *bev;
	int requests;
	bool gone;
};

extern struct receiver {
	struct event_base *base;
	struct evconnlistener *listener;
	struct http_client *client;
	char url[64];
	struct guest guests[GUESTS_MAX];	/* in the order in which they came */
	int guests_n, requests;
	struct guest *last;	/* the one with the last request */
	const char *answer;	/* to the next request, and then OK; NULL: none */
	bool hang_up;		/* after that answer */
	bool reset;		/* … not in peace */
	struct got got;
	struct sbuf seen;	/* the last request */
	struct clock clock;	/* the client's: */
	struct moment at;
	span ahead;		/* of the system's */
	bool still;
} receiver;

/* One that has answered `warm` times. */
void receiver_begin(int warm);
void receiver_end(void);
/* A request to it. */
struct fetch_request receiver_post(void);
/* Sends it; what comes of it is in receiver.got. */
struct http_call *receiver_start(const struct fetch_request *r);
/* … and waits for that. */
void receiver_run(const struct fetch_request *r);
/*
 * The same for one that never ends by itself: no time passes until the client has got all that it will get, and then more than its
 * timeout, which is less than a second.
 */
void receiver_run_out(const struct fetch_request *r);
/* The receiver closes the connection. */
void guest_leave(struct guest *g);
/* The client's socket of this connection. */
int guest_other_end(const struct guest *g);
/* For bufferevents of guests, when something came, and when it ended; arg: the guest. */
void guest_on_request(struct bufferevent *b, void *arg);
void guest_on_gone(struct bufferevent *b, short what, void *arg);

#endif
