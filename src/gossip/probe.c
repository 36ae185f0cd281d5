/* SPDX-License-Identifier: Apache-2.0 */
/* Source of the procedure: hashicorp/memberlist, state.go; the paper on Lifeguard, arxiv.org/abs/1707.00788. */
#include "probe.h"

#include "rumours.h"
#include "tell.h"

static const span ping_bounds[] = { 5 * SPAN_MS, 10 * SPAN_MS, 25 * SPAN_MS, 50 * SPAN_MS, 100 * SPAN_MS, 250 * SPAN_MS,
	500 * SPAN_MS };

/* A number for a ping, as it goes over the wire. */
static uint64_t
ping_number(struct gossip *g)
{
	do {
		g->numbers++;
	} while ((uint32_t)g->numbers == 0);
	return (uint32_t)g->numbers;
}

static struct message
ping_to(const struct gossip *g, uint64_t seq, struct str node)
{
	const struct gossip_address *a = &g->o.advertised;

	return (struct message){ .type = MESSAGE_PING,
		.seq = seq,
		.node = node,
		.source_node = g->o.name,
		.source_address = { (const char *)a->ip, a->n },
		.source_port = a->port };
}

static struct member *
target(const struct gossip *g)
{
	for (size_t i = 0; i < g->members.n; i++) {
		if (g->members.v[i]->hash == g->probe.target)
			return g->members.v[i];
	}
	return NULL;
}

/* The next member in turn that is there; NULL: there is none. */
static struct member *
next_target(struct gossip *g, struct mono now)
{
	for (size_t looked = 0; looked <= g->members.n; looked++) {
		struct member *one;

		if (g->probe_at >= g->members.n) {
			members_renew(&g->members, g->self, GOSSIP_TO_THE_DEAD, now, &g->port->rand);
			g->probe_at = 0;
		}
		one = g->members.v[g->probe_at++];
		if (one != g->self && member_is_there(one))
			return one;
	}
	return NULL;
}

static void
begin(struct gossip *g, struct member *one, struct mono now)
{
	struct message ping = ping_to(g, ping_number(g), one->name);
	struct message suspect = {
		.type = MESSAGE_SUSPECT, .incarnation = one->incarnation, .node = one->name, .from = g->o.name
	};
	span lasts = g->o.probe_interval * (g->health + 1);

	g->probe = (struct probe){ .on = true,
		.seq = ping.seq,
		.target = one->hash,
		.sent = now,
		.widens = mono_add(now, g->o.probe_timeout),
		.ends = mono_add(now, lasts) };
	if (one->state == NODE_ALIVE)
		tell(g, &one->address, &ping);
	else
		tell_two(g, one, &ping, &suspect); /* it may refute at once */
}

static bool
may_ask(const struct member *one, const void *arg)
{
	const struct gossip *g = arg;

	return one != g->self && one->hash != g->probe.target && one->state == NODE_ALIVE;
}

/* Asks others to ping it, and asks it by a stream. */
static void
widen(struct gossip *g, const struct member *one)
{
	struct member *others[INDIRECT_CHECKS];
	size_t n = members_pick(&g->members, INDIRECT_CHECKS, may_ask, g, &g->port->rand, others);
	struct message ping = ping_to(g, g->probe.seq, one->name), ask = ping;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	g->probe.widened = true;
	ask.type = MESSAGE_INDIRECT_PING;
	ask.target = (struct str){ (const char *)one->address.ip, one->address.n };
	ask.port = one->address.port;
	for (size_t i = 0; i < n; i++) {
		ask.nack = others[i]->versions[1] >= 4;
		g->probe.nacks_wanted += ask.nack;
		tell(g, &others[i]->address, &ask);
	}
	if (one->versions[1] < 3)
		return;
	message_put(&b, &ping);
	g->probe.call = ++g->numbers;
	tell_call(g, g->probe.call, &one->address, sbuf_get(&b), true, g->probe.ends);
	sbuf_fini(&b);
}

static void
finish(struct gossip *g, struct member *one, struct mono now)
{
	struct message m = {
		.type = MESSAGE_SUSPECT, .incarnation = one->incarnation, .node = one->name, .from = g->o.name
	};

	if (g->probe.streamed) {
		rumour_health(g, -1);
		tell_note(g, GOSSIP_NOTE_BAD, one->name, &one->address,
		    STR("a member answers over TCP, but not over UDP: the network may be misconfigured"));
		return;
	}
	/* Others that should have said that they failed too, and did not, tell of ourselves. */
	rumour_health(g, g->probe.nacks_wanted > 0 ? (int)(g->probe.nacks_wanted - g->probe.nacks) : 1);
	rumour_suspect(g, &m, now);
}

static void
expire_passed_on(struct gossip *g, struct mono now)
{
	for (size_t i = 0; i < PASSED_ON_MAX; i++) {
		struct passed_on *p = &g->passed_on[i];
		struct message nack = { .type = MESSAGE_NACK, .seq = p->their_seq };

		if (p->seq == 0 || p->until.ns > now.ns)
			continue;
		p->seq = 0;
		if (p->nack)
			tell(g, &p->asker, &nack);
	}
}

void
probe_tick(struct gossip *g, struct mono now)
{
	struct member *one;

	expire_passed_on(g, now);
	if (g->probe.on) {
		one = target(g);
		if (one == NULL || !member_is_there(one)) {
			g->probe.on = false;
		} else if (g->probe.ends.ns <= now.ns) {
			g->probe.on = false;
			finish(g, one, now);
		} else if (!g->probe.widened && g->probe.widens.ns <= now.ns) {
			widen(g, one);
		}
	}
	if (g->probe.on || g->members.n == 1 || g->next_probe.ns > now.ns)
		return;
	g->next_probe = mono_add(now, g->o.probe_interval);
	one = next_target(g, now);
	if (one != NULL)
		begin(g, one, now);
}

struct mono
probe_next(const struct gossip *g)
{
	struct mono next = { INT64_MAX };

	for (size_t i = 0; i < PASSED_ON_MAX; i++) {
		if (g->passed_on[i].seq != 0 && g->passed_on[i].until.ns < next.ns)
			next = g->passed_on[i].until;
	}
	if (g->probe.on) {
		struct mono at = g->probe.widened || g->probe.ends.ns < g->probe.widens.ns ? g->probe.ends
											   : g->probe.widens;

		return at.ns < next.ns ? at : next;
	}
	if (g->members.n > 1 && g->next_probe.ns < next.ns)
		next = g->next_probe;
	return next;
}

/* Where an answer goes: to where the asker says it is, else to where its datagram came from. */
static struct gossip_address
reply_to(const struct message *m, const struct gossip_address *from)
{
	struct gossip_address a;

	if (m->source_port != 0 && gossip_address_set(&a, m->source_address, (uint16_t)m->source_port))
		return a;
	return *from;
}

static bool
is_for_us(struct gossip *g, const struct message *m, const struct gossip_address *from)
{
	if (m->node.n == 0 || str_eq(m->node, g->o.name))
		return true;
	tell_bad(g, from, "a ping for another member");
	return false;
}

void
probe_on_ping(struct gossip *g, const struct message *m, const struct gossip_address *from)
{
	struct message ack = { .type = MESSAGE_ACK, .seq = m->seq, .payload = STR("") };
	struct gossip_address to = reply_to(m, from);

	if (is_for_us(g, m, from))
		tell(g, &to, &ack);
}

void
probe_on_request(struct gossip *g, uint64_t stream, const struct message *m)
{
	struct message ack = { .type = MESSAGE_ACK, .seq = m->seq };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (is_for_us(g, m, NULL))
		message_put(&b, &ack);
	tell_reply(g, stream, sbuf_get(&b));
	sbuf_fini(&b);
}

static struct passed_on *
free_place(struct gossip *g)
{
	for (size_t i = 0; i < PASSED_ON_MAX; i++) {
		if (g->passed_on[i].seq == 0)
			return &g->passed_on[i];
	}
	return NULL;
}

/* Pings of others are passed on to members alone: nobody else is bothered in our name. */
void
probe_on_indirect_ping(struct gossip *g, const struct message *m, const struct gossip_address *from, struct mono now)
{
	const struct member *one = members_find(&g->members, m->node);
	struct passed_on *p = free_place(g);
	struct gossip_address at;
	struct message ping;

	if (one == NULL || p == NULL || !gossip_address_set(&at, m->target, (uint16_t)m->port))
		return;
	if (!gossip_address_eq(&at, &one->address))
		return;
	*p = (struct passed_on){ ping_number(g), m->seq, reply_to(m, from), m->nack,
		mono_add(now, g->o.probe_timeout) };
	ping = ping_to(g, p->seq, one->name);
	tell(g, &one->address, &ping);
}

static void
count_ping(struct gossip *g, struct mono now)
{
	struct member *one = target(g);
	span took = mono_sub(now, g->probe.sent);
	size_t i = 0;

	if (one == NULL)
		return;
	while (i < ARRAY_LEN(ping_bounds) && took > ping_bounds[i])
		i++;
	one->heard = now;
	one->pings.counts[i]++;
	one->pings.sum += (double)took / (double)SPAN_S;
}

void
probe_on_ack(struct gossip *g, const struct message *m, struct mono now)
{
	if (g->probe.on && m->seq == g->probe.seq) {
		count_ping(g, now);
		g->probe.on = false;
		rumour_health(g, -1);
		return;
	}
	for (size_t i = 0; i < PASSED_ON_MAX; i++) {
		struct passed_on *p = &g->passed_on[i];
		struct message ack = { .type = MESSAGE_ACK, .seq = p->their_seq };

		if (p->seq == 0 || p->seq != m->seq)
			continue;
		p->seq = 0;
		tell(g, &p->asker, &ack);
		return;
	}
}

void
probe_on_nack(struct gossip *g, const struct message *m)
{
	if (g->probe.on && m->seq == g->probe.seq && g->probe.nacks < g->probe.nacks_wanted)
		g->probe.nacks++;
}

bool
probe_answer(struct gossip *g, uint64_t call, struct str message)
{
	struct message m;
	struct err e = { 0 };
	size_t used;

	if (call == 0 || call != g->probe.call)
		return false;
	g->probe.call = 0;
	if (message.n > 0 && message.p[0] == MESSAGE_ACK &&
	    message_get(str_sub(message, 1, message.n), MESSAGE_ACK, &m, &used, &e) && m.seq == g->probe.seq)
		g->probe.streamed = true;
	return true;
}

bool
probe_gone(struct gossip *g, uint64_t call)
{
	if (call == 0 || call != g->probe.call)
		return false;
	g->probe.call = 0;
	return true;
}
