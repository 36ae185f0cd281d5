/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/rand.h"
#include "lib_text.h"
#include "text/float.h"

static const struct {
	double d;
	char fmt;
	int prec;
	const char *want;
} formats[] = {
	{ 0, 'g', -1, "0" },
	{ -0.0, 'g', -1, "-0" },
	{ 1, 'g', -1, "1" },
	{ 100000, 'g', -1, "100000" },
	{ 1000000, 'g', -1, "1e+06" },
	{ 123456789, 'g', -1, "1.23456789e+08" },
	{ 1234567.8, 'g', -1, "1.2345678e+06" },
	{ 0.0001, 'g', -1, "0.0001" },
	{ 0.00001, 'g', -1, "1e-05" },
	{ 0.1, 'g', -1, "0.1" },
	{ 0.1 + 0.2, 'g', -1, "0.30000000000000004" },
	{ 5e-324, 'g', -1, "5e-324" },
	{ 1.7976931348623157e308, 'g', -1, "1.7976931348623157e+308" },
	{ 5.684341886080802e-14, 'g', -1, "5.684341886080802e-14" },
	{ 9007199254740993.0, 'f', -1, "9007199254740992" },
	{ 1e21, 'f', -1, "1000000000000000000000" },
	{ 1e-7, 'f', -1, "0.0000001" },
	{ 123.456, 'f', -1, "123.456" },
	{ 123.456, 'e', -1, "1.23456e+02" },
	{ 123.456, 'E', -1, "1.23456E+02" },
	{ 0, 'e', -1, "0e+00" },
	{ 123.456, 'f', 1, "123.5" },
	{ 0.5, 'f', 0, "0" },
	{ 1.5, 'f', 0, "2" },
	{ 123.456, 'e', 2, "1.23e+02" },
	{ 123.456, 'g', 2, "1.2e+02" },
	{ 100000, 'g', 3, "1e+05" },
	{ 32, 'g', 0, "3e+01" },
	{ 100, 'g', 6, "100" },
	{ 0, 'g', 3, "0" },
	{ 1e300 * 1e300, 'g', -1, "+Inf" },
	{ -1e300 * 1e300, 'f', 3, "-Inf" },
};

START_TEST(formats_like_go)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		float_format(&b, formats[i].d, formats[i].fmt, formats[i].prec);
		ASSERT_BUF(&b, formats[i].want);
	}
	float_format(&b, (double)NAN, 'g', -1);
	ASSERT_BUF(&b, "NaN");
	sbuf_fini(&b);
}
END_TEST

START_TEST(formats_json)
{
	static const struct {
		double d;
		const char *want;
	} cases[] = {
		{ 0, "0" }, { 1e20, "100000000000000000000" }, { 1e21, "1e+21" }, { 1e-6, "0.000001" },
		{ 1e-7, "1e-7" }, { 1.5e-9, "1.5e-9" }, { 1e-10, "1e-10" }, { 1e-100, "1e-100" }, { -3.25, "-3.25" },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		float_format_json(&b, cases[i].d);
		ASSERT_BUF(&b, cases[i].want);
	}
	sbuf_fini(&b);
}
END_TEST

START_TEST(shortest_reads_back)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct rand r;

	rand_seed(&r, 20261122);
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = rand_u64(&r);
		double d, back;
		if (i % 3 == 0)
			bits = (bits >> 52) << 52; /* powers of two: the uneven gaps */
		memcpy(&d, &bits, sizeof(d));
		if (!isfinite(d))
			continue;
		float_format(&b, d, "efg"[i % 3], -1);
		ck_assert(float_parse(sbuf_get(&b), &back));
		ck_assert(memcmp(&d, &back, sizeof(d)) == 0);
		sbuf_reset(&b);
	}
	sbuf_fini(&b);
}
END_TEST

/* No fewer digits would do, and of those of as many these are the nearest: what printf's least sufficient precision gives. */
START_TEST(shortest_is_the_nearest)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct rand r;

	rand_seed(&r, 7);
	for (int i = 0; i < 20000; i++) {
		double d = ldexp((double)(rand_u64(&r) >> 11), -(int)rand_below(&r, 75));
		char want[40];
		int p = 0;

		/* Sums of times, too. */
		if (i % 2 == 0)
			d = (double)rand_below(&r, 100000000000) / 1e9 + 0.1 * (double)rand_below(&r, 1000);
		/* Where the gaps are uneven, fewer digits may do than printf's, which rounds. */
		if (d == 0 || frexp(d, &p) == 0.5)
			continue;
		p = -1;
		do
			snprintf(want, sizeof(want), "%.*e", ++p, d);
		while (strtod(want, NULL) != d);
		float_format(&b, d, 'e', -1);
		ck_assert_str_eq(sbuf_cstr(&b), want);
		sbuf_reset(&b);
	}
	sbuf_fini(&b);
}
END_TEST

START_TEST(parses)
{
	static const struct {
		const char *text;
		double want;
	} good[] = {
		{ "1", 1 }, { "+1", 1 }, { "-1.5", -1.5 }, { ".5", .5 }, { "5.", 5 }, { "1e3", 1000 }, { "1E-2", .01 },
		{ "0x1p-2", .25 }, { "0X.8P1", 1 }, { "1_000.5", 1000.5 }, { "0x_1p0", 1 }, { "007", 7 },
		{ "1_23.50_0_0e+1_2", 1.235e14 }, { "1e-400", 0 },
		{ "100000000000000000000000000000000000000000000000000000000000000000000000000000", 1e77 },
	};
	static const char *const bad[] = {
		"", "+", "-", ".", "e5", "1e", "1e+", "0x1", "0x", "0xp1", "1 ", " 1", "1__0", "_1", "1_", "1_.5",
		"1e400", "infi", "nanx", "1.2.3", "0x1p", "--1", "1f", "0b1",
	};
	double d;

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct str s = exact_copy(str_from(good[i].text));
		ck_assert_msg(float_parse(s, &d) && d == good[i].want, "%s", good[i].text);
		free((char *)(uintptr_t)s.p);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(!float_parse(str_from(bad[i]), &d), "%s", bad[i]);
	ck_assert(float_parse(STR("-Inf"), &d) && isinf(d) && d < 0);
	ck_assert(float_parse(STR("+infinity"), &d) && isinf(d) && d > 0);
	ck_assert(float_parse(STR("nan"), &d) && isnan(d));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, formats_like_go);
	tcase_add_test(tc, formats_json);
	tcase_add_test(tc, shortest_reads_back);
	tcase_add_test(tc, shortest_is_the_nearest);
	tcase_add_test(tc, parses);
}

int
main(void)
{
	return run_suite("float", add);
}
