/* SPDX-License-Identifier: Apache-2.0 */
#include "streams.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/list.h"
#include "base/mem.h"
#include "gossip/stream.h"
#include "loop/errno_text.h"
#include "loop/timer.h"
#include "loop/turn.h"
#include "loop/workers.h"
#include "net.h"
#include "peer/kept.h"
#include "secure.h"

/* Streams that came in, at once; more are closed. Memberlist takes 128 pushpulls. */
#define COMING_MAX 256
/* Bytes that all streams hold of messages that come. */
#define HELD_MAX ((size_t)256 << 20)
/* Messages up to this size are packed and unpacked on the loop, within a millisecond or two. */
#define SMALL ((size_t)64 << 10)
#define JOBS_MAX 512

enum step {
	STEP_READS, /* a message, or an answer */
	STEP_WORKS, /* a thread unpacks or packs */
	STEP_WAITS, /* for the reply to what came in */
	STEP_WRITES, /* and is closed when all is written */
	STEP_CALLS, /* connects and writes, and reads then if there is an answer */
	STEP_ENDS, /* all is written, and the other one closes */
	STEP_FAILED, /* tells so from the loop */
};

struct stream {
	struct list_node place;
	struct streams *owner;
	uint64_t number; /* of the call; or its own, when it came in */
	bool came; /* in: else it is a call */
	bool answered;
	enum step step;
	struct gossip_address other;
	struct bufferevent *bev;
	struct timer deadline;
	struct sbuf in;
	struct gossip_scan scan;
	struct err why;
	struct packing *work;
};

struct streams {
	struct streams_options o;
	struct event *accepting;
	int fd;
	struct list all, all_kept;
	size_t coming, held;
	uint64_t numbers;
	struct workers *workers; /* NULL until a message is large */
	struct sbuf *delivered; /* the large message that is being delivered, or NULL */
	struct kept *kept; /* who keeps that */
};

struct kept {
	struct job job; /* to be freed by */
	struct streams *owner; /* NULL: gone */
	struct list_node place;
	unsigned users;
	struct sbuf bytes;
};

/* A message on its way through a thread. */
struct packing {
	struct job job;
	struct stream *stream; /* NULL: it is gone */
	struct streams *owner;
	size_t held; /* of the owner's */
	bool pack;
	struct str label; /* owned, as the streams may go */
	struct sbuf in, out;
	bool ok;
	struct err e;
};

static void
stream_free(struct stream *s)
{
	struct streams *all = s->owner;

	list_remove(&all->all, &s->place);
	all->held -= s->in.n;
	all->coming -= s->came;
	if (s->work != NULL)
		s->work->stream = NULL;
	if (s->bev != NULL)
		bufferevent_free(s->bev);
	timer_fini(&s->deadline);
	sbuf_fini(&s->in);
	mem_free(s);
}

/* It ends without a message: whoever waits is told. From the loop only. */
static void
stream_end(struct stream *s, struct str why)
{
	struct streams *all = s->owner;
	uint64_t number = s->number;
	bool came = s->came, waits = s->step == STEP_WAITS || s->step == STEP_WORKS;
	char text[200];
	size_t n = why.n < sizeof(text) ? why.n : sizeof(text);

	memcpy(text, why.p, n);
	stream_free(s);
	if (!came)
		all->o.gone(all->o.arg, number, (struct str){ text, n });
	else if (waits)
		all->o.request_gone(all->o.arg, number);
}

static void
stream_bad(struct stream *s, const struct err *e)
{
	if (s->came)
		s->owner->o.bad(s->owner->o.arg, &s->other, str_from(e->text));
	stream_end(s, str_from(e->text));
}

static void
on_deadline(void *arg)
{
	struct stream *s = arg;

	if (s->step == STEP_FAILED)
		stream_end(s, str_from(s->why.text));
	else
		stream_end(s, STR("i/o timeout"));
}

static void
packing_run(struct job *j)
{
	struct packing *p = CONTAINER_OF(j, struct packing, job);

	p->ok = true;
	if (p->pack)
		gossip_stream_put(&p->out, p->label, sbuf_get(&p->in));
	else
		p->ok = gossip_stream_get(&p->out, sbuf_get(&p->in), p->label, &p->e);
	/* Freeing much takes long, too. */
	sbuf_fini(&p->in);
}

static void
packing_free(struct packing *p)
{
	mem_free((void *)(uintptr_t)p->label.p);
	sbuf_fini(&p->in);
	sbuf_fini(&p->out);
	mem_free(p);
}

static void stream_send(struct stream *s, struct sbuf *packed);
static void stream_deliver(struct stream *s, struct str message);

static void
packing_done(struct job *j)
{
	TURN("cluster");
	struct packing *p = CONTAINER_OF(j, struct packing, job);
	struct stream *s = p->stream;
	struct kept *kept;

	p->owner->held -= p->held;
	if (s != NULL) {
		s->work = NULL;
		p->owner->delivered = p->pack ? NULL : &p->out;
		if (p->pack)
			stream_send(s, &p->out);
		else if (p->ok)
			stream_deliver(s, sbuf_get(&p->out));
		else
			stream_bad(s, &p->e);
		p->owner->delivered = NULL;
		kept = p->owner->kept;
		p->owner->kept = NULL;
		if (kept != NULL)
			kept_drop(kept);
	}
	packing_free(p);
}

struct kept *
streams_keep(struct streams *s)
{
	struct kept *k = s->kept;

	if (k == NULL && s->delivered != NULL) {
		k = s->kept = NEW(struct kept);
		k->owner = s;
		k->users = 1; /* the delivery: what is not kept is still read */
		list_append(&s->all_kept, &k->place);
		/* The bytes stay where they are. */
		k->bytes = *s->delivered;
		*s->delivered = (struct sbuf)SBUF_INIT(0);
	}
	if (k != NULL)
		k->users++;
	return k;
}

static void
kept_free(struct kept *k)
{
	sbuf_fini(&k->bytes);
	mem_free(k);
}

static void
kept_run(struct job *j)
{
	sbuf_fini(&CONTAINER_OF(j, struct kept, job)->bytes);
}

static void
kept_done(struct job *j)
{
	kept_free(CONTAINER_OF(j, struct kept, job));
}

void
kept_drop(struct kept *k)
{
	struct streams *s = k->owner;

	if (--k->users > 0)
		return;
	if (s != NULL)
		list_remove(&s->all_kept, &k->place);
	k->job = (struct job){ .run = kept_run, .done = kept_done };
	if (s == NULL || s->workers == NULL || !workers_submit(s->workers, &k->job))
		kept_free(k);
}

/* False: there is no thread to do it. Takes what is in `in`. */
static bool
submit(struct stream *s, bool pack, struct str label, struct sbuf *in)
{
	struct streams *all = s->owner;
	struct packing *p;

	if (all->workers == NULL)
		all->workers = workers_new(all->o.base, 1, JOBS_MAX, "cluster", &s->why);
	if (all->workers == NULL)
		return false;
	p = NEW(struct packing);
	p->job = (struct job){ .run = packing_run, .done = packing_done };
	p->pack = pack;
	p->label = (struct str){ mem_strndup(label.n > 0 ? label.p : "", label.n), label.n };
	p->in = *in;
	p->out.max = pack ? SBUF_UNLIMITED : GOSSIP_STREAM_MAX;
	if (!workers_submit(all->workers, &p->job)) {
		err_set(&s->why, ERR_LIMIT, "too many large messages at once");
		p->in = (struct sbuf)SBUF_INIT(0);
		packing_free(p);
		return false;
	}
	p->owner = all;
	p->held = pack ? 0 : p->in.n;
	*in = (struct sbuf)SBUF_INIT(in->max);
	p->stream = s;
	s->work = p;
	s->step = STEP_WORKS;
	return true;
}

/* A deadline of 0 comes from the loop at once. */
static void
stream_fail_later(struct stream *s)
{
	s->step = STEP_FAILED;
	timer_in(&s->deadline, 0);
}

static void
release(const void *bytes, size_t n, void *arg)
{
	(void)bytes;
	(void)n;
	mem_free(arg);
}

static void
stream_send(struct stream *s, struct sbuf *packed)
{
	struct evbuffer *out = bufferevent_get_output(s->bev);

	if (evbuffer_add_reference(out, packed->p, packed->n, release, packed->p) == 0)
		*packed = (struct sbuf)SBUF_INIT(0); /* the buffer frees it */
	if (s->came) {
		s->step = STEP_WRITES;
		return;
	}
	s->step = STEP_CALLS;
	if (!net_connect(s->bev, &s->other) && s->step == STEP_CALLS) {
		err_set(&s->why, ERR_IO, "dial tcp %s: %s", gossip_address_text(&s->other).s, errno_text(errno).s);
		stream_fail_later(s);
	}
}

/* Packs a message and sends it. */
static void
stream_write(struct stream *s, struct str message)
{
	struct str label = s->came ? STR_NONE : s->owner->o.label;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (message.n <= SMALL) {
		gossip_stream_put(&b, label, message);
		stream_send(s, &b);
	} else {
		sbuf_str(&b, message);
		if (!submit(s, true, label, &b))
			stream_fail_later(s);
	}
	sbuf_fini(&b);
}

static void
stream_deliver(struct stream *s, struct str message)
{
	struct streams *all = s->owner;
	uint64_t number = s->number;

	if (s->came) {
		s->step = STEP_WAITS;
		timer_in(&s->deadline, all->o.timeout);
		all->o.request(all->o.arg, number, message);
		return;
	}
	stream_free(s);
	all->o.answer(all->o.arg, number, message);
}

static void
stream_whole(struct stream *s)
{
	struct str label = s->came ? s->owner->o.label : STR_NONE;
	struct sbuf plain = SBUF_INIT(SMALL);
	struct err e = { 0 };

	bufferevent_disable(s->bev, EV_READ);
	if (gossip_stream_get(&plain, sbuf_get(&s->in), label, &e)) {
		stream_deliver(s, sbuf_get(&plain));
	} else if (e.kind != ERR_LIMIT) {
		stream_bad(s, &e);
	} else if (!submit(s, false, label, &s->in)) {
		e = s->why;
		stream_bad(s, &e);
	}
	sbuf_fini(&plain);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	TURN("cluster");
	struct stream *s = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(in);
	struct err e = { 0 };

	if (s->step != STEP_READS) {
		evbuffer_drain(in, n);
		return;
	}
	if (s->owner->held + n > HELD_MAX) {
		err_set(&e, ERR_LIMIT, "too many bytes at once of messages that come");
		stream_bad(s, &e);
		return;
	}
	if (sbuf_reserve(&s->in, n)) {
		int got = evbuffer_remove(in, s->in.p + s->in.n, n);

		s->in.n += got > 0 ? (size_t)got : 0;
		s->owner->held += got > 0 ? (size_t)got : 0;
	}
	switch (gossip_scan(&s->scan, sbuf_get(&s->in), &e)) {
	case GOSSIP_MORE:
		break;
	case GOSSIP_WHOLE:
		stream_whole(s);
		break;
	case GOSSIP_BAD:
		stream_bad(s, &e);
		break;
	}
}

/* All is written. */
static void
on_write(struct bufferevent *bev, void *arg)
{
	TURN("cluster");
	struct stream *s = arg;

	(void)bev;
	if (s->step == STEP_WRITES) {
		stream_free(s);
	} else if (s->step == STEP_CALLS && s->answered) {
		s->step = STEP_READS;
		bufferevent_enable(s->bev, EV_READ);
	} else if (s->step == STEP_CALLS && s->owner->o.dial != NULL) {
		/* A ticket that waits to be read would make the end a reset, which takes what was written with it. */
		s->step = STEP_ENDS;
		shutdown(bufferevent_getfd(s->bev), SHUT_WR);
		bufferevent_enable(s->bev, EV_READ);
	} else if (s->step == STEP_CALLS) {
		stream_deliver(s, STR_NONE);
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	TURN("cluster");
	struct stream *s = arg;
	int why = EVUTIL_SOCKET_ERROR();
	struct err e = { 0 };

	if (what & BEV_EVENT_CONNECTED)
		return;
	if (s->step == STEP_ENDS) {
		stream_deliver(s, STR_NONE);
		return;
	}
	if (s->owner->o.dial != NULL)
		secure_error(bev, what & BEV_EVENT_EOF ? 0 : why, &e);
	else if (what & BEV_EVENT_EOF)
		err_set(&e, ERR_IO, "EOF");
	else
		err_set(&e, ERR_IO, "%s tcp %s: %s", s->came ? "read" : "dial", gossip_address_text(&s->other).s,
		    errno_text(why).s);
	stream_end(s, str_from(e.text));
}

static struct stream *
stream_new(struct streams *all, struct bufferevent *bev, const struct gossip_address *other)
{
	struct stream *s = NEW(struct stream);

	s->owner = all;
	s->other = *other;
	s->in.max = GOSSIP_STREAM_MAX + 512;
	timer_init(&s->deadline, all->o.base, "cluster", on_deadline, s);
	list_append(&all->all, &s->place);
	s->bev = bev;
	if (bev != NULL)
		bufferevent_setcb(bev, on_read, on_write, on_event, s);
	return s;
}

void
streams_call(struct streams *all, uint64_t call, const struct gossip_address *to, struct str message, bool answered,
    struct mono deadline)
{
	struct bufferevent *bev = all->o.dial != NULL ?
	    all->o.dial(all->o.arg, to) :
	    bufferevent_socket_new(all->o.base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct stream *s = stream_new(all, bev, to);

	s->number = call;
	s->answered = answered;
	s->step = STEP_CALLS;
	timer_in(&s->deadline, mono_sub(deadline, all->o.clock->now(all->o.clock).mono));
	if (s->bev == NULL) {
		err_set(&s->why, ERR_IO, "cannot make a connection");
		stream_fail_later(s);
		return;
	}
	bufferevent_enable(s->bev, EV_WRITE);
	stream_write(s, message);
}

void
streams_reply(struct streams *all, uint64_t number, struct str message)
{
	LIST_EACH(&all->all, node)
	{
		struct stream *s = CONTAINER_OF(node, struct stream, place);

		if (!s->came || s->number != number || s->step != STEP_WAITS)
			continue;
		if (message.n == 0) {
			stream_free(s);
			return;
		}
		timer_in(&s->deadline, all->o.timeout);
		bufferevent_enable(s->bev, EV_WRITE);
		stream_write(s, message);
		return;
	}
}

void
streams_take(struct streams *all, struct bufferevent *bev, const struct gossip_address *from)
{
	struct stream *s;

	if (all->coming >= COMING_MAX) {
		bufferevent_free(bev);
		all->o.bad(all->o.arg, from, STR("too many connections at once"));
		return;
	}
	s = stream_new(all, bev, from);
	s->came = true;
	all->coming++;
	s->number = ++all->numbers;
	s->step = STEP_READS;
	timer_in(&s->deadline, all->o.timeout);
	bufferevent_setwatermark(bev, EV_READ, 0, 0);
	bufferevent_enable(bev, EV_READ);
	if (evbuffer_get_length(bufferevent_get_input(bev)) > 0)
		on_read(bev, s);
}

static void
take(struct streams *all, int fd, const struct sockaddr_storage *from)
{
	struct bufferevent *bev = bufferevent_socket_new(all->o.base, fd, BEV_OPT_CLOSE_ON_FREE);
	struct gossip_address other;

	net_from_socket(from, &other);
	if (bev == NULL)
		close(fd);
	else
		streams_take(all, bev, &other);
}

static void
on_accept(evutil_socket_t listening, short what, void *arg)
{
	TURN("cluster");
	struct streams *all = arg;

	(void)what;
	for (int i = 0; i < 16; i++) {
		struct sockaddr_storage from = { 0 };
		socklen_t n = sizeof(from);
		int fd = accept4(listening, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		take(all, fd, &from);
	}
}

struct streams *
streams_new(const struct streams_options *o, int fd, struct err *e)
{
	struct streams *all = NEW(struct streams);

	all->o = *o;
	all->fd = fd;
	if (fd < 0)
		return all;
	all->accepting = event_new(o->base, fd, EV_READ | EV_PERSIST, on_accept, all);
	if (all->accepting == NULL || event_add(all->accepting, NULL) != 0) {
		err_set(e, ERR_IO, "cannot watch a socket");
		streams_free(&all);
	}
	return all;
}

void
streams_free(struct streams **s)
{
	struct streams *all = *s;

	if (all == NULL)
		return;
	while (all->all.first != NULL)
		stream_free(CONTAINER_OF(all->all.first, struct stream, place));
	workers_stop(&all->workers);
	LIST_EACH(&all->all_kept, node)
	CONTAINER_OF(node, struct kept, place)->owner = NULL;
	if (all->accepting != NULL)
		event_free(all->accepting);
	if (all->fd >= 0)
		close(all->fd);
	mem_free(all);
	*s = NULL;
}
