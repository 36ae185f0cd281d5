/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as matchers, in each mode: what is accepted is written in its
 * canonical form, which reads back as the same matchers.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "model/matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ignore_warning(void *arg, const char *message, struct str input, const char *origin, const char *parse_error,
    struct str suggestion)
{
	(void)arg, (void)message, (void)input, (void)origin, (void)parse_error, (void)suggestion;
}

static void
check_again(const struct matchers *ms)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct matchers again = { 0 };
	struct err e = { 0 };

	matchers_format(ms, &b);
	/* Raw names may hold malformed bytes, which quoting cannot bring back. */
	if (utf8_valid(sbuf_get(&b))) {
		for (size_t i = 0; i < ms->n; i++)
			if (!utf8_valid(istr_str(ms->m[i].name)) || !utf8_valid(istr_str(ms->m[i].value)) ||
			    ms->m[i].name->n == 0)
				goto out;
		if (!matchers_parse(sbuf_get(&b), MATCHER_UTF8, NULL, &again, &e) || !matchers_eq(ms, &again))
			abort();
	}
out:
	matchers_fini(&again);
	sbuf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum matcher_mode modes[] = { MATCHER_FALLBACK, MATCHER_CLASSIC, MATCHER_UTF8 };
	const struct matcher_warning w = { ignore_warning, NULL, "config" };
	const struct str in = { (const char *)data, size };

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct matchers ms = { 0 };
		struct matcher m;

		if (matchers_parse(in, modes[i], &w, &ms, NULL))
			check_again(&ms);
		matchers_sort(&ms);
		matchers_fini(&ms);
		if (matcher_parse(in, modes[i], &w, &m, NULL)) {
			matchers_append(&ms, &m);
			check_again(&ms);
			matchers_fini(&ms);
		}
	}
	return 0;
}
