/* SPDX-License-Identifier: Apache-2.0 */
#include "lines.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/list.h"
#include "base/mem.h"
#include "frames.h"
#include "loop/timer.h"
#include "loop/turn.h"
#include "net.h"
#include "secure.h"

/* Connections at once: Alertmanager's bound. The one used least lately makes room. */
#define LINES_MAX 1024
/* Bytes that wait for a connection, or for a slow member. */
#define WAITING_MAX ((size_t)256 << 10)

struct line {
	struct list_node place;
	struct lines *owner;
	struct gossip_address to;
	struct bufferevent *bev;
	struct timer deadline; /* to be connected */
};

struct lines {
	struct event_base *base;
	struct secure *secure;
	struct log log;
	span timeout;
	struct list all; /* the one used last comes first */
	size_t n;
	struct lines_figures figures;
};

static void
line_free(struct line *one)
{
	struct lines *l = one->owner;

	list_remove(&l->all, &one->place);
	l->n--;
	timer_fini(&one->deadline);
	if (one->bev != NULL)
		bufferevent_free(one->bev);
	mem_free(one);
}

static void
line_fail(struct line *one, const char *why)
{
	one->owner->figures.errors++;
	LOG(&one->owner->log, LOG_DEBUG, "A connection for datagrams has ended", F_CSTR("to", gossip_address_text(&one->to).s),
	    F_CSTR("err", why));
	line_free(one);
}

static void
on_deadline(void *arg)
{
	line_fail(arg, "i/o timeout");
}

/* Nothing is said on it by the other side. */
static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);

	(void)arg;
	evbuffer_drain(in, evbuffer_get_length(in));
}

/* A member that is cut off is dialled anew when it is back, rather than waited for as long as the system would. */
static void
give_up_soon(struct bufferevent *bev, span timeout)
{
	int fd = bufferevent_getfd(bev), on = 1;
	unsigned ms = (unsigned)(timeout / SPAN_MS);

	if (setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)) == 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	TURN("cluster lines");
	struct line *one = arg;
	int why = EVUTIL_SOCKET_ERROR();
	struct err e = { 0 };

	if (what & BEV_EVENT_CONNECTED) {
		timer_stop(&one->deadline);
		give_up_soon(bev, one->owner->timeout);
		return;
	}
	secure_error(bev, what & BEV_EVENT_EOF ? 0 : why, &e);
	line_fail(one, e.text);
}

static struct line *
line_to(struct lines *l, const struct gossip_address *to)
{
	struct line *one;

	LIST_EACH(&l->all, node)
	{
		one = CONTAINER_OF(node, struct line, place);
		if (!gossip_address_eq(&one->to, to))
			continue;
		list_remove(&l->all, node);
		list_prepend(&l->all, node);
		return one;
	}
	if (l->n == LINES_MAX)
		line_free(CONTAINER_OF(l->all.last, struct line, place));
	one = NEW(struct line);
	one->owner = l;
	one->to = *to;
	timer_init(&one->deadline, l->base, "cluster lines", on_deadline, one);
	list_prepend(&l->all, &one->place);
	l->n++;
	one->bev = secure_dial(l->secure, to);
	if (one->bev != NULL) {
		bufferevent_setcb(one->bev, on_read, NULL, on_event, one);
		bufferevent_enable(one->bev, EV_READ | EV_WRITE);
	}
	timer_in(&one->deadline, l->timeout);
	return one;
}

/* Connects once there is something to be said, as an event may end the line at once. False: it is gone, or never was. */
static bool
connect_line(struct lines *l, struct line *one)
{
	uint64_t errors = l->figures.errors;

	if (one->bev == NULL || !net_connect(one->bev, &one->to)) {
		if (l->figures.errors == errors)
			line_fail(one, "cannot connect");
		return false;
	}
	return l->figures.errors == errors;
}

void
lines_send(struct lines *l, const struct gossip_address *from, const struct gossip_address *to, struct str packet)
{
	struct line *one = line_to(l, to);
	bool is_new = one->bev == NULL || bufferevent_getfd(one->bev) < 0;
	struct frame f = { .kind = FRAME_PACKET, .from = str_from(gossip_address_text(from).s), .packet = packet };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (is_new && !connect_line(l, one))
		return;
	if (evbuffer_get_length(bufferevent_get_output(one->bev)) + packet.n > WAITING_MAX)
		return;
	frame_put(&b, &f);
	secure_put(one->bev, sbuf_get(&b));
	sbuf_fini(&b);
	l->figures.bytes += packet.n;
}

struct lines *
lines_new(struct event_base *base, struct secure *secure, const struct log *log, span timeout)
{
	struct lines *l = NEW(struct lines);

	l->base = base;
	l->secure = secure;
	l->log = *log;
	l->timeout = timeout;
	return l;
}

void
lines_free(struct lines **lines)
{
	struct lines *l = *lines;

	if (l == NULL)
		return;
	while (l->all.first != NULL)
		line_free(CONTAINER_OF(l->all.first, struct line, place));
	mem_free(l);
	*lines = NULL;
}

struct lines_figures
lines_figures(const struct lines *l)
{
	return l->figures;
}
