/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member that hears whatever is sent, between ticks: datagrams, streams and answers. It holds no more members than it may, and
 * stays one itself.
 */
#include <assert.h>

#include "gossip/gossip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gossip *g;
static struct mono now;
static uint64_t last_call;

static void
on_packet(struct gossip_port *port, const struct gossip_address *to, struct str bytes)
{
	(void)port;
	(void)to;
	assert(bytes.n <= 1405);
}

static void
on_call(struct gossip_port *port, uint64_t call, const struct gossip_address *to, const struct gossip_pieces *message,
    bool answered, struct mono deadline)
{
	(void)port;
	(void)to;
	(void)message;
	(void)answered;
	(void)deadline;
	last_call = call;
}

static void
on_reply(struct gossip_port *port, uint64_t stream, const struct gossip_pieces *message)
{
	(void)port;
	(void)stream;
	(void)message;
}

static void
on_merge(struct gossip_port *port, struct str key, struct str bytes, bool whole, struct mono at)
{
	(void)port;
	if (!whole && !gossip_is_large(key, bytes))
		gossip_broadcast(g, key, bytes, at);
}

static void
on_full_state(struct gossip_port *port, uint64_t pushpull)
{
	struct gossip_part part = { STR(GOSSIP_KEY_LOG), STR("abc") };

	(void)port;
	gossip_state(g, pushpull, &part, 1, now);
}

static void
hear(unsigned how, struct str bytes)
{
	static const struct gossip_address from = { .ip = { 10, 0, 0, 2 }, .n = 4, .port = 9094 };

	switch (how % 5) {
	case 0:
		gossip_packet(g, &from, bytes, now);
		break;
	case 1:
		gossip_request(g, how, bytes, now);
		break;
	case 2:
		gossip_answer(g, last_call, bytes, now);
		break;
	case 3:
		gossip_gone(g, last_call, bytes, now);
		break;
	default:
		gossip_join(g, &from, 1, now);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gossip_port port = { .packet = on_packet, .call = on_call, .reply = on_reply, .merge = on_merge,
		.full_state = on_full_state };
	struct gossip_options o = { .name = STR("me"), .advertised = { .ip = { 10, 0, 0, 1 }, .n = 4, .port = 9094 }, .peers = 1,
		.gossip_interval = 200 * SPAN_MS, .pushpull_interval = SPAN_MIN, .probe_interval = SPAN_S,
		.probe_timeout = 500 * SPAN_MS, .tcp_timeout = 10 * SPAN_S, .settle_timeout = SPAN_MIN,
		.reconnect_interval = 10 * SPAN_S, .reconnect_timeout = SPAN_HOUR };

	rand_seed(&port.rand, 1);
	now = (struct mono){ SPAN_S };
	last_call = 0;
	g = gossip_new(&o, &port, now);
	/* Pieces: how, a length of two bytes, the bytes, and time that passes. */
	while (size >= 4) {
		size_t n = (size_t)data[1] << 8 | data[2];

		if (n > size - 4)
			n = size - 4;
		hear(data[0], (struct str){ (const char *)data + 4, n });
		now = mono_add(now, data[3] * 50 * SPAN_MS);
		for (int i = 0; i < 4 && gossip_next(g).ns <= now.ns; i++)
			gossip_tick(g, now);
		assert(gossip_size(g) >= 1 && gossip_size(g) <= GOSSIP_MEMBERS_MAX);
		data += 4 + n;
		size -= 4 + n;
	}
	gossip_free(&g);
	return 0;
}
