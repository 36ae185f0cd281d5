/* SPDX-License-Identifier: Apache-2.0 */
#include "http_sockets.h"

#include <assert.h>

#include <event2/event.h>

#include "base/mem.h"
#include "http_call.h"
#include "loop/timer.h"
#include "loop/turn.h"

/* A socket that the system does not watch, as it has no memory for that, is looked at so often. */
#define LOOK_EVERY (100 * SPAN_MS)

struct watch {
	struct event *ev;
	struct timer look;		/* set: the system does not watch it */
	struct http_client *client;
	curl_socket_t fd;
	int what;
};

/* A message is gone once the next call into the multi handle is made, so each is copied first. */
static void
collect(struct http_client *c)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			c->on_done(m->easy_handle, m->data.result);
}

/* w may be gone after this. */
static void
ready(struct watch *w, bool in, bool out)
{
	struct http_client *c = w->client;
	int running;

	curl_multi_socket_action(c->multi, w->fd, (in ? CURL_CSELECT_IN : 0) | (out ? CURL_CSELECT_OUT : 0), &running);
	collect(c);
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	TURN("outgoing HTTP");

	(void)fd;
	ready(arg, (what & EV_READ) != 0, (what & EV_WRITE) != 0);
}

/* Whether it is ready is found by trying. */
static void
on_look(void *arg)
{
	struct watch *w = arg;

	timer_in(&w->look, LOOK_EVERY);
	ready(w, (w->what & CURL_POLL_IN) != 0, (w->what & CURL_POLL_OUT) != 0);
}

static void
on_timeout(void *arg)
{
	struct http_client *c = arg;
	int running;

	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(c);
}

static void
watch(struct watch *w, int what)
{
	short events = (short)(((what & CURL_POLL_IN) ? EV_READ : 0) | ((what & CURL_POLL_OUT) ? EV_WRITE : 0) | EV_PERSIST);

	if (w->ev != NULL)
		event_free(w->ev);
	w->what = what;
	w->ev = event_new(w->client->o.base, w->fd, events, on_socket, w);
	assert(w->ev != NULL);
	timer_stop(&w->look);
	if (event_add(w->ev, NULL) != 0)
		timer_in(&w->look, LOOK_EVERY);
}

static void
forget(struct watch *w)
{
	event_free(w->ev);
	timer_fini(&w->look);
	mem_free(w);
}

static int
socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct http_client *c = arg;
	struct watch *w = of_socket;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL) {
			forget(w);
			curl_multi_assign(c->multi, fd, NULL);
		}
		return 0;
	}
	if (w == NULL) {
		w = NEW(struct watch);
		w->client = c;
		w->fd = fd;
		timer_init(&w->look, c->o.base, "outgoing HTTP", on_look, w);
		curl_multi_assign(c->multi, fd, w);
	}
	/* At first also if nothing is wanted of it as yet. */
	if (w->ev == NULL || w->what != what)
		watch(w, what);
	return 0;
}

static int
timer_wanted(CURLM *multi, long ms, void *arg)
{
	struct http_client *c = arg;

	(void)multi;
	if (ms < 0)
		timer_stop(&c->timer);
	else
		timer_in(&c->timer, ms * SPAN_MS);
	return 0;
}

void
http_sockets_begin(struct http_client *c, void (*done)(CURL *easy, CURLcode code))
{
	c->on_done = done;
	timer_init(&c->timer, c->o.base, "outgoing HTTP", on_timeout, c);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
}

void
http_sockets_end(struct http_client *c)
{
	timer_fini(&c->timer);
	/* Closing idle connections must not arm it again. */
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, NULL);
}
