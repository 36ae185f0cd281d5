/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When something is on disk, many answers may go at once. Each write of its own wakes its reader, who may be given our processor for
 * it, until there is no more to read: that costs more than the write. So they go with one call (loop/aio.h).
 */
#include <assert.h>
#include <stdint.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>

#include "http_private.h"

/* A batch of more bytes is not waited with. */
#define BYTES_MAX ((size_t)64 << 10)

void
gather_fini(struct http_server *s)
{
	aio_fini(&s->gather.aio);
	sbuf_fini(&s->gather.text);
}

void
gather_begin(struct http_server *s)
{
	struct http_gather *g = &s->gather;

	assert(!g->open && g->n == 0);
	if (!g->tried)
		g->possible = aio_init(&g->aio, HTTP_GATHER_MAX);
	g->tried = true;
	g->open = g->possible;
}

static struct str
text_of(const struct http_gather *g, size_t i)
{
	return str_sub(sbuf_get(&g->text), i > 0 ? g->each[i - 1].end : 0, g->each[i].end);
}

static int
socket_of(const struct http_gather *g, size_t i)
{
	return bufferevent_getfd(g->each[i].conn->bev);
}

/* How many the kernel has taken. Their sockets make nobody wait, so all of these are over. */
static size_t
write_together(struct http_gather *g)
{
	size_t taken;

	for (size_t i = 0; i < g->n; i++) {
		struct str text = text_of(g, i);

		g->orders[i] = (struct iocb){ .aio_data = i, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = (uint32_t)socket_of(g, i),
			.aio_buf = (uintptr_t)text.p, .aio_nbytes = text.n };
		g->list[i] = &g->orders[i];
	}
	taken = aio_submit(&g->aio, g->list, g->n);
	for (size_t i = 0; i < taken; i++) {
		struct io_event e;
		bool over = aio_next(&g->aio, &e) || aio_wait(&g->aio, &e);

		assert(over && e.data < taken);
		g->each[e.data].sent = over ? (ssize_t)e.res : -1;
	}
	return taken;
}

static void
flush(struct http_server *s)
{
	struct http_gather *g = &s->gather;
	/* For one alone there is a call that costs less. */
	size_t taken = g->n > 1 ? write_together(g) : 0;

	for (size_t i = 0; i < g->n; i++) {
		struct str text = text_of(g, i);

		if (i >= taken)
			g->each[i].sent = send(socket_of(g, i), text.p, text.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		exchange_sent(g->each[i].conn, text, g->each[i].sent);
	}
	g->n = 0;
	sbuf_reset(&g->text);
}

struct sbuf *
gather_text(struct http_server *s)
{
	return s->gather.open ? &s->gather.text : NULL;
}

void
gather_add(struct http_conn *c)
{
	struct http_gather *g = &c->server->gather;

	/* Until it is sent, which is before anything else happens, it has no time of its own. */
	guard_move(c, CONN_STATES);
	g->each[g->n].conn = c;
	g->each[g->n++].end = g->text.n;
	if (g->n == HTTP_GATHER_MAX || g->text.n >= BYTES_MAX)
		flush(c->server);
}

void
gather_end(struct http_server *s)
{
	flush(s);
	s->gather.open = false;
}
