/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds that evhttp (libevent 2.1) leaves open: how long a head and a body may
 * take, and that a peer still sending gets to see the answer.
 *
 * evhttp makes its connections by itself and offers no way to know of one
 * before it has brought a request. But it asks us for the bufferevent, and is
 * then the argument of its callbacks; so does a record find its connection.
 */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>

#include "base/hash.h"
#include "base/mem.h"
#include "http_private.h"
#include "loop/timer.h"
#include "loop/turn.h"
#include "web_config.h"

#define BODY_TIMEOUT (10 * SPAN_MIN)	/* for a whole request body */
#define LINGER_TIMEOUT (2 * SPAN_S)
#define SLACK (64 * 1024)		/* beyond head and body: what comes behind them in one go */
#define HASTE (SPAN_S / 2)		/* instead of read_window, when the server stops */
#define PIECES 16

static void
arm(struct conn_list *l, struct mono now)
{
	const struct http_conn *first = conn_first(l);

	timer_in(&l->timer, first != NULL ? mono_sub(first->deadline, now) : 0);
}

/* Into the list of the state; false: there is no time to spend there. */
static bool
enlist(struct http_conn *c, enum conn_state state)
{
	struct http_server *s = c->server;

	if (c->state != CONN_STATES) {
		list_remove(&s->lists[c->state].conns, &c->place);
		s->lists[c->state].n--;
	}
	c->state = state;
	if (state == CONN_IDLE || state == CONN_LINGER)
		memory_give_back(c);
	if (state == CONN_STATES)
		return false;
	list_append(&s->lists[state].conns, &c->place);
	s->lists[state].n++;
	return s->lists[state].after > 0;
}

static void
set_deadline(struct http_conn *c, struct mono now)
{
	struct conn_list *l = &c->server->lists[c->state];

	c->deadline = mono_add(now, l->after);
	/* A timer that runs already fires earlier than this deadline and is armed anew then. */
	if (!timer_is_set(&l->timer))
		arm(l, now);
}

void
guard_move_at(struct http_conn *c, enum conn_state state, struct mono now)
{
	if (enlist(c, state))
		set_deadline(c, now);
}

void
guard_move(struct http_conn *c, enum conn_state state)
{
	if (enlist(c, state))
		set_deadline(c, c->server->o.clock->now(c->server->o.clock).mono);
}

/* The record is all that is left of the connection. */
static void
forget(struct http_conn *c)
{
	struct http_server *s = c->server;

	guard_move(c, CONN_STATES);
	memory_give_back(c);
	if (c->drain != NULL) {
		int fd = event_get_fd(c->drain);

		event_free(c->drain);
		close(fd);
	}
	mem_free(c);
	s->conns--;
	http_server_freed(s);
}

static void
on_drain(evutil_socket_t fd, short what, void *arg)
{
	struct http_conn *c = arg;
	char waste[16384];
	ssize_t n;

	(void)what;
	for (int i = 0; i < PIECES; i++) {
		n = recv(fd, waste, sizeof(waste), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			forget(c);
			return;
		}
		if (n < 0)
			return;
	}
}

/*
 * The peer has to see the answer although it may still be sending: closing
 * with bytes unread would reset the connection and take the answer along. So a
 * second descriptor keeps it for a while.
 */
static bool
linger(struct http_conn *c, int fd)
{
	int own = dup(fd);

	if (own < 0)
		return false;
	if (shutdown(own, SHUT_WR) < 0) {
		close(own);
		return false;
	}
	c->drain = event_new(c->server->o.base, own, EV_READ | EV_PERSIST, on_drain, c);
	if (c->drain == NULL || event_add(c->drain, NULL) != 0)
		abort();	/* out of memory */
	guard_move(c, CONN_LINGER);
	return true;
}

/* A client that speaks HTTP where TLS is expected gets an answer that says so, in the clear (Go net/http). */
static bool
refuse_plain_text(struct http_conn *c)
{
	static const char text[] = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
	bool told = false;
	unsigned long why;

	while ((why = bufferevent_get_openssl_error(c->bev)) != 0)
		if (ERR_GET_REASON(why) == SSL_R_HTTP_REQUEST)
			told = send(bufferevent_getfd(c->bev), text, sizeof(text) - 1, MSG_NOSIGNAL) > 0 || told;
	return told;
}

static void on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg);

/* evhttp is about to free the connection. */
static void
on_close(struct evhttp_connection *evcon, void *arg)
{
	TURN("connections");
	struct http_conn *c = arg;
	struct http_server *s = c->server;
	int fd = bufferevent_getfd(c->bev);
	SSL *ssl = bufferevent_openssl_get_ssl(c->bev);
	/* In the middle of a request, evhttp has answered that it is none. */
	bool lingers = !c->cut && (c->unread || c->state == CONN_HEAD || c->state == CONN_BODY);

	(void)evcon;
	exchange_end(c);
	direct_end(c);
	admit_end(c);
	if (c->early != NULL)
		evbuffer_free(c->early);
	hmap_remove(&s->by_bev, &c->node);
	evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
	pace_end(c);
	interest_end(c);
	if (ssl != NULL) {
		lingers = refuse_plain_text(c);
		/* Without waiting for the peer's answer to it. */
		if (!lingers && SSL_is_init_finished(ssl))
			SSL_shutdown(ssl);
		ERR_clear_error();
	}
	c->bev = NULL;
	c->evcon = NULL;
	if (!lingers || s->stopping || !linger(c, fd))
		forget(c);
}

void
guard_cut(struct http_conn *c)
{
	c->cut = true;
	if (c->state == CONN_LINGER)
		forget(c);
	else
		evhttp_connection_free(c->evcon);	/* and on_close */
}

/* COMPAT: Alertmanager waits for them for up to 5 s, and for whoever hangs as well. */
void
guard_hasten(struct http_server *s)
{
	struct conn_list *l = &s->lists[CONN_WRITE], *idle = &s->lists[CONN_IDLE];
	struct http_conn *c;
	const struct list_node *last = l->conns.last;

	/* A client that has all of an answer now is not waited for to ask for another. */
	assert(idle->conns.first == NULL);
	idle->after = SPAN_MS;
	timer_stop(&idle->timer);
	if (l->after <= HASTE)
		return;
	l->after = HASTE;
	while ((c = conn_first(l)) != NULL) {
		(void)pace_is_kept(c);	/* what it took until now does not count */
		guard_move(c, CONN_WRITE);
		if (&c->place == last)
			break;
	}
	/* It is armed for the deadline that the first one had. */
	timer_stop(&l->timer);
	if (l->conns.first != NULL)
		arm(l, s->o.clock->now(s->o.clock).mono);
}

static void
expire(struct http_conn *c)
{
	if (c->state == CONN_HELD || c->state == CONN_MAKE)
		exchange_expire(c);
	else if (c->state == CONN_ADMIT)
		admit_expire(c);
	else if (c->state == CONN_WRITE && pace_is_kept(c))
		guard_move(c, CONN_WRITE);
	else
		guard_cut(c);
}

static void
on_deadline(void *arg)
{
	struct conn_list *l = arg;
	struct mono now = l->server->o.clock->now(l->server->o.clock).mono;
	struct http_conn *c;

	while ((c = conn_first(l)) != NULL && c->deadline.ns <= now.ns)
		expire(c);
	if (l->conns.first != NULL)
		arm(l, now);
}

/* evhttp parses line by line and looks for the end of a long one again with every byte that comes. */
static void
gate(struct http_conn *c, bool on)
{
	const struct http_server_options *o = &c->server->o;

	if (c->gated == on)
		return;
	c->gated = on;
	bufferevent_setwatermark(c->bev, EV_READ, on ? SIZE_MAX : 0, o->max_header + o->max_body + SLACK);
}

void
guard_replace(struct http_conn *c, struct str text)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	int failed;

	c->own = true;
	evbuffer_drain(in, evbuffer_get_length(in));
	/* The end of a bufferevent's input is closed to us, its beginning is not. */
	failed = evbuffer_prepend(in, text.p, text.n);
	assert(failed == 0);
	c->own = false;
}

struct evbuffer *
guard_hide(struct http_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev), *hidden = evbuffer_new();

	assert(hidden != NULL);
	evbuffer_remove_buffer(in, hidden, evbuffer_get_length(in));
	return hidden;
}

void
guard_show(struct http_conn *c, struct evbuffer **hidden)
{
	int failed;

	c->own = true;
	failed = evbuffer_prepend_buffer(bufferevent_get_input(c->bev), *hidden);
	assert(failed == 0);
	c->own = false;
	evbuffer_free(*hidden);
	*hidden = NULL;
}

void
guard_open(struct http_conn *c)
{
	guard_move(c, CONN_BODY);
	gate(c, false);
	bufferevent_trigger(c->bev, EV_READ, 0);
}

void
guard_feed(struct http_conn *c, struct str text)
{
	int failed = evbuffer_prepend(bufferevent_get_input(c->bev), text.p, text.n);

	assert(failed == 0);
	bufferevent_enable(c->bev, EV_READ);
	bufferevent_trigger(c->bev, EV_READ, 0);
}

/* The last n bytes of the input are new to us. */
static void
scan(struct http_conn *c, struct evbuffer *in, size_t n)
{
	struct evbuffer_iovec v[PIECES];
	struct evbuffer_ptr at;
	bool ended = false;

	while (n > 0 && !ended && evbuffer_ptr_set(in, &at, evbuffer_get_length(in) - n, EVBUFFER_PTR_SET) == 0) {
		int k = evbuffer_peek(in, (ev_ssize_t)n, &at, v, PIECES);

		assert(k > 0);
		for (int i = 0; i < k && i < PIECES && n > 0 && !ended; i++) {
			size_t part = v[i].iov_len < n ? v[i].iov_len : n;

			size_t before = c->head.n;

			ended = head_scan(&c->head, v[i].iov_base, part);
			n -= ended ? c->head.n - before : part;
		}
	}
	if (ended)
		verb_raise(c, in);
	if (ended && c->head.coded)
		c->chunks.state = CHUNK_SIZE;
	chunks_scan(c, in, n);
	if (!ended && c->head.n <= c->server->o.max_header) {
		gate(c, true);
	} else if (!ended) {
		/* Too long. evhttp has seen none of it, and refuses this as it would have refused that. */
		guard_replace(c, STR("\001\r\n\r\n"));
		gate(c, false);
	} else {
		guard_move(c, CONN_BODY);
		if (admit_begin(c)) {
			gate(c, false);
			return;
		}
		gate(c, true);
		/* One more byte comes in at most, whatever evhttp thinks of reading. */
		bufferevent_setwatermark(c->bev, EV_READ, SIZE_MAX, 1);
		guard_move(c, CONN_ADMIT);
	}
}

/* Reads the head of a request that has not begun, or only just. */
static void
begin_head(struct http_conn *c, struct evbuffer *in)
{
	char start[256];
	ev_ssize_t n;
	size_t blank;

	while ((n = evbuffer_copyout(in, start, sizeof(start))) > 0 && (blank = head_blank(start, (size_t)n)) > 0)
		evbuffer_drain(in, blank);
	/* A lone CR may yet become a blank line. */
	if (n <= 0 || (n == 1 && start[0] == '\r'))
		return;
	c->head = (struct head_scan){ 0 };
	c->chunks = (struct chunk_scan){ 0 };
	guard_move(c, CONN_HEAD);
	memory_take(c, evbuffer_get_length(in));
	scan(c, in, evbuffer_get_length(in));
}

/* Called before evhttp sees what has come. */
static void
on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct http_conn *c = arg;

	/* Mostly evhttp has taken something. */
	if (info->n_added == 0 || c->own)
		return;
	TURN("connections");
	c->interest_fed = true;
	if (c->early != NULL)
		guard_show(c, &c->early);
	if (c->state == CONN_IDLE) {
		begin_head(c, in);
		return;
	}
	memory_take(c, info->n_added);
	if (c->state == CONN_HEAD)
		scan(c, in, info->n_added);
	else
		chunks_scan(c, in, info->n_added);
}

void
guard_next(struct http_conn *c, struct mono now)
{
	guard_move_at(c, CONN_IDLE, now);
	interest_next(c);
	begin_head(c, bufferevent_get_input(c->bev));
	/* Behind a request evhttp looks at what is there, gate or not. */
	if (c->state == CONN_HEAD && c->gated)
		c->early = guard_hide(c);
}

static uint64_t
hash_of(const struct bufferevent *bev)
{
	return hash_seeded(&bev, sizeof(bev));
}

struct http_conn *
guard_find(struct http_server *s, struct evhttp_connection *evcon)
{
	const struct bufferevent *bev = evhttp_connection_get_bufferevent(evcon);
	struct hmap_node *n = hmap_first(&s->by_bev, hash_of(bev));

	while (n != NULL && CONTAINER_OF(n, struct http_conn, node)->bev != bev)
		n = hmap_next(n);
	assert(n != NULL);
	return CONTAINER_OF(n, struct http_conn, node);
}

static void
welcome(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct bufferevent *bev = c->bev;
	void *evcon = NULL;
	int on = 1, fd = bufferevent_getfd(bev);

	bufferevent_getcb(bev, NULL, NULL, NULL, &evcon);
	if (evcon == NULL) {
		/* evhttp could not use it. */
		hmap_remove(&s->by_bev, &c->node);
		forget(c);
	} else {
		assert(evhttp_connection_get_bufferevent(evcon) == bev);
		c->evcon = evcon;
		evhttp_connection_set_closecb(evcon, on_close, c);
		evbuffer_add_cb(bufferevent_get_input(bev), on_input, c);
		c->gated = true;
		gate(c, false);
		pace_begin(c);
		interest_begin(c);
		/* How long one may take is a matter of the lists. */
		bufferevent_set_timeouts(bev, NULL, NULL);
		/* Failure (not all sockets are TCP) costs a little latency, no more. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		guard_move(c, CONN_IDLE);
		if (s->stopping)
			guard_cut(c);
	}
	bufferevent_decref(bev);
}

/* Runs before anything can have happened to the connections just accepted. */
static void
on_welcome(evutil_socket_t fd, short what, void *arg)
{
	TURN("connections");
	struct http_server *s = arg;
	struct http_conn *c;

	(void)fd;
	(void)what;
	while ((c = conn_first(&s->lists[CONN_FRESH])) != NULL)
		welcome(c);
}

struct bufferevent *
guard_accept(struct event_base *base, void *server)
{
	struct http_server *s = server;
	struct http_conn *c = NEW(struct http_conn);

	accept_make_room(s);
	c->server = s;
	c->state = CONN_STATES;
	/* Without a socket as yet, TLS or not. */
	c->bev = web_config_accept(s->web, base, -1);
	bufferevent_incref(c->bev);
	hmap_insert(&s->by_bev, &c->node, hash_of(c->bev));
	s->conns++;
	guard_move(c, CONN_FRESH);
	event_active(s->welcome, 0, 0);
	accept_counted(s);
	return c->bev;
}

void
guard_init(struct http_server *s)
{
	for (int i = 0; i < CONN_STATES; i++) {
		s->lists[i].server = s;
		s->lists[i].state = (enum conn_state)i;
		timer_init(&s->lists[i].timer, s->o.base, "connections", on_deadline, &s->lists[i]);
	}
	s->lists[CONN_IDLE].after = s->o.idle_timeout;
	s->lists[CONN_HEAD].after = s->o.header_timeout;
	s->lists[CONN_BODY].after = BODY_TIMEOUT;
	s->lists[CONN_ADMIT].after = s->o.timeout;
	s->lists[CONN_HELD].after = s->o.timeout;
	s->lists[CONN_MAKE].after = s->o.timeout;
	s->lists[CONN_WRITE].after = s->o.read_window;
	s->lists[CONN_LINGER].after = LINGER_TIMEOUT;
	s->welcome = event_new(s->o.base, -1, 0, on_welcome, s);
	assert(s->welcome != NULL);
}

void
guard_fini(struct http_server *s)
{
	struct http_conn *c;

	on_welcome(-1, 0, s);
	for (int i = 0; i < CONN_STATES; i++) {
		while ((c = conn_first(&s->lists[i])) != NULL)
			guard_cut(c);
		timer_fini(&s->lists[i].timer);
	}
	event_free(s->welcome);
	hmap_fini(&s->by_bev);
}
