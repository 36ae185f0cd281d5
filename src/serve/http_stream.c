/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies that are made piece by piece (struct http_stream), while the client takes
 * them: a slice of work in each turn of the loop (loop/tasks.h), as long as little
 * of what was made waits for the socket.
 *
 * Until the first piece is there nothing is sent. So an answer that is small goes
 * out like any other, with its length, and one that fails at once is a 500.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "base/log.h"
#include "base/mem.h"
#include "http_private.h"
#include "http_request.h"
#include "http_response.h"
#include "loop/turn.h"

/* When no more than this waits for the socket, the next piece is made: enough to keep a fast network busy. */
#define LOW HTTP_PIECE

static bool
is_sized(const struct exchange *x)
{
	return x->resp.stream->size != HTTP_STREAM_UNKNOWN;
}

static size_t
waiting(const struct http_conn *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

static void
go_on(struct http_conn *c)
{
	task_ready(c->server->tasks, &c->x->slice);
}

/* The stream can go on: what it waited for is there. */
static void
on_ready(void *arg)
{
	go_on(arg);
}

/* The socket has taken some of it, and little is left. */
static void
on_taken(struct evhttp_connection *evcon, void *arg)
{
	(void)evcon;
	go_on(arg);
}

static void
free_piece(const void *data, size_t n, void *arg)
{
	(void)data;
	(void)n;
	mem_free(arg);
}

/* Moves x->piece to where evhttp writes from. */
static void
send_piece(struct http_conn *c)
{
	struct exchange *x = c->x;
	struct evbuffer *b;
	size_t n;
	char *p;

	if (x->piece.n == 0)
		return;
	p = sbuf_take(&x->piece, &n);
	x->streamed += n;
	b = evbuffer_new();
	if (b == NULL || evbuffer_add_reference(b, p, n, free_piece, p) < 0) {
		/* Out of memory: the client waits for more than comes, and is cut. */
		mem_free(p);
	} else if (x->stage == STREAM_HEAD) {
		bufferevent_setwatermark(c->bev, EV_WRITE, LOW, 0);
		evhttp_send_reply_chunk_with_cb(x->evreq, b, on_taken, c);
		/* See exchange_send. From here on evhttp calls on_taken, and would only turn reading on and off again. */
		bufferevent_disable(c->bev, EV_READ);
		x->stage = STREAM_BODY;
	} else {
		struct evbuffer *out = bufferevent_get_output(c->bev);

		if (x->chunked)
			evbuffer_add_printf(out, "%zx\r\n", n);
		evbuffer_add_buffer(out, b);
		if (x->chunked)
			evbuffer_add(out, "\r\n", 2);
	}
	if (b != NULL)
		evbuffer_free(b);
}

static void
send_head(struct http_conn *c)
{
	struct exchange *x = c->x;

	x->chunked = !is_sized(x) && !http_request_is_old(x->evreq);
	/* A body that has neither a length nor chunks ends with the connection. */
	if (!is_sized(x) && !x->chunked)
		x->close = true;
	exchange_send(c, c->server->o.clock->now(c->server->o.clock));
	x->stage = STREAM_HEAD;
}

/* All that there is was made before anything was sent. */
static void
send_whole(struct http_conn *c)
{
	struct exchange *x = c->x;

	http_stream_drop(c->server, x->resp.stream);
	x->resp.stream = NULL;
	sbuf_fini(&x->resp.body);
	x->resp.body = x->piece;
	x->piece = (struct sbuf){ .max = SBUF_UNLIMITED };
	exchange_send(c, c->server->o.clock->now(c->server->o.clock));
}

static void
finish(struct http_conn *c)
{
	struct exchange *x = c->x;
	bool chunked = x->chunked;

	send_piece(c);
	x->resp.stream->size = x->streamed;
	exchange_observe(c, c->server->o.clock->now(c->server->o.clock).mono);
	x->sent = true;
	/* From here on evhttp waits until all is written. */
	bufferevent_setwatermark(c->bev, EV_WRITE, 0, 0);
	/* When there is nothing left to write, the connection may be gone behind this. */
	evhttp_send_reply_end(x->evreq);
	if (chunked)
		bufferevent_disable(c->bev, EV_READ);
}

/* The part that was sent must not look like the whole: the client sees the connection break. */
static void
give_up(struct http_conn *c, const struct err *e)
{
	struct linger at_once = { .l_onoff = 1 };

	LOG(c->server->o.log, LOG_ERROR, "An answer could not be sent to its end",
	    F_STR("handler", c->x->resp.handler), F_ERR(e));
	(void)setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	guard_cut(c);
}

/* A length that was told binds. */
static enum http_more
check_size(const struct exchange *x, enum http_more more, struct err *e)
{
	uint64_t n = x->streamed + x->piece.n;

	if (!is_sized(x) || more == HTTP_FAILED)
		return more;
	if (n <= x->resp.stream->size && (more != HTTP_END || n == x->resp.stream->size))
		return more;
	err_set(e, ERR_INVALID, "it has %llu bytes instead of %llu", (unsigned long long)n,
	    (unsigned long long)x->resp.stream->size);
	return HTTP_FAILED;
}

static enum http_more
make_piece(struct http_conn *c, struct work *w, struct moment now, struct err *e)
{
	struct exchange *x = c->x;

	return check_size(x, x->resp.stream->next(x->resp.stream, &x->piece, w, now, e), e);
}

/*
 * Reading is turned off, and where nothing is to be written nobody tells that
 * the client has gone. One that has only ended its side of the connection may still
 * want the answer; the head of it will show.
 */
static void
look_for_client(struct http_conn *c)
{
	struct pollfd p = { .fd = bufferevent_getfd(c->bev), .events = POLLRDHUP };

	if (waiting(c) > 0 || poll(&p, 1, 0) <= 0)
		return;
	if (p.revents & (POLLERR | POLLHUP | POLLNVAL))
		guard_cut(c);
	else if (c->x->stage == STREAM_UNSENT)
		send_head(c);
}

static void
proceed(struct http_conn *c, enum http_more more, const struct err *e)
{
	struct exchange *x = c->x;
	bool unsent = x->stage == STREAM_UNSENT;

	if (unsent && x->resp.stream->status != 0)
		x->resp.status = x->resp.stream->status;
	if (more == HTTP_END && unsent) {
		send_whole(c);
	} else if (more == HTTP_END) {
		finish(c);
	} else if (more == HTTP_FAILED && unsent) {
		exchange_fail(c, str_from(e->text));
	} else if (more == HTTP_FAILED) {
		give_up(c, e);
	} else {
		if (unsent && x->piece.n >= HTTP_PIECE)
			send_head(c);
		if (x->stage != STREAM_UNSENT)
			send_piece(c);
		if (more == HTTP_WAIT)
			return;
		if (waiting(c) <= LOW)
			go_on(c);
		else
			pace_look(c);	/* on_taken goes on */
	}
}

static void
run_slice(struct task *t, struct work *w, struct moment now)
{
	struct http_conn *c = CONTAINER_OF(t, struct exchange, slice)->conn;
	struct err e = { 0 };
	enum http_more more;

	if (waiting(c) > LOW)
		return;
	more = make_piece(c, w, now, &e);
	turn_part(c->x->resp.handler, c->x->piece.n);
	proceed(c, more, &e);
	if (more == HTTP_MORE || more == HTTP_LATER)
		look_for_client(c);
}

void
http_stream_begin(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct work w = { TASK_SLICE };
	struct exchange *x = c->x;
	struct err e = { 0 };

	x->slice.run = run_slice;
	x->resp.stream->ready = on_ready;
	x->resp.stream->ready_arg = c;
	x->piece.max = SBUF_UNLIMITED;
	if (x->evreq == NULL)
		direct_lend(c);
	if (!http_response_has_body(x)) {
		exchange_send(c, c->server->o.clock->now(c->server->o.clock));
		if (!is_sized(x))
			x->resp.stream->size = 0;
		exchange_observe(c, c->server->o.clock->now(c->server->o.clock).mono);
		return;
	}
	guard_move(c, CONN_MAKE);
	/* Within a callback of evhttp, as we may be, a connection cannot be cut. So what has begun goes on later. */
	if (is_sized(x)) {
		send_head(c);
		go_on(c);
	} else if (exchange_round_is_full(s)) {
		proceed(c, HTTP_LATER, &e);
	} else {
		proceed(c, make_piece(c, &w, s->o.clock->now(s->o.clock), &e), &e);
	}
}

void
http_stream_end(struct http_conn *c)
{
	struct exchange *x = c->x;

	task_cancel(c->server->tasks, &x->slice);
	if (x->resp.stream != NULL && !x->sent && x->stage != STREAM_UNSENT) {
		x->resp.stream->size = x->streamed;
		exchange_observe(c, c->server->o.clock->now(c->server->o.clock).mono);
	}
}

/* A stream that nobody wants any more. */
struct dropped {
	struct task task;
	struct list_node place;		/* struct http_server.dropped */
	struct http_server *server;
	struct http_stream *stream;
};

static void
forget(struct dropped *d)
{
	list_remove(&d->server->dropped, &d->place);
	mem_free(d);
}

static void
run_drop(struct task *t, struct work *w, struct moment now)
{
	struct dropped *d = CONTAINER_OF(t, struct dropped, task);

	(void)now;
	if (!d->stream->dismantle(d->stream, w)) {
		task_ready(d->server->tasks, t);
		return;
	}
	d->stream->drop(d->stream);
	forget(d);
}

void
http_stream_drop(struct http_server *s, struct http_stream *stream)
{
	struct work w = { TASK_SLICE };
	struct dropped *d;

	if (stream->dismantle == NULL || stream->dismantle(stream, &w)) {
		stream->drop(stream);
		return;
	}
	d = NEW(struct dropped);
	d->task.run = run_drop;
	d->server = s;
	d->stream = stream;
	list_append(&s->dropped, &d->place);
	task_ready(s->tasks, &d->task);
}

void
http_streams_fini(struct http_server *s)
{
	while (s->dropped.first != NULL) {
		struct dropped *d = CONTAINER_OF(s->dropped.first, struct dropped, place);

		task_cancel(s->tasks, &d->task);
		http_stream_free(d->stream);
		forget(d);
	}
}
