/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <event2/event.h>

#include "lib_rig.h"
#include "loop/clock_real.h"

static void
on_log(void *arg, const char *line, size_t n)
{
	struct rig *r = arg;

	sbuf_put(&r->logged, line, n);
}

static uint64_t
ticket(void *arg)
{
	const struct rig *r = arg;

	return r->ticket;
}

static void
observe(void *arg, const struct http_request *request, const struct http_response *resp, span took)
{
	struct rig *r = arg;

	ck_assert(request->method.n > 0 && resp->status >= 200 && took >= 0);
	r->observed++;
}

void
rig_start(struct rig *r, struct http_server_options o)
{
	struct err e = { 0 };

	memset(r, 0, sizeof(*r));
	r->base = o.base = event_base_new();
	r->logged.max = r->seen.max = SBUF_UNLIMITED;
	r->log = (struct log){ .clock = clock_real(), .write = on_log, .arg = r };
	o.log = &r->log;
	if (o.clock == NULL)
		o.clock = clock_real();
	if (o.arg == NULL) {
		o.arg = r;
		o.ticket = o.ticket != NULL ? o.ticket : ticket;
		o.observe = o.observe != NULL ? o.observe : observe;
	}
	r->server = http_server_new(&o, &e);
	ck_assert_msg(r->server != NULL, "%s", e.text);
	ck_assert_msg(http_server_listen(r->server, STR("127.0.0.1:0"), &e), "%s", e.text);
	r->port = http_server_port(r->server, 0);
	ck_assert_uint_gt(r->port, 0);
	http_server_serve(r->server);
}

void
rig_stop(struct rig *r)
{
	http_server_free(&r->server);
	event_base_free(r->base);
	sbuf_fini(&r->logged);
	sbuf_fini(&r->seen);
}

void
rig_saw(struct rig *r, const struct http_request *request)
{
	struct str body = request->body.n > 100 ? STR_NONE : request->body;

	sbuf_printf(&r->seen, "%.*s %.*s?%.*s %.*s\n", STR_ARG(request->method), STR_ARG(request->path), STR_ARG(request->query),
	    STR_ARG(body));
}

static void
on_alarm(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

void
rig_expect_connections(struct rig *r, size_t n)
{
	const struct timeval patience = { 60, 0 };
	bool rang = false;
	struct event *alarm = evtimer_new(r->base, on_alarm, &rang);

	evtimer_add(alarm, &patience);
	while (http_server_connections(r->server) != n) {
		if (rang)
			ck_abort_msg("%zu connections after 60 s", http_server_connections(r->server));
		event_base_loop(r->base, EVLOOP_ONCE);
	}
	event_free(alarm);
}
