/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/http_conn.h - one connection of the HTTP server.
 *
 * Private to http_server.c, which accepts, and http_conn.c, which reads,
 * dispatches and writes. A connection is always in exactly one state, and on
 * the list of that state; a list is in order of deadlines, because all that is
 * on it has the same time to spend there.
 */
#ifndef NET_HTTP_CONN_H
#define NET_HTTP_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/http_server.h"
#include "http_parse.h"

struct bufferevent;
struct event;
struct evconnlistener;
struct http_conn;
struct web_config;

enum conn_state {
	CONN_IDLE,	/* nothing of a request has come yet */
	CONN_HEAD,	/* some of its head has */
	CONN_BODY,
	CONN_ADMIT,	/* credentials are being checked elsewhere */
	CONN_HELD,	/* answered, but the answer must wait */
	CONN_WRITE,	/* the answer goes out */
	CONN_LINGER,	/* answered and shut; what the peer still sends is thrown away */
	CONN_STATES,
};

struct conn_list {
	struct http_conn *first, *last;
	size_t n;
	span after;		/* how long one may stay; 0: for ever */
	struct event *timer;
	struct http_server *server;
	enum conn_state state;
};

/* What only exists while a request is under way. */
struct exchange {
	struct arena *arena;
	struct sbuf in;			/* the head as it comes in */
	size_t scanned;
	struct http_head head;
	struct sbuf body;
	uint64_t body_left;
	struct chunk_reader chunks;
	struct api_request req;
	struct api_response resp;
	struct mono began;
	uint64_t ticket;
	bool is_get;			/* counted among the GETs in flight */
	bool close;			/* the connection ends with this answer */
	bool unread;			/* … and the peer may still be sending */
};

struct http_conn {
	struct http_server *server;
	struct bufferevent *bev;
	struct exchange *x;		/* NULL while idle */
	struct http_conn *prev, *next;
	struct mono deadline;
	enum conn_state state;
	void *admission;		/* of web_config.c, in CONN_ADMIT */
};

struct listener {
	int fd;				/* -1 once the evconnlistener owns it */
	struct evconnlistener *ev;
	struct str address;
	unsigned port;
};

struct http_server {
	struct http_server_options o;
	struct conn_list lists[CONN_STATES];
	size_t conns;
	int64_t gets;			/* in flight */
	struct arena *arena;		/* addresses */
	struct listener *listeners;
	size_t listeners_n;
	struct event *retry;		/* accepts again after trouble */
	struct event *grace;
	struct web_config *web;
	bool serving, paused, stopping;
	void (*stopped)(void *arg);
	void *stopped_arg;
	int64_t date_s;			/* the second that `date` is for */
	char date[40];
};

/* Takes a connected socket; closes it on failure. */
void http_conn_new(struct http_server *s, int fd);
void http_conn_free(struct http_conn *c);
/* The deadline of its state has passed. */
void http_conn_expire(struct http_conn *c);
/* Its answer may go out; with `refusal` (non-empty) a 500 goes instead. */
void http_conn_release(struct http_conn *c, struct str refusal);

void conn_list_move(struct http_conn *c, enum conn_state state);
/* After a connection was freed: accepts again, or ends the stop. */
void http_server_freed(struct http_server *s);

#endif
