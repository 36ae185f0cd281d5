/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of token servers: the first byte chooses the type, the rest is the body.
 * A token that is taken fits into a header, and lasts no longer than a year.
 */
#include <assert.h>
#include <stdlib.h>

#include "oauth2_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct str types[] = {
		STR("application/json"), STR("application/x-www-form-urlencoded"), STR("text/plain; charset=utf-8"), STR(""),
	};
	struct fetch_response r = { .status = 200 };
	struct oauth2_grant g;
	struct err e = { 0 };
	struct arena *a;

	if (size == 0)
		return 0;
	a = arena_new();
	r.content_type = types[data[0] % ARRAY_LEN(types)];
	r.body = (struct str){ (const char *)data + 1, size - 1 };
	if (oauth2_answer_read(&r, a, &g, &e)) {
		assert(g.authorization.n > 1 && g.lasts >= 0 && g.lasts <= 86400 * 365 * SPAN_S);
		for (size_t i = 0; i < g.authorization.n; i++)
			assert((unsigned char)g.authorization.p[i] >= ' ');
	} else {
		assert(e.text[0] != '\0');
	}
	r.status = 400;
	oauth2_answer_refusal(&r, &e);
	arena_free(&a);
	return 0;
}
