/* SPDX-License-Identifier: Apache-2.0 */
#include "http_conn.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>

#include "base/duration.h"
#include "base/mem.h"
#include "http_reply.h"
#include "web_config.h"

#define READ_MAX (256 * 1024)	/* buffered by libevent and not yet taken by us */

static void read_on(struct http_conn *c);

static struct moment
now_of(const struct http_server *s)
{
	return s->o.clock->now(s->o.clock);
}

static void
exchange_free(struct http_conn *c)
{
	struct exchange *x = c->x;

	if (x == NULL)
		return;
	c->x = NULL;
	if (x->is_get) {
		c->server->gets--;
		if (c->server->o.in_flight != NULL)
			c->server->o.in_flight(c->server->o.arg, -1);
	}
	sbuf_fini(&x->in);
	sbuf_fini(&x->body);
	sbuf_fini(&x->resp.body);
	arena_free(&x->arena);
	mem_free(x);
}

void
http_conn_free(struct http_conn *c)
{
	struct http_server *s = c->server;

	if (c->admission != NULL)
		web_config_abandon(&c->admission);
	conn_list_move(c, CONN_STATES);
	exchange_free(c);
	bufferevent_free(c->bev);
	mem_free(c);
	s->conns--;
	http_server_freed(s);
}

/* Starts writing what x->resp says. Nothing is read meanwhile. */
static void
send_response(struct http_conn *c)
{
	struct exchange *x = c->x;
	struct evbuffer *out = bufferevent_get_output(c->bev);

	if (c->server->o.observe != NULL && x->req.method.n > 0)
		c->server->o.observe(c->server->o.arg, &x->req, &x->resp,
		    mono_sub(now_of(c->server).mono, x->began));
	if (c->server->stopping || !x->head.keep_alive)
		x->close = true;
	web_config_headers(c->server->web, &x->resp);
	http_reply_write(c->server, x, out);
	bufferevent_disable(c->bev, EV_READ);
	conn_list_move(c, CONN_WRITE);
	bufferevent_enable(c->bev, EV_WRITE);
}

/* An answer of the server itself, in Go's form. */
static void
send_text(struct http_conn *c, int status, struct str text)
{
	struct exchange *x = c->x;

	sbuf_fini(&x->resp.body);
	x->resp = (struct api_response){ .status = status, .handler = x->resp.handler, .body.max = SBUF_UNLIMITED };
	http_reply_header(&x->resp, "Content-Type", STR("text/plain; charset=utf-8"));
	sbuf_str(&x->resp.body, text);
	send_response(c);
}

/* A request that cannot be read, or not to its end: the connection ends with the answer. */
static void
send_bad(struct http_conn *c, int status, const char *why)
{
	struct exchange *x = c->x;
	struct sbuf b = SBUF_INIT(512);

	x->close = true;
	x->unread = true;
	x->req.method = STR_NONE;	/* not worth a metric: there was no request to speak of */
	sbuf_printf(&b, "%d %s%s%s", status, http_reason(status), *why != '\0' ? ": " : "", why);
	send_text(c, status, sbuf_get(&b));
	sbuf_fini(&b);
}

static void
send_timeout(struct http_conn *c)
{
	char d[DURATION_MAX];
	struct sbuf b = SBUF_INIT(256);

	duration_format_go(c->server->o.timeout, d);
	sbuf_printf(&b, "Exceeded configured timeout of %s.\n", d);
	send_text(c, 503, sbuf_get(&b));
	sbuf_fini(&b);
}

/* The whole request is here. */
static void
dispatch(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct exchange *x = c->x;
	struct moment now = now_of(s);

	x->req.body = sbuf_get(&x->body);
	x->resp = (struct api_response){ .body.max = SBUF_UNLIMITED };
	/* Time spent on reading a body is the client's, but counts for the handler in Go as well. */
	s->o.handle(s->o.arg, &x->req, now, &x->resp);
	/* The body may be large and is of no more use. */
	sbuf_fini(&x->body);
	x->req.body = STR_NONE;
	if (s->o.timeout > 0 && mono_sub(now_of(s).mono, x->began) >= s->o.timeout) {
		send_timeout(c);
		return;
	}
	if (x->resp.wait_durable && s->o.ticket != NULL && (x->ticket = s->o.ticket(s->o.arg)) != 0) {
		bufferevent_disable(c->bev, EV_READ);
		conn_list_move(c, CONN_HELD);
		return;
	}
	send_response(c);
}

void
http_conn_release(struct http_conn *c, struct str refusal)
{
	assert(c->state == CONN_HELD);
	if (refusal.n > 0) {
		struct sbuf b = SBUF_INIT(4096);

		sbuf_str(&b, refusal);
		sbuf_putc(&b, '\n');
		send_text(c, 500, sbuf_get(&b));
		sbuf_fini(&b);
	} else {
		send_response(c);
	}
}

/* Takes of a body what has come. */
static void
read_body(struct http_conn *c)
{
	struct exchange *x = c->x;
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer_iovec v;
	enum chunk_result r = CHUNK_MORE;

	while ((x->head.chunked ? r == CHUNK_MORE : x->body_left > 0) && evbuffer_peek(in, -1, NULL, &v, 1) >= 1) {
		size_t used = v.iov_len;

		if (x->head.chunked) {
			r = chunk_read(&x->chunks, (struct str){ v.iov_base, v.iov_len }, &used, &x->body);
		} else {
			if (used > x->body_left)
				used = (size_t)x->body_left;
			sbuf_put(&x->body, v.iov_base, used);
			x->body_left -= used;
		}
		evbuffer_drain(in, used);
	}
	if (r == CHUNK_BAD)
		send_bad(c, 400, "malformed chunked encoding");
	else if (r == CHUNK_TOO_LONG)
		send_bad(c, 413, "");
	else if (x->head.chunked ? r == CHUNK_DONE : x->body_left == 0)
		dispatch(c);
}

/* Admitted: the body is wanted. */
static void
want_body(struct http_conn *c)
{
	struct exchange *x = c->x;

	x->body.max = c->server->o.max_body;
	x->body_left = x->head.length;
	if (!x->head.chunked && x->head.length == 0) {
		dispatch(c);
		return;
	}
	if (x->head.expect_continue && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)
		evbuffer_add_printf(bufferevent_get_output(c->bev), "HTTP/1.1 100 Continue\r\n\r\n");
	conn_list_move(c, CONN_BODY);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	read_body(c);
}

static void
refuse(struct http_conn *c)
{
	/* The body, if any, stays unread. */
	if (c->x->head.chunked || c->x->head.length > 0)
		c->x->close = c->x->unread = true;
	send_response(c);
}

/* The answer of web_config_admit, at once or later. */
static void
on_admission(void *arg, enum admission a)
{
	struct http_conn *c = arg;

	c->admission = NULL;
	if (a == ADMISSION_GRANTED)
		want_body(c);
	else
		refuse(c);
}

static bool
limit_gets(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct exchange *x = c->x;
	struct sbuf b = SBUF_INIT(256);

	if (!str_is(x->head.method, "GET"))
		return true;
	if (s->gets < s->o.get_concurrency) {
		s->gets++;
		x->is_get = true;
		if (s->o.in_flight != NULL)
			s->o.in_flight(s->o.arg, 1);
		return true;
	}
	if (s->o.limited != NULL)
		s->o.limited(s->o.arg);
	/* No handler was reached, so there is nothing to observe. */
	x->req.method = STR_NONE;
	sbuf_printf(&b, "Limit of concurrent GET requests reached (%lld), try again later.\n\n",
	    (long long)s->o.get_concurrency);
	x->resp = (struct api_response){ .status = 503, .body.max = SBUF_UNLIMITED };
	http_reply_header(&x->resp, "Content-Type", STR("text/plain; charset=utf-8"));
	http_reply_header(&x->resp, "X-Content-Type-Options", STR("nosniff"));
	sbuf_str(&x->resp.body, sbuf_get(&b));
	sbuf_fini(&b);
	refuse(c);
	return false;
}

/* The head has come to its end. */
static void
on_head(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct exchange *x = c->x;
	const char *why;
	int status;

	x->began = now_of(s).mono;
	x->arena = arena_new();
	status = http_head_parse(x->arena, sbuf_get(&x->in), &x->head, &why);
	if (status != 0) {
		send_bad(c, status, why);
		return;
	}
	if (!x->head.chunked && x->head.length > s->o.max_body) {
		send_bad(c, 413, "");
		return;
	}
	x->req = (struct api_request){ x->head.method, x->head.path, x->head.query, x->head.headers,
		x->head.headers_n, STR_NONE, x->arena };
	if (!limit_gets(c))
		return;
	if (s->web == NULL) {
		want_body(c);
		return;
	}
	/* What is denied may be answered now; a check of a password takes longer. */
	bufferevent_disable(c->bev, EV_READ);
	conn_list_move(c, CONN_ADMIT);
	x->resp = (struct api_response){ .body.max = SBUF_UNLIMITED };
	web_config_admit(s->web, &x->req, &x->resp, on_admission, c, &c->admission);
}

/* Takes of a head what has come. */
static void
read_head(struct http_conn *c)
{
	struct exchange *x = c->x;
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t old = x->in.n, n = evbuffer_get_length(in), end;

	if (n > x->in.max - old)
		n = x->in.max - old;
	if (n > 0 && sbuf_reserve(&x->in, n)) {
		ev_ssize_t got = evbuffer_copyout(in, x->in.p + old, n);

		assert(got == (ev_ssize_t)n);
		x->in.n += n;
	}
	end = http_head_end(x->in.p, x->in.n, &x->scanned);
	if (end > 0) {
		evbuffer_drain(in, end - old);
		x->in.n = end;
		on_head(c);
	} else {
		evbuffer_drain(in, n);
		if (x->in.n == x->in.max)
			send_bad(c, 431, "");
	}
}

static void
read_on(struct http_conn *c)
{
	if (evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)
		return;
	if (c->state == CONN_IDLE) {
		c->x = NEW(struct exchange);
		c->x->in.max = c->server->o.max_header;
		conn_list_move(c, CONN_HEAD);
	}
	if (c->state == CONN_HEAD)
		read_head(c);
	else if (c->state == CONN_BODY)
		read_body(c);
	else if (c->state == CONN_LINGER)
		evbuffer_drain(bufferevent_get_input(c->bev), SIZE_MAX);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	read_on(arg);
}

/*
 * The peer has to see the answer although it may still be sending: closing
 * with bytes unread would reset the connection and take the answer along.
 */
static void
linger(struct http_conn *c)
{
	exchange_free(c);
	conn_list_move(c, CONN_LINGER);
	if (bufferevent_openssl_get_ssl(c->bev) != NULL || shutdown(bufferevent_getfd(c->bev), SHUT_WR) < 0) {
		http_conn_free(c);
		return;
	}
	bufferevent_enable(c->bev, EV_READ);
}

/* All that there was to write has been written. */
static void
on_written(struct bufferevent *bev, void *arg)
{
	struct http_conn *c = arg;

	(void)bev;
	if (c->state != CONN_WRITE)
		return;		/* 100 Continue */
	if (c->x->close && c->x->unread) {
		linger(c);
	} else if (c->x->close) {
		http_conn_free(c);
	} else {
		exchange_free(c);
		conn_list_move(c, CONN_IDLE);
		bufferevent_enable(c->bev, EV_READ);
		read_on(c);
	}
}

/* Who speaks HTTP where TLS is expected is told so, in the clear (Go net/http). */
static void
refuse_plain_text(struct http_conn *c)
{
	static const char text[] = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
	unsigned long why;

	if (bufferevent_openssl_get_ssl(c->bev) == NULL)
		return;
	while ((why = bufferevent_get_openssl_error(c->bev)) != 0)
		if (ERR_GET_REASON(why) == SSL_R_HTTP_REQUEST) {
			/* As much as fits is enough; the connection ends here. */
			ssize_t sent = send(bufferevent_getfd(c->bev), text, sizeof(text) - 1, MSG_NOSIGNAL);

			(void)sent;
		}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct http_conn *c = arg;

	(void)bev;
	if (what & BEV_EVENT_CONNECTED)
		return;
	/* A peer that is done sending still gets what it asked for. */
	if ((what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING) &&
	    (c->state == CONN_HELD || c->state == CONN_WRITE || c->state == CONN_ADMIT))
		return;
	refuse_plain_text(c);
	http_conn_free(c);
}

void
http_conn_expire(struct http_conn *c)
{
	switch (c->state) {
	case CONN_HELD:
	case CONN_ADMIT:
		if (c->admission != NULL)
			web_config_abandon(&c->admission);
		send_timeout(c);
		break;
	case CONN_BODY:
		send_bad(c, 408, "");
		break;
	case CONN_IDLE:
	case CONN_HEAD:
	case CONN_WRITE:
	case CONN_LINGER:
	case CONN_STATES:
		http_conn_free(c);
		break;
	}
}

void
http_conn_new(struct http_server *s, int fd)
{
	struct http_conn *c = NEW(struct http_conn);
	struct timeval idle = { s->o.idle_timeout / SPAN_S, s->o.idle_timeout % SPAN_S / 1000 };

	c->server = s;
	c->state = CONN_STATES;
	/* Takes the socket, TLS or not. */
	c->bev = web_config_accept(s->web, s->o.base, fd);
	s->conns++;
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, READ_MAX);
	/* Of writing only: how long one may stay in the other states is a matter of their lists. */
	bufferevent_set_timeouts(c->bev, NULL, &idle);
	conn_list_move(c, CONN_IDLE);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}
