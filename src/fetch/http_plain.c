/* SPDX-License-Identifier: Apache-2.0 */
#include "http_plain.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/time.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "http_place.h"
#include "loop/errno_text.h"
#include "loop/timer.h"
#include "loop/turn.h"

#define BODY_MAX ((size_t)64 << 10)	/* of a request: it leaves in one write */
#define IDLE_FOR (300 * SPAN_S)
#define IDLE_MAX 256			/* connections, of all hosts */
#define HEADERS_MAX ((ev_ssize_t)300 << 10)	/* of an answer, as libcurl has it */
#define CONNECT_S 3
#define SILENCE_S 86400			/* longer than PLAIN_FOR_MAX: deadlines are the caller's */

struct connection {
	struct list_node node;		/* among the idle or the dead ones */
	struct plain_pool *pool;
	struct place *place;		/* NULL: it is closed */
	struct evhttp_connection *ev;
	struct plain_call *call;	/* NULL: idle */
	struct mono used;		/* when the last call began */
	bool heard;			/* something has come since then */
	char peer[80];			/* 127.0.0.1:80, for errors */
	/* evhttp's own, while it connects. */
	bufferevent_data_cb on_read, on_write;
	bufferevent_event_cb on_event;
	void *arg;
};

struct plain_pool {
	struct event_base *base;
	struct hmap places;
	struct list dead;		/* connections, until no callback of theirs can be running */
	struct timer bury;
	size_t idle, calls;
};

struct plain_call {
	struct plain_pool *pool;
	struct http_hop *leg;
	struct connection *connection;
	struct evhttp_request *request;	/* NULL: evhttp has done with it */
	void (*done)(void *arg, enum plain_end end);
	void *arg;
	bool starting;			/* in plain_start: there is nobody to be told yet */
	bool reused;
	bool answering;			/* a status line has come */
	bool informed;			/* with 1xx, of which evhttp makes nothing that is of use */
	bool failed_at_once;
	enum evhttp_request_error error;
};

void
plain_learn(struct plain_pool *pool, const struct url *u, const char *ip, long port, struct mono now)
{
	place_learn(&pool->places, u, ip, port, now);
}

/* Connections. */

/* Frees it in a later turn: callbacks of libevent may stand above us. */
static void
give_up(struct connection *c)
{
	if (c->place == NULL)
		return;
	if (c->call == NULL) {
		list_remove(&c->place->idle, &c->node);
		c->pool->idle--;
	}
	c->place = NULL;
	list_append(&c->pool->dead, &c->node);
	timer_in(&c->pool->bury, 0);
}

static void
on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct connection *c = arg;

	(void)in;
	c->heard = c->heard || info->n_added > 0;
}

static void
connection_free(struct connection *c)
{
	evhttp_connection_set_closecb(c->ev, NULL, NULL);
	evbuffer_remove_cb(bufferevent_get_input(evhttp_connection_get_bufferevent(c->ev)), on_input, c);
	evhttp_connection_free(c->ev);
	mem_free(c);
}

static void
on_bury(void *arg)
{
	struct plain_pool *pool = arg;

	LIST_EACH(&pool->dead, node) {
		list_remove(&pool->dead, node);
		connection_free(CONTAINER_OF(node, struct connection, node));
	}
}

/* Also by the other side, while it is idle. */
static void
on_close(struct evhttp_connection *ev, void *arg)
{
	(void)ev;
	give_up(arg);
}

static struct connection *
connection_new(struct plain_pool *pool, struct place *p)
{
	struct connection *c = NEW(struct connection);

	c->pool = pool;
	c->place = p;
	snprintf(c->peer, sizeof(c->peer), strchr(p->ip, ':') != NULL ? "[%s]:%u" : "%s:%u", p->ip, p->port);
	c->ev = evhttp_connection_base_new(pool->base, NULL, p->ip, p->port);
	if (c->ev == NULL)
		abort();	/* out of memory */
	evhttp_connection_set_max_headers_size(c->ev, HEADERS_MAX);
	evhttp_connection_set_closecb(c->ev, on_close, c);
	evbuffer_add_cb(bufferevent_get_input(evhttp_connection_get_bufferevent(c->ev)), on_input, c);
	return c;
}

static struct connection *
take_idle(struct place *p, struct mono now)
{
	while (p->idle.first != NULL) {
		struct connection *c = CONTAINER_OF(p->idle.first, struct connection, node);

		if (mono_sub(now, c->used) < IDLE_FOR) {
			list_remove(&p->idle, &c->node);
			c->pool->idle--;
			return c;
		}
		give_up(c);
	}
	return NULL;
}

static void
put_back(struct connection *c)
{
	if (c->pool->idle >= IDLE_MAX) {
		give_up(c);
		return;
	}
	c->call = NULL;
	list_prepend(&c->place->idle, &c->node);
	c->pool->idle++;
}

/* The end of a call. */

/* The rest of what came would be taken for the answer to the next request. */
static bool
is_quiet(const struct connection *c)
{
	return evbuffer_get_length(bufferevent_get_input(evhttp_connection_get_bufferevent(c->ev))) == 0;
}

static void
finish(struct plain_call *call, enum plain_end end)
{
	struct connection *c = call->connection;

	if (call->starting) {
		call->failed_at_once = true;
		return;
	}
	if (c->place != NULL && end == PLAIN_ANSWERED && !call->leg->cut && is_quiet(c))
		put_back(c);
	else
		give_up(c);
	c->call = NULL;
	call->pool->calls--;
	call->done(call->arg, end);
	mem_free(call);
}

/* No answer at all, or a part of one. */
static enum plain_end
what_failed(struct plain_call *call)
{
	int os = errno;

	if (!call->leg->left || (call->reused && !call->connection->heard))
		return PLAIN_UNSENT;
	/* The verdict is known; the rest of its body is too much, cannot be read, or does not come. */
	if (call->answering && (call->error == EVREQ_HTTP_DATA_TOO_LONG || call->leg->r->status_decides)) {
		call->leg->cut = true;
		return PLAIN_ANSWERED;
	}
	if (call->informed)
		err_set(call->leg->error, ERR_IO, "net/http: an informational answer that nobody asked for");
	else if (call->answering)
		err_set(call->leg->error, ERR_IO, "unexpected EOF");
	else if (call->error == EVREQ_HTTP_INVALID_HEADER || call->error == EVREQ_HTTP_DATA_TOO_LONG)
		err_set(call->leg->error, ERR_IO, "net/http: HTTP/1.x transport connection broken: malformed HTTP response");
	else if (os == ECONNRESET)
		err_set(call->leg->error, ERR_IO, "read tcp %s: read: %s", call->connection->peer, errno_text(os).s);
	else
		err_set(call->leg->error, ERR_IO, "EOF");
	return PLAIN_FAILED;
}

static void
on_error(enum evhttp_request_error error, void *arg)
{
	struct plain_call *call = arg;

	/* of one that was called off there is nobody to tell */
	if (error != EVREQ_HTTP_REQUEST_CANCEL)
		call->error = error;
}

static void
take_headers(struct plain_call *call, struct evhttp_request *r)
{
	struct evkeyval *h;

	TAILQ_FOREACH(h, evhttp_request_get_input_headers(r), next)
		http_hop_take_header(call->leg, str_from(h->key), str_from(h->value));
}

static int
on_headers(struct evhttp_request *r, void *arg)
{
	struct plain_call *call = arg;
	int status = evhttp_request_get_response_code(r);

	if (status < 200) {
		/* libcurl learns that this host does so, and that it is not for us. */
		call->informed = true;
		if (call->connection->place != NULL)
			place_forget(call->connection->place);
		return -1;
	}
	call->answering = true;
	call->leg->status = status;
	take_headers(call, r);
	return 0;
}

static void
call_off(struct plain_call *call)
{
	struct evhttp_request *r = call->request;

	call->request = NULL;
	if (r != NULL)
		evhttp_cancel_request(r);
}

static void
on_body(struct evhttp_request *r, void *arg)
{
	TURN("outgoing HTTP");
	struct plain_call *call = arg;
	struct http_hop *leg = call->leg;
	struct evbuffer *b = evhttp_request_get_input_buffer(r);
	size_t n = evbuffer_get_length(b), room = leg->body.max - leg->body.n;

	leg->cut = n > room;
	n = leg->cut ? room : n;
	if (n > 0)
		sbuf_put(&leg->body, evbuffer_pullup(b, (ev_ssize_t)n), n);
	if (!leg->cut)
		return;
	/* A server that sends more than anyone asked for is not waited for. */
	call_off(call);
	finish(call, PLAIN_ANSWERED);
}

static void
on_done(struct evhttp_request *r, void *arg)
{
	TURN("outgoing HTTP");
	struct plain_call *call = arg;

	call->request = NULL;	/* evhttp frees it */
	finish(call, r != NULL && call->answering ? PLAIN_ANSWERED : what_failed(call));
}

/* The beginning. */

static bool
open_gate(struct http_hop *leg)
{
	leg->left = leg->r->gate == NULL || leg->r->gate->open(leg->r->gate, leg->error);
	return leg->left;
}

/* It stands before evhttp's own callback, which sends the request as soon as it is connected. */
static void
on_connected(struct bufferevent *b, short what, void *arg)
{
	TURN("outgoing HTTP");
	struct connection *c = arg;

	bufferevent_setcb(b, c->on_read, c->on_write, c->on_event, c->arg);
	if ((what & BEV_EVENT_CONNECTED) && c->call != NULL) {
		evhttp_connection_set_timeout(c->ev, SILENCE_S);
		if (!open_gate(c->call->leg)) {
			call_off(c->call);
			finish(c->call, PLAIN_REFUSED);
			return;
		}
	}
	c->on_event(b, what, c->arg);
}

static void
put_headers(struct evhttp_request *r, const struct plain_form *f)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(r);

	for (const char *const *h = f->headers; *h != NULL; h += 2)
		evhttp_add_header(out, h[0], h[1]);
}

static struct evhttp_request *
make_request(struct plain_call *call)
{
	const struct http_hop *leg = call->leg;
	struct evhttp_request *r = evhttp_request_new(on_done, call);

	if (r == NULL || evbuffer_add(evhttp_request_get_output_buffer(r), leg->r->body.p, leg->r->body.n) != 0)
		abort();	/* out of memory */
	put_headers(r, leg->form);
	evhttp_request_set_error_cb(r, on_error);
	evhttp_request_set_header_cb(r, on_headers);
	evhttp_request_set_chunked_cb(r, on_body);
	return r;
}

/* Hands it to evhttp. False: it is no more there. */
static bool
submit(struct plain_call *call)
{
	struct connection *c = call->connection;
	struct bufferevent *b = evhttp_connection_get_bufferevent(c->ev);
	int bad;

	call->request = make_request(call);
	evhttp_connection_set_max_body_size(c->ev, (ev_ssize_t)(4 * call->leg->body.max));
	call->starting = true;
	bad = evhttp_make_request(c->ev, call->request, EVHTTP_REQ_POST, call->leg->form->target);
	call->starting = false;
	if (bad != 0 && call->request != NULL)
		evhttp_request_free(call->request);
	if (bad != 0 || call->failed_at_once)
		return false;
	if (!call->reused) {
		bufferevent_getcb(b, &c->on_read, &c->on_write, &c->on_event, &c->arg);
		bufferevent_setcb(b, c->on_read, c->on_write, on_connected, c);
	}
	return true;
}

/* Headers that evhttp would write otherwise, or act upon. */
static bool
has_odd_header(const struct curl_slist *headers)
{
	static const char *const names[] = { "Host", "Connection", "Proxy-Connection", "Transfer-Encoding",
		"Content-Length", "Expect", "Accept-Encoding", "Te", "Upgrade" };

	for (const struct curl_slist *l = headers; l != NULL; l = l->next) {
		size_t n = strcspn(l->data, ":;");

		/* One that is not to be sent, or one that is empty. */
		if (l->data[n] == ':' && l->data[n + 1] == '\0')
			continue;
		if (l->data[n] == ';')
			return true;
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			if (strlen(names[i]) == n && strncasecmp(l->data, names[i], n) == 0)
				return true;
	}
	return false;
}

/* Whether u is written here as libcurl would write it. */
static bool
is_simple(const struct url *u)
{
	if (!str_is(u->scheme, "http") || u->has_user || u->path.n == 0 || u->path.p[0] != '/')
		return false;
	for (size_t i = 0; i < u->host.n; i++)
		if ((unsigned char)u->host.p[i] <= ' ' || (unsigned char)u->host.p[i] >= 0x7f || u->host.p[i] == '%')
			return false;
	for (size_t i = 0; i < u->query.n; i++)
		if ((unsigned char)u->query.p[i] <= ' ' || (unsigned char)u->query.p[i] >= 0x7f)
			return false;
	return true;
}

static const char *
target_of(struct arena *a, const struct url *u)
{
	struct sbuf target = SBUF_INIT(SBUF_UNLIMITED);
	const char *copy;

	url_escaped_path(&target, u);
	if (u->query.n > 0 || u->force_query)
		sbuf_putc(&target, '?');
	sbuf_str(&target, u->query);
	copy = arena_strdup(a, sbuf_cstr(&target));
	sbuf_fini(&target);
	return copy;
}

static struct str
host_of(const struct url *u)
{
	struct str port = url_port(u), host = u->host;

	if (str_is(port, "80") || (port.n == 0 && str_ends(host, STR(":"))))
		return str_sub(host, 0, host.n - port.n - 1);
	return host;
}

static const char *const *
headers_of(struct arena *a, const struct url *u, const struct curl_slist *headers)
{
	const char **v, **at;
	size_t lines = 0;

	for (const struct curl_slist *l = headers; l != NULL; l = l->next)
		lines++;
	v = at = ARENA_ARRAY(a, 2 * lines + 3, const char *);
	*at++ = "Host";
	*at++ = arena_str(a, host_of(u)).p;
	for (const struct curl_slist *l = headers; l != NULL; l = l->next) {
		size_t n = strcspn(l->data, ":");

		/* "Name:" is libcurl's way of saying that there is to be none. */
		if (l->data[n] != ':' || l->data[n + 1] != ' ')
			continue;
		*at++ = arena_str(a, (struct str){ l->data, n }).p;
		*at++ = arena_strdup(a, l->data + n + 2);
	}
	return v;
}

void
plain_form_make(struct plain_form *f, struct arena *a, const struct url *u, const struct curl_slist *headers)
{
	*f = (struct plain_form){ .fits = is_simple(u) && !has_odd_header(headers) };
	if (!f->fits)
		return;
	f->target = target_of(a, u);
	f->headers = headers_of(a, u, headers);
}

static bool
fits(struct http_hop *leg)
{
	struct plain_form *f;

	if (leg->form == NULL) {
		f = ARENA_NEW(leg->arena, struct plain_form);
		plain_form_make(f, leg->arena, &leg->url, leg->headers);
		leg->form = f;
	}
	return leg->form->fits;
}

static bool
is_for_here(struct http_hop *leg)
{
	const struct fetch_request *r = leg->r;

	return str_is(leg->method, "POST") && !leg->no_body && r->body.n <= BODY_MAX && r->sink == NULL && r->idle == 0 &&
	    r->connect_timeout == 0 && fits(leg);
}

static struct connection *
connection_for(struct plain_pool *pool, const struct http_hop *leg, struct mono now, bool *reused)
{
	struct place *p = place_find(&pool->places, &leg->url);
	struct connection *c = p != NULL ? take_idle(p, now) : NULL;

	*reused = c != NULL;
	if (c == NULL && p != NULL && place_is_known(p, now)) {
		c = connection_new(pool, p);
		evhttp_connection_set_timeout(c->ev, CONNECT_S);
	}
	if (c != NULL) {
		c->used = now;
		c->heard = false;
	}
	return c;
}

bool
plain_start(struct plain_pool *pool, struct http_hop *leg, struct mono now, void (*done)(void *arg, enum plain_end end),
    void *arg, struct plain_call **out, bool *refused)
{
	struct connection *c;
	struct plain_call *call;
	bool reused;

	*refused = false;
	leg->left = false;
	if (!is_for_here(leg) || (c = connection_for(pool, leg, now, &reused)) == NULL)
		return false;
	call = NEW(struct plain_call);
	*call = (struct plain_call){ .pool = pool, .leg = leg, .connection = c, .done = done, .arg = arg, .reused = reused };
	c->call = call;
	if (reused && !open_gate(leg)) {
		*refused = true;
		put_back(c);
		mem_free(call);
		return false;
	}
	if (!submit(call)) {
		leg->left = false;
		give_up(c);
		c->call = NULL;
		mem_free(call);
		return false;
	}
	pool->calls++;
	*out = call;
	return true;
}

void
plain_cancel(struct plain_call **callp)
{
	struct plain_call *call = *callp;

	if (call == NULL)
		return;
	*callp = NULL;
	call_off(call);
	give_up(call->connection);
	call->connection->call = NULL;
	call->pool->calls--;
	mem_free(call);
}

struct plain_pool *
plain_pool_new(struct event_base *base)
{
	struct plain_pool *pool = NEW(struct plain_pool);

	pool->base = base;
	timer_init(&pool->bury, base, "outgoing HTTP", on_bury, pool);
	return pool;
}

void
plain_pool_free(struct plain_pool **poolp)
{
	struct plain_pool *pool = *poolp;

	*poolp = NULL;
	assert(pool->calls == 0);
	HMAP_EACH(&pool->places, n) {
		struct place *p = CONTAINER_OF(n, struct place, node);

		LIST_EACH(&p->idle, node)
			give_up(CONTAINER_OF(node, struct connection, node));
		place_free(&pool->places, p);
	}
	on_bury(pool);
	timer_fini(&pool->bury);
	hmap_fini(&pool->places);
	mem_free(pool);
}
