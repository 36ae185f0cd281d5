/* SPDX-License-Identifier: Apache-2.0 */
#include "http_sockets.h"

#include <assert.h>

#include <event2/event.h>

#include "base/mem.h"
#include "http_call.h"
#include "loop/timer.h"
#include "loop/turn.h"

struct watch {
	struct event *ev;
	struct http_client *client;
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

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	TURN("outgoing HTTP");
	struct watch *w = arg;
	struct http_client *c = w->client;
	int running;

	/* w may be gone after this. */
	curl_multi_socket_action(c->multi, fd,
	    ((what & EV_READ) ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0), &running);
	collect(c);
}

static void
on_timeout(void *arg)
{
	struct http_client *c = arg;
	int running;

	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(c);
}

static int
socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct http_client *c = arg;
	struct watch *w = of_socket;
	short events;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL) {
			event_free(w->ev);
			mem_free(w);
			curl_multi_assign(c->multi, fd, NULL);
		}
		return 0;
	}
	if (w == NULL) {
		w = NEW(struct watch);
		w->client = c;
		curl_multi_assign(c->multi, fd, w);
	} else if (w->what == what) {
		return 0;
	} else {
		event_free(w->ev);
	}
	events = (short)(((what & CURL_POLL_IN) ? EV_READ : 0) | ((what & CURL_POLL_OUT) ? EV_WRITE : 0) | EV_PERSIST);
	w->what = what;
	w->ev = event_new(c->o.base, fd, events, on_socket, w);
	assert(w->ev != NULL);
	event_add(w->ev, NULL);
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
