/* SPDX-License-Identifier: Apache-2.0 */
#include "tell.h"

#include "datagram.h"

void
tell_note(struct gossip *g, enum gossip_note note, struct str name, const struct gossip_address *a, struct str detail)
{
	if (g->port->note != NULL)
		g->port->note(g->port, note, name, a, detail);
}

void
tell_bad(struct gossip *g, const struct gossip_address *from, const char *why)
{
	g->figures.bad++;
	tell_note(g, GOSSIP_NOTE_BAD, STR_NONE, from, str_from(why));
}

static void
send(struct gossip *g, const struct gossip_address *to, bool crc, const struct str *messages, size_t n)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	datagram_put(&b, g->o.label, crc, messages, n);
	g->port->packet(g->port, to, sbuf_get(&b));
	sbuf_fini(&b);
}

static const struct member *
member_at(const struct gossip *g, const struct gossip_address *a)
{
	for (size_t i = 0; i < g->members.n; i++) {
		if (gossip_address_eq(&g->members.v[i]->address, a))
			return g->members.v[i];
	}
	return NULL;
}

/* Takes what waits in both queues: rumours first. */
static size_t
take(struct gossip *g, size_t room, struct str *out, size_t max)
{
	size_t n = queue_take(&g->rumours, &room, DATAGRAM_PER_MESSAGE, out, max), updates;

	updates = queue_take(&g->updates, &room, DATAGRAM_PER_MESSAGE, out + n, max - n);
	g->figures.sent_updates += updates;
	for (size_t i = n; i < n + updates; i++)
		g->figures.sent_update_bytes += out[i].n - 1;
	return n + updates;
}

/*
 * How often a change is told. Memberlist's limit is one of all members together: in a cluster of three each hears it once or twice, and
 * one of a hundred lost packets makes a member tell what another has told. So each of a few members hears it UPDATE_TIMES; what
 * is told again goes only where what is new leaves room.
 */
static size_t
update_limit(struct gossip *g)
{
	size_t there, limit, few;

	(void)members_there(&g->members, &there);
	limit = queue_limit(g->others_told, there);
	few = there > 0 ? there - 1 : 0;
	if (few > FEW_MEMBERS)
		few = FEW_MEMBERS;
	return limit > few * UPDATE_TIMES ? limit : few * UPDATE_TIMES;
}

static void
put_back(struct gossip *g)
{
	queue_put_back(&g->rumours, queue_limit(RETRANSMIT_MULT, g->members.n));
	queue_put_back(&g->updates, update_limit(g));
}

/* Does it know of checksums? Since version 5 of the protocol. */
static bool
knows_crc(const struct member *one)
{
	return one->versions[1] >= 5;
}

void
tell(struct gossip *g, const struct gossip_address *to, const struct message *m)
{
	const struct member *one = member_at(g, to);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str messages[DATAGRAM_MESSAGES_MAX];
	size_t n = 1;

	message_put(&b, m);
	messages[0] = sbuf_get(&b);
	if (one != NULL && datagram_room(g->o.label) > b.n)
		n += take(g, datagram_room(g->o.label) - b.n, messages + 1, ARRAY_LEN(messages) - 1);
	send(g, to, one != NULL && knows_crc(one), messages, n);
	put_back(g);
	sbuf_fini(&b);
}

void
tell_call(struct gossip *g, uint64_t call, const struct gossip_address *to, struct str message, bool answered,
    struct mono deadline)
{
	struct gossip_pieces whole = { .v = { message }, .n = 1 };

	g->port->call(g->port, call, to, &whole, answered, deadline);
}

void
tell_reply(struct gossip *g, uint64_t stream, struct str message)
{
	struct gossip_pieces whole = { .v = { message }, .n = message.n > 0 };

	g->port->reply(g->port, stream, &whole);
}

void
tell_two(struct gossip *g, const struct member *to, const struct message *a, const struct message *b)
{
	struct sbuf one = SBUF_INIT(SBUF_UNLIMITED), two = SBUF_INIT(SBUF_UNLIMITED);
	struct str messages[2];

	message_put(&one, a);
	message_put(&two, b);
	messages[0] = sbuf_get(&one);
	messages[1] = sbuf_get(&two);
	send(g, &to->address, knows_crc(to), messages, 2);
	sbuf_fini(&one);
	sbuf_fini(&two);
}

struct listener {
	const struct gossip *g;
	struct mono now;
};

/* Those that are there, and those that failed lately and may have been wronged. */
static bool
listens(const struct member *one, const void *arg)
{
	const struct listener *l = arg;

	if (one == l->g->self || one->state == NODE_LEFT)
		return false;
	return member_is_there(one) || mono_sub(l->now, one->changed) <= GOSSIP_TO_THE_DEAD;
}

/*
 * Several datagrams carry what waits where one does not hold it: hundreds of groups that are told at once would need longer than the
 * others' turns otherwise. None has a message twice, as none is put back before.
 */
static void
tell_one(struct gossip *g, const struct member *to)
{
	for (unsigned i = 0; i < ROUND_DATAGRAMS; i++) {
		struct str messages[DATAGRAM_MESSAGES_MAX];
		size_t taken = take(g, datagram_room(g->o.label), messages, ARRAY_LEN(messages));

		if (taken == 0)
			break;
		send(g, &to->address, knows_crc(to), messages, taken);
	}
	put_back(g);
}

void
tell_round(struct gossip *g, struct mono now)
{
	struct member *some[GOSSIP_MEMBERS_MAX];
	struct listener l = { g, now };
	size_t k = g->others_told < ARRAY_LEN(some) ? g->others_told : ARRAY_LEN(some);
	size_t n = members_pick(&g->members, k, listens, &l, &g->port->rand, some);

	for (size_t i = 0; i < n; i++)
		tell_one(g, some[i]);
}

void
tell_rumour(struct gossip *g, uint64_t about, const struct message *m)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	message_put(&b, m);
	queue_put(&g->rumours, about, STR_NONE, sbuf_get(&b));
	sbuf_fini(&b);
}
