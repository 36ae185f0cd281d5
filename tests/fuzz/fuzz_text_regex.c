/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pattern, subject and replacement, parted by NULs. Any pattern is compiled or
 * refused; comparing, states, sets of places, parts and PCRE2 agree; what is
 * enumerated matches; whether a pattern stands alone shows without compiling it alone.
 */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "lib_pcre.h"
#include "regex_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str
take(struct str *in)
{
	size_t end = str_chr(*in, '\0');
	struct str s = str_sub(*in, 0, end);

	*in = str_sub(*in, end + 1, in->n);
	return s;
}

/* The answer of the sets of places, and in parts, is that of the states. */
static void
check_ways(struct regex *re, struct str subject, bool yes)
{
	struct work all = { INT64_MAX };
	struct rx_machine *lent = NULL;
	struct rx_place place = { 0 };
	struct regex_run *run = NULL;
	enum regex_result r;
	int64_t units = 1;

	if (!re->decided) {
		regex_machine(re, &lent, &all)->no_dfa = 1;
		bool by_places = rx_scan(regex_machine(re, &lent, &all), subject, &place, &all) == REGEX_YES;
		assert(by_places == yes || re->literals > 0);
	}
	do {
		struct work w = { units++ };
		r = regex_match_some(re, subject, &run, &w);
	} while (r == REGEX_LATER);
	assert((r == REGEX_YES) == yes && run == NULL);
}

/* PCRE2 says the same, unless it gives up. */
static void
check_pcre(struct str pattern, struct str subject, bool yes)
{
	struct pcre *other = utf8_valid(subject) ? pcre_new(pattern) : NULL;
	const size_t *offsets;

	if (other != NULL) {
		enum pcre_answer answer = pcre_match(other, subject, &offsets);
		assert(answer == PCRE_GAVE_UP || (answer == PCRE_YES) == yes);
	}
	pcre_free(&other);
}

static bool
has_mark(const struct regex *re, struct str s)
{
	const struct text_mark *v;
	size_t n = regex_marks(re, &v);

	for (size_t i = 0; i < n; i++)
		if (text_mark_fits(&v[i], s))
			return true;
	return n == 0;
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
		bool one = regex_match(re, subject);
		assert(search == NULL || regex_match(search, subject) == one);
		check_ways(re, subject, one);
		check_pcre(sbuf_get(&wrapped), subject, one);
		assert(regex_match(re, STR_NONE) == regex_matches_empty(re));
		const struct str *v;
		size_t n = regex_literals(re, &v);
		for (size_t i = 0; i < n; i++)
			assert(regex_match(re, v[i]));
		if (one) {
			assert(str_starts(subject, regex_prefix(re)));
			assert(has_mark(re, subject));
		}
		assert(str_eq(regex_pattern(re), pattern));
	}
	bool between = re != NULL, alone = between && regex_stands_alone(re);
	regex_free(&re);
	regex_free(&search);
	e = (struct err){ 0 };
	re = regex_compile(pattern, REGEX_SEARCH, &e);
	assert(!between || alone == (re != NULL) || strstr(e.text, "too large") != NULL);
	if (re != NULL) {
		bool found = regex_match(re, subject);
		struct work w = { 10000000 };
		check_ways(re, subject, found);
		check_pcre(pattern, subject, found);
		out.max = 1 << 20;
		(void)!regex_replace_all(re, repl, subject, &out, &w);
		sbuf_reset(&out);
		w.left = 10000000;
		if (regex_replace_all(re, STR("${0}"), subject, &out, &w))
			assert(str_eq(sbuf_get(&out), subject));
	}
	regex_free(&re);
	sbuf_fini(&wrapped);
	sbuf_fini(&out);
	return 0;
}
