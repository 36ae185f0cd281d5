/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evhttp turns reading off before it hands over a request and on behind the answer,
 * and each time the kernel would have to be told. A second event on the same socket keeps its
 * interest, and reads what evhttp need not see (http_direct.c). When it fires and nothing is read between two times, somebody
 * does not want what has come: it goes, and comes back with the next request.
 */
#include <assert.h>
#include <stdlib.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "http_private.h"

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *c = arg;

	(void)fd;
	if (what & EV_TIMEOUT)
		direct_resume(c);
	if ((what & EV_READ) == 0)
		return;
	if (direct_reads(c)) {
		direct_read(c);
		return;
	}
	if (!c->interest_fed) {
		event_del(c->interest);
		c->interested = false;
	}
	c->interest_fed = false;
}

void
interest_next(struct http_conn *c)
{
	c->interest_fed = true;
	if (!c->interested && event_add(c->interest, NULL) != 0)
		abort();	/* out of memory */
	c->interested = true;
}

void
interest_begin(struct http_conn *c)
{
	c->interest = event_new(c->server->o.base, bufferevent_getfd(c->bev), EV_READ | EV_PERSIST, on_readable, c);
	assert(c->interest != NULL);
	interest_next(c);
	direct_begin(c);
}

void
interest_end(struct http_conn *c)
{
	event_free(c->interest);
	c->interest = NULL;
	c->interested = false;
}
