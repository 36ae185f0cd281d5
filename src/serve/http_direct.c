/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that are plain are answered without evhttp, which reads line by line, copies each field twice and
 * makes a new object for the request to come: more than all else that a small POST costs.
 *
 * Between requests the bufferevent reads nothing, and what comes is read here. If it is such a request, and nothing behind
 * it, its handler gets it where it was read; and if some of its body is missing, that is read here as well, as it comes, into one
 * block. All else, and all of which there is doubt, is given to evhttp as if that had read
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

/* So much is read at first. */
#define INPUT_MAX ((size_t)64 << 10)
/* A longer one is worth evhttp's trouble, which puts it together in slices; who has sent one is going to send another. */
#define PART_MAX ((size_t)1 << 20)
/* Room is made for so many times what has come, and for so much at least. */
#define PART_GROWS 4
#define PART_MIN ((size_t)16 << 10)

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
	if (taken < PART_MAX && may_be_direct(c))
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
	return c->part.p != NULL || (is_between(c) && (bufferevent_get_enabled(c->bev) & EV_READ) == 0);
}

static void
make_room(struct http_conn *c)
{
	size_t cap = c->part.n * PART_GROWS > PART_MIN ? c->part.n * PART_GROWS : PART_MIN;

	c->part.cap = cap < c->part.total ? cap : c->part.total;
	c->part.p = mem_realloc(c->part.p, c->part.cap, 1);
}

static void
begin_part(struct http_conn *c, struct str text, size_t total)
{
	c->part.n = text.n;
	c->part.total = total;
	make_room(c);
	memcpy(c->part.p, text.p, text.n);
	guard_move(c, CONN_BODY);
	memory_take(c, text.n);
}

static struct str
end_part(struct http_conn *c)
{
	struct str text = { c->part.p, c->part.n };

	c->part.p = NULL;
	return text;
}

/* It is evhttp's, which finds out by itself how the connection ends. */
static void
give_up(struct http_conn *c)
{
	struct str text = end_part(c);

	guard_move(c, CONN_IDLE);
	guard_feed(c, text);
	mem_free((char *)(uintptr_t)text.p);
}

static void
read_part(struct http_conn *c)
{
	ssize_t n = recv(bufferevent_getfd(c->bev), c->part.p + c->part.n, c->part.cap - c->part.n, MSG_DONTWAIT);
	enum direct whole;
	size_t total;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->interest_fed = true;
	if (n <= 0) {
		give_up(c);
		return;
	}
	c->part.n += (size_t)n;
	memory_take(c, (size_t)n);
	if (c->part.n < c->part.total) {
		if (c->part.n == c->part.cap)
			make_room(c);
		return;
	}
	/* Its head was plain when only that was there. */
	whole = exchange_direct(c, end_part(c), true, &total);
	assert(whole == DIRECT_TAKEN);
	(void)whole;
}

void
direct_end(struct http_conn *c)
{
	mem_free(c->part.p);
	c->part.p = NULL;
}

void
direct_read(struct http_conn *c)
{
	TURN("request");
	struct http_server *s = c->server;
	struct str text;
	size_t total;
	ssize_t n;

	if (c->part.p != NULL) {
		read_part(c);
		return;
	}
	if (s->input == NULL)
		s->input = mem_alloc(INPUT_MAX);
	n = recv(bufferevent_getfd(c->bev), s->input, INPUT_MAX, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->interest_fed = true;
	if (n <= 0) {
		/* It finds out by itself how the connection ends. */
		bufferevent_enable(c->bev, EV_READ);
		return;
	}
	text = (struct str){ s->input, (size_t)n };
	switch (exchange_direct(c, text, false, &total)) {
	case DIRECT_TAKEN:
		return;
	case DIRECT_PART:
		if (total > PART_MAX)
			break;
		begin_part(c, text, total);
		return;
	case DIRECT_NOT:
		break;
	}
	guard_feed(c, text);
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
	memory_take(x->conn, INPUT_MAX);
}

void
direct_lend(struct http_conn *c)
{
	guard_replace(c, STR("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
	guard_open(c);
	assert(c->x->evreq != NULL);
}
