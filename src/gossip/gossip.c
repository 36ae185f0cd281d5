/* SPDX-License-Identifier: Apache-2.0 */
#include "gossip/gossip.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "datagram.h"
#include "pushpull.h"
#include "peers.h"
#include "probe.h"
#include "rumours.h"
#include "tell.h"
#include "user.h"

/* Changes that are kept for the others when pruned, and how often that is; as Alertmanager. */
#define UPDATES_KEPT 4096
#define PRUNE_INTERVAL (15 * SPAN_MIN)
/* Polls that find as many members as the one before, until it is settled with the next. */
#define POLLS_SAME 3
#define POLL_ROUNDS 10
/* Members beyond which whole states are exchanged less often. */
#define PUSHPULL_SCALE 32

static span
stagger(struct gossip *g, span interval)
{
	return (span)rand_below(&g->port->rand, (uint64_t)interval);
}

static void
copy_texts(struct gossip *g)
{
	g->texts = mem_alloc(g->o.name.n + g->o.label.n + 1);
	if (g->o.name.n > 0)
		memcpy(g->texts, g->o.name.p, g->o.name.n);
	if (g->o.label.n > 0)
		memcpy(g->texts + g->o.name.n, g->o.label.p, g->o.label.n);
	g->o.name.p = g->texts;
	g->o.label.p = g->texts + g->o.name.n;
}

struct gossip *
gossip_new(const struct gossip_options *o, struct gossip_port *port, struct mono now)
{
	struct gossip *g = NEW(struct gossip);

	g->o = *o;
	g->port = port;
	copy_texts(g);
	g->others_told = o->peers / 2 > 3 ? o->peers / 2 : 3;
	rumour_begin(g, now);
	g->next_round = mono_add(now, stagger(g, o->gossip_interval));
	g->next_probe = mono_add(now, stagger(g, o->probe_interval));
	g->next_pushpull = mono_add(now, stagger(g, o->pushpull_interval) + o->pushpull_interval);
	g->next_prune = mono_add(now, PRUNE_INTERVAL);
	g->settle_poll = mono_add(now, POLL_ROUNDS * o->gossip_interval);
	g->settle_until = mono_add(now, o->settle_timeout);
	/*
	 * COMPAT: without peers to be joined there is nobody whose state has to come first: it is settled at once,
	 * where Alertmanager waits for five polls. A lone instance does not wait.
	 */
	g->settled = o->settle_timeout <= 0 || o->peers == 0;
	return g;
}

void
gossip_free(struct gossip **g)
{
	if (*g == NULL)
		return;
	peers_fini(*g);
	pushpulls_fini(*g);
	users_fini(*g);
	queue_fini(&(*g)->rumours);
	queue_fini(&(*g)->updates);
	failed_fini(&(*g)->failed);
	members_fini(&(*g)->members);
	mem_free((*g)->texts);
	mem_free(*g);
	*g = NULL;
}

static bool
has_to_tell(const struct gossip *g)
{
	return g->members.n > 1 && g->rumours.n + g->updates.n > 0;
}

/* A round that had nothing to tell (`idle`) may have now, and begins soon. One that has is not put off, whatever comes in. */
static void
wake_round(struct gossip *g, bool idle, struct mono now)
{
	if (idle && g->next_round.ns < now.ns)
		g->next_round = mono_add(now, stagger(g, g->o.gossip_interval));
}

static void
on_message(struct gossip *g, const struct gossip_address *from, struct str in, struct mono now)
{
	enum message_type type = (unsigned char)in.p[0];
	struct str fields = str_sub(in, 1, in.n);
	struct message m;
	struct err e = { 0 };
	size_t used;

	if (type == MESSAGE_USER) {
		user_on_update(g, fields, from, now);
		return;
	}
	if (type > MESSAGE_DEAD && type != MESSAGE_NACK) {
		tell_bad(g, from, "a message of a type that does not come in datagrams");
		return;
	}
	if (!message_get(fields, type, &m, &used, &e)) {
		tell_bad(g, from, e.text);
		return;
	}
	switch ((int)type) {
	case MESSAGE_PING:
		probe_on_ping(g, &m, from);
		break;
	case MESSAGE_INDIRECT_PING:
		probe_on_indirect_ping(g, &m, from, now);
		break;
	case MESSAGE_ACK:
		probe_on_ack(g, &m, now);
		break;
	case MESSAGE_NACK:
		probe_on_nack(g, &m);
		break;
	case MESSAGE_SUSPECT:
		rumour_suspect(g, &m, now);
		break;
	case MESSAGE_ALIVE:
		rumour_alive(g, &m, from, now);
		break;
	case MESSAGE_DEAD:
		rumour_dead(g, &m, now);
		break;
	default:
		break;
	}
}

void
gossip_packet(struct gossip *g, const struct gossip_address *from, struct str bytes, struct mono now)
{
	struct datagram d;
	struct err e = { 0 };
	bool idle = !has_to_tell(g);

	if (datagram_get(bytes, g->o.label, &d, &e)) {
		for (size_t i = 0; i < d.n; i++)
			on_message(g, from, d.messages[i], now);
	} else {
		tell_bad(g, from, e.text);
	}
	datagram_fini(&d);
	wake_round(g, idle, now);
}

void
gossip_request(struct gossip *g, uint64_t stream, struct str in, struct mono now)
{
	enum message_type type = in.n > 0 ? (unsigned char)in.p[0] : MESSAGE_TYPES;
	struct message m;
	struct err e = { 0 };
	bool idle = !has_to_tell(g);
	size_t used;

	switch ((int)type) {
	case MESSAGE_PUSH_PULL:
		pushpull_on_request(g, stream, in, now);
		wake_round(g, idle, now);
		return;
	case MESSAGE_USER:
		user_on_request(g, stream, in, now);
		return;
	case MESSAGE_PING:
		if (message_get(str_sub(in, 1, in.n), MESSAGE_PING, &m, &used, &e)) {
			probe_on_request(g, stream, &m);
			return;
		}
		break;
	default:
		err_set(&e, ERR_INVALID, "a message of a type that does not begin a stream");
		break;
	}
	tell_bad(g, NULL, e.text);
	tell_reply(g, stream, STR_NONE);
}

void
gossip_request_gone(struct gossip *g, uint64_t stream)
{
	pushpull_request_gone(g, stream);
}

void
gossip_answer(struct gossip *g, uint64_t call, struct str message, struct mono now)
{
	bool idle = !has_to_tell(g);

	if (!probe_answer(g, call, message) && !user_sent(g, call, true, now))
		(void)pushpull_answer(g, call, message, now);
	wake_round(g, idle, now);
}

void
gossip_dialled(struct gossip *g, uint64_t call)
{
	pushpull_dialled(g, call);
}

void
gossip_gone(struct gossip *g, uint64_t call, struct str why, struct mono now)
{
	if (!probe_gone(g, call) && !user_sent(g, call, false, now))
		(void)pushpull_gone(g, call, why);
}

void
gossip_refused(struct gossip *g, const struct gossip_address *from, struct str why)
{
	g->figures.bad++;
	tell_note(g, GOSSIP_NOTE_BAD, STR_NONE, from, why);
}

void
gossip_state(struct gossip *g, uint64_t pushpull, const struct gossip_part *parts, size_t n, struct mono now)
{
	pushpull_state(g, pushpull, parts, n, now);
}

static void
settle(struct gossip *g, struct mono now)
{
	size_t n = gossip_size(g);

	if (g->settled)
		return;
	if (g->settle_until.ns <= now.ns) {
		g->settled = true;
		tell_note(g, GOSSIP_NOTE_NOT_SETTLED, g->o.name, NULL, STR_NONE);
		return;
	}
	if (g->settle_poll.ns > now.ns)
		return;
	g->settle_poll = mono_add(now, POLL_ROUNDS * g->o.gossip_interval);
	if (g->polls_same >= POLLS_SAME) {
		g->settled = true;
		tell_note(g, GOSSIP_NOTE_SETTLED, g->o.name, NULL, STR_NONE);
		return;
	}
	g->polls_same = n == g->polled ? g->polls_same + 1 : 0;
	g->polled = n;
}

static bool
is_other_alive(const struct member *one, const void *arg)
{
	const struct gossip *g = arg;

	return one != g->self && one->state == NODE_ALIVE;
}

static span
pushpull_interval(const struct gossip *g)
{
	double n = (double)g->members.n;

	if (g->members.n <= PUSHPULL_SCALE)
		return g->o.pushpull_interval;
	return (span)(ceil(log2(n) - log2(PUSHPULL_SCALE)) + 1) * g->o.pushpull_interval;
}

static void
pushpull_round(struct gossip *g, struct mono now)
{
	struct member *one;

	if (g->members.n == 1 || g->next_pushpull.ns > now.ns)
		return;
	g->next_pushpull = mono_add(now, pushpull_interval(g));
	if (members_pick(&g->members, 1, is_other_alive, g, &g->port->rand, &one) == 1 &&
	    !pushpull_is_with(g, &one->address))
		pushpull_begin(g, &one->address, PUSHPULL_ROUND, now);
}

void
gossip_tick(struct gossip *g, struct mono now)
{
	settle(g, now);
	rumours_tick(g, now);
	probe_tick(g, now);
	peers_tick(g, now);
	pushpull_round(g, now);
	if (has_to_tell(g) && g->next_round.ns <= now.ns) {
		g->next_round = mono_add(now, g->o.gossip_interval);
		tell_round(g, now);
	}
	if (g->next_prune.ns <= now.ns) {
		size_t pruned = queue_prune(&g->updates, UPDATES_KEPT, SIZE_MAX);

		g->next_prune = mono_add(now, PRUNE_INTERVAL);
		g->figures.pruned += pruned;
		if (pruned > 0)
			tell_note(g, GOSSIP_NOTE_PRUNED, STR_NONE, NULL, STR_NONE);
	}
}

static void
sooner(struct mono *next, struct mono at)
{
	if (at.ns < next->ns)
		*next = at;
}

struct mono
gossip_next(const struct gossip *g)
{
	struct mono next = { INT64_MAX };

	if (!g->settled) {
		sooner(&next, g->settle_poll);
		sooner(&next, g->settle_until);
	}
	sooner(&next, peers_next(g));
	sooner(&next, probe_next(g));
	if (g->members.n == 1)
		return next;
	sooner(&next, rumours_next(g));
	sooner(&next, g->next_pushpull);
	if (has_to_tell(g))
		sooner(&next, g->next_round);
	if (g->updates.n > UPDATES_KEPT)
		sooner(&next, g->next_prune);
	return next;
}

void
gossip_leave(struct gossip *g, struct mono now)
{
	struct message m = {
		.type = MESSAGE_DEAD, .incarnation = g->incarnation, .node = g->o.name, .from = g->o.name
	};

	bool idle = !has_to_tell(g);

	if (g->leaving)
		return;
	g->leaving = true;
	rumour_dead(g, &m, now);
	wake_round(g, idle, now);
}

bool
gossip_left(const struct gossip *g)
{
	bool others = false;

	if (!g->leaving)
		return false;
	for (size_t i = 0; i < g->members.n; i++)
		others |= g->members.v[i] != g->self && member_is_there(g->members.v[i]);
	return !others || (!queue_has(&g->rumours, g->self->hash) && g->updates.n == 0 && g->larges.first == NULL);
}

void
gossip_set_meta(struct gossip *g, struct str meta, struct mono now)
{
	bool idle = !has_to_tell(g);

	meta = str_sub(meta, 0, GOSSIP_META_MAX);
	if (g->leaving || str_eq(meta, g->self->meta))
		return;
	rumour_meta(g, meta);
	wake_round(g, idle, now);
}

bool
gossip_settled(const struct gossip *g)
{
	return g->settled;
}

size_t
gossip_size(const struct gossip *g)
{
	size_t n;

	(void)members_there((struct members *)(uintptr_t)&g->members, &n);
	return n;
}

size_t
gossip_position(const struct gossip *g)
{
	struct member *const *there;
	size_t n, i = 0;

	there = members_there((struct members *)(uintptr_t)&g->members, &n);
	while (i < n && there[i] != g->self)
		i++;
	return i;
}

struct gossip_member
gossip_member_at(const struct gossip *g, size_t i)
{
	struct member *const *there;
	const struct member *one;
	size_t n;

	there = members_there((struct members *)(uintptr_t)&g->members, &n);
	one = there[i];
	return (struct gossip_member){ .name = one->name,
		.address = one->address,
		.self = one == g->self,
		.suspected = one->state == NODE_SUSPECT,
		.meta = one->meta,
		.heard = one->heard,
		.alive_messages = one->alive_messages,
		.pings = one->pings };
}

struct gossip_address
gossip_failed_at(const struct gossip *g, size_t i)
{
	return g->failed.v[i].address;
}

struct gossip_figures
gossip_figures(const struct gossip *g)
{
	struct gossip_figures f = g->figures;

	f.failed_peers = g->failed.n;
	f.queued = g->updates.n;
	f.expected = g->expected;
	f.health = g->health;
	return f;
}
