/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/fetch_wait.h"

#include <event2/event.h>

#include "base/mem.h"
#include "fetch/http_client.h"
#include "loop/clock_real.h"

struct fetch_waiter {
	struct event_base *base;
	struct http_client *client;
	/* For the request under way. */
	struct http_call *call;		/* NULL: its result is there */
	bool stopped;
	struct arena *arena;
	struct fetch_response *out;
};

static void
on_done(void *arg, const struct fetch_response *r)
{
	struct fetch_waiter *w = arg;

	w->call = NULL;
	*w->out = *r;
	w->out->error = arena_str(w->arena, r->error);
	w->out->body = arena_str(w->arena, r->body);
	w->out->content_type = arena_str(w->arena, r->content_type);
}

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct fetch_waiter *w = arg;

	(void)fd;
	(void)what;
	w->stopped = true;
}

bool
fetch_wait(struct fetch_waiter *w, const struct fetch_request *r, int stop_fd, struct arena *a,
    struct fetch_response *out, struct err *e)
{
	struct event *stop = stop_fd >= 0 ? event_new(w->base, stop_fd, EV_READ, on_stop, w) : NULL;
	bool ok = true;

	if (stop_fd >= 0 && (stop == NULL || event_add(stop, NULL) != 0)) {
		if (stop != NULL)
			event_free(stop);
		return err_set(e, ERR_IO, "cannot watch for signals");
	}
	w->stopped = false;
	w->arena = a;
	w->out = out;
	w->call = http_client_start(w->client, r, (struct mono){ INT64_MAX }, on_done, w);
	while (w->call != NULL && !w->stopped && ok)
		ok = event_base_loop(w->base, EVLOOP_ONCE) == 0;
	if (stop != NULL)
		event_free(stop);
	if (w->call != NULL) {
		http_client_cancel(&w->call);
		return ok ? err_set(e, ERR_CANCELED, "interrupted") : err_set(e, ERR_IO, "the event loop failed");
	}
	if (!out->transport_error)
		return true;
	return err_set(e, out->timed_out ? ERR_TIMEOUT : ERR_IO, "%.*s", STR_ARG(out->error));
}

struct fetch_waiter *
fetch_waiter_new(struct err *e)
{
	struct fetch_waiter *w = NEW(struct fetch_waiter);
	struct http_client_options o = { .clock = clock_real() };

	o.base = w->base = event_base_new();
	if (w->base == NULL)
		err_set(e, ERR_IO, "cannot start an event loop");
	else
		w->client = http_client_new(&o, e);
	if (w->client == NULL)
		fetch_waiter_free(&w);
	return w;
}

void
fetch_waiter_free(struct fetch_waiter **wp)
{
	struct fetch_waiter *w = *wp;

	if (w == NULL)
		return;
	*wp = NULL;
	http_client_free(&w->client);
	if (w->base != NULL)
		event_base_free(w->base);
	mem_free(w);
}
