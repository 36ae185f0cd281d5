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

#define SHOWN_MAX 500

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

/* Fails the test for want of `what`; of what came instead it shows the end, as there may be megabytes. */
static void
give_up(const struct peer *p, size_t from, const char *what)
{
	size_t n = p->got.n > from ? p->got.n - from : 0, skipped = n > SHOWN_MAX ? n - SHOWN_MAX : 0;

	ck_abort_msg("expected \"%s\" (%s); of %zu bytes from %zu on the last are \"%.*s\"", what,
	    p->eof ? "closed" : "60 s passed", n, from, (int)(n - skipped), n > 0 ? p->got.p + from + skipped : "");
}

size_t
peer_expect(struct peer *p, size_t from, const char *what)
{
	size_t n = strlen(what), next = from;
	struct alarm_clock a;
	char *at = NULL;

	wind(&a, p->base);
	for (;;) {
		if (p->got.n > next && (at = memmem(p->got.p + next, p->got.n - next, what, n)) != NULL)
			break;
		/* No byte is looked through again, but for a beginning at the end. */
		if (p->got.n >= next + n)
			next = p->got.n - n + 1;
		if (a.rang || p->eof)
			give_up(p, from, what);
		event_base_loop(p->base, EVLOOP_ONCE);
	}
	event_free(a.ev);
	return (size_t)(at - p->got.p) + n;
}

void
peer_expect_bytes(struct peer *p, size_t n)
{
	struct alarm_clock a;

	wind(&a, p->base);
	while (p->got.n < n) {
		if (a.rang || p->eof)
			ck_abort_msg("expected %zu bytes, got %zu (%s)", n, p->got.n, p->eof ? "closed" : "60 s passed");
		event_base_loop(p->base, EVLOOP_ONCE);
	}
	event_free(a.ev);
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
