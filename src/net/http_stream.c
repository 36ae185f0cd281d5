/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies that are not in memory (struct api_stream). One piece of them is, for
 * each client that reads one: the next is asked for when the socket has
 * taken the last. Who takes nothing for idle_timeout is cut off, as ever.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "base/log.h"
#include "http_private.h"
#include "http_response.h"

/* Read from the page cache in well below a millisecond, and enough to keep a fast network busy. */
#define PIECE ((size_t)256 << 10)

static bool
read_piece(struct exchange *x, struct evbuffer *b, size_t n, struct err *e)
{
	struct evbuffer_iovec v;

	if (evbuffer_reserve_space(b, (ev_ssize_t)n, &v, 1) != 1)
		return err_set(e, ERR_LIMIT, "out of memory");
	if (!x->resp.stream->read(x->resp.stream, v.iov_base, n, e))
		return false;
	v.iov_len = n;
	return evbuffer_commit_space(b, &v, 1) == 0 || err_set(e, ERR_LIMIT, "out of memory");
}

/* The headers promised more: nothing but the end of the connection tells the client that it is not to come. */
static void
give_up(struct http_conn *c, const struct err *e)
{
	struct exchange *x = c->x;

	LOG(c->server->o.log, LOG_ERROR, "An answer could not be sent to its end", F_STR("handler", x->resp.handler),
	    F_ERR(e));
	x->close = true;
	evhttp_add_header(evhttp_request_get_output_headers(x->evreq), "Connection", "close");
	x->sent = true;
	evhttp_send_reply_end(x->evreq);
}

/* What evhttp was given so far is with the kernel. */
static void
on_taken(struct evhttp_connection *evcon, void *arg)
{
	struct http_conn *c = arg;
	struct exchange *x = c->x;
	uint64_t left = x->resp.stream->size - x->streamed;
	size_t n = left < PIECE ? (size_t)left : PIECE;
	struct err e = { 0 };
	struct evbuffer *b;

	(void)evcon;
	if (n == 0) {
		x->sent = true;
		evhttp_send_reply_end(x->evreq);
		return;
	}
	b = evbuffer_new();
	if (b == NULL || !read_piece(x, b, n, &e)) {
		give_up(c, &e);
	} else {
		x->streamed += n;
		evhttp_send_reply_chunk_with_cb(x->evreq, b, on_taken, c);
		/* See send_response. */
		bufferevent_disable(c->bev, EV_READ);
	}
	if (b != NULL)
		evbuffer_free(b);
}

void
http_stream_begin(struct http_conn *c)
{
	struct evhttp_request *req = c->x->evreq;
	int status = c->x->resp.status;

	/* Chunked it is not: the length is among the headers. */
	evhttp_send_reply_start(req, status, http_reason(status));
	on_taken(c->evcon, c);
}
