/* SPDX-License-Identifier: Apache-2.0 */
/* No line of a mail is too long, none can be smuggled in; addresses read back. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "text/base64.h"
#include "text/mime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every CR with its LF, no line longer than `most`, each line but the first of a field a continuation. */
static void
check_lines(struct str s, size_t most, bool field)
{
	size_t column = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\r') {
			assert(i + 1 < s.n && s.p[i + 1] == '\n');
		} else if (s.p[i] == '\n') {
			assert(i > 0 && s.p[i - 1] == '\r');
			assert(!field || i + 1 == s.n || s.p[i + 1] == ' ' || s.p[i + 1] == '\t');
			column = 0;
		} else {
			assert(++column <= most);
		}
	}
}

static void
addresses(struct arena *a, struct str in)
{
	struct mail_addresses list;
	struct err e = { 0 };

	if (!mail_addresses_parse(a, in, &list, &e)) {
		assert(e.kind != ERR_NONE);
		return;
	}
	for (size_t i = 0; i < list.n; i++) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
		struct mail_address back;
		mail_address_format(&b, &list.v[i]);
		if (mail_address_parse(a, sbuf_get(&b), &back, NULL))
			assert(str_eq(back.address, list.v[i].address));
		else
			/* Only an encoded word in quotes or controls in a decoded name can do that. */
			assert(list.v[i].name.n > 0 || str_chr(list.v[i].address, '[') < list.v[i].address.n);
		sbuf_fini(&b);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), back = SBUF_INIT(SBUF_UNLIMITED);
	struct arena *a = arena_new();

	mime_qp_encode(&b, in);
	check_lines(sbuf_get(&b), 76, false);
	sbuf_reset(&b);
	mime_header(&b, STR("Subject"), in);
	check_lines(sbuf_get(&b), 998, true);
	sbuf_reset(&b);
	mime_q_encode(&b, "utf-8", in);
	assert(str_chr(sbuf_get(&b), '\n') == b.n && str_chr(sbuf_get(&b), '\r') == b.n);
	sbuf_reset(&b);
	base64_encode(&b, in, BASE64_URL);
	assert(base64_decode(&back, sbuf_get(&b), BASE64_URL) && str_eq(sbuf_get(&back), in));
	(void)!base64_decode(&back, in, BASE64_STD);
	addresses(a, in);
	arena_free(&a);
	sbuf_fini(&b);
	sbuf_fini(&back);
	return 0;
}
