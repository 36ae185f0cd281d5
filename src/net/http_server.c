/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libevent's own HTTP server (2.1) is not used: it has no limit on the time a
 * head may take nor on connections, reads on while it writes, answers unknown
 * methods itself, and takes folded headers and the body of a HEAD request for
 * what they are not.
 */
#include "net/http_server.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "base/mem.h"
#include "errno_text.h"
#include "http_conn.h"
#include "listen.h"
#include "web_config.h"

#define BODY_TIMEOUT (10 * SPAN_MIN)	/* for a whole request body */
#define LINGER_TIMEOUT (2 * SPAN_S)
#define RESERVED_FDS 2048		/* for files, receivers, workers */

static void
arm(struct conn_list *l, struct mono now)
{
	span wait = l->first != NULL ? mono_sub(l->first->deadline, now) : 0;
	struct timeval tv;

	if (wait < 0)
		wait = 0;
	tv.tv_sec = wait / SPAN_S;
	tv.tv_usec = wait % SPAN_S / 1000 + 1;
	evtimer_add(l->timer, &tv);
}

static void pause_accepting(struct http_server *s, bool pause);

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct conn_list *l = arg;
	struct mono now = l->server->o.clock->now(l->server->o.clock).mono;

	(void)fd;
	(void)what;
	while (l->first != NULL && l->first->deadline.ns <= now.ns)
		http_conn_expire(l->first);
	if (l->first != NULL)
		arm(l, now);
}

static void
list_remove(struct conn_list *l, struct http_conn *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		l->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		l->last = c->prev;
	c->prev = c->next = NULL;
	l->n--;
}

static void
list_append(struct conn_list *l, struct http_conn *c)
{
	c->prev = l->last;
	c->next = NULL;
	if (l->last != NULL)
		l->last->next = c;
	else
		l->first = c;
	l->last = c;
	l->n++;
}

void
conn_list_move(struct http_conn *c, enum conn_state state)
{
	struct conn_list *l;
	struct mono now;

	if (c->state != CONN_STATES)
		list_remove(&c->server->lists[c->state], c);
	c->state = state;
	if (state == CONN_STATES)
		return;
	l = &c->server->lists[state];
	list_append(l, c);
	/* One that is idle can make room. */
	if (state == CONN_IDLE && !c->server->stopping && !evtimer_pending(c->server->retry, NULL))
		pause_accepting(c->server, false);
	if (l->after == 0)
		return;
	now = c->server->o.clock->now(c->server->o.clock).mono;
	c->deadline = mono_add(now, l->after);
	/* A timer that runs already fires earlier than this deadline and is armed anew then. */
	if (!evtimer_pending(l->timer, NULL))
		arm(l, now);
}

/* Accepting costs a descriptor; when they run out, or connections do, new ones wait in the kernel. */
static void
pause_accepting(struct http_server *s, bool pause)
{
	if (s->paused == pause || !s->serving)
		return;
	s->paused = pause;
	for (size_t i = 0; i < s->listeners_n; i++) {
		if (s->listeners[i].ev == NULL)
			continue;
		if (pause)
			evconnlistener_disable(s->listeners[i].ev);
		else
			evconnlistener_enable(s->listeners[i].ev);
	}
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct http_server *s = arg;

	(void)fd;
	(void)what;
	if (s->conns < s->o.max_connections)
		pause_accepting(s, false);
}

static void
retry_soon(struct http_server *s)
{
	struct timeval soon = { 0, 100000 };

	evtimer_add(s->retry, &soon);
}

static void
end_stop(struct http_server *s)
{
	void (*stopped)(void *arg) = s->stopped;

	evtimer_del(s->grace);
	s->stopped = NULL;
	if (stopped != NULL)
		stopped(s->stopped_arg);
}

static void
on_grace(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	end_stop(arg);
}

void
http_server_freed(struct http_server *s)
{
	if (s->stopping) {
		/* From the loop: the one who freed the last may be http_server_stop itself. */
		if (s->conns == 0 && s->stopped != NULL) {
			struct timeval now = { 0, 0 };

			evtimer_add(s->grace, &now);
		}
	} else if (s->paused && !evtimer_pending(s->retry, NULL)) {
		pause_accepting(s, false);
	}
}

static void
on_accept(struct evconnlistener *ev, evutil_socket_t fd, struct sockaddr *sa, int sa_n, void *arg)
{
	struct http_server *s = arg;
	int on = 1;

	(void)ev;
	(void)sa_n;
	if (sa->sa_family == AF_INET || sa->sa_family == AF_INET6) {
		/* Failure costs a little latency, no more. */
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	}
	/* Room is made by the one that has been idle for longest. */
	if (s->conns >= s->o.max_connections && s->lists[CONN_IDLE].first != NULL)
		http_conn_free(s->lists[CONN_IDLE].first);
	http_conn_new(s, fd);
	if (s->conns >= s->o.max_connections && s->lists[CONN_IDLE].n <= 1)
		pause_accepting(s, true);
}

static void
on_accept_error(struct evconnlistener *ev, void *arg)
{
	struct http_server *s = arg;
	int why = errno;

	(void)ev;
	LOG(s->o.log, LOG_WARN, "Accept error, will try again", F_CSTR("err", errno_text(why).s));
	pause_accepting(s, true);
	retry_soon(s);
}

struct http_server *
http_server_new(const struct http_server_options *o, struct err *e)
{
	struct http_server *s = NEW(struct http_server);
	unsigned long fds = listen_raise_limit();
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	s->o = *o;
	s->arena = arena_new();
	if (s->o.max_header == 0)
		s->o.max_header = (size_t)1 << 20;
	if (s->o.max_body == 0)
		s->o.max_body = (size_t)64 << 20;
	if (s->o.max_connections == 0)
		s->o.max_connections = 16384;
	fds = fds > 2 * RESERVED_FDS ? fds - RESERVED_FDS : fds / 2;
	if (s->o.max_connections > fds)
		s->o.max_connections = (unsigned)fds;
	if (s->o.get_concurrency <= 0)
		s->o.get_concurrency = cpus > 8 ? cpus : 8;
	if (s->o.header_timeout <= 0)
		s->o.header_timeout = 30 * SPAN_S;
	if (s->o.idle_timeout <= 0)
		s->o.idle_timeout = 5 * SPAN_MIN;
	for (int i = 0; i < CONN_STATES; i++) {
		s->lists[i].server = s;
		s->lists[i].state = (enum conn_state)i;
		s->lists[i].timer = evtimer_new(o->base, on_deadline, &s->lists[i]);
	}
	s->lists[CONN_IDLE].after = s->o.idle_timeout;
	s->lists[CONN_HEAD].after = s->o.header_timeout;
	s->lists[CONN_BODY].after = BODY_TIMEOUT;
	s->lists[CONN_ADMIT].after = s->o.timeout;
	s->lists[CONN_HELD].after = s->o.timeout;
	s->lists[CONN_LINGER].after = LINGER_TIMEOUT;
	s->retry = evtimer_new(o->base, on_retry, s);
	s->grace = evtimer_new(o->base, on_grace, s);
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
	s->serving = true;
	for (size_t i = 0; i < s->listeners_n; i++) {
		struct listener *l = &s->listeners[i];

		l->ev = evconnlistener_new(s->o.base, on_accept, s, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
		    0, l->fd);
		assert(l->ev != NULL);
		l->fd = -1;
		evconnlistener_set_error_cb(l->ev, on_accept_error);
		LOG(s->o.log, LOG_INFO, "Listening on", F_STR("address", l->address));
		if (tls)
			LOG(s->o.log, LOG_INFO, "TLS is enabled.", F_BOOL("http2", false), F_STR("address", l->address));
		else
			LOG(s->o.log, LOG_INFO, "TLS is disabled.", F_BOOL("http2", false), F_STR("address", l->address));
	}
}

void
http_server_release(struct http_server *s, uint64_t upto)
{
	struct http_conn *c;

	while ((c = s->lists[CONN_HELD].first) != NULL && c->x->ticket <= upto)
		http_conn_release(c, STR_NONE);
}

void
http_server_refuse(struct http_server *s, uint64_t upto, struct str why)
{
	struct http_conn *c;

	if (why.n == 0)
		why = STR("not stored");
	while ((c = s->lists[CONN_HELD].first) != NULL && c->x->ticket <= upto)
		http_conn_release(c, why);
}

static void
close_listeners(struct http_server *s)
{
	for (size_t i = 0; i < s->listeners_n; i++) {
		if (s->listeners[i].ev != NULL)
			evconnlistener_free(s->listeners[i].ev);
		if (s->listeners[i].fd >= 0)
			close(s->listeners[i].fd);
		s->listeners[i].ev = NULL;
		s->listeners[i].fd = -1;
	}
}

void
http_server_stop(struct http_server *s, span grace, void (*done)(void *arg), void *arg)
{
	struct timeval tv = { grace / SPAN_S, grace % SPAN_S / 1000 };

	close_listeners(s);
	evtimer_del(s->retry);
	s->stopping = true;
	s->stopped = done;
	s->stopped_arg = arg;
	/* Between requests nobody is owed an answer. */
	while (s->lists[CONN_IDLE].first != NULL)
		http_conn_free(s->lists[CONN_IDLE].first);
	while (s->lists[CONN_HEAD].first != NULL)
		http_conn_free(s->lists[CONN_HEAD].first);
	if (s->conns == 0)
		tv = (struct timeval){ 0, 0 };
	evtimer_add(s->grace, &tv);
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
	close_listeners(s);
	for (int i = 0; i < CONN_STATES; i++)
		while (s->lists[i].first != NULL)
			http_conn_free(s->lists[i].first);
	for (int i = 0; i < CONN_STATES; i++)
		event_free(s->lists[i].timer);
	event_free(s->retry);
	event_free(s->grace);
	web_config_free(&s->web);
	mem_free(s->listeners);
	arena_free(&s->arena);
	mem_free(s);
}

size_t
http_server_connections(const struct http_server *s)
{
	return s->conns;
}
