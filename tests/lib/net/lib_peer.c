/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_peer.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/mem.h"

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct peer *p = arg;
	char buf[65536];
	size_t n;

	while ((n = bufferevent_read(bev, buf, sizeof(buf))) > 0)
		sbuf_put(&p->got, buf, n);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct peer *p = arg;

	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		p->eof = true;
	if (what & BEV_EVENT_ERROR)
		p->broken = true;
}

struct peer *
peer_new(struct event_base *base, unsigned port)
{
	struct peer *p = NEW(struct peer);
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	p->base = base;
	p->got.max = SBUF_UNLIMITED;
	p->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(p->bev, on_read, NULL, on_event, p);
	ck_assert_int_eq(bufferevent_socket_connect(p->bev, (struct sockaddr *)&sa, sizeof(sa)), 0);
	bufferevent_enable(p->bev, EV_READ | EV_WRITE);
	return p;
}

void
peer_free(struct peer *p)
{
	bufferevent_free(p->bev);
	sbuf_fini(&p->got);
	mem_free(p);
}

void
peer_send_n(struct peer *p, const void *s, size_t n)
{
	bufferevent_write(p->bev, s, n);
}

void
peer_send(struct peer *p, const char *s)
{
	peer_send_n(p, s, strlen(s));
}

void
peer_reading(struct peer *p, bool on)
{
	if (on)
		bufferevent_enable(p->bev, EV_READ);
	else
		bufferevent_disable(p->bev, EV_READ);
}

static void
on_alarm(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

struct alarm_clock {
	struct event *ev;
	bool rang;
};

static void
wind(struct alarm_clock *a, struct event_base *base)
{
	struct timeval tv = { 60, 0 };

	a->rang = false;
	a->ev = evtimer_new(base, on_alarm, &a->rang);
	evtimer_add(a->ev, &tv);
}

size_t
peer_expect(struct peer *p, size_t from, const char *what)
{
	struct alarm_clock a;
	char *at;

	wind(&a, p->base);
	while (p->got.n <= from || (at = memmem(p->got.p + from, p->got.n - from, what, strlen(what))) == NULL) {
		if (a.rang || p->eof)
			ck_abort_msg("expected \"%s\" after %zu of \"%s\" (%s)", what, from, sbuf_cstr(&p->got),
			    p->eof ? "closed" : "60 s passed");
		event_base_loop(p->base, EVLOOP_ONCE);
	}
	event_free(a.ev);
	return (size_t)(at - p->got.p) + strlen(what);
}

void
peer_expect_eof(struct peer *p)
{
	loop_until(p->base, &p->eof);
}

void
loop_until(struct event_base *base, const bool *flag)
{
	struct alarm_clock a;

	wind(&a, base);
	while (!*flag) {
		if (a.rang)
			ck_abort_msg("waited for 60 s");
		event_base_loop(base, EVLOOP_ONCE);
	}
	event_free(a.ev);
}
