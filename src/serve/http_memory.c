/* SPDX-License-Identifier: Apache-2.0 */
/* The memory that all requests and answers of a server may take together. */
#include <assert.h>

#include <event2/event.h>

#include "http_private.h"
#include "loop/turn.h"

static struct http_conn *
greediest(struct http_server *s)
{
	static const enum conn_state states[] = { CONN_HEAD, CONN_BODY, CONN_WRITE };
	struct http_conn *most = NULL;

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		LIST_EACH(&s->lists[states[i]].conns, node) {
			struct http_conn *c = CONTAINER_OF(node, struct http_conn, place);

			if (most == NULL || c->taken + c->waiting > most->taken + most->waiting)
				most = c;
		}
	return most;
}

/*
 * Many large requests at a time, which nobody has vouched for yet, or large
 * answers that nobody reads, must not take all memory: the largest are cut off.
 */
static void
on_squeeze(evutil_socket_t fd, short what, void *arg)
{
	TURN("connections");
	struct http_server *s = arg;
	struct http_conn *c;

	(void)fd;
	(void)what;
	while (s->taken > s->o.max_buffered && (c = greediest(s)) != NULL && c->taken + c->waiting > 0) {
		LOG(s->o.log, LOG_WARN, "Too much of requests and answers is in memory; the largest was cut off",
		    F_UINT("bytes", s->taken), F_UINT("limit", s->o.max_buffered));
		guard_cut(c);
	}
}

void
memory_init(struct http_server *s)
{
	s->squeeze = event_new(s->o.base, -1, 0, on_squeeze, s);
	assert(s->squeeze != NULL);
}

void
memory_fini(struct http_server *s)
{
	event_free(s->squeeze);
}

void
memory_count(struct http_server *s, size_t n)
{
	s->taken += n;
	if (s->taken > s->o.max_buffered)
		event_active(s->squeeze, 0, 0);
}

void
memory_take(struct http_conn *c, size_t n)
{
	c->taken += n;
	memory_count(c->server, n);
}

void
memory_give_back(struct http_conn *c)
{
	c->server->taken -= c->taken;
	c->taken = 0;
}
