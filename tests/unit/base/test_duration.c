/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/compiler.h"
#include "base/duration.h"
#include "suite.h"

#define DAY (24 * SPAN_HOUR)

struct row {
	const char *text;
	span want;
	const char *error;	/* NULL: parses */
};

typedef bool parser(struct str s, span *out, struct err *e);

static void
check_rows(parser *parse, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err e = { 0 };
		span got = -77;
		bool ok = parse(str_from(rows[i].text), &got, &e);

		if (rows[i].error == NULL) {
			ck_assert_msg(ok && got == rows[i].want, "%s: %lld (%s)", rows[i].text,
			    (long long)got, e.text);
		} else {
			ck_assert_msg(!ok, "%s parses", rows[i].text);
			ck_assert_str_eq(e.text, rows[i].error);
			ck_assert_int_eq(e.kind, ERR_INVALID);
			ck_assert_int_eq(got, -77);
		}
	}
}

START_TEST(prometheus_grammar)
{
	static const struct row rows[] = {
		{ "0", 0, NULL },
		{ "0s", 0, NULL },
		{ "00005s", 5 * SPAN_S, NULL },
		{ "5m", 5 * SPAN_MIN, NULL },
		{ "1d12h", 36 * SPAN_HOUR, NULL },
		{ "250ms", 250 * SPAN_MS, NULL },
		{ "1y2w3d4h5m6s7ms", 365 * DAY + 17 * DAY + 4 * SPAN_HOUR + 5 * SPAN_MIN +
		    6 * SPAN_S + 7 * SPAN_MS, NULL },
		{ "292y24w3d23h47m16s854ms", INT64_C(9223372036854) * SPAN_MS, NULL },
		{ "292y24w3d23h47m16s855ms", 0, "duration out of range" },
		{ "9223372036854775808ms", 0, "duration out of range" },
		{ "300y", 0, "duration out of range" },
		{ "15250w2d", 0, "duration out of range" },
		{ "18446744073709551616s", 0,
		    "not a valid duration string: \"18446744073709551616s\"" },
		{ "", 0, "empty duration string" },
		{ "30", 0, "not a valid duration string: \"30\"" },
		{ "00", 0, "not a valid duration string: \"00\"" },
		{ "1m1h", 0, "not a valid duration string: \"1m1h\"" },
		{ "1h1h", 0, "not a valid duration string: \"1h1h\"" },
		{ "-5m", 0, "not a valid duration string: \"-5m\"" },
		{ "+5m", 0, "not a valid duration string: \"+5m\"" },
		{ "1h5", 0, "not a valid duration string: \"1h5\"" },
		{ " 1h", 0, "not a valid duration string: \" 1h\"" },
		{ "a\"\n", 0, "not a valid duration string: \"a\\\"\\n\"" },
		{ "1.5h", 0, "unknown unit \".\" in duration \"1.5h\"" },
		{ "1 m", 0, "unknown unit \" m\" in duration \"1 m\"" },
		{ "5M", 0, "unknown unit \"M\" in duration \"5M\"" },
		{ "1\xC3\xA9", 0, "unknown unit \"\xC3\xA9\" in duration \"1\xC3\xA9\"" },
		{ "3us", 0, "unknown unit \"us\" in duration \"3us\"" },
	};

	check_rows(duration_parse, rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(go_grammar)
{
	static const struct row rows[] = {
		{ "0", 0, NULL },
		{ "-0", 0, NULL },
		{ "+0", 0, NULL },
		{ "5s", 5 * SPAN_S, NULL },
		{ "-5s", -5 * SPAN_S, NULL },
		{ "+5s", 5 * SPAN_S, NULL },
		{ "5.0s", 5 * SPAN_S, NULL },
		{ "5.s", 5 * SPAN_S, NULL },
		{ ".5s", 500 * SPAN_MS, NULL },
		{ "1.004s", SPAN_S + 4 * SPAN_MS, NULL },
		{ "100.00100s", 100 * SPAN_S + SPAN_MS, NULL },
		{ "10ns", 10, NULL },
		{ "11us", 11 * SPAN_US, NULL },
		{ "12\xC2\xB5s", 12 * SPAN_US, NULL },
		{ "12\xCE\xBCs", 12 * SPAN_US, NULL },
		{ "13ms", 13 * SPAN_MS, NULL },
		{ "1.5h", 90 * SPAN_MIN, NULL },
		{ "1h1h", 2 * SPAN_HOUR, NULL },
		{ "3h30m", 210 * SPAN_MIN, NULL },
		{ "-1m50.5s", -(SPAN_MIN + 50 * SPAN_S + 500 * SPAN_MS), NULL },
		{ "39h9m14.425s", 39 * SPAN_HOUR + 9 * SPAN_MIN + 14 * SPAN_S + 425 * SPAN_MS, NULL },
		{ "0.3333333333333333333h", 20 * SPAN_MIN, NULL },
		{ "0.100000000000000000000h", 6 * SPAN_MIN, NULL },
		{ "0.9223372036854775807h", INT64_C(3320413933267), NULL },
		{ "9007199254.740993s", INT64_C(9007199254740993000), NULL },
		{ "9223372036854775807ns", INT64_MAX, NULL },
		{ "9223372036854775.807us", INT64_MAX, NULL },
		{ "9223372036s854ms775us807ns", INT64_MAX, NULL },
		{ "-9223372036854775808ns", INT64_MIN, NULL },
		{ "-9223372036854775.808us", INT64_MIN, NULL },
		{ "9223372036854775808ns", 0, "time: invalid duration \"9223372036854775808ns\"" },
		{ "-9223372036854775809ns", 0, "time: invalid duration \"-9223372036854775809ns\"" },
		{ "9223372036s854ms775us808ns", 0,
		    "time: invalid duration \"9223372036s854ms775us808ns\"" },
		{ "9223372036854775808ns9223372036854775808ns", 0,
		    "time: invalid duration \"9223372036854775808ns9223372036854775808ns\"" },
		{ "2562048h", 0, "time: invalid duration \"2562048h\"" },
		{ "", 0, "time: invalid duration \"\"" },
		{ "-", 0, "time: invalid duration \"-\"" },
		{ ".", 0, "time: invalid duration \".\"" },
		{ "s", 0, "time: invalid duration \"s\"" },
		{ ".s", 0, "time: invalid duration \".s\"" },
		{ "+-5s", 0, "time: invalid duration \"+-5s\"" },
		{ "1h ", 0, "time: unknown unit \"h \" in duration \"1h \"" },
		{ "3", 0, "time: missing unit in duration \"3\"" },
		{ "3.", 0, "time: missing unit in duration \"3.\"" },
		{ "1d", 0, "time: unknown unit \"d\" in duration \"1d\"" },
		{ "1w", 0, "time: unknown unit \"w\" in duration \"1w\"" },
		{ "1\"", 0, "time: unknown unit \"\\\"\" in duration \"1\\\"\"" },
		{ "\x01\xC3\xA9", 0, "time: invalid duration \"\\x01\\xc3\\xa9\"" },
	};

	check_rows(duration_parse_go, rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(flag_grammar)
{
	static const struct row rows[] = {
		{ "1d", DAY, NULL },
		{ "1.5d", 36 * SPAN_HOUR, NULL },
		{ "1.d", DAY, NULL },
		{ "1w2d3h", 9 * DAY + 3 * SPAN_HOUR, NULL },
		{ "1h1h", 2 * SPAN_HOUR, NULL },
		{ ".5s", 500 * SPAN_MS, NULL },
		{ "-5s", -5 * SPAN_S, NULL },
		{ "+5s", 5 * SPAN_S, NULL },
		{ "0", 0, NULL },
		{ "120h", 120 * SPAN_HOUR, NULL },
		{ "9223372036854775807ns", INT64_MAX, NULL },
		{ "5", 0, "time: missing unit in duration \"5\"" },
		{ "1y", 0, "time: unknown unit \"y\" in duration \"1y\"" },
		{ "1M", 0, "time: unknown unit \"M\" in duration \"1M\"" },
		{ "1e3s", 0, "time: unknown unit \"e\" in duration \"1e3s\"" },
		{ "1 s", 0, "time: unknown unit \" s\" in duration \"1 s\"" },
		{ "", 0, "time: invalid duration \"\"" },
		{ "\"", 0, "time: invalid duration \"\"\"" },
		{ "\xC2\xB5s", 0, "time: invalid duration \"\xC2\xB5s\"" },
		{ "106752d", 0, "time: invalid duration \"106752d\"" },
		{ "-9223372036854775808ns", 0,
		    "time: invalid duration \"-9223372036854775808ns\"" },
		{ "9223372036.854775808s", 0,
		    "time: invalid duration \"9223372036.854775808s\"" },
	};

	check_rows(duration_parse_flag, rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(prometheus_form)
{
	static const struct { span d; const char *want; } rows[] = {
		{ 0, "0s" }, { 90 * SPAN_MIN, "1h30m" }, { 300 * SPAN_S, "5m" },
		{ 7 * DAY, "1w" }, { 8 * DAY, "8d" }, { 365 * DAY, "1y" }, { 366 * DAY, "366d" },
		{ 730 * DAY, "2y" }, { 14 * DAY + 1, "2w" }, { SPAN_MS, "1ms" },
		{ SPAN_MS - 1, "0s" }, { DAY + 12 * SPAN_HOUR, "1d12h" },
		{ 14 * DAY + SPAN_HOUR, "14d1h" }, { 1500 * SPAN_MS, "1s500ms" },
		{ -90 * SPAN_S, "-1m30s" }, { INT64_MAX, "106751d23h47m16s854ms" },
		{ INT64_MIN, "-106751d23h47m16s854ms" },
	};
	char text[DURATION_MAX];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_uint_eq(duration_format(rows[i].d, text), strlen(rows[i].want));
		ck_assert_str_eq(text, rows[i].want);
	}
}
END_TEST

START_TEST(go_form)
{
	static const struct { span d; const char *want; } rows[] = {
		{ 0, "0s" }, { 1, "1ns" }, { 999, "999ns" }, { 1100, "1.1\xC2\xB5s" },
		{ 2200 * SPAN_US, "2.2ms" }, { 3300 * SPAN_MS, "3.3s" }, { SPAN_HOUR, "1h0m0s" },
		{ 245 * SPAN_S, "4m5s" }, { 245001 * SPAN_MS, "4m5.001s" },
		{ 5 * SPAN_HOUR + 367001 * SPAN_MS, "5h6m7.001s" },
		{ 8 * SPAN_MIN + 1, "8m0.000000001s" }, { 500 * SPAN_MS, "500ms" },
		{ 1500 * SPAN_MS, "1.5s" }, { -SPAN_S, "-1s" },
		{ 100 * SPAN_S, "1m40s" }, { 100 * SPAN_US, "100\xC2\xB5s" },
		{ INT64_MAX, "2562047h47m16.854775807s" },
		{ INT64_MIN, "-2562047h47m16.854775808s" },
	};
	char text[DURATION_MAX];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		span back;

		ck_assert_uint_eq(duration_format_go(rows[i].d, text), strlen(rows[i].want));
		ck_assert_str_eq(text, rows[i].want);
		ck_assert(duration_parse_go(str_from(text), &back, NULL));
		ck_assert_int_eq(back, rows[i].d);
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, prometheus_grammar);
	tcase_add_test(tc, go_grammar);
	tcase_add_test(tc, flag_grammar);
	tcase_add_test(tc, prometheus_form);
	tcase_add_test(tc, go_form);
}

int
main(void)
{
	return run_suite("duration", add);
}
