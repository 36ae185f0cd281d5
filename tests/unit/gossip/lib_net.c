/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_net.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/sbuf.h"

enum flight { DATAGRAM, REQUEST, ANSWER, GONE };

struct flying {
	struct flying *next;
	struct mono at;
	enum flight kind;
	size_t from, to;
	uint64_t call;		/* of the caller */
	bool answered;
	struct str bytes;
};

/* A stream that was opened and waits for its reply. */
static struct {
	size_t caller;
	uint64_t call;
} streams[4096];

static void
fly(struct net *net, struct flying f, struct str bytes)
{
	struct flying *one = NEW(struct flying), **at = &net->flying;

	*one = f;
	one->at = mono_add(net->now, SPAN_MS / 2 + (span)rand_below(&net->rand, (uint64_t)(20 * SPAN_MS)));
	one->bytes = (struct str){ mem_strndup(bytes.n > 0 ? bytes.p : "", bytes.n), bytes.n };
	while (*at != NULL && (*at)->at.ns <= one->at.ns)
		at = &(*at)->next;
	one->next = *at;
	*at = one;
}

static size_t
node_at(const struct net *net, const struct gossip_address *a)
{
	for (size_t i = 0; i < NODES_MAX; i++) {
		if (gossip_address_eq(&net->nodes[i].address, a))
			return i;
	}
	return NODES_MAX;
}

static bool
hear_each_other(const struct net *net, size_t a, size_t b)
{
	return a < NODES_MAX && b < NODES_MAX && net->side[a] == net->side[b];
}

static void
port_packet(struct gossip_port *port, const struct gossip_address *to, struct str bytes)
{
	struct node *n = CONTAINER_OF(port, struct node, port);
	struct net *net = n->net;
	struct flying f = { .kind = DATAGRAM, .from = (size_t)(n - net->nodes), .to = node_at(net, to) };

	ck_assert_uint_le(bytes.n, 1400 + 5);
	net->datagrams++;
	net->datagram_bytes += bytes.n;
	if (net->datagrams_blocked || rand_double(&net->rand) < net->loss || !hear_each_other(net, f.from, f.to))
		return;
	fly(net, f, bytes);
	if (rand_double(&net->rand) < net->twice)
		fly(net, f, bytes);
}

static void
fly_in_pieces(struct net *net, struct flying f, const struct gossip_pieces *message)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < message->n; i++)
		sbuf_str(&b, message->v[i]);
	fly(net, f, sbuf_get(&b));
	sbuf_fini(&b);
}

static void
port_call(struct gossip_port *port, uint64_t call, const struct gossip_address *to, const struct gossip_pieces *message,
    bool answered, struct mono deadline)
{
	struct node *n = CONTAINER_OF(port, struct node, port);
	struct net *net = n->net;
	struct flying f = { .from = (size_t)(n - net->nodes), .to = node_at(net, to), .call = call, .answered = answered };

	(void)deadline;
	f.kind = hear_each_other(net, f.from, f.to) && net->nodes[f.to].g != NULL ? REQUEST : GONE;
	fly_in_pieces(net, f, message);
}

static void
port_reply(struct gossip_port *port, uint64_t stream, const struct gossip_pieces *message)
{
	struct node *n = CONTAINER_OF(port, struct node, port);
	struct net *net = n->net;
	struct flying f = { .kind = message->n > 0 ? ANSWER : GONE, .from = streams[stream % 4096].caller,
		.to = (size_t)(n - net->nodes), .call = streams[stream % 4096].call };

	fly_in_pieces(net, f, message);
}

static bool
add_text(struct node *n, const char *text, size_t size)
{
	for (size_t i = 0; i < n->texts_n; i++) {
		if (strlen(n->texts[i]) == size && memcmp(n->texts[i], text, size) == 0)
			return false;
	}
	ck_assert_uint_lt(n->texts_n, TEXTS_MAX);
	memcpy(n->texts[n->texts_n], text, size);
	n->texts[n->texts_n++][size] = '\0';
	return true;
}

/* Records: two bytes of length, and the text. */
static void
port_merge(struct gossip_port *port, struct str key, struct str bytes, bool whole, struct mono now)
{
	struct node *n = CONTAINER_OF(port, struct node, port);

	ck_assert(str_eq(key, STR(GOSSIP_KEY_SILENCES)) || bytes.n == 0);
	while (bytes.n > 0) {
		size_t size = (size_t)(unsigned char)bytes.p[0] << 8 | (unsigned char)bytes.p[1];
		struct str record = str_sub(bytes, 0, 2 + size);

		if (add_text(n, bytes.p + 2, size) && !gossip_is_large(key, record))
			gossip_broadcast(n->g, key, record, now);
		bytes = str_sub(bytes, 2 + size, bytes.n);
	}
	(void)whole;
}

static void
put_text(struct sbuf *b, const char *text, size_t n)
{
	sbuf_putc(b, (char)(n >> 8));
	sbuf_putc(b, (char)(n & 0xff));
	sbuf_put(b, text, n);
}

static void
port_full_state(struct gossip_port *port, uint64_t pushpull)
{
	struct node *n = CONTAINER_OF(port, struct node, port);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct gossip_part parts[] = { { STR(GOSSIP_KEY_LOG), STR_NONE }, { STR(GOSSIP_KEY_SILENCES), STR_NONE },
		{ STR("unknown"), STR("x") } };

	for (size_t i = 0; i < n->texts_n; i++)
		put_text(&b, n->texts[i], strlen(n->texts[i]));
	parts[1].bytes = sbuf_get(&b);
	gossip_state(n->g, pushpull, parts, 3, n->net->now);
	sbuf_fini(&b);
}

static void
port_note(struct gossip_port *port, enum gossip_note note, struct str name, const struct gossip_address *a, struct str detail)
{
	struct node *n = CONTAINER_OF(port, struct node, port);

	(void)name;
	(void)a;
	(void)detail;
	n->notes[note]++;
}

void
net_init(struct net *net, uint64_t seed)
{
	*net = (struct net){ .now = { 1000 * SPAN_S } };
	rand_seed(&net->rand, seed);
	for (size_t i = 0; i < NODES_MAX; i++) {
		unsigned char ip[4] = { 10, 0, 0, (unsigned char)(i + 1) };
		struct node *n = &net->nodes[i];

		n->net = net;
		ck_assert(gossip_address_set(&n->address, (struct str){ (const char *)ip, 4 }, 9094));
		n->port = (struct gossip_port){ .packet = port_packet, .call = port_call, .reply = port_reply,
			.merge = port_merge, .full_state = port_full_state, .note = port_note };
		rand_seed(&n->port.rand, seed * 100 + i);
	}
}

static void
drop(struct flying *f)
{
	mem_free((void *)(uintptr_t)f->bytes.p);
	mem_free(f);
}

void
net_fini(struct net *net)
{
	while (net->flying != NULL) {
		struct flying *f = net->flying;

		net->flying = f->next;
		drop(f);
	}
	for (size_t i = 0; i < NODES_MAX; i++)
		gossip_free(&net->nodes[i].g);
}

void
net_start(struct net *net, size_t i, size_t peers_n)
{
	struct node *n = &net->nodes[i];
	struct gossip_address peers[NODES_MAX];
	char name[8];
	struct gossip_options o = { .advertised = n->address, .label = STR("a cluster"), .peers = peers_n,
		.gossip_interval = 200 * SPAN_MS, .pushpull_interval = SPAN_MIN, .probe_interval = SPAN_S,
		.probe_timeout = 500 * SPAN_MS, .tcp_timeout = 10 * SPAN_S, .settle_timeout = SPAN_MIN,
		.reconnect_interval = 10 * SPAN_S, .reconnect_timeout = 6 * SPAN_HOUR };

	snprintf(name, sizeof(name), "N%zu", i);
	o.name = str_from(name);
	n->g = gossip_new(&o, &n->port, net->now);
	for (size_t p = 0; p < peers_n; p++)
		peers[p] = net->nodes[p].address;
	gossip_join(n->g, peers, peers_n, net->now);
}

void
net_kill(struct net *net, size_t i)
{
	gossip_free(&net->nodes[i].g);
}

static void
land(struct net *net, const struct flying *f)
{
	struct node *from = &net->nodes[f->from], *to = f->to < NODES_MAX ? &net->nodes[f->to] : NULL;

	switch (f->kind) {
	case DATAGRAM:
		if (to->g != NULL && hear_each_other(net, f->from, f->to))
			gossip_packet(to->g, &from->address, f->bytes, net->now);
		break;
	case REQUEST:
		if (to->g == NULL || !hear_each_other(net, f->from, f->to)) {
			if (from->g != NULL)
				gossip_gone(from->g, f->call, STR("connection reset"), net->now);
			break;
		}
		net->streams++;
		streams[net->streams % 4096].caller = f->answered ? f->from : NODES_MAX - 1;
		streams[net->streams % 4096].call = f->answered ? f->call : 0;
		if (!f->answered && from->g != NULL)
			gossip_answer(from->g, f->call, STR_NONE, net->now);
		gossip_request(to->g, net->streams, f->bytes, net->now);
		break;
	case ANSWER:
		if (from->g != NULL)
			gossip_answer(from->g, f->call, f->bytes, net->now);
		break;
	case GONE:
		if (from->g != NULL)
			gossip_gone(from->g, f->call, STR("connection refused"), net->now);
		break;
	}
}

void
net_run(struct net *net, span time)
{
	struct mono end = mono_add(net->now, time);

	for (;;) {
		struct mono next = end;
		struct node *ticks = NULL;

		for (size_t i = 0; i < NODES_MAX; i++) {
			struct node *n = &net->nodes[i];

			if (n->g != NULL && gossip_next(n->g).ns < next.ns) {
				next = gossip_next(n->g);
				ticks = n;
			}
		}
		if (net->flying != NULL && net->flying->at.ns <= next.ns) {
			struct flying *f = net->flying;

			net->flying = f->next;
			if (f->at.ns > net->now.ns)
				net->now = f->at;
			land(net, f);
			drop(f);
			continue;
		}
		if (next.ns > net->now.ns)
			net->now = next;
		if (ticks == NULL)
			return;
		/* It may have found something that is due at once, but does not want to be called for ever. */
		for (int i = 0; i < 3 && gossip_next(ticks->g).ns <= net->now.ns; i++)
			gossip_tick(ticks->g, net->now);
		ck_assert_msg(gossip_next(ticks->g).ns > net->now.ns, "a tick that does nothing");
	}
}

void
net_say(struct net *net, size_t i, const char *text, size_t n)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	ck_assert(add_text(&net->nodes[i], text, n));
	put_text(&b, text, n);
	gossip_broadcast(net->nodes[i].g, STR(GOSSIP_KEY_SILENCES), sbuf_get(&b), net->now);
	sbuf_fini(&b);
}

bool
net_has(const struct net *net, size_t i, const char *text)
{
	for (size_t t = 0; t < net->nodes[i].texts_n; t++) {
		if (strcmp(net->nodes[i].texts[t], text) == 0)
			return true;
	}
	return false;
}

static span
until(struct net *net, const char *text, size_t size, span most)
{
	struct mono begun = net->now;

	for (;;) {
		bool all = true;

		for (size_t i = 0; i < NODES_MAX; i++) {
			if (net->nodes[i].g == NULL)
				continue;
			all &= text != NULL ? net_has(net, i, text) : gossip_size(net->nodes[i].g) == size;
		}
		if (all)
			return mono_sub(net->now, begun);
		if (mono_sub(net->now, begun) >= most)
			return -1;
		net_run(net, 50 * SPAN_MS);
	}
}

span
net_until_size(struct net *net, size_t n, span most)
{
	return until(net, NULL, n, most);
}

span
net_until_text(struct net *net, const char *text, span most)
{
	return until(net, text, 0, most);
}
