/* SPDX-License-Identifier: Apache-2.0 */
#include "http_plain.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/copy.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "http_answer.h"
#include "http_form.h"
#include "http_place.h"
#include "loop/errno_text.h"
#include "loop/turn.h"

#define BODY_MAX ((size_t)64 << 10)	/* of a request: it leaves in one write, mostly */
#define IDLE_FOR (300 * SPAN_S)
#define IDLE_MAX 256			/* connections, of all hosts */
#define CONNECT_S 3
#define PIECE ((size_t)16 << 10)	/* of an answer, that is read at a time */

struct plain_call {
	struct http_hop *hop;
	struct answer answer;
	void (*done)(void *arg, enum plain_end end);
	void *arg;
	size_t sent;			/* of all of the request */
	char length[UINT_DIGITS + 5];	/* of its body, and the empty line behind the head */
	bool reused;			/* the connection has carried others before */
	bool heard;			/* something has come */
};

struct connection {
	struct list_node node;		/* of its place, while it is idle */
	struct plain_pool *pool;
	struct place *place;
	int fd;
	struct event *in;		/* from when it is connected until it is closed */
	struct event *out;		/* while it connects, or has more to send than fits */
	bool connected;
	bool busy;
	struct plain_call call;		/* while it is */
	struct mono used;		/* when the last call began */
	char peer[80];			/* 127.0.0.1:80, for errors */
};

struct plain_pool {
	struct event_base *base;
	struct hmap places;
	size_t idle, calls;
	char piece[PIECE];
};

void
plain_learn(struct plain_pool *pool, const struct url *u, const char *ip, long port, struct mono now)
{
	place_learn(&pool->places, u, ip, port, now);
}

/* Connections. */

/* Also from within a callback of its events. */
static void
close_idle(struct connection *c)
{
	list_remove(&c->place->idle, &c->node);
	c->pool->idle--;
	event_free(c->in);
	event_free(c->out);
	close(c->fd);
	mem_free(c);
}

static void
put_back(struct connection *c)
{
	c->busy = false;
	c->place->busy--;
	list_prepend(&c->place->idle, &c->node);
	c->pool->idle++;
}

static struct connection *
take_idle(struct place *p, struct mono now)
{
	while (p->idle.first != NULL) {
		struct connection *c = CONTAINER_OF(p->idle.first, struct connection, node);

		if (mono_sub(now, c->used) < IDLE_FOR) {
			list_remove(&p->idle, &c->node);
			c->pool->idle--;
			p->busy++;
			return c;
		}
		close_idle(c);
	}
	return NULL;
}

static bool
address_of(const struct place *p, struct sockaddr_storage *out, socklen_t *n)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, p->ip, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(p->port);
		*n = sizeof(*v4);
		return true;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(p->port);
	*n = sizeof(*v6);
	return inet_pton(AF_INET6, p->ip, &v6->sin6_addr) == 1;
}

/*
 * Idle connections are asked for: what stands between the two sides does not forget them, and one whose other side has gone
 * without a word is closed before a request waits on it.
 */
static void
set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, HTTP_ALIVE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, HTTP_ALIVE_S },
	};

	/* Failure costs a little time, no more. */
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(options[i].value));
}

/* A socket that has begun to connect; -1: libcurl is to see why there is none. */
static int
socket_to(const struct place *p)
{
	struct sockaddr_storage sa;
	socklen_t n;
	int fd;

	if (!address_of(p, &sa, &n) || (fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
		return -1;
	set_options(fd);
	if (connect(fd, (struct sockaddr *)&sa, n) != 0 && errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

static void on_in(evutil_socket_t fd, short what, void *arg);
static void on_out(evutil_socket_t fd, short what, void *arg);

static struct connection *
connection_new(struct plain_pool *pool, struct place *p)
{
	struct connection *c;
	int fd = socket_to(p);

	if (fd < 0)
		return NULL;
	c = NEW(struct connection);
	c->pool = pool;
	c->place = p;
	p->busy++;
	c->fd = fd;
	snprintf(c->peer, sizeof(c->peer), strchr(p->ip, ':') != NULL ? "[%s]:%u" : "%s:%u", p->ip, p->port);
	c->in = event_new(pool->base, fd, EV_READ | EV_PERSIST, on_in, c);
	c->out = event_new(pool->base, fd, EV_WRITE, on_out, c);
	if (c->in == NULL || c->out == NULL || event_add(c->out, &(struct timeval){ CONNECT_S, 0 }) != 0)
		abort();	/* out of memory */
	return c;
}

/* The end of a call. */

static size_t
length_of(const struct connection *c)
{
	const struct http_hop *hop = c->call.hop;

	return hop->form->head.n + strlen(c->call.length) + hop->r->body.n;
}

static void
end_call(struct connection *c, bool keep)
{
	answer_fini(&c->call.answer);
	c->pool->calls--;
	put_back(c);
	if (!keep || c->pool->idle > IDLE_MAX)
		close_idle(c);
}

/* Some servers say this before they close a connection that was idle for too long: it may have crossed the request (RFC 9110 15.5.9). */
static bool
is_for_idleness(const struct plain_call *call)
{
	return call->reused && call->hop->status == 408 && !call->answer.keep;
}

/* The connection is not to be touched afterwards: it may be closed, or have its next call. */
static void
finish(struct connection *c, enum plain_end end)
{
	struct plain_call call = c->call;

	if (end == PLAIN_ANSWERED && is_for_idleness(&call)) {
		http_hop_forget_answer(call.hop);
		end = PLAIN_UNSENT;
	}
	/* The rest of what came would be taken for the answer to the next request. */
	end_call(c, end == PLAIN_ANSWERED && call.answer.keep && call.answer.rest == 0 && !call.hop->cut &&
	    call.sent == length_of(c));
	call.done(call.arg, end);
}

/* The head of the answer is known; the rest of its body is too much, cannot be read, or does not come. */
static void
finish_cut(struct connection *c)
{
	c->call.hop->cut = true;
	finish(c, PLAIN_ANSWERED);
}

/* No more comes: in peace (0), or by that error of the system's, of `verb`. */
static void
ended(struct connection *c, const char *verb, int os)
{
	struct plain_call *call = &c->call;
	struct http_hop *hop = call->hop;

	if (!hop->left || (call->reused && !call->heard)) {
		finish(c, PLAIN_UNSENT);
	} else if (os == 0 && answer_ends(&call->answer)) {
		finish(c, PLAIN_ANSWERED);
	} else if (answer_has_head(&call->answer) && hop->r->status_decides) {
		finish_cut(c);
	} else {
		if (os != 0)
			err_set(hop->error, ERR_IO, "%s tcp %s: %s: %s", verb, c->peer, verb, errno_text(os).s);
		else
			err_set(hop->error, ERR_IO, answer_has_head(&call->answer) ? "unexpected EOF" : "EOF");
		finish(c, PLAIN_FAILED);
	}
}

static void
take(struct connection *c, struct str piece)
{
	struct plain_call *call = &c->call;

	call->heard = true;
	switch (answer_take(&call->answer, call->hop, piece)) {
	case ANSWER_MORE:
		return;
	case ANSWER_COMPLETE:
		finish(c, PLAIN_ANSWERED);
		return;
	case ANSWER_CUT:
		finish_cut(c);
		return;
	case ANSWER_MALFORMED:
		err_set(call->hop->error, ERR_IO, "net/http: HTTP/1.x transport connection broken: malformed HTTP response");
		finish(c, PLAIN_FAILED);
		return;
	}
}

static void
on_in(evutil_socket_t fd, short what, void *arg)
{
	TURN("outgoing HTTP");
	struct connection *c = arg;
	ssize_t n = recv(fd, c->pool->piece, PIECE, 0);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Its end, or words that nobody asked for. */
	if (!c->busy)
		close_idle(c);
	else if (n > 0)
		take(c, (struct str){ c->pool->piece, (size_t)n });
	else
		ended(c, "read", n < 0 ? errno : 0);
}

/* The beginning. */

static bool
open_gate(struct http_hop *hop)
{
	hop->left = hop->r->gate == NULL || hop->r->gate->open(hop->r->gate, hop->error);
	return hop->left;
}

/* Sends as much of the rest as fits. Returns 0, or the system's error. */
static int
send_some(struct connection *c)
{
	struct plain_call *call = &c->call;
	struct str parts[] = { call->hop->form->head, str_from(call->length), call->hop->r->body };
	struct iovec v[ARRAY_LEN(parts)];
	struct msghdr m = { .msg_iov = v };
	size_t gone = call->sent;
	ssize_t n;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct str left = str_sub(parts[i], gone, parts[i].n);

		gone -= parts[i].n - left.n;
		if (left.n > 0)
			v[m.msg_iovlen++] = (struct iovec){ (char *)(uintptr_t)left.p, left.n };
	}
	n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return errno;
	call->sent += n > 0 ? (size_t)n : 0;
	if (call->sent < length_of(c) && event_add(c->out, NULL) != 0)
		abort();	/* out of memory */
	return 0;
}

static void
on_out(evutil_socket_t fd, short what, void *arg)
{
	TURN("outgoing HTTP");
	struct connection *c = arg;
	socklen_t n = sizeof(int);
	int bad = 0;

	if (!c->connected) {
		if ((what & EV_TIMEOUT) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &bad, &n) != 0 || bad != 0) {
			finish(c, PLAIN_UNSENT);
			return;
		}
		c->connected = true;
		if (!open_gate(c->call.hop)) {
			finish(c, PLAIN_REFUSED);
			return;
		}
		if (event_add(c->in, NULL) != 0)
			abort();	/* out of memory */
	}
	bad = send_some(c);
	/* One that hangs up in the middle of a request may have answered it before: the next reading tells. */
	if (bad != 0 && bad != EPIPE && bad != ECONNRESET)
		ended(c, "write", bad);
}

static bool
fits(struct http_hop *hop)
{
	struct http_form *f;

	if (hop->form == NULL) {
		f = ARENA_NEW(hop->arena, struct http_form);
		form_make(f, hop->arena, &hop->url, hop->headers);
		hop->form = f;
	}
	return hop->form->fits;
}

static bool
is_for_here(struct http_hop *hop)
{
	const struct fetch_request *r = hop->r;

	return str_is(hop->method, "POST") && !hop->no_body && r->body.n <= BODY_MAX && r->sink == NULL && r->idle == 0 &&
	    r->connect_timeout == 0 && fits(hop);
}

static struct connection *
connection_for(struct plain_pool *pool, const struct http_hop *hop, struct mono now)
{
	struct place *p = place_find(&pool->places, &hop->url);
	struct connection *c = p != NULL ? take_idle(p, now) : NULL;

	return c == NULL && p != NULL && place_is_known(p, now) ? connection_new(pool, p) : c;
}

static void
begin_call(struct connection *c, struct http_hop *hop, struct mono now, void (*done)(void *arg, enum plain_end end), void *arg)
{
	struct plain_call *call = &c->call;

	*call = (struct plain_call){ .hop = hop, .done = done, .arg = arg, .reused = c->connected };
	memcpy(copy_uint(call->length, hop->r->body.n), "\r\n\r\n", sizeof("\r\n\r\n"));
	c->busy = true;
	c->used = now;
	c->pool->calls++;
}

bool
plain_start(struct plain_pool *pool, struct http_hop *hop, struct mono now, void (*done)(void *arg, enum plain_end end),
    void *arg, struct plain_call **out, bool *refused)
{
	struct connection *c;

	*refused = false;
	hop->left = false;
	if (!is_for_here(hop) || (c = connection_for(pool, hop, now)) == NULL)
		return false;
	begin_call(c, hop, now, done, arg);
	if (c->connected && !open_gate(hop)) {
		*refused = true;
		end_call(c, true);
		return false;
	}
	if (c->connected && send_some(c) != 0) {
		hop->left = false;
		end_call(c, false);
		return false;
	}
	*out = &c->call;
	return true;
}

void
plain_cancel(struct plain_call **callp)
{
	struct plain_call *call = *callp;

	*callp = NULL;
	if (call != NULL)
		end_call(CONTAINER_OF(call, struct connection, call), false);
}

struct plain_pool *
plain_pool_new(struct event_base *base)
{
	struct plain_pool *pool = NEW(struct plain_pool);

	pool->base = base;
	return pool;
}

void
plain_pool_free(struct plain_pool **poolp)
{
	struct plain_pool *pool = *poolp;

	*poolp = NULL;
	assert(pool->calls == 0);
	HMAP_EACH(&pool->places, n) {
		struct place *p = CONTAINER_OF(n, struct place, node);

		LIST_EACH(&p->idle, node)
			close_idle(CONTAINER_OF(node, struct connection, node));
		place_free(&pool->places, p);
	}
	hmap_fini(&pool->places);
	mem_free(pool);
}
