/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/peer.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/arena.h"
#include "base/mem.h"
#include "door.h"
#include "frames.h"
#include "lines.h"
#include "sockets.h"
#include "lookup.h"
#include "loop/errno_text.h"
#include "loop/turn.h"
#include "net.h"
#include "packing.h"
#include "peer_private.h"
#include "secure.h"
#include "streams.h"

/* Names of peers are looked up again after that. */
#define REFRESH_INTERVAL (15 * SPAN_S)
/* … and at first, while some were not found. */
#define RESOLVE_INTERVAL (2 * SPAN_S)
/* Messages that are not taken are told of once in so long, by one of them. */
#define REFUSALS_LOGGED_EVERY SPAN_MIN
/* Datagrams that are read in one turn. */
#define DATAGRAMS_AT_ONCE 32
#define DATAGRAM_MAX 65536

static struct mono
now_of(struct peer *p)
{
	return p->o.clock->now(p->o.clock).mono;
}

/* Something was done to the gossip: it may want to be called earlier, and others to look at it. */
static void
rearm(struct peer *p)
{
	struct mono next = gossip_next(p->gossip);

	if (next.ns == INT64_MAX)
		timer_stop(&p->tick);
	else
		timer_in(&p->tick, mono_sub(next, now_of(p)));
	p->o.changed(p->o.arg);
}

static void
on_tick(void *arg)
{
	struct peer *p = arg;

	gossip_tick(p->gossip, now_of(p));
	rearm(p);
}

static void
on_datagrams(evutil_socket_t fd, short what, void *arg)
{
	TURN("cluster datagrams");
	struct peer *p = arg;

	(void)what;
	for (int i = 0; i < DATAGRAMS_AT_ONCE; i++) {
		struct sockaddr_storage from = { 0 };
		struct gossip_address sender;
		socklen_t n = sizeof(from);
		ssize_t got = recvfrom(fd, p->in.p, DATAGRAM_MAX, 0, (struct sockaddr *)&from, &n);

		if (got < 0)
			break;
		net_from_socket(&from, &sender);
		gossip_packet(p->gossip, &sender, (struct str){ p->in.p, (size_t)got }, now_of(p));
	}
	rearm(p);
}

static void
port_packet(struct gossip_port *port, const struct gossip_address *to, struct str bytes)
{
	struct peer *p = CONTAINER_OF(port, struct peer, port);
	struct sockaddr_storage ss;
	socklen_t n = p->udp_is_six ? net_to_socket_six(to, &ss) : net_to_socket(to, &ss);

	if (p->lines != NULL) {
		lines_send(p->lines, &p->o.gossip.advertised, to, bytes);
		return;
	}
	/* A datagram that is lost is like one that cannot be sent. */
	if (sendto(p->udp, bytes.p, bytes.n, 0, (struct sockaddr *)&ss, n) < 0)
		LOG(&p->log, LOG_DEBUG, "Cannot send a datagram", F_CSTR("to", gossip_address_text(to).s),
		    F_CSTR("err", errno_text(errno).s));
}

static void
port_call(struct gossip_port *port, uint64_t call, const struct gossip_address *to, const struct gossip_pieces *message,
    bool answered, struct mono deadline)
{
	struct peer *p = CONTAINER_OF(port, struct peer, port);

	streams_call(p->streams, call, to, message, answered, deadline);
}

static void
port_dial(struct gossip_port *port, uint64_t call, const struct gossip_address *to, struct mono deadline)
{
	streams_dial(CONTAINER_OF(port, struct peer, port)->streams, call, to, deadline);
}

static void
port_reply(struct gossip_port *port, uint64_t stream, const struct gossip_pieces *message)
{
	struct peer *p = CONTAINER_OF(port, struct peer, port);

	streams_reply(p->streams, stream, message);
}

static void
port_merge(struct gossip_port *port, struct str key, struct str bytes, bool whole, struct mono now)
{
	struct peer *p = CONTAINER_OF(port, struct peer, port);

	(void)now;
	p->o.merge(p->o.arg, key, bytes, whole);
}

static void
port_full_state(struct gossip_port *port, uint64_t pushpull)
{
	struct peer *p = CONTAINER_OF(port, struct peer, port);

	p->o.full_state(p->o.arg, pushpull);
}

/* Anybody may send anything, as often as they like. False: it is only counted. */
static bool
is_told(struct peer *p)
{
	struct mono now = now_of(p);

	if (p->refusal_told && mono_sub(now, p->refusal_at) < REFUSALS_LOGGED_EVERY) {
		p->refusals++;
		return false;
	}
	p->refusal_told = true;
	p->refusal_at = now;
	return true;
}

static void
tell_refused(struct peer *p, const struct gossip_address *a, struct str detail)
{
	if (!is_told(p))
		return;
	LOG(&p->log, LOG_WARN, "A message was not taken", F_CSTR("addr", a != NULL ? gossip_address_text(a).s : ""),
	    F_STR("detail", detail), F_UINT("others_since_last_line", p->refusals));
	p->refusals = 0;
}

static void
port_note(struct gossip_port *port, enum gossip_note note, struct str name, const struct gossip_address *a, struct str detail)
{
	static const struct {
		enum log_level level;
		const char *message;
	} notes[GOSSIP_NOTE_N] = {
		[GOSSIP_NOTE_JOINED] = { LOG_INFO, "A member is there" },
		[GOSSIP_NOTE_LEFT] = { LOG_INFO, "A member has left" },
		[GOSSIP_NOTE_FAILED] = { LOG_WARN, "A member does not answer, and is taken for failed" },
		[GOSSIP_NOTE_CONFLICT] = { LOG_WARN, "Found conflicting peer IDs" },
		[GOSSIP_NOTE_SETTLED] = { LOG_INFO, "gossip settled; proceeding" },
		[GOSSIP_NOTE_NOT_SETTLED] = { LOG_INFO, "gossip not settled but continuing anyway" },
		[GOSSIP_NOTE_JOIN_FAILED] = { LOG_WARN, "unable to join gossip mesh" },
		[GOSSIP_NOTE_UNREACHED] = { LOG_DEBUG, "A peer could not be reached" },
		[GOSSIP_NOTE_REFUTED] = { LOG_WARN, "Others took this instance for failed, which it denies" },
		[GOSSIP_NOTE_PRUNED] = { LOG_WARN, "dropping messages because too many are queued" },
	};
	struct peer *p = CONTAINER_OF(port, struct peer, port);

	if (note == GOSSIP_NOTE_BAD) {
		tell_refused(p, a, detail);
		return;
	}
	LOG(&p->log, notes[note].level, notes[note].message, F_STR("peer", name),
	    F_CSTR("addr", a != NULL ? gossip_address_text(a).s : ""), F_STR("detail", detail));
}

/* The same over connections with TLS. */
static void
on_packet(void *arg, const struct gossip_address *from, struct str packet)
{
	struct peer *p = arg;

	gossip_packet(p->gossip, from, packet, now_of(p));
	rearm(p);
}

static void
on_stream(void *arg, struct bufferevent *bev, const struct gossip_address *from)
{
	struct peer *p = arg;

	streams_take(p->streams, bev, from);
}

static struct bufferevent *
dial(void *arg, const struct gossip_address *to)
{
	struct peer *p = arg;
	struct bufferevent *bev = secure_dial(p->secure, to);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct frame f = { .kind = FRAME_STREAM };

	if (bev != NULL) {
		frame_put(&b, &f);
		secure_put(bev, sbuf_get(&b));
		sbuf_fini(&b);
	}
	return bev;
}

static void
on_request(void *arg, uint64_t stream, struct str message)
{
	struct peer *p = arg;

	gossip_request(p->gossip, stream, message, now_of(p));
	rearm(p);
}

static void
on_request_gone(void *arg, uint64_t stream)
{
	struct peer *p = arg;

	gossip_request_gone(p->gossip, stream);
}

static void
on_dialled(void *arg, uint64_t call)
{
	struct peer *p = arg;

	gossip_dialled(p->gossip, call);
}

static void
on_answer(void *arg, uint64_t call, struct str message)
{
	struct peer *p = arg;

	p->streams_sent++;
	gossip_answer(p->gossip, call, message, now_of(p));
	rearm(p);
}

static void
on_gone(void *arg, uint64_t call, struct str why)
{
	struct peer *p = arg;

	p->streams_failed++;
	gossip_gone(p->gossip, call, why, now_of(p));
	rearm(p);
}

static void
on_bad(void *arg, const struct gossip_address *from, struct str why)
{
	struct peer *p = arg;

	gossip_refused(p->gossip, from, why);
}

static void
on_found(void *arg, const struct gossip_address *found, size_t n, struct str missing)
{
	struct peer *p = arg;

	if (missing.n > 0)
		LOG(&p->log, p->unresolved ? LOG_DEBUG : LOG_WARN, "A peer was not found, and is looked for again",
		    F_STR("err", missing));
	p->unresolved = missing.n > 0;
	if (p->unresolved && mono_sub(p->resolve_until, now_of(p)) > 0)
		timer_in(&p->refresh, RESOLVE_INTERVAL);
	if (p->joined)
		gossip_refresh(p->gossip, found, n, now_of(p));
	else
		gossip_join(p->gossip, found, n, now_of(p));
	p->joined = true;
	lookup_free(&p->lookup);
	rearm(p);
}

static void
on_refresh(void *arg)
{
	struct peer *p = arg;
	struct err e = { 0 };

	timer_in(&p->refresh, REFRESH_INTERVAL);
	if (p->lookup != NULL)
		return;
	p->lookup = lookup_new(p->o.base, p->o.peers, p->o.gossip.peers, on_found, p, &e);
	if (p->lookup == NULL)
		LOG(&p->log, LOG_WARN, "Cannot look for peers", F_ERR(&e));
}

void
peer_join(struct peer *p)
{
	rearm(p);
	p->resolve_until = mono_add(now_of(p), p->o.resolve_timeout);
	if (p->o.gossip.peers > 0)
		on_refresh(p);
}

/* Where others reach this instance. */
static bool
advertise(struct peer *p, const struct gossip_address *bound, struct err *e)
{
	struct gossip_address *out = &p->o.gossip.advertised;
	struct str host;
	uint16_t port;

	if (p->o.advertise_address.n > 0) {
		if (!net_split(p->o.advertise_address, &host, &port, e))
			return err_ctx(e, "invalid advertise address");
		if (!net_parse_ip(host, port, out))
			return err_set(e, ERR_INVALID,
			    "failed to parse advertise address \"%.*s\": it is no IP address", STR_ARG(host));
		return true;
	}
	*out = *bound;
	if (!net_is_any(bound) || net_find_own(p->o.public_address, out, e)) {
		out->port = bound->port;
		return true;
	}
	/*
	 * COMPAT: without a peer there is nobody to be reached by, and Alertmanager's refusal to start a lone instance on a host
	 * that has no private address helps nobody.
	 */
	if (p->o.gossip.peers > 0)
		return err_ctx(e, "failed to get final advertise address");
	LOG(&p->log, LOG_WARN, "couldn't deduce an advertise address", F_ERR(e));
	return net_parse_ip(STR("127.0.0.1"), bound->port, out);
}

/* Time in milliseconds and randomness, in the letters of Crockford: github.com/ulid/spec. */
static struct str
random_name(struct peer *p)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	struct wall wall = p->o.clock->now(p->o.clock).wall;
	uint64_t ms = (uint64_t)wall.s * 1000 + (uint64_t)wall.ns / 1000000;
	char name[26];

	for (int i = 9; i >= 0; i--, ms >>= 5)
		name[i] = letters[ms & 31];
	for (int i = 10; i < 26; i++)
		name[i] = letters[rand_below(&p->port.rand, 32)];
	return arena_str(p->arena, (struct str){ name, sizeof(name) });
}

static void
copy_texts(struct peer *p)
{
	struct str *peers = arena_array(p->arena, p->o.gossip.peers + 1, sizeof(peers[0]));

	for (size_t i = 0; i < p->o.gossip.peers; i++)
		peers[i] = arena_str(p->arena, p->o.peers[i]);
	p->o.peers = peers;
	p->o.gossip.label = arena_str(p->arena, p->o.gossip.label);
	p->o.listen_address = arena_str(p->arena, p->o.listen_address);
	p->o.advertise_address = arena_str(p->arena, p->o.advertise_address);
	p->o.tls_config = arena_str(p->arena, p->o.tls_config);
	p->o.gossip.name = p->o.gossip.name.n > 0 ? arena_str(p->arena, p->o.gossip.name) : random_name(p);
}

static bool
check(const struct peer_options *o, struct err *e)
{
	struct str host;
	uint16_t port;

	if (o->gossip.name.n > GOSSIP_NAME_MAX)
		return err_set(e, ERR_INVALID, "the peer name is longer than %d bytes", GOSSIP_NAME_MAX);
	if (o->gossip.label.n > 255)
		return err_set(e, ERR_INVALID, "could not use \"%.*s\" as a label: too long", STR_ARG(o->gossip.label));
	for (size_t i = 0; i < o->gossip.peers; i++) {
		if (!net_split(o->peers[i], &host, &port, e))
			return err_ctx(e, "resolve peers: split host/port for peer %.*s", STR_ARG(o->peers[i]));
	}
	return true;
}

/* Datagrams, and streams beside them. */
static bool
open_plain(struct peer *p, const struct streams_options *streams, struct gossip_address *bound, struct err *e)
{
	int tcp;

	if (!sockets_pair(bound, &tcp, &p->udp, e))
		return false;
	p->udp_is_six = bound->n == 16;
	p->streams = streams_new(streams, tcp, e);
	if (p->streams == NULL)
		return false;
	p->datagrams = event_new(p->o.base, p->udp, EV_READ | EV_PERSIST, on_datagrams, p);
	return (p->datagrams != NULL && event_add(p->datagrams, NULL) == 0) || err_set(e, ERR_IO, "cannot watch a socket");
}

/* All of it over TLS on one port. */
static bool
open_secure(struct peer *p, struct streams_options *streams, struct gossip_address *bound, struct err *e)
{
	struct door_options door = {
		.base = p->o.base,
		.timeout = p->o.gossip.tcp_timeout,
		.packet = on_packet,
		.stream = on_stream,
		.bad = on_bad,
		.arg = p,
	};
	int tcp;

	p->secure = secure_new(p->o.base, p->o.clock, &p->log, p->o.tls_config, e);
	if (p->secure == NULL)
		return err_ctx(e, "tls transport");
	tcp = sockets_tcp(bound, e);
	if (tcp < 0)
		return false;
	door.secure = p->secure;
	p->door = door_new(&door, tcp, e);
	streams->dial = dial;
	p->streams = p->door != NULL ? streams_new(streams, -1, e) : NULL;
	p->lines = lines_new(p->o.base, p->secure, &p->log, p->o.gossip.tcp_timeout);
	return p->streams != NULL;
}

static bool
open_net(struct peer *p, struct err *e)
{
	struct streams_options streams = {
		.base = p->o.base,
		.clock = p->o.clock,
		.label = p->o.gossip.label,
		.timeout = p->o.gossip.tcp_timeout,
		.request = on_request,
		.request_gone = on_request_gone,
		.dialled = on_dialled,
		.answer = on_answer,
		.gone = on_gone,
		.bad = on_bad,
		.arg = p,
	};
	struct gossip_address bound;

	if (!sockets_address(p->o.listen_address, &bound, e))
		return false;
	if (p->o.tls_config.n > 0 ? !open_secure(p, &streams, &bound, e) : !open_plain(p, &streams, &bound, e))
		return false;
	if (!advertise(p, &bound, e))
		return false;
	LOG(&p->log, LOG_INFO, "Listening for the cluster", F_CSTR("address", gossip_address_text(&bound).s),
	    F_CSTR("advertised", gossip_address_text(&p->o.gossip.advertised).s), F_STR("name", p->o.gossip.name),
	    F_BOOL("tls", p->secure != NULL));
	return true;
}

struct peer *
peer_new(const struct peer_options *o, struct err *e)
{
	struct peer *p = NEW(struct peer);

	p->o = *o;
	p->udp = -1;
	p->log = log_with(o->log, F_CSTR("component", "cluster"));
	p->arena = arena_new();
	p->port = (struct gossip_port){ .packet = port_packet,
		.call = port_call,
		.dial = port_dial,
		.reply = port_reply,
		.merge = port_merge,
		.full_state = port_full_state,
		.note = port_note };
	rand_seed(&p->port.rand, o->seed);
	p->in.max = DATAGRAM_MAX;
	(void)sbuf_reserve(&p->in, DATAGRAM_MAX - 1);
	timer_init(&p->tick, o->base, "cluster clock", on_tick, p);
	timer_init(&p->refresh, o->base, "cluster names", on_refresh, p);
	copy_texts(p);
	if (!check(&p->o, e) || !open_net(p, e)) {
		peer_free(&p);
		return NULL;
	}
	p->gossip = gossip_new(&p->o.gossip, &p->port, now_of(p));
	return p;
}

void
peer_free(struct peer **peer)
{
	struct peer *p = *peer;

	if (p == NULL)
		return;
	lookup_free(&p->lookup);
	door_free(&p->door);
	lines_free(&p->lines);
	streams_free(&p->streams);
	secure_free(&p->secure);
	if (p->datagrams != NULL)
		event_free(p->datagrams);
	if (p->udp >= 0)
		close(p->udp);
	timer_fini(&p->tick);
	timer_fini(&p->refresh);
	gossip_free(&p->gossip);
	sbuf_fini(&p->in);
	arena_free(&p->arena);
	mem_free(p);
	*peer = NULL;
}

struct str
peer_name(const struct peer *p)
{
	return p->o.gossip.name;
}

const struct gossip *
peer_gossip(const struct peer *p)
{
	return p->gossip;
}

struct kept *
peer_keep(struct peer *p)
{
	return streams_keep(p->streams);
}

void
peer_set_meta(struct peer *p, struct str meta)
{
	gossip_set_meta(p->gossip, meta, now_of(p));
	rearm(p);
}

void
peer_broadcast(struct peer *p, struct str key, struct str bytes)
{
	gossip_broadcast(p->gossip, key, bytes, now_of(p));
	rearm(p);
}

struct kept *
peer_own(struct peer *p, struct sbuf *bytes)
{
	return streams_own(p->streams, bytes);
}

void
peer_state(struct peer *p, uint64_t pushpull, const struct str *keys, struct kept *const *bytes, size_t n)
{
	struct gossip_part parts[GOSSIP_PARTS_MAX];

	assert(n <= ARRAY_LEN(parts));
	for (size_t i = 0; i < n; i++)
		parts[i] = (struct gossip_part){ keys[i], kept_bytes(bytes[i]) };
	streams_lend(p->streams, bytes, n);
	gossip_state(p->gossip, pushpull, parts, n, now_of(p));
	streams_lend(p->streams, NULL, 0);
	rearm(p);
}

void
peer_leave(struct peer *p)
{
	timer_stop(&p->refresh);
	gossip_leave(p->gossip, now_of(p));
	rearm(p);
}

bool
peer_left(const struct peer *p)
{
	return gossip_left(p->gossip);
}
