/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pattern, subject and replacement, parted by NULs. Any pattern is compiled or
 * refused; comparing and searching agree; what is enumerated matches.
 */
#include <assert.h>
#include <stdint.h>

#include "text/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str
take(struct str *in)
{
	size_t end = str_chr(*in, '\0');
	struct str s = str_sub(*in, 0, end);

	*in = str_sub(*in, end + 1, in->n);
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct str pattern = take(&in), subject = take(&in), repl = in;
	struct sbuf wrapped = SBUF_INIT(SBUF_UNLIMITED), out = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };

	if (pattern.n > 2000)
		return 0;
	struct regex *re = regex_compile(pattern, REGEX_ANCHORED, &e);
	assert((re == NULL) == (e.kind != ERR_NONE));
	sbuf_puts(&wrapped, "^(?:");
	sbuf_str(&wrapped, pattern);
	sbuf_puts(&wrapped, ")$");
	struct regex *search = regex_compile(sbuf_get(&wrapped), REGEX_SEARCH, NULL);
	if (re != NULL) {
		enum regex_result one = regex_match(re, subject);
		enum regex_result two = search != NULL ? regex_match(search, subject) : REGEX_LIMIT;
		assert(one == two || one == REGEX_LIMIT || two == REGEX_LIMIT);
		const struct str *v;
		size_t n = regex_literals(re, &v);
		for (size_t i = 0; i < n; i++)
			assert(regex_match(re, v[i]) == REGEX_YES);
		if (one == REGEX_YES)
			assert(str_starts(subject, regex_prefix(re)));
		assert(str_eq(regex_pattern(re), pattern));
	}
	regex_free(&re);
	regex_free(&search);
	re = regex_compile(pattern, REGEX_SEARCH, NULL);
	if (re != NULL) {
		out.max = 1 << 20;
		(void)regex_replace_all(re, repl, subject, &out);
		sbuf_reset(&out);
		if (regex_replace_all(re, STR("${0}"), subject, &out) != REGEX_LIMIT)
			assert(str_eq(sbuf_get(&out), subject));
	}
	regex_free(&re);
	sbuf_fini(&wrapped);
	sbuf_fini(&out);
	return 0;
}
