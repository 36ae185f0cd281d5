/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that take longer than a turn of the loop may: their bodies are put together
 * and what they want is done (struct http_later) in slices, beside all else.
 *
 * A client that hangs up, or is told that the time is over, has sent all of its request, which is
 * carried out all the same, as Alertmanager does it. So an exchange can do without its connection.
 */
#include <assert.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "base/mem.h"
#include "http_private.h"
#include "http_request.h"
#include "loop/turn.h"

/* So much is given back of a body in one slice. */
#define FREE_STEP ((size_t)4 << 20)

static void
run_collect(struct task *t, struct work *w, struct moment now)
{
	struct exchange *x = CONTAINER_OF(t, struct exchange, slice);

	(void)w;
	(void)now;
	if (http_request_body_left(x->evreq) > 0 && http_request_collect(x->evreq, &x->body))
		task_ready(x->server->tasks, &x->slice);
	else
		x->dispatch(x->conn);
}

void
later_collect(struct http_conn *c, void (*dispatch)(struct http_conn *c))
{
	struct exchange *x = c->x;

	x->dispatch = dispatch;
	x->slice.run = run_collect;
	guard_move(c, CONN_MAKE);
	task_ready(c->server->tasks, &x->slice);
}

static void
forget(struct exchange *x)
{
	struct http_server *s = x->server;

	s->taken -= x->counted;
	list_remove(&s->alone, &x->place);
	exchange_free(x);
}

static void
end(struct exchange *x)
{
	struct http_later *l = x->resp.later;

	x->resp.later = NULL;
	if (l != NULL)
		l->drop(l);
	x->req.body = STR_NONE;
	if (x->held != NULL)
		evbuffer_free(x->held);
	x->held = NULL;
}

/* A slice; true: it is over. */
static bool
go_on(struct exchange *x, struct work *w, struct moment now)
{
	struct http_server *s = x->server;
	bool over = x->resp.later->step(x->resp.later, &x->resp, w, now);

	turn_part(x->resp.handler, x->req.body.n);
	if (s->o.worked != NULL)
		s->o.worked(s->o.arg);
	if (over)
		end(x);
	return over;
}

static void
run_later(struct task *t, struct work *w, struct moment now)
{
	struct exchange *x = CONTAINER_OF(t, struct exchange, slice);
	struct http_server *s = x->server;

	if ((x->resp.later != NULL && !go_on(x, w, now)) || sbuf_fini_some(&x->body, FREE_STEP)) {
		task_ready(s->tasks, &x->slice);
	} else if (x->conn != NULL) {
		(void)exchange_answered(x->conn, s->o.clock->now(s->o.clock));
	} else {
		forget(x);
		http_server_freed(s);
	}
}

bool
later_is_wanted(const struct exchange *x)
{
	return x->resp.later != NULL || x->body.cap > FREE_STEP;
}

void
later_begin(struct http_conn *c)
{
	struct exchange *x = c->x;

	/* Where the body was borrowed, it has to outlive the request. */
	if (x->resp.later != NULL && x->body.n == 0 && x->evreq == NULL) {
		direct_keep(x);
	} else if (x->resp.later != NULL && x->body.n == 0) {
		x->held = evbuffer_new();
		assert(x->held != NULL);
		evbuffer_add_buffer(x->held, evhttp_request_get_input_buffer(x->evreq));
	}
	x->slice.run = run_later;
	guard_move(c, CONN_MAKE);
	task_ready(c->server->tasks, &x->slice);
}

void
later_part(struct exchange *x)
{
	struct http_server *s = x->server;

	x->conn = NULL;
	x->evreq = NULL;
	x->counted = x->req.body.n;
	memory_count(s, x->counted);
	list_prepend(&s->alone, &x->place);
	task_ready(s->tasks, &x->slice);
}

void
later_fini(struct http_server *s)
{
	while (s->alone.first != NULL) {
		struct exchange *x = CONTAINER_OF(s->alone.first, struct exchange, place);

		task_cancel(s->tasks, &x->slice);
		end(x);
		forget(x);
	}
}
