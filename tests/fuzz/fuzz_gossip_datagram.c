/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datagrams as anybody may send them: taken apart within bounds; each message that is read is written and read again as the same.
 */
#include <assert.h>

#include "datagram.h"
#include "message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
comes_back(struct str in)
{
	enum message_type type = (unsigned char)in.p[0];
	struct sbuf one = SBUF_INIT(SBUF_UNLIMITED), two = SBUF_INIT(SBUF_UNLIMITED);
	struct message m;
	struct err e = { 0 };
	size_t used;

	if (type < MESSAGE_NODE && message_get(str_sub(in, 1, in.n), type, &m, &used, &e)) {
		message_put(&one, &m);
		assert(message_get(str_sub(sbuf_get(&one), 1, one.n), type, &m, &used, &e));
		message_put(&two, &m);
		assert(str_eq(sbuf_get(&one), sbuf_get(&two)));
	}
	sbuf_fini(&one);
	sbuf_fini(&two);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct datagram d;
	struct err e = { 0 };
	struct str label = size > 0 && data[0] % 2 == 0 ? STR("a") : STR_NONE;

	if (size == 0)
		return 0;
	if (datagram_get((struct str){ (const char *)data + 1, size - 1 }, label, &d, &e)) {
		assert(d.n <= DATAGRAM_MESSAGES_MAX && d.unfolded.n <= DATAGRAM_UNFOLDED_MAX);
		for (size_t i = 0; i < d.n; i++)
			comes_back(d.messages[i]);
	}
	datagram_fini(&d);
	return 0;
}
