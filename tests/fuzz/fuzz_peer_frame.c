/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of connections with TLS between members of a cluster. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame f, again;
	struct err e = { 0 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (!frame_get((struct str){ (const char *)data, size }, &f, &e)) {
		assert(e.text[0] != '\0');
		return 0;
	}
	frame_put(&b, &f);
	assert(frame_length((const unsigned char *)b.p) == b.n - FRAME_HEAD);
	if (!frame_get(str_sub(sbuf_get(&b), FRAME_HEAD, b.n), &again, &e))
		abort();
	assert(again.kind == f.kind && (f.kind == FRAME_STREAM || str_eq(again.packet, f.packet)));
	sbuf_fini(&b);
	return 0;
}
