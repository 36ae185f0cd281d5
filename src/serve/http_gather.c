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
	size_t begin = i > 0 ? g->ends[i - 1] : 0;

	return str_sub(sbuf_get(&g->text), begin, g->ends[i]);
}

static int
socket_of(const struct http_gather *g, size_t i)
{
	return bufferevent_getfd(g->conns[i]->bev);
}

/* Results of as many as the kernel has taken; their sockets make nobody wait, so all of them are over. */
static size_t
write_together(struct http_gather *g, ssize_t results[HTTP_GATHER_MAX])
{
	struct iocb each[HTTP_GATHER_MAX], *all[HTTP_GATHER_MAX];
	size_t taken;

	for (size_t i = 0; i < g->n; i++) {
		struct str text = text_of(g, i);

		each[i] = (struct iocb){ .aio_data = i, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = (uint32_t)socket_of(g, i),
			.aio_buf = (uintptr_t)text.p, .aio_nbytes = text.n };
		all[i] = &each[i];
	}
	taken = aio_submit(&g->aio, all, g->n);
	for (size_t i = 0; i < taken; i++) {
		struct io_event e;
		bool over = aio_next(&g->aio, &e) || aio_wait(&g->aio, &e);

		assert(over && e.data < taken);
		results[e.data] = over ? (ssize_t)e.res : -1;
	}
	return taken;
}

static void
flush(struct http_server *s)
{
	struct http_gather *g = &s->gather;
	ssize_t results[HTTP_GATHER_MAX];
	/* For one alone there is a call that costs less. */
	size_t taken = g->n > 1 ? write_together(g, results) : 0;

	for (size_t i = 0; i < g->n; i++) {
		struct str text = text_of(g, i);

		if (i >= taken)
			results[i] = send(socket_of(g, i), text.p, text.n, MSG_DONTWAIT | MSG_NOSIGNAL);
		exchange_sent(g->conns[i], text, results[i]);
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
	g->conns[g->n] = c;
	g->ends[g->n++] = g->text.n;
	if (g->n == HTTP_GATHER_MAX || g->text.n >= BYTES_MAX)
		flush(c->server);
}

void
gather_end(struct http_server *s)
{
	flush(s);
	s->gather.open = false;
}
