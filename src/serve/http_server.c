/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/http_server.h"

#include <assert.h>
#include <unistd.h>

#include <event2/http.h>

#include "base/mem.h"
#include "http_private.h"
#include "listen.h"
#include "text/expo.h"
#include "web_config.h"

#define RESERVED_FDS 2048		/* for files, receivers, workers */

static void
end_stop(struct http_server *s)
{
	void (*stopped)(void *arg) = s->stopped;

	timer_stop(&s->grace);
	s->stopped = NULL;
	if (stopped != NULL)
		stopped(s->stopped_arg);
}

static void
on_grace(void *arg)
{
	end_stop(arg);
}

void
http_server_freed(struct http_server *s)
{
	if (s->stopping) {
		/* From the loop: the one who freed the last may be http_server_stop itself. */
		if (s->conns == 0 && s->alone.first == NULL && s->stopped != NULL)
			timer_in(&s->grace, 0);
	} else {
		accept_freed(s);
	}
}

static void
fill_in(struct http_server_options *o)
{
	unsigned long fds = listen_raise_limit();
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (o->max_header == 0)
		o->max_header = (size_t)1 << 20;
	if (o->max_body == 0)
		o->max_body = (size_t)64 << 20;
	if (o->max_buffered == 0)
		o->max_buffered = (size_t)512 << 20;
	if (o->max_connections == 0)
		o->max_connections = 16384;
	fds = fds > 2 * RESERVED_FDS ? fds - RESERVED_FDS : fds / 2;
	if (o->max_connections > fds)
		o->max_connections = (unsigned)fds;
	if (o->get_concurrency <= 0)
		o->get_concurrency = cpus > 8 ? cpus : 8;
	if (o->header_timeout <= 0)
		o->header_timeout = 30 * SPAN_S;
	if (o->idle_timeout <= 0)
		o->idle_timeout = 5 * SPAN_MIN;
	if (o->read_window <= 0)
		o->read_window = 30 * SPAN_S;
}

struct http_server *
http_server_new(const struct http_server_options *o, struct err *e)
{
	struct http_server *s = NEW(struct http_server);

	s->o = *o;
	fill_in(&s->o);
	s->arena = arena_new();
	s->plain.max = s->gather.text.max = SBUF_UNLIMITED;
	s->tasks = tasks_new(o->base, o->clock, "answers");
	held_init(s);
	guard_init(s);
	memory_init(s);
	timer_init(&s->grace, o->base, "end", on_grace, s);
	s->evhttp = evhttp_new(o->base);
	assert(s->evhttp != NULL);
	accept_init(s);
	evhttp_set_gencb(s->evhttp, exchange_begin, s);
	evhttp_set_bevcb(s->evhttp, guard_accept, s);
	/* All, and those that it does not know as well: which ones there are is for the handler to say. */
	evhttp_set_allowed_methods(s->evhttp, UINT16_MAX);
	evhttp_set_default_content_type(s->evhttp, NULL);
	evhttp_set_max_headers_size(s->evhttp, (ev_ssize_t)s->o.max_header);
	evhttp_set_max_body_size(s->evhttp, (ev_ssize_t)s->o.max_body);
	if (o->web_config.n > 0 && (s->web = web_config_new(o->base, o->clock, o->log, o->web_config, e)) == NULL)
		http_server_free(&s);
	return s;
}

static void
add_listener(struct http_server *s, int fd)
{
	struct sbuf b = SBUF_INIT(512);
	struct listener *l;

	s->listeners = mem_realloc(s->listeners, s->listeners_n + 1, sizeof(s->listeners[0]));
	l = &s->listeners[s->listeners_n++];
	*l = (struct listener){ .fd = fd };
	listen_address(fd, &b, &l->port);
	l->address = arena_str(s->arena, sbuf_get(&b));
	sbuf_fini(&b);
}

bool
http_server_listen(struct http_server *s, struct str address, struct err *e)
{
	int fd;

	assert(!s->serving);
	if (!listen_on(address, &fd, e))
		return false;
	add_listener(s, fd);
	return true;
}

bool
http_server_listen_systemd(struct http_server *s, struct err *e)
{
	int n = listen_systemd();

	assert(!s->serving);
	if (n == 0)
		return err_set(e, ERR_IO, "no socket activation file descriptors found");
	for (int i = 0; i < n; i++)
		add_listener(s, LISTEN_FIRST + i);
	return true;
}

struct str
http_server_address(const struct http_server *s, size_t i)
{
	return i < s->listeners_n ? s->listeners[i].address : STR_NONE;
}

unsigned
http_server_port(const struct http_server *s, size_t i)
{
	return i < s->listeners_n ? s->listeners[i].port : 0;
}

void
http_server_serve(struct http_server *s)
{
	bool tls = web_config_tls(s->web);

	assert(!s->serving);
	for (size_t i = 0; i < s->listeners_n; i++) {
		struct str address = s->listeners[i].address;

		LOG(s->o.log, LOG_INFO, "Listening on", F_STR("address", address));
		if (tls)
			LOG(s->o.log, LOG_INFO, "TLS is enabled.", F_BOOL("http2", false), F_STR("address", address));
		else
			LOG(s->o.log, LOG_INFO, "TLS is disabled.", F_BOOL("http2", false), F_STR("address", address));
	}
	accept_begin(s);
}

void
http_server_refresh(struct http_server *s)
{
	web_config_refresh(s->web);
}

void
http_server_stop(struct http_server *s, span grace, void (*done)(void *arg), void *arg)
{
	struct http_conn *c;

	accept_end(s);
	s->stopping = true;
	s->stopped = done;
	s->stopped_arg = arg;
	/* Between requests nobody is owed an answer. */
	while ((c = conn_first(&s->lists[CONN_IDLE])) != NULL)
		guard_cut(c);
	while ((c = conn_first(&s->lists[CONN_HEAD])) != NULL)
		guard_cut(c);
	guard_hasten(s);
	timer_in(&s->grace, s->conns == 0 && s->alone.first == NULL ? 0 : grace);
}

void
http_server_free(struct http_server **sp)
{
	struct http_server *s = *sp;

	if (s == NULL)
		return;
	*sp = NULL;
	s->stopping = true;
	s->stopped = NULL;
	accept_end(s);
	guard_fini(s);
	memory_fini(s);
	later_fini(s);
	evhttp_free(s->evhttp);
	http_streams_fini(s);
	/* Every GET that was let in has left. */
	assert(s->gets[HTTP_PLACE] == 0 && s->gets[HTTP_PAGE_PLACE] == 0 && s->gets_in_flight == 0);
	accept_fini(s);
	timer_fini(&s->grace);
	web_config_free(&s->web);
	held_fini(s);
	tasks_free(&s->tasks);
	mem_free(s->listeners);
	sbuf_fini(&s->plain);
	gather_fini(s);
	mem_free(s->input);
	arena_free(&s->arena);
	mem_free(s);
}

size_t
http_server_connections(const struct http_server *s)
{
	return s->conns;
}

size_t
http_server_gets(const struct http_server *s)
{
	return s->gets_in_flight;
}

uint64_t
http_server_gets_refused(const struct http_server *s)
{
	return s->gets_refused;
}

void
http_server_expose(void *arg, struct expo *x, struct moment now)
{
	const struct http_server *s = arg;

	(void)now;
	expo_family(x, "alertmanager_http_requests_in_flight", "HTTP requests being answered.", EXPO_GAUGE);
	expo_label(x, "method", STR("get"));
	expo_value(x, (double)s->gets_in_flight);
	expo_family(x, "alertmanager_http_concurrency_limit_exceeded_total", "GET requests refused by the limit.",
	    EXPO_COUNTER);
	expo_label(x, "method", STR("get"));
	expo_value(x, (double)s->gets_refused);
	if (web_config_tls(s->web)) {
		expo_family(x, "tocsin_web_certificate_expiry_timestamp_seconds", "When the certificate of the web server ends.",
		    EXPO_GAUGE);
		expo_value(x, (double)web_config_certificate_ends(s->web));
	}
}
