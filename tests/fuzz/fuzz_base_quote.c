/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes survive quoting; any literal that is read can be written again. */
#include <assert.h>
#include <stdint.h>

#include "base/quote.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
round_trip(struct str s)
{
	struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED), back = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&quoted, s);
	assert(utf8_valid(sbuf_get(&quoted)));
	assert(unquote_go(&back, sbuf_get(&quoted)));
	assert(str_eq(sbuf_get(&back), s));
	sbuf_fini(&quoted);
	sbuf_fini(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = { (const char *)data, size };
	struct sbuf value = SBUF_INIT(SBUF_UNLIMITED);

	round_trip(s);
	if (unquote_go(&value, s))
		round_trip(sbuf_get(&value));
	sbuf_fini(&value);
	/* The three ways to walk over runes agree. */
	assert(utf8_prefix(s, utf8_count(s)) == s.n);
	for (size_t i = 0; i < s.n;) {
		uint32_t r;
		size_t n = utf8_decode(str_sub(s, i, s.n), &r);

		assert(n >= 1 && (r != RUNE_ERROR || n != 1 || !utf8_valid(s)));
		i += n;
	}
	return 0;
}
