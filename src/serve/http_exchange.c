/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdio.h>

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/util.h>

#include "base/duration.h"
#include "base/mem.h"
#include "http_private.h"
#include "http_request.h"
#include "http_response.h"
#include "loop/turn.h"
#include "web_config.h"
#include "web_tls.h"

/* How long requests are answered as they come, in one round of the loop. */
#define ROUND_MAX (4 * SPAN_MS)
/* A larger body is put together in slices. */
#define BODY_AT_ONCE ((size_t)256 << 10)

static struct moment
now_of(const struct http_server *s)
{
	return s->o.clock->now(s->o.clock);
}

static void
free_response(struct exchange *x)
{
	if (x->resp.stream != NULL)
		http_stream_drop(x->server, x->resp.stream);
	sbuf_fini(&x->resp.body);
}

static void
reset_response(struct exchange *x)
{
	free_response(x);
	x->resp = (struct http_response){ .handler = x->resp.handler, .body.max = SBUF_UNLIMITED };
}

static void
give_place_back(struct http_server *s, struct exchange *x)
{
	if (x->holds != HTTP_NO_PLACE)
		s->gets[x->holds]--;
	x->holds = HTTP_NO_PLACE;
}

void
exchange_slow(struct http_conn *c)
{
	if (c->x != NULL)
		give_place_back(c->server, c->x);
}

void
exchange_free(struct exchange *x)
{
	struct arena *arena = x->arena;

	sbuf_fini(&x->body);
	sbuf_fini(&x->piece);
	free_response(x);
	arena_free(&arena);
}

void
exchange_end(struct http_conn *c)
{
	struct exchange *x = c->x;

	if (x == NULL)
		return;
	http_stream_end(c);
	c->x = NULL;
	give_place_back(c->server, x);
	if (x->is_get)
		c->server->gets_in_flight--;
	/* evhttp gives up a request that nobody has answered when its connection fails. */
	if (!x->sent && x->evreq != NULL && evhttp_request_get_connection(x->evreq) == NULL)
		evhttp_request_free(x->evreq);
	if (x->resp.later != NULL)
		later_part(x);
	else
		exchange_free(x);
}

void
exchange_complete(struct http_conn *c, struct mono now)
{
	bool close = c->x->close, direct = c->x->evreq == NULL;
	size_t taken = c->taken;

	c->unread = c->x->unread;
	exchange_end(c);
	if (close)
		return;
	guard_next(c, now);
	if (!direct)
		direct_next(c, taken);
}

/* evhttp has written all of the answer; what it does next depends on what was promised. */
static void
on_complete(struct evhttp_request *req, void *arg)
{
	struct http_conn *c = arg;

	(void)req;
	exchange_complete(c, now_of(c->server).mono);
}

static void
set_request(struct exchange *x, struct evhttp_request *req)
{
	x->evreq = req;
	if (req != NULL)
		evhttp_request_set_on_complete_cb(req, on_complete, x->conn);
}

void
exchange_observe(struct http_conn *c, struct mono now)
{
	struct http_server *s = c->server;
	struct exchange *x = c->x;

	if (s->o.observe != NULL && x->req.method.n > 0)
		s->o.observe(s->o.arg, &x->req, &x->resp, mono_sub(now, x->began));
}

/* evhttp would go on reading, for no better reason than to see the end; and take that for a reason to stop writing. */
static void
wait_until_written(struct http_conn *c)
{
	bufferevent_disable(c->bev, EV_READ);
	guard_move(c, CONN_WRITE);
}

void
exchange_sent(struct http_conn *c, struct str text, ssize_t n)
{
	if (!http_response_sent(c, text, n))
		wait_until_written(c);
}

void
exchange_send(struct http_conn *c, struct moment now)
{
	struct http_server *s = c->server;
	struct exchange *x = c->x;

	x->answered = now;
	if (x->resp.stream == NULL)
		exchange_observe(c, now.mono);
	if (s->stopping)
		x->close = true;
	web_config_headers(s->web, &x->resp, x->arena);
	c->watched = false;
	if (!http_response_send(c))
		wait_until_written(c);
}

/* An answer of the server itself, in the form that Go's server has for its own. */
static void
send_text(struct http_conn *c, int status, struct str text)
{
	struct exchange *x = c->x;

	reset_response(x);
	x->resp.status = status;
	http_response_header(&x->resp, "Content-Type", STR("text/plain; charset=utf-8"));
	sbuf_str(&x->resp.body, text);
	exchange_send(c, now_of(c->server));
}

/* A request that is none: the connection ends with the answer. */
static void
send_bad(struct http_conn *c, int status, const char *why)
{
	struct exchange *x = c->x;
	struct sbuf b = SBUF_INIT(512);

	x->close = true;
	x->unread = true;
	x->req.method = STR_NONE;	/* not worth a metric: there was no request to speak of */
	sbuf_printf(&b, "%d %s%s%s", status, http_reason(status), *why != '\0' ? ": " : "", why);
	send_text(c, status, sbuf_get(&b));
	sbuf_fini(&b);
}

static void
send_timeout(struct http_conn *c)
{
	char d[DURATION_MAX];
	struct sbuf b = SBUF_INIT(256);

	duration_format_go(c->server->o.timeout, d);
	sbuf_printf(&b, "Exceeded configured timeout of %s.\n", d);
	send_text(c, 503, sbuf_get(&b));
	sbuf_fini(&b);
}

void
exchange_fail(struct http_conn *c, struct str why)
{
	reset_response(c->x);
	http_response_text(&c->x->resp, 500, why);
	exchange_send(c, now_of(c->server));
}

/* It may be that it cannot be had now. */
static void
send_stream(struct http_conn *c)
{
	struct http_stream *stream = c->x->resp.stream;
	struct err e;

	err_clear(&e);
	if (stream->open == NULL || stream->open(stream, &e))
		http_stream_begin(c);
	else
		exchange_fail(c, str_from(e.text));
}

/* Sends the handler's answer. */
static void
send_answer(struct http_conn *c, struct moment now)
{
	if (c->x->resp.stream != NULL)
		send_stream(c);
	else
		exchange_send(c, now);
}

bool
exchange_answered(struct http_conn *c, struct moment now)
{
	struct http_server *s = c->server;
	struct exchange *x = c->x;

	/* The body may be large and is of no more use. */
	sbuf_fini(&x->body);
	x->req.body = STR_NONE;
	if (s->o.timeout > 0 && mono_sub(now.mono, x->began) >= s->o.timeout) {
		send_timeout(c);
		return true;
	}
	if (x->resp.wait_durable && s->o.ticket != NULL && (x->ticket = s->o.ticket(s->o.arg)) != 0) {
		held_add(c, now);
		return false;
	}
	send_answer(c, now);
	return true;
}

/* Returns when it was done with. */
static struct mono
dispatch(struct http_conn *c, struct moment now)
{
	struct http_server *s = c->server;
	struct exchange *x = c->x;

	if (x->evreq != NULL)
		x->req.body = http_request_body(x->evreq, &x->body);
	s->o.handle(s->o.arg, &x->req, now, &x->resp);
	turn_part(x->resp.handler, x->req.body.n);
	now = now_of(s);
	if (later_is_wanted(x))
		later_begin(c);
	else if (exchange_answered(c, now))
		now = now_of(s);
	return now.mono;
}

static void
dispatch_collected(struct http_conn *c)
{
	(void)dispatch(c, now_of(c->server));
}

static void
run_request(struct task *t, struct work *w, struct moment now)
{
	(void)w;
	(void)dispatch(CONTAINER_OF(t, struct exchange, slice)->conn, now);
}

/* The loop looks at its clock once in a round. */
bool
exchange_round_is_full(struct http_server *s)
{
	struct timeval round;

	event_base_gettimeofday_cached(s->o.base, &round);
	if (!evutil_timercmp(&round, &s->round, ==)) {
		s->round = round;
		s->spent = 0;
	}
	return s->spent >= ROUND_MAX;
}

/* Another request may be read before the turn of this one, which is small. */
static void
keep_body(struct http_conn *c)
{
	struct exchange *x = c->x;

	if (x->body.p != NULL)
		return;
	sbuf_str(&x->body, x->req.body);
	x->req.body = sbuf_get(&x->body);
	memory_take(c, x->req.body.n);
}

/*
 * When many requests are there at once, those that would hold up what else the
 * loop has to do wait for a later round. Health and metrics never do, but what is said in pieces may begin later.
 */
static void
dispatch_in_turn(struct http_conn *c, struct moment now)
{
	struct http_server *s = c->server;
	struct exchange *x = c->x;

	if (x->evreq != NULL && http_request_body_left(x->evreq) > BODY_AT_ONCE) {
		later_collect(c, dispatch_collected);
		return;
	}
	if (exchange_round_is_full(s) && (x->holds != HTTP_NO_PLACE || !x->is_get)) {
		if (x->evreq == NULL)
			keep_body(c);
		x->slice.run = run_request;
		guard_move(c, CONN_MAKE);
		task_ready(s->tasks, &x->slice);
		return;
	}
	s->spent += mono_sub(dispatch(c, now), now.mono);
}

/* Finds a place for a GET; health and metrics need none. */
static bool
take_place(struct http_server *s, struct exchange *x)
{
	enum http_places place = HTTP_PLACE;

	if (!str_is(x->req.method, "GET"))
		return true;
	if (s->o.place != NULL)
		place = s->o.place(s->o.arg, &x->req);
	if (place != HTTP_NO_PLACE) {
		if (s->gets[place] >= s->o.get_concurrency)
			return false;
		s->gets[place]++;
		x->holds = place;
	}
	x->is_get = true;
	s->gets_in_flight++;
	return true;
}

static bool
limit_gets(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct exchange *x = c->x;

	if (take_place(s, x))
		return true;
	s->gets_refused++;
	/* No handler was reached, so there is nothing to observe. */
	x->req.method = STR_NONE;
	http_response_text(&x->resp, 503,
	    arena_printf(x->arena, "Limit of concurrent GET requests reached (%lld), try again later.\n",
		(long long)s->o.get_concurrency));
	exchange_send(c, now_of(s));
	return false;
}

/* The user whose password was right, or else the client of a verified certificate. */
static void
name_principal(struct http_conn *c)
{
	struct http_request *r = &c->x->req;

	r->principal.name = arena_str(c->x->arena, str_from(c->admit->user));
	if (r->principal.name.n > 0) {
		r->principal.source = "basic";
		return;
	}
	r->principal.name = web_tls_client(c->bev, c->x->arena);
	if (r->principal.name.n > 0)
		r->principal.source = "certificate";
}

/* Acts upon the verdict of http_admit.c: a denial becomes the answer. */
static void
follow_verdict(struct http_conn *c)
{
	struct admit *a = c->admit;
	struct exchange *x = c->x;

	if (a != NULL && a->verdict != ADMIT_GRANTED && a->body)
		x->close = x->unread = true;
	if (a == NULL || a->verdict == ADMIT_GRANTED) {
		if (a != NULL)
			name_principal(c);
		admit_end(c);
		if (limit_gets(c))
			dispatch_in_turn(c, now_of(c->server));
	} else if (a->verdict == ADMIT_EXPIRED) {
		admit_end(c);
		send_timeout(c);
	} else {
		x->resp = a->denial;
		a->denial = (struct http_response){ 0 };
		admit_end(c);
		exchange_send(c, now_of(c->server));
	}
}

static struct exchange *
exchange_new(struct http_conn *c, struct evhttp_request *req)
{
	struct arena *arena = arena_new();
	struct exchange *x = ARENA_NEW(arena, struct exchange);

	c->x = x;
	x->server = c->server;
	x->conn = c;
	x->arena = arena;
	x->resp.body.max = SBUF_UNLIMITED;
	set_request(x, req);
	x->body.max = c->server->o.max_body;
	return x;
}

/* An exchange that goes on leaves the request to another one, for another answer. */
static void
replace(struct http_conn *c)
{
	struct exchange *old = c->x, *x = exchange_new(c, old->evreq);

	x->req = http_request_copy(x->arena, &old->req);
	x->began = old->began;
	x->close = old->close;
	x->unread = old->unread;
	x->is_get = old->is_get;
	x->holds = old->holds;
	/* Metrics go by the same name. */
	x->resp.handler = arena_str(x->arena, old->resp.handler);
	later_part(old);
}

void
exchange_begin(struct evhttp_request *req, void *server)
{
	TURN("request");
	struct http_server *s = server;
	struct http_conn *c = guard_find(s, evhttp_request_get_connection(req));
	struct exchange *x;
	struct http_verdict v;

	if (c->x != NULL) {
		/* See direct_lend. */
		assert(c->x->evreq == NULL);
		set_request(c->x, req);
		return;
	}
	x = exchange_new(c, req);
	x->began = c->admit != NULL ? c->admit->began : now_of(s).mono;
	http_request_read(req, x->arena, &x->req, &v);
	x->close = v.close;
	x->unread = v.unread;
	if (v.status == 0 && c->head.bad)
		v.status = 400;
	if (str_is(x->req.method, HTTP_METHOD_UNKNOWN) && c->head.verb_n <= HEAD_VERB_MAX)
		x->req.method = (struct str){ c->head.verb, c->head.verb_n };
	/* Nothing gets by without a verdict where one is wanted. */
	if (v.status == 0 && s->web != NULL && c->admit == NULL)
		v = (struct http_verdict){ .status = 400, .why = "" };
	if (v.status == 0) {
		follow_verdict(c);
	} else {
		admit_end(c);
		send_bad(c, v.status, v.why);
	}
}

/* x is none, after all. */
static enum direct
leave_direct(struct http_conn *c, enum direct d)
{
	exchange_free(c->x);
	c->x = NULL;
	return d;
}

enum direct
exchange_direct(struct http_conn *c, struct str text, bool owned, size_t *total)
{
	struct http_server *s = c->server;
	struct exchange *x;
	struct moment now;
	uint64_t missing;

	if (!http_request_looks_plain(text))
		return DIRECT_NOT;
	x = exchange_new(c, NULL);
	if (!http_request_plain(text, c->evcon, &s->known, x->arena, &x->req, &missing) || x->req.body.n + missing > s->o.max_body ||
	    text.n - x->req.body.n > s->o.max_header)
		return leave_direct(c, DIRECT_NOT);
	if (missing > 0) {
		*total = text.n + (size_t)missing;
		return leave_direct(c, DIRECT_PART);
	}
	now = now_of(s);
	x->began = now.mono;
	guard_move_at(c, CONN_MAKE, now.mono);
	if (owned) {
		x->body.p = (char *)(uintptr_t)text.p;
		x->body.n = x->body.cap = text.n;
	} else {
		memory_take(c, text.n - x->req.body.n);
	}
	dispatch_in_turn(c, now);
	return DIRECT_TAKEN;
}

void
exchange_release(struct http_conn *c, struct str refusal, struct moment now)
{
	assert(c->state == CONN_HELD);
	if (refusal.n > 0)
		exchange_fail(c, refusal);
	else
		send_answer(c, now);
}

void
exchange_expire(struct http_conn *c)
{
	http_stream_end(c);
	if (c->x->resp.later != NULL)
		replace(c);
	send_timeout(c);
}
