/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_receiver.h - a receiver of webhooks and a client for it, both on the loop of the test. A test says for one request at a
 * time how it is answered, and whether the connection ends then.
 */
#ifndef LIB_RECEIVER_H
#define LIB_RECEIVER_H

#include <stdbool.h>

#include "base/sbuf.h"
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
	const char *answer;	/* to the next request, and then OK; NULL: none */
	bool hang_up;		/* after that answer */
	bool reset;		/* … not in peace */
	struct got got;
	struct sbuf seen;	/* the last request */
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
/* The receiver closes the connection. */
void guest_leave(struct guest *g);
/* For bufferevents of guests, when something came, and when it ended; arg: the guest. */
void guest_on_request(struct bufferevent *b, void *arg);
void guest_on_gone(struct bufferevent *b, short what, void *arg);

#endif
