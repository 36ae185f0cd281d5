/* SPDX-License-Identifier: Apache-2.0 */
#include "door.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "acceptor.h"
#include "base/list.h"
#include "base/mem.h"
#include "frames.h"
#include "loop/timer.h"
#include "loop/turn.h"
#include "net.h"
#include "secure.h"

/* Connections that have said nothing yet; more are closed. */
#define STRANGERS_MAX 256
/* Connections with datagrams; the one that was silent for the longest time makes room. */
#define GUESTS_MAX 1024
/* Handshakes take a millisecond or two, each. */
#define ACCEPTED_AT_ONCE 4

struct guest {
	struct list_node place; /* in strangers or guests */
	struct door *owner;
	struct bufferevent *bev;
	struct gossip_address from;
	struct timer deadline;
	bool known; /* a datagram came */
};

struct door {
	struct door_options o;
	struct acceptor *accepting;
	struct list strangers, guests; /* the one heard last is at the end */
	size_t strangers_n, guests_n;
	struct door_figures figures;
};

static void
leave(struct guest *g)
{
	struct door *d = g->owner;

	list_remove(g->known ? &d->guests : &d->strangers, &g->place);
	if (g->known)
		d->guests_n--;
	else
		d->strangers_n--;
	timer_fini(&g->deadline);
	if (g->bev != NULL)
		bufferevent_free(g->bev);
	mem_free(g);
}

static void
refuse(struct guest *g, struct str why)
{
	struct door *d = g->owner;
	struct gossip_address from = g->from;

	d->figures.errors++;
	d->o.bad(d->o.arg, &from, why);
	leave(g);
}

static void
on_deadline(void *arg)
{
	refuse(arg, STR("i/o timeout"));
}

/* Where a datagram says that it comes from; without a host, it is that of the connection. */
static struct gossip_address
sender(const struct guest *g, struct str from)
{
	struct gossip_address a, out = g->from;
	struct err e = { 0 };
	struct str host;
	uint16_t port;

	if (!net_split(from, &host, &port, &e))
		return out;
	out.port = port;
	if (net_parse_ip(host, port, &a) && !net_is_any(&a))
		out = a;
	return out;
}

static void
hear(struct guest *g)
{
	struct door *d = g->owner;

	list_remove(g->known ? &d->guests : &d->strangers, &g->place);
	if (!g->known) {
		timer_stop(&g->deadline);
		g->known = true;
		d->strangers_n--;
		d->guests_n++;
	}
	list_append(&d->guests, &g->place);
	if (d->guests_n > GUESTS_MAX)
		leave(CONTAINER_OF(d->guests.first, struct guest, place));
}

static void
become_stream(struct guest *g)
{
	struct door *d = g->owner;
	struct gossip_address from = g->from;
	struct bufferevent *bev = g->bev;

	d->figures.streams++;
	g->bev = NULL;
	leave(g);
	d->o.stream(d->o.arg, bev, &from);
}

/* False: the guest is no more. */
static bool
on_frame(struct guest *g, struct evbuffer *in, size_t n)
{
	struct door *d = g->owner;
	struct gossip_address from;
	struct err e = { 0 };
	struct frame f;
	struct str bytes = { (const char *)evbuffer_pullup(in, (ev_ssize_t)(FRAME_HEAD + n)), FRAME_HEAD + n };

	if (!frame_get(str_sub(bytes, FRAME_HEAD, bytes.n), &f, &e)) {
		refuse(g, str_from(e.text));
		return false;
	}
	if (f.kind == FRAME_STREAM) {
		evbuffer_drain(in, bytes.n);
		become_stream(g);
		return false;
	}
	d->figures.packet_bytes += f.packet.n;
	from = sender(g, f.from);
	hear(g);
	d->o.packet(d->o.arg, &from, f.packet);
	evbuffer_drain(in, bytes.n);
	return true;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	TURN("cluster connections");
	struct guest *g = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	unsigned char head[FRAME_HEAD];

	while (evbuffer_copyout(in, head, sizeof(head)) == sizeof(head)) {
		size_t n = frame_length(head);

		if (n > FRAME_MAX) {
			refuse(g, STR("a frame that is too long"));
			return;
		}
		if (evbuffer_get_length(in) < FRAME_HEAD + n || !on_frame(g, in, n))
			return;
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	TURN("cluster connections");
	struct guest *g = arg;
	int why = EVUTIL_SOCKET_ERROR();
	struct err e = { 0 };

	if (what & BEV_EVENT_CONNECTED)
		return;
	if (what & BEV_EVENT_EOF && g->known) {
		leave(g);
		return;
	}
	secure_error(bev, what & BEV_EVENT_EOF ? 0 : why, &e);
	refuse(g, str_from(e.text));
}

/* A member that is gone without a word is not waited for for ever. */
static void
ask_whether_alive(int fd)
{
	int on = 1, idle = 60, every = 20;

	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle)) == 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
}

static void
on_accepted(void *arg, int fd, const struct gossip_address *from)
{
	struct door *d = arg;
	struct bufferevent *bev;
	struct guest *g;

	if (d->strangers_n >= STRANGERS_MAX) {
		close(fd);
		d->figures.errors++;
		d->o.bad(d->o.arg, from, STR("too many connections at once"));
		return;
	}
	ask_whether_alive(fd);
	bev = secure_accept(d->o.secure, fd);
	if (bev == NULL)
		return;
	g = NEW(struct guest);
	g->owner = d;
	g->bev = bev;
	g->from = *from;
	timer_init(&g->deadline, d->o.base, "cluster connections", on_deadline, g);
	timer_in(&g->deadline, d->o.timeout);
	list_append(&d->strangers, &g->place);
	d->strangers_n++;
	bufferevent_setcb(bev, on_read, NULL, on_event, g);
	bufferevent_setwatermark(bev, EV_READ, 0, 2 * FRAME_MAX);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

struct door *
door_new(const struct door_options *o, int fd, struct err *e)
{
	struct door *d = NEW(struct door);
	struct acceptor_options accepting = { .base = o->base, .turn = "cluster connections", .at_once = ACCEPTED_AT_ONCE,
		.take = on_accepted, .arg = d };

	d->o = *o;
	d->accepting = acceptor_new(&accepting, fd, e);
	if (d->accepting == NULL)
		door_free(&d);
	return d;
}

void
door_free(struct door **door)
{
	struct door *d = *door;

	if (d == NULL)
		return;
	while (d->strangers.first != NULL)
		leave(CONTAINER_OF(d->strangers.first, struct guest, place));
	while (d->guests.first != NULL)
		leave(CONTAINER_OF(d->guests.first, struct guest, place));
	acceptor_free(&d->accepting);
	mem_free(d);
	*door = NULL;
}

struct door_figures
door_figures(const struct door *d)
{
	return d->figures;
}
