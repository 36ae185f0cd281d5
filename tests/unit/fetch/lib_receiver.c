/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_receiver.h"

#include <arpa/inet.h>
#include <check.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "lib_peer.h"
#include "loop/clock_real.h"

struct receiver receiver;

void
guest_leave(struct guest *g)
{
	struct linger at_once = { 1, 0 };

	if (receiver.reset)
		ck_assert_int_eq(setsockopt(bufferevent_getfd(g->bev), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	bufferevent_free(g->bev);
	g->gone = true;
}

static void
on_sent(struct bufferevent *b, void *arg)
{
	(void)b;
	guest_leave(arg);
}

void
guest_on_request(struct bufferevent *b, void *arg)
{
	struct guest *g = arg;
	struct evbuffer *in = bufferevent_get_input(b);
	const char *answer = receiver.answer;

	/* All bodies are {}. */
	if (evbuffer_search(in, "\r\n\r\n{}", 6, NULL).pos < 0)
		return;
	sbuf_reset(&receiver.seen);
	sbuf_put(&receiver.seen, evbuffer_pullup(in, -1), evbuffer_get_length(in));
	evbuffer_drain(in, evbuffer_get_length(in));
	g->requests++;
	receiver.last = g;
	receiver.requests++;
	receiver.answer = OK;
	if (receiver.hang_up && (answer == NULL || *answer == '\0')) {
		receiver.hang_up = false;
		guest_leave(g);
		return;
	}
	if (receiver.hang_up)
		bufferevent_setcb(b, NULL, on_sent, NULL, g);
	receiver.hang_up = false;
	if (answer != NULL)
		bufferevent_write(b, answer, strlen(answer));
}

void
guest_on_gone(struct bufferevent *b, short what, void *arg)
{
	struct guest *g = arg;

	(void)b;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		guest_leave(g);
}

static void
on_guest(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int n, void *arg)
{
	struct guest *g = &receiver.guests[receiver.guests_n++];

	(void)l;
	(void)sa;
	(void)n;
	(void)arg;
	ck_assert_int_le(receiver.guests_n, GUESTS_MAX);
	g->bev = bufferevent_socket_new(receiver.base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(g->bev, guest_on_request, NULL, guest_on_gone, g);
	bufferevent_enable(g->bev, EV_READ | EV_WRITE);
}

static const struct http_config config = { .follow_redirects = true };

struct fetch_request
receiver_post(void)
{
	return (struct fetch_request){ .method = STR("POST"), .url = str_from(receiver.url), .body = STR("{}"), .http = &config };
}

static struct moment
receiver_now(struct clock *c)
{
	struct moment now = clock_real()->now(clock_real());

	(void)c;
	now.mono = mono_add(now.mono, receiver.ahead);
	return receiver.still ? receiver.at : now;
}

struct http_call *
receiver_start(const struct fetch_request *r)
{
	struct mono deadline = mono_add(receiver_now(&receiver.clock).mono, 60 * SPAN_S);
	struct http_call *call = http_client_start(receiver.client, r, deadline, got_answer, &receiver.got);

	ck_assert_ptr_nonnull(call);
	receiver.got.answered = false;
	return call;
}

void
receiver_run(const struct fetch_request *r)
{
	(void)receiver_start(r);
	loop_until(receiver.base, &receiver.got.answered);
}

int
guest_other_end(const struct guest *g)
{
	struct sockaddr_in theirs, own;
	socklen_t n = sizeof(theirs);

	ck_assert_int_eq(getpeername(bufferevent_getfd(g->bev), (struct sockaddr *)&theirs, &n), 0);
	for (int fd = 3; fd < 1024; fd++) {
		n = sizeof(own);
		if (getsockname(fd, (struct sockaddr *)&own, &n) == 0 && own.sin_family == AF_INET && own.sin_port == theirs.sin_port)
			return fd;
	}
	ck_abort_msg("there is none");
}

/* The receiver has answered, and the client has read all of that. */
static bool
all_is_said(void)
{
	const struct guest *g = receiver.last;
	int unsent = 0, unread = 0;

	return receiver.requests > 0 && evbuffer_get_length(bufferevent_get_output(g->bev)) == 0 &&
	    ioctl(bufferevent_getfd(g->bev), SIOCOUTQ, &unsent) == 0 && unsent == 0 &&
	    ioctl(guest_other_end(g), FIONREAD, &unread) == 0 && unread == 0;
}

void
receiver_run_out(const struct fetch_request *r)
{
	receiver.requests = 0;
	receiver.at = receiver_now(&receiver.clock);
	receiver.still = true;
	(void)receiver_start(r);
	while (!receiver.got.answered) {
		event_base_loop(receiver.base, EVLOOP_ONCE);
		if (receiver.still && all_is_said()) {
			receiver.ahead += SPAN_S;
			receiver.still = false;
		}
	}
}

void
receiver_begin(int warm)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct http_client_options o = { .clock = &receiver.clock };
	socklen_t n = sizeof(sa);
	struct err e = { 0 };

	memset(&receiver, 0, sizeof(receiver));
	receiver.base = o.base = event_base_new();
	receiver.seen.max = SBUF_UNLIMITED;
	receiver.clock.now = receiver_now;
	got_init(&receiver.got);
	receiver.answer = OK;
	receiver.listener = evconnlistener_new_bind(receiver.base, on_guest, NULL, LEV_OPT_CLOSE_ON_FREE, -1, (struct sockaddr *)&sa, sizeof(sa));
	ck_assert_ptr_nonnull(receiver.listener);
	ck_assert_int_eq(getsockname(evconnlistener_get_fd(receiver.listener), (struct sockaddr *)&sa, &n), 0);
	snprintf(receiver.url, sizeof(receiver.url), "http://127.0.0.1:%u/x?y", ntohs(sa.sin_port));
	receiver.client = http_client_new(&o, &e);
	ck_assert_ptr_nonnull(receiver.client);
	for (int i = 0; i < warm; i++) {
		struct fetch_request r = receiver_post();

		receiver_run(&r);
		ck_assert_msg(receiver.got.resp.status == 200, "%s", sbuf_cstr(&receiver.got.error));
	}
}

void
receiver_end(void)
{
	http_client_free(&receiver.client);
	for (int i = 0; i < receiver.guests_n; i++)
		if (!receiver.guests[i].gone)
			bufferevent_free(receiver.guests[i].bev);
	evconnlistener_free(receiver.listener);
	got_fini(&receiver.got);
	sbuf_fini(&receiver.seen);
	event_base_free(receiver.base);
}
