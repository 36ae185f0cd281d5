/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of streams: however they arrive, they are found whole at the same byte; and what is unpacked is packed and unpacked
 * again as the same.
 */
#include <assert.h>

#include "gossip/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
unpack(struct str whole)
{
	struct sbuf plain = SBUF_INIT(1 << 20), packed = SBUF_INIT(SBUF_UNLIMITED), again = SBUF_INIT(1 << 20);
	struct err e = { 0 };

	if (gossip_stream_get(&plain, whole, STR_NONE, &e)) {
		gossip_stream_put(&packed, STR("a"), sbuf_get(&plain));
		if (plain.n > 0) {
			assert(gossip_stream_get(&again, sbuf_get(&packed), STR("a"), &e));
			assert(str_eq(sbuf_get(&plain), sbuf_get(&again)));
		}
	}
	sbuf_fini(&plain);
	sbuf_fini(&packed);
	sbuf_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = { (const char *)data, size };
	struct gossip_scan at_once = { 0 }, bit_by_bit = { 0 };
	enum gossip_scanned once, got = GOSSIP_MORE;
	struct err e = { 0 };

	once = gossip_scan(&at_once, all, &e);
	for (size_t n = 0; n <= size && got == GOSSIP_MORE; n += 1 + n / 16)
		got = gossip_scan(&bit_by_bit, str_sub(all, 0, n), &e);
	if (got == GOSSIP_MORE)
		got = gossip_scan(&bit_by_bit, all, &e);
	/* More bytes behind a message do not matter. */
	assert(got == once || once == GOSSIP_BAD);
	unpack(all);
	return 0;
}
