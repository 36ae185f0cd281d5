/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections there are. When there may be no more, or no descriptor
 * is left, new ones wait in the kernel, and room is made among those that are
 * there, so that nobody can keep others out by doing nothing.
 */
#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include <event2/http.h>
#include <event2/listener.h>

#include "base/mem.h"
#include "http_private.h"
#include "loop/errno_text.h"
#include "loop/timer.h"

#define AGAIN_MS 100

/* The connections that go first when there is no room, and the time that each has all the same. */
static const struct {
	enum conn_state state;
	span grace;
} order[] = {
	{ CONN_LINGER, 0 },
	{ CONN_IDLE, 100 * SPAN_MS },
	{ CONN_HEAD, SPAN_S },
	{ CONN_BODY, SPAN_S },
	{ CONN_WRITE, 5 * SPAN_S },
};

/* evhttp makes itself the argument of its listeners' callbacks, so one of theirs has to look for its server. */
static struct list servers;

/*
 * libevent accepts until the kernel has no more, even if its listener was disabled
 * in between; only one that is freed stops at once. So the descriptor is ours,
 * and listeners come and go.
 */
static void
unbind(struct http_server *s)
{
	for (size_t i = 0; i < s->listeners_n; i++) {
		if (s->listeners[i].bound != NULL)
			evhttp_del_accept_socket(s->evhttp, s->listeners[i].bound);
		s->listeners[i].bound = NULL;
	}
}

static void on_accept_error(struct evconnlistener *ev, void *arg);

static void
bind_all(struct http_server *s)
{
	for (size_t i = 0; i < s->listeners_n; i++) {
		struct listener *l = &s->listeners[i];
		struct evconnlistener *ev;

		ev = evconnlistener_new(s->o.base, NULL, NULL, LEV_OPT_CLOSE_ON_EXEC, 0, l->fd);
		assert(ev != NULL);
		l->bound = evhttp_bind_listener(s->evhttp, ev);
		assert(l->bound != NULL);
		evconnlistener_set_error_cb(ev, on_accept_error);
	}
}

static void
resume(struct http_server *s)
{
	if (!s->paused)
		return;
	s->paused = false;
	timer_stop(&s->retry);
	bind_all(s);
}

static void
pause_for(struct http_server *s, long ms)
{
	if (!s->paused)
		unbind(s);
	s->paused = true;
	timer_in(&s->retry, ms * SPAN_MS);
}

static void
on_accept_error(struct evconnlistener *ev, void *arg)
{
	struct http_server *s = NULL;
	int why = errno;

	(void)ev;
	LIST_EACH(&servers, node)
		if (CONTAINER_OF(node, struct http_server, place)->evhttp == arg)
			s = CONTAINER_OF(node, struct http_server, place);
	assert(s != NULL);
	LOG(s->o.log, LOG_WARN, "Accept error, will try again", F_CSTR("err", errno_text(why).s));
	s->starved = true;
	pause_for(s, AGAIN_MS);
}

/* One that the others can do without, longest there of its kind. */
static struct http_conn *
dispensable(const struct http_server *s)
{
	struct mono now = s->o.clock->now(s->o.clock).mono;

	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const struct conn_list *l = &s->lists[order[i].state];

		struct http_conn *c = conn_first(l);

		if (c != NULL && mono_sub(now, c->deadline) + l->after >= order[i].grace)
			return c;
	}
	return NULL;
}

static bool
is_full(const struct http_server *s)
{
	return s->conns >= s->o.max_connections;
}

void
accept_make_room(struct http_server *s)
{
	struct http_conn *c;

	if (is_full(s) && (c = dispensable(s)) != NULL)
		guard_cut(c);
}

/* libevent closes the descriptor of a connection that was cut in the next round of the loop: the next one waits for it. */
void
accept_counted(struct http_server *s)
{
	if (is_full(s) && !s->paused)
		pause_for(s, dispensable(s) != NULL ? 0 : AGAIN_MS);
}

static void
on_retry(void *arg)
{
	struct http_server *s = arg;
	struct http_conn *c = dispensable(s);

	if (s->starved && c != NULL)
		guard_cut(c);
	s->starved = false;
	/* A new connection makes room for itself, and not before it is there. */
	if (is_full(s) && c == NULL)
		pause_for(s, AGAIN_MS);
	else
		resume(s);
}

void
accept_freed(struct http_server *s)
{
	if (s->serving && !s->starved && !is_full(s))
		resume(s);
}

void
accept_init(struct http_server *s)
{
	timer_init(&s->retry, s->o.base, "connections", on_retry, s);
	list_append(&servers, &s->place);
}

void
accept_begin(struct http_server *s)
{
	s->serving = true;
	bind_all(s);
}

void
accept_end(struct http_server *s)
{
	s->serving = false;
	s->paused = false;
	timer_stop(&s->retry);
	unbind(s);
	for (size_t i = 0; i < s->listeners_n; i++) {
		if (s->listeners[i].fd >= 0)
			close(s->listeners[i].fd);
		s->listeners[i].fd = -1;
	}
}

void
accept_fini(struct http_server *s)
{
	list_remove(&servers, &s->place);
	timer_fini(&s->retry);
}
