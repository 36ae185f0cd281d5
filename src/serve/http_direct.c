/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that are plain and there whole are answered without evhttp, which reads line by line, copies each field twice and
 * makes a new object for the request to come: more than all else that a small POST costs.
 *
 * Between requests the bufferevent reads nothing, and what comes is read here. If it is such a request, and nothing behind
 * it, its handler gets it where it was read. All else, and all of which there is doubt, is given to evhttp as if that had read
 * it: waiting, refusing and the rest of HTTP are done there, and it reads on until its answer is out.
 *
 * Some answers need evhttp too: streams, those that end the connection, those that the socket does not take at
 * once. It then gets a request of its own to answer, for the one that it has not seen.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>

#include "base/mem.h"
#include "http_private.h"
#include "loop/turn.h"

/* A longer one is worth evhttp's trouble, and would be copied once more; who has sent one is going to send another. */
#define INPUT_MAX ((size_t)64 << 10)

/* Without a file of web settings nobody has to be asked who may (http_admit.c). */
static bool
may_be_direct(const struct http_conn *c)
{
	return c->server->web == NULL && bufferevent_openssl_get_ssl(c->bev) == NULL;
}

static bool
is_between(const struct http_conn *c)
{
	return c->state == CONN_IDLE && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0;
}

void
direct_begin(struct http_conn *c)
{
	if (may_be_direct(c))
		bufferevent_disable(c->bev, EV_READ);
}

void
direct_next(struct http_conn *c, size_t taken)
{
	/* Behind interest_next: libevent adds no event that is active. */
	if (taken < INPUT_MAX && may_be_direct(c))
		event_active(c->interest, EV_TIMEOUT, 0);
}

void
direct_resume(struct http_conn *c)
{
	if (is_between(c))
		bufferevent_disable(c->bev, EV_READ);
}

bool
direct_reads(const struct http_conn *c)
{
	return is_between(c) && (bufferevent_get_enabled(c->bev) & EV_READ) == 0;
}

void
direct_read(struct http_conn *c)
{
	TURN("request");
	struct http_server *s = c->server;
	ssize_t n;

	if (s->input == NULL)
		s->input = mem_alloc(INPUT_MAX);
	n = recv(bufferevent_getfd(c->bev), s->input, INPUT_MAX, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->interest_fed = true;
	if (n <= 0)
		/* It finds out by itself how the connection ends. */
		bufferevent_enable(c->bev, EV_READ);
	else if ((size_t)n == INPUT_MAX || !exchange_direct(c, (struct str){ s->input, (size_t)n }))
		guard_feed(c, (struct str){ s->input, (size_t)n });
}

void
direct_keep(struct exchange *x)
{
	struct http_server *s = x->server;

	if (x->req.body.n == 0)
		return;
	assert(x->evreq == NULL && x->body.p == NULL);
	x->body.p = s->input;
	x->body.n = x->req.body.n;
	x->body.cap = INPUT_MAX;
	s->input = NULL;
	guard_take(x->conn, INPUT_MAX);
}

void
direct_lend(struct http_conn *c)
{
	guard_replace(c, STR("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
	guard_open(c);
	assert(c->x->evreq != NULL);
}
