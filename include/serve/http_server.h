/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/http_server.h - HTTP/1.1 connections in front of a handler of values.
 *
 * Turns what arrives on its listeners into struct http_request, calls `handle`,
 * and writes the struct http_response in bounded steps, so that a slow reader
 * neither blocks the loop nor makes buffers grow: a body in memory is what it
 * is, of a stream there is one piece or two. Bounds headers, bodies, connections
 * and the time a client may take. Loop thread only.
 *
 * A GET has its place in get_concurrency while its answer is made and the client
 * keeps up with it. A client that reads slowly loses it: what is left
 * then costs little memory and no work that others would wait for.
 *
 * Made with libevent's evhttp, from which it follows that a head that is too
 * long is refused with 400, malformed chunks (and chunk extensions) with 413, and
 * that the answer to a HEAD or TRACE request or an unknown verb ends the
 * connection if a body comes with it.
 */
#ifndef SERVE_HTTP_SERVER_H
#define SERVE_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "http/msg.h"

struct event_base;
struct expo;
struct http_server;

/* A client that takes less of a long answer, in any read_window but the first, is cut off. */
#define HTTP_READ_MIN ((uint64_t)64 << 10)

struct http_server_options {
	struct event_base *base;	/* borrowed, as are clock and log */
	struct clock *clock;
	const struct log *log;
	size_t max_header;		/* bytes of request line and headers; 0: 1 MiB */
	size_t max_body;		/* bytes; 0: 64 MiB */
	size_t max_buffered;		/* bytes of all requests and answers in memory; 0: 512 MiB */
	unsigned max_connections;	/* 0: 16384; fewer where the descriptor limit says so */
	int64_t get_concurrency;	/* places for GETs, of each kind; <= 0: max(number of CPUs, 8) */
	span timeout;			/* of handling a request, until its answer may go out; 0: none */
	span header_timeout;		/* for all headers from their first byte on; 0: 30 s */
	span idle_timeout;		/* between requests; 0: 5 min */
	span read_window;		/* in which a client has to take HTTP_READ_MIN of an answer; 0: 30 s */
	struct str web_config;		/* path of the TLS and authentication file; empty: none */

	/*
	 * Answers a request. `out` is zeroed with body.max set; the server frees its body. A request
	 * that goes on later (out->later) does so without its client, once that has gone or `timeout` is
	 * over.
	 */
	void (*handle)(void *arg, const struct http_request *r, struct moment now, struct http_response *out);
	/* A slice of what goes on later was done. May be NULL. */
	void (*worked)(void *arg);
	/*
	 * The ticket that a response with wait_durable waits for; asked right after
	 * `handle`. 0: it may go at once. Tickets never decrease. May be NULL.
	 */
	uint64_t (*ticket)(void *arg);
	/* The answer is on its way after `took`; for metrics. May be NULL. */
	void (*observe)(void *arg, const struct http_request *r, const struct http_response *resp, span took);
	/* Which place a GET takes. May be NULL: HTTP_PLACE. */
	enum http_places (*place)(void *arg, const struct http_request *r);
	/* Whether a GET of the path is left out of the rate limit of the web configuration. May be NULL: none is. */
	bool (*unmetered)(void *arg, struct str path);
	void *arg;
};

/* Also raises the descriptor limit to what the system allows. NULL and e if the web configuration file is bad. */
struct http_server *http_server_new(const struct http_server_options *o, struct err *e) MUST_CHECK;
/*
 * Binds "host:port", ":port" (all interfaces) or "[v6]:port"; port 0 takes a
 * free one. May be called several times. Connections are accepted from
 * http_server_serve on. "vsock://" is refused: libevent's evhttp cannot serve it.
 */
bool http_server_listen(struct http_server *s, struct str address, struct err *e) MUST_CHECK;
/* Takes the sockets that systemd passed (LISTEN_FDS); an error when there are none. */
bool http_server_listen_systemd(struct http_server *s, struct err *e) MUST_CHECK;
/* The i-th listener's real address, "127.0.0.1:9093", and its port (0 if it has none); empty past the end. Borrowed. */
struct str http_server_address(const struct http_server *s, size_t i);
unsigned http_server_port(const struct http_server *s, size_t i);
/* Starts accepting; logs "Listening on" and whether TLS is on, per listener. */
void http_server_serve(struct http_server *s);

/* Looks at the web configuration file at once, which is otherwise looked at once a second at most. */
void http_server_refresh(struct http_server *s);
/* Sends all responses held for tickets up to and including this one; the first of them at once, and many in slices. Tickets never decrease. */
void http_server_release(struct http_server *s, uint64_t upto);
/* Answers them with 500 and this text instead: what they promised could not be stored. */
void http_server_refuse(struct http_server *s, uint64_t upto, struct str why);

/*
 * Stops accepting and calls `done` (from the loop, once) when every request
 * under way was answered and nothing goes on later, at the latest after `grace`; what is left is cut off.
 */
void http_server_stop(struct http_server *s, span grace, void (*done)(void *arg), void *arg);
/* Cuts what is left. Sets *s to NULL; *s may be NULL already. */
void http_server_free(struct http_server **s);

/* Open connections now; GET requests being answered; those refused by get_concurrency since the start. */
size_t http_server_connections(const struct http_server *s);
size_t http_server_gets(const struct http_server *s);
uint64_t http_server_gets_refused(const struct http_server *s);
/* A metrics source (struct metrics_source): the requests in flight and those refused. `arg` is the server. */
void http_server_expose(void *arg, struct expo *x, struct moment now);

#endif
