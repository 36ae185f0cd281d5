/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "mail_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct str s = { (const char *)data, size };
	struct mail_job job;
	struct mail_result result;

	/* Everything read is written as it was. */
	if (mail_wire_read_job(s, a, &job)) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

		mail_wire_job(&b, &job.r, job.time);
		if (b.n + job.r.message.n + 1 != size + FRAME_HEAD)
			abort();
		sbuf_fini(&b);
	}
	if (mail_wire_read_result(s, a, &result))
		for (size_t i = 0; i < result.codes_n; i++)
			if (result.codes[i] == 12345)
				break;
	arena_free(&a);
	return 0;
}
