/* SPDX-License-Identifier: Apache-2.0 */
/* A text that was cut fits, and is the beginning of what it was. */
#include <assert.h>
#include <stdint.h>

#include "text/gsm7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct str in = { (const char *)data + 1, size - 1 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), c = SBUF_INIT(SBUF_UNLIMITED);
	size_t max = data[0] % 8 + 1;
	struct sms_size before = sms_measure(in), after = sms_cut(&b, in, max);

	assert(after.segments <= max && after.segments >= 1);
	if (before.segments <= max) {
		assert(str_eq(sbuf_get(&b), in));
	} else {
		struct str kept = sbuf_get(&b);
		assert(kept.n >= 3);
		assert(str_starts(in, str_sub(kept, 0, kept.n - 3)));
	}
	sbuf_reset(&b);
	if (!sms_transliterate(&b, in))
		assert(b.n == 0);
	assert(sms_measure(sbuf_get(&b)).encoding == SMS_GSM7);
	gsm7_encode(&c, sbuf_get(&b));
	assert(c.n == sms_measure(sbuf_get(&b)).units);
	sbuf_fini(&b);
	sbuf_fini(&c);
	return 0;
}
