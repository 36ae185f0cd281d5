/* SPDX-License-Identifier: Apache-2.0 */
#include "streams.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "acceptor.h"
#include "base/list.h"
#include "base/mem.h"
#include "gossip/stream.h"
#include "loop/errno_text.h"
#include "loop/timer.h"
#include "loop/turn.h"
#include "net.h"
#include "packing.h"
#include "secure.h"

/* Streams that came in, at once; more are closed. Memberlist takes 128 pushpulls. */
#define COMING_MAX 256
#define ACCEPTED_AT_ONCE 16
/* One message, with what is around it. */
#define COMES_MAX (GOSSIP_STREAM_MAX + 512)
/* Bytes that all streams hold of messages that come, and of answers that are not read. */
#define HELD_MAX ((size_t)256 << 20)
/* Messages up to this size are packed and unpacked on the loop, within a millisecond or two. */
#define SMALL INFLOW_SMALL
/* Written in one turn: TLS encrypts all that it is given, as long as the other one reads. */
#define WRITTEN_AT_ONCE ((size_t)256 << 10)

enum step {
	STEP_READS, /* a message, or an answer */
	STEP_WORKS, /* a thread unpacks or packs */
	STEP_WAITS, /* for the reply to what came in */
	STEP_WRITES, /* and is closed when all is written */
	STEP_CALLS, /* connects and writes, and reads then if there is an answer */
	STEP_DIALS, /* what is to be sent comes later */
	STEP_DIALLED,
	STEP_ENDS, /* all is written, and the other one closes */
	STEP_FAILED, /* tells so from the loop */
};

struct stream {
	struct list_node place;
	struct streams *owner;
	uint64_t number; /* of the call; or its own, when it came in */
	bool came; /* in: else it is a call */
	bool asked; /* it came in, and was handed on */
	bool dialled; /* before there was a message */
	bool answered;
	enum step step;
	struct gossip_address other;
	struct bufferevent *bev;
	struct timer deadline;
	struct inflow in;
	struct sbuf out;
	size_t written; /* of out */
	struct gossip_scan scan;
	struct err why;
	struct packing *work;
};

struct streams {
	struct streams_options o;
	struct acceptor *accepting; /* NULL: it is given those that come in */
	struct list all;
	size_t coming, held;
	uint64_t numbers;
	struct packer *packer;
	struct sbuf *delivered; /* the large message that is being delivered, or NULL */
	struct kept *kept; /* who keeps that */
	struct kept *const *lent; /* what messages to be sent have pieces of */
	size_t lent_n;
};

static void
stream_free(struct stream *s)
{
	struct streams *all = s->owner;

	list_remove(&all->all, &s->place);
	all->held -= s->in.n + s->out.n;
	all->coming -= s->came;
	if (s->work != NULL)
		s->work->arg = NULL;
	if (s->bev != NULL)
		bufferevent_free(s->bev);
	timer_fini(&s->deadline);
	packer_discard(all->packer, &s->in, &s->out);
	mem_free(s);
}

/* It ends without a message: whoever waits is told. From the loop only. */
static void
stream_end(struct stream *s, struct str why)
{
	struct streams *all = s->owner;
	uint64_t number = s->number;
	bool came = s->came, waits = s->asked && (s->step == STEP_WAITS || s->step == STEP_WORKS);
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
	struct err e = { 0 };

	if (s->step == STEP_FAILED)
		e = s->why;
	else if (!s->came)
		err_set(&e, ERR_TIMEOUT, "i/o timeout");
	else if (s->step == STEP_READS)
		err_set(&e, ERR_TIMEOUT, "i/o timeout: %zu bytes came, which are not the whole message", s->in.n);
	else if (s->step == STEP_WRITES)
		err_set(&e, ERR_TIMEOUT, "i/o timeout: our answer is not read");
	else
		err_set(&e, ERR_TIMEOUT, "i/o timeout: our answer was not made in time");
	stream_bad(s, &e);
}

static void stream_send(struct stream *s, struct sbuf *packed);
static void stream_deliver(struct stream *s, struct str message);

static void
hand_on(struct streams *all, struct stream *s, struct packing *p)
{
	s->work = NULL;
	all->delivered = p->pack ? NULL : &p->out;
	if (p->pack)
		stream_send(s, &p->out);
	else if (p->ok)
		stream_deliver(s, sbuf_get(&p->out));
	else
		stream_bad(s, &p->e);
	all->delivered = NULL;
}

static void
on_packing(void *arg, struct packing *p)
{
	struct streams *all = arg;

	all->held -= p->held;
	if (p->arg != NULL)
		hand_on(all, p->arg, p);
	/* A message that nobody has taken is freed by the thread, too. */
	if (all->kept == NULL && p->out.n > SMALL)
		all->kept = packer_keep(all->packer, &p->out);
	if (all->kept != NULL)
		kept_drop(all->kept);
	all->kept = NULL;
}

struct kept *
streams_keep(struct streams *s)
{
	/* One use is its own, until the delivery is over. */
	if (s->kept == NULL && s->delivered != NULL)
		s->kept = packer_keep(s->packer, s->delivered);
	if (s->kept != NULL)
		kept_use(s->kept);
	return s->kept;
}

struct kept *
streams_own(struct streams *s, struct sbuf *bytes)
{
	return packer_keep(s->packer, bytes);
}

void
streams_lend(struct streams *s, struct kept *const *lent, size_t n)
{
	s->lent = lent;
	s->lent_n = n;
}

/* A deadline of 0 comes from the loop at once. */
static void
stream_fail_later(struct stream *s)
{
	s->step = STEP_FAILED;
	timer_in(&s->deadline, 0);
}

/* Not copied: to have room for that took ten milliseconds. It is there for as long as the connection is. */
static bool
write_some(struct stream *s)
{
	struct str left = str_sub(sbuf_get(&s->out), s->written, s->out.n);
	size_t n = left.n < WRITTEN_AT_ONCE ? left.n : WRITTEN_AT_ONCE;

	if (n == 0 || evbuffer_add_reference(bufferevent_get_output(s->bev), left.p, n, NULL, NULL) != 0)
		return false;
	s->written += n;
	return true;
}

static void
stream_connect(struct stream *s)
{
	enum step step = s->step;

	if (net_connect(s->bev, &s->other) || s->step != step)
		return;
	err_set(&s->why, ERR_IO, "dial tcp %s: %s", gossip_address_text(&s->other).s, errno_text(errno).s);
	stream_fail_later(s);
}

static void
stream_send(struct stream *s, struct sbuf *packed)
{
	struct streams *all = s->owner;

	/* Answers to those who do not read them. */
	if (s->came && all->held + packed->n > HELD_MAX) {
		err_set(&s->why, ERR_LIMIT, "too many bytes at once of messages that go");
		stream_fail_later(s);
		return;
	}
	s->out = *packed;
	*packed = (struct sbuf)SBUF_INIT(0);
	all->held += s->out.n;
	s->step = s->came ? STEP_WRITES : STEP_CALLS;
	(void)write_some(s);
	if (!s->came && !s->dialled)
		stream_connect(s);
}

static size_t
size_of(const struct gossip_pieces *message)
{
	size_t n = 0;

	for (size_t i = 0; i < message->n; i++)
		n += message->v[i].n;
	return n;
}

/* Packs a message and sends it. */
static void
stream_write(struct stream *s, const struct gossip_pieces *message)
{
	struct streams *all = s->owner;
	struct str label = s->came ? STR_NONE : all->o.label;
	struct sbuf whole = SBUF_INIT(SBUF_UNLIMITED), packed = SBUF_INIT(SBUF_UNLIMITED);

	if (size_of(message) > SMALL) {
		s->work = packer_pack(all->packer, s, label, message, all->lent, all->lent_n, &s->why);
		s->step = STEP_WORKS;
		if (s->work == NULL)
			stream_fail_later(s);
		return;
	}
	for (size_t i = 0; i < message->n; i++)
		sbuf_str(&whole, message->v[i]);
	gossip_stream_put(&packed, label, sbuf_get(&whole));
	stream_send(s, &packed);
	sbuf_fini(&whole);
	sbuf_fini(&packed);
}

static void
stream_deliver(struct stream *s, struct str message)
{
	struct streams *all = s->owner;
	uint64_t number = s->number;

	if (s->came) {
		s->asked = true;
		s->step = STEP_WAITS;
		timer_in(&s->deadline, all->o.timeout);
		all->o.request(all->o.arg, number, message);
		return;
	}
	stream_free(s);
	all->o.answer(all->o.arg, number, message);
}

/* A message that came whole is taken, however busy this instance is. */
static void
stream_unpack(struct stream *s, struct str label)
{
	struct err e = { 0 };

	timer_stop(&s->deadline);
	s->work = packer_unpack(s->owner->packer, s, label, &s->in, &e);
	if (s->work != NULL)
		s->step = STEP_WORKS;
	else
		stream_bad(s, &e);
}

static void
stream_whole(struct stream *s)
{
	struct str label = s->came ? s->owner->o.label : STR_NONE;
	struct sbuf plain = SBUF_INIT(SMALL);
	struct err e = { 0 };

	bufferevent_disable(s->bev, EV_READ);
	/* Much can be packed so that it is little, or nothing. */
	if (s->in.n > SMALL)
		err_set(&e, ERR_LIMIT, "a large message");
	else if (gossip_stream_get(&plain, inflow_get(&s->in), label, &e))
		stream_deliver(s, sbuf_get(&plain));
	else if (e.kind != ERR_LIMIT)
		stream_bad(s, &e);
	if (e.kind == ERR_LIMIT)
		stream_unpack(s, label);
	sbuf_fini(&plain);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	TURN("cluster streams");
	struct stream *s = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(in);
	struct err e = { 0 };
	char *room;
	int got;

	if (s->step != STEP_READS) {
		evbuffer_drain(in, n);
		return;
	}
	if (s->owner->held + n > HELD_MAX) {
		err_set(&e, ERR_LIMIT, "too many bytes at once of messages that come");
		stream_bad(s, &e);
		return;
	}
	room = inflow_room(&s->in, n, COMES_MAX);
	if (room == NULL) {
		err_set(&e, ERR_LIMIT, "a message that is too long");
		stream_bad(s, &e);
		return;
	}
	got = evbuffer_remove(in, room, n);
	s->in.n += got > 0 ? (size_t)got : 0;
	s->owner->held += got > 0 ? (size_t)got : 0;
	switch (gossip_scan(&s->scan, inflow_get(&s->in), &e)) {
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

/* All that there was is written. */
static void
on_write(struct bufferevent *bev, void *arg)
{
	TURN("cluster streams");
	struct stream *s = arg;

	(void)bev;
	if ((s->step == STEP_WRITES || s->step == STEP_CALLS) && write_some(s))
		return;
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
	TURN("cluster streams");
	struct stream *s = arg;
	int why = EVUTIL_SOCKET_ERROR();
	struct err e = { 0 };

	if (what & BEV_EVENT_CONNECTED) {
		if (s->step == STEP_DIALS) {
			s->step = STEP_DIALLED;
			s->owner->o.dialled(s->owner->o.arg, s->number);
		}
		return;
	}
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
	timer_init(&s->deadline, all->o.base, "cluster streams", on_deadline, s);
	list_append(&all->all, &s->place);
	s->bev = bev;
	if (bev != NULL)
		bufferevent_setcb(bev, on_read, on_write, on_event, s);
	return s;
}

/* NULL: its end is told of. */
static struct stream *
stream_out(struct streams *all, uint64_t call, const struct gossip_address *to, struct mono deadline)
{
	struct bufferevent *bev = all->o.dial != NULL ?
	    all->o.dial(all->o.arg, to) :
	    bufferevent_socket_new(all->o.base, -1, BEV_OPT_CLOSE_ON_FREE);
	struct stream *s = stream_new(all, bev, to);

	s->number = call;
	timer_in(&s->deadline, mono_sub(deadline, all->o.clock->now(all->o.clock).mono));
	if (s->bev == NULL) {
		err_set(&s->why, ERR_IO, "cannot make a connection");
		stream_fail_later(s);
		return NULL;
	}
	bufferevent_enable(s->bev, EV_WRITE);
	return s;
}

void
streams_dial(struct streams *all, uint64_t call, const struct gossip_address *to, struct mono deadline)
{
	struct stream *s = stream_out(all, call, to, deadline);

	if (s == NULL)
		return;
	s->dialled = true;
	s->step = STEP_DIALS;
	stream_connect(s);
}

static struct stream *
find_dialled(const struct streams *all, uint64_t call)
{
	LIST_EACH(&all->all, node)
	{
		struct stream *s = CONTAINER_OF(node, struct stream, place);

		if (!s->came && s->number == call && s->step == STEP_DIALLED)
			return s;
	}
	return NULL;
}

void
streams_call(struct streams *all, uint64_t call, const struct gossip_address *to, const struct gossip_pieces *message,
    bool answered, struct mono deadline)
{
	struct stream *s = find_dialled(all, call);

	if (s == NULL)
		s = stream_out(all, call, to, deadline);
	if (s == NULL)
		return;
	timer_in(&s->deadline, mono_sub(deadline, all->o.clock->now(all->o.clock).mono));
	s->answered = answered;
	s->step = STEP_CALLS;
	stream_write(s, message);
}

void
streams_reply(struct streams *all, uint64_t number, const struct gossip_pieces *message)
{
	LIST_EACH(&all->all, node)
	{
		struct stream *s = CONTAINER_OF(node, struct stream, place);

		if (!s->came || s->number != number || s->step != STEP_WAITS)
			continue;
		if (message->n == 0) {
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
on_accepted(void *arg, int fd, const struct gossip_address *from)
{
	struct streams *all = arg;
	struct bufferevent *bev = bufferevent_socket_new(all->o.base, fd, BEV_OPT_CLOSE_ON_FREE);

	if (bev == NULL)
		close(fd);
	else
		streams_take(all, bev, from);
}

struct streams *
streams_new(const struct streams_options *o, int fd, struct err *e)
{
	struct streams *all = NEW(struct streams);
	struct acceptor_options accepting = { .base = o->base, .turn = "cluster streams", .at_once = ACCEPTED_AT_ONCE,
		.take = on_accepted, .arg = all };

	all->o = *o;
	all->packer = packer_new(o->base, on_packing, all);
	if (fd >= 0 && (all->accepting = acceptor_new(&accepting, fd, e)) == NULL)
		streams_free(&all);
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
	packer_free(&all->packer);
	acceptor_free(&all->accepting);
	mem_free(all);
	*s = NULL;
}
