/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/compiler.h"
#include "base/rfc3339.h"
#include "base/time.h"
#include "suite.h"

#define S_2030 INT64_C(1893456000)	/* 2030-01-01T00:00:00Z */

START_TEST(civil_round_trip)
{
	int64_t day = civil_days(-400, 1, 1);
	int weekday = -1;

	for (int64_t year = -400; year <= 2800; year++) {
		int yearday = 0;

		for (int month = 1; month <= 12; month++)
			for (int d = 1; d <= days_in_month(year, month); d++, day++) {
				struct civil c = wall_civil((struct wall){ day * 86400 + 86399, 0, 0 });

				yearday++;
				/* A million assertions are slow even when they hold. */
				if (c.year != year || c.month != month || c.day != d ||
				    c.yearday != yearday || civil_days(year, month, d) != day ||
				    c.hour != 23 || c.minute != 59 || c.second != 59 ||
				    (weekday >= 0 && c.weekday != (weekday + 1) % 7))
					ck_abort_msg("%lld-%d-%d", (long long)year, month, d);
				weekday = c.weekday;
			}
	}
}
END_TEST

START_TEST(civil_knows_these)
{
	struct civil c = wall_civil((struct wall){ 0, 0, 0 });

	ck_assert_int_eq(c.weekday, 4);
	c = wall_civil((struct wall){ -1, 0, 0 });
	ck_assert_int_eq(c.year, 1969);
	ck_assert_int_eq(c.second, 59);
	c = wall_civil((struct wall){ S_2030, 0, -3600 });
	ck_assert_int_eq(c.year, 2029);
	ck_assert_int_eq(c.hour, 23);
	c = wall_civil(WALL_ZERO);
	ck_assert_int_eq(c.year, 1);
	ck_assert_int_eq(c.weekday, 1);
	ck_assert_int_eq(days_in_month(1900, 2), 28);
	ck_assert_int_eq(days_in_month(2000, 2), 29);
	ck_assert_int_eq(days_in_month(2024, 2), 29);
}
END_TEST

START_TEST(civil_carries_over)
{
	ck_assert_int_eq(civil_days(2026, 13, 1), civil_days(2027, 1, 1));
	ck_assert_int_eq(civil_days(2026, 0, 1), civil_days(2025, 12, 1));
	ck_assert_int_eq(civil_days(2026, -11, 1), civil_days(2025, 1, 1));
	ck_assert_int_eq(civil_days(2026, 25, 1), civil_days(2028, 1, 1));
	ck_assert_int_eq(civil_days(2026, 2, 30), civil_days(2026, 3, 2));
	ck_assert_int_eq(civil_days(2026, 3, 0), civil_days(2026, 2, 28));
	ck_assert_int_gt(civil_days(INT64_MAX, INT64_MAX, INT64_MAX), civil_days(9999, 12, 31));
	ck_assert_int_lt(civil_days(INT64_MIN, INT64_MIN, INT64_MIN), civil_days(0, 1, 1));
	wall_civil((struct wall){ INT64_MAX, 0, 3600 });
	wall_civil((struct wall){ INT64_MIN, 0, -3600 });
	ck_assert_int_eq(wall_civil((struct wall){ INT64_MAX, 0, 0 }).year, INT64_C(292277026596));
	ck_assert_int_eq(wall_civil((struct wall){ INT64_MAX, 0, 0 }).yearday, 339);
}
END_TEST

START_TEST(arithmetic)
{
	struct wall w = { 100, 999999999, 3600 }, x = wall_add(w, 1);

	ck_assert_int_eq(x.s, 101);
	ck_assert_int_eq(x.ns, 0);
	ck_assert_int_eq(x.offset, 3600);
	x = wall_add(x, -1);
	ck_assert_int_eq(wall_cmp(x, w), 0);
	x = wall_add(w, -(101 * SPAN_S));
	ck_assert_int_eq(x.s, -1);
	ck_assert_int_eq(x.ns, 999999999);
	ck_assert_int_eq(wall_sub(w, x), 101 * SPAN_S);
	ck_assert(wall_before(x, w) && wall_after(w, x) && !wall_before(w, w));
	ck_assert_int_eq(wall_from_ns(-1).s, -1);
	ck_assert_int_eq(wall_from_ns(-1).ns, 999999999);
	ck_assert_int_eq(wall_to_ns(wall_from_ns(-1)), -1);
	ck_assert_int_eq(wall_to_ns(wall_from_ns(INT64_MIN)), INT64_MIN);
	ck_assert_int_eq(wall_to_ns(wall_from_ns(INT64_MAX)), INT64_MAX);
	ck_assert(wall_is_zero(WALL_ZERO));
}
END_TEST

START_TEST(arithmetic_saturates)
{
	struct wall late = { INT64_MAX, 999999999, 0 }, early = { INT64_MIN, 0, 0 };

	ck_assert_int_eq(wall_sub(late, early), INT64_MAX);
	ck_assert_int_eq(wall_sub(early, late), INT64_MIN);
	ck_assert_int_eq(wall_sub((struct wall){ 0, 0, 0 }, wall_from_ns(INT64_MAX)), -INT64_MAX);
	ck_assert_int_eq(wall_sub((struct wall){ -9223372036, 0, 0 },
	    (struct wall){ 0, 854775808, 0 }), INT64_MIN);
	ck_assert_int_eq(wall_sub((struct wall){ 9223372037, 0, 0 },
	    (struct wall){ 0, 999999999, 0 }), INT64_C(9223372036000000001));
	ck_assert_int_eq(wall_sub((struct wall){ 9223372036, 854775808, 0 },
	    (struct wall){ 0, 0, 0 }), INT64_MAX);
	ck_assert_int_eq(wall_to_ns(WALL_ZERO), INT64_MIN);
	ck_assert_int_eq(wall_add(late, SPAN_MAX).s, INT64_MAX);
	ck_assert_int_eq(wall_add(early, INT64_MIN).s, INT64_MIN);
	ck_assert_int_eq(mono_add((struct mono){ INT64_MAX - 1 }, 2).ns, INT64_MAX);
	ck_assert_int_eq(mono_add((struct mono){ 5 }, INT64_MIN).ns, INT64_MIN + 5);
	ck_assert_int_eq(mono_sub((struct mono){ 5 }, (struct mono){ 3 }), 2);
}
END_TEST

struct row {
	const char *text;
	int64_t s;
	int32_t ns, offset;
	const char *error;
};

static void
check_rows(bool (*parse)(struct str, struct wall *, struct err *), const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct err e = { 0 };
		struct wall w = { -7, 7, 7 };
		bool ok = parse(str_from(rows[i].text), &w, &e);

		if (rows[i].error != NULL) {
			ck_assert_msg(!ok, "%s parses", rows[i].text);
			ck_assert_str_eq(e.text, rows[i].error);
			ck_assert_int_eq(w.s, -7);
			ck_assert(!parse(str_from(rows[i].text), &w, NULL));
			continue;
		}
		ck_assert_msg(ok, "%s: %s", rows[i].text, e.text);
		ck_assert_msg(w.s == rows[i].s && w.ns == rows[i].ns && w.offset == rows[i].offset,
		    "%s: %lld %d %d", rows[i].text, (long long)w.s, w.ns, w.offset);
	}
}

/* Each row as a running Alertmanager 0.33.1 answered it. */
START_TEST(api_times)
{
#define TAIL(t) "parsing time \"" t "\": extra text: "
#define DATE(t) "parsing time \"" t "\" as \"2006-01-02\": cannot parse "
	static const struct row rows[] = {
		{ "", 0, 0, 0, NULL },
		{ "2030-01-01", S_2030, 0, 0, NULL },
		{ "0000-01-01", INT64_C(-62167219200), 0, 0, NULL },
		{ "0001-01-01T00:00:00Z", INT64_C(-62135596800), 0, 0, NULL },
		{ "9999-12-31T23:59:59.999999999Z", INT64_C(253402300799), 999999999, 0, NULL },
		{ "2030-01-01T00:00:00Z", S_2030, 0, 0, NULL },
		{ "2030-01-01T00:00Z", S_2030, 0, 0, NULL },
		{ "2030-01-01T00:00", S_2030, 0, 0, NULL },
		{ "2030-01-01T00:00:00", S_2030, 0, 0, NULL },
		{ "2030-01-01T00:00:00.5", S_2030, 500000000, 0, NULL },
		{ "2030-01-01T00:00:00,5Z", S_2030, 500000000, 0, NULL },
		{ "2030-01-01T00:00:00.1234567891234Z", S_2030, 123456789, 0, NULL },
		{ "2030-01-01T00:00:00.123456+02:00", S_2030 - 7200, 123456000, 7200, NULL },
		{ "2030-01-01T00:00:00-05:30", S_2030 + 19800, 0, -19800, NULL },
		{ "2030-01-01T00:00:00-00:00", S_2030, 0, 0, NULL },
		{ "2030-01-01T00:00:00+24:00", S_2030 - 86400, 0, 86400, NULL },
		{ "2030-01-01T00:00:00+23:60", S_2030 - 86400, 0, 86400, NULL },
		{ "2030-01-01T1:00:00Z", S_2030 + 3600, 0, 0, NULL },
		{ "2030-01-01T1:00:00,25+01:00", S_2030, 250000000, 3600, NULL },
		{ "2030-01-01T0:00Z", S_2030, 0, 0, NULL },
		{ "2030-01-01 00:00:00", S_2030, 0, 0, NULL },
		{ "2030-01-01T00:00:00+0100", 0, 0, 0,
		    TAIL("2030-01-01T00:00:00+0100") "\"T00:00:00+0100\"" },
		{ "2030-01-01t00:00:00Z", 0, 0, 0, TAIL("2030-01-01t00:00:00Z") "\"t00:00:00Z\"" },
		{ "2030-01-01T00:00:00z", 0, 0, 0, TAIL("2030-01-01T00:00:00z") "\"T00:00:00z\"" },
		{ "2030-01-01 00:00:00Z", 0, 0, 0, TAIL("2030-01-01 00:00:00Z") "\" 00:00:00Z\"" },
		{ "2030-01-01T00:00+01:00", 0, 0, 0,
		    TAIL("2030-01-01T00:00+01:00") "\"T00:00+01:00\"" },
		{ "2030-01-01T00:00:00.Z", 0, 0, 0,
		    TAIL("2030-01-01T00:00:00.Z") "\"T00:00:00.Z\"" },
		{ "2030-01-01T24:00:00Z", 0, 0, 0, TAIL("2030-01-01T24:00:00Z") "\"T24:00:00Z\"" },
		{ "2030-01-01T23:59:60Z", 0, 0, 0, TAIL("2030-01-01T23:59:60Z") "\"T23:59:60Z\"" },
		{ "2030-01-01T00:00:00+25:00", 0, 0, 0,
		    TAIL("2030-01-01T00:00:00+25:00") "\"T00:00:00+25:00\"" },
		{ "2030-01-01T00:00:00+23:61", 0, 0, 0,
		    TAIL("2030-01-01T00:00:00+23:61") "\"T00:00:00+23:61\"" },
		{ "2030-01-01T00:00:00+1:00", 0, 0, 0,
		    TAIL("2030-01-01T00:00:00+1:00") "\"T00:00:00+1:00\"" },
		{ "2030-01-01T00:00,5", 0, 0, 0, TAIL("2030-01-01T00:00,5") "\"T00:00,5\"" },
		{ "2030-01-01Z", 0, 0, 0, TAIL("2030-01-01Z") "\"Z\"" },
		{ "2030-02-30", 0, 0, 0, "parsing time \"2030-02-30\": day out of range" },
		{ "2030-12-32", 0, 0, 0, "parsing time \"2030-12-32\": day out of range" },
		{ "2030-13-01", 0, 0, 0, "parsing time \"2030-13-01\": month out of range" },
		{ "2030-00-01", 0, 0, 0, "parsing time \"2030-00-01\": month out of range" },
		{ "2030-1-1", 0, 0, 0, DATE("2030-1-1") "\"1-1\" as \"01\"" },
		{ "12030-01-01", 0, 0, 0, DATE("12030-01-01") "\"0-01-01\" as \"-\"" },
		{ " 2030-01-01", 0, 0, 0, DATE(" 2030-01-01") "\" 2030-01-01\" as \"2006\"" },
		{ "\xC3\xA9\"", 0, 0, 0,
		    DATE("\\xc3\\xa9\\\"") "\"\\xc3\\xa9\\\"\" as \"2006\"" },
	};

	check_rows(strfmt_time_parse, rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(rfc3339_times)
{
#define LAYOUT " as \"2006-01-02T15:04:05.999999999Z07:00\": cannot parse "
	static const struct row rows[] = {
		{ "2030-01-01T00:00:00Z", S_2030, 0, 0, NULL },
		{ "2030-01-01T00:00:00.000000001Z", S_2030, 1, 0, NULL },
		{ "2030-01-01T01:00:00+01:00", S_2030, 0, 3600, NULL },
		{ "", 0, 0, 0, "parsing time \"\"" LAYOUT "\"\" as \"2006\"" },
		{ "2030-01-01", 0, 0, 0, "parsing time \"2030-01-01\"" LAYOUT "\"\" as \"T\"" },
		{ "2030-01-01T00:00:00", 0, 0, 0,
		    "parsing time \"2030-01-01T00:00:00\"" LAYOUT "\"\" as \"Z07:00\"" },
		{ "2030-01-01T25:00:00Z", 0, 0, 0,
		    "parsing time \"2030-01-01T25:00:00Z\": hour out of range" },
		{ "2030-01-01T00:00:00Zx", 0, 0, 0,
		    "parsing time \"2030-01-01T00:00:00Zx\": extra text: \"x\"" },
		{ "2030-01-01T00:00:00*01:00", 0, 0, 0,
		    "parsing time \"2030-01-01T00:00:00*01:00\"" LAYOUT
		    "\"*01:00\" as \"Z07:00\"" },
	};

	check_rows(rfc3339_parse, rows, ARRAY_LEN(rows));
}
END_TEST

START_TEST(formats)
{
	static const struct { struct wall w; const char *api, *nano; } rows[] = {
		{ { S_2030, 0, 0 }, "2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00Z" },
		{ { S_2030, 999999999, 0 }, "2030-01-01T00:00:00.999Z",
		    "2030-01-01T00:00:00.999999999Z" },
		{ { S_2030, 120000000, 19800 }, "2030-01-01T05:30:00.120+05:30",
		    "2030-01-01T05:30:00.12+05:30" },
		{ { S_2030, 1, -3600 }, "2029-12-31T23:00:00.000-01:00",
		    "2029-12-31T23:00:00.000000001-01:00" },
		{ { INT64_C(-62135596800), 0, 0 }, "0001-01-01T00:00:00.000Z",
		    "0001-01-01T00:00:00Z" },
	};
	char text[RFC3339_MAX];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct wall back;

		ck_assert_uint_eq(strfmt_time_format(rows[i].w, text), strlen(rows[i].api));
		ck_assert_str_eq(text, rows[i].api);
		ck_assert_uint_eq(rfc3339_format(rows[i].w, text), strlen(rows[i].nano));
		ck_assert_str_eq(text, rows[i].nano);
		ck_assert(rfc3339_parse(str_from(text), &back, NULL));
		ck_assert_int_eq(wall_cmp(back, rows[i].w), 0);
		ck_assert_int_eq(back.offset, rows[i].w.offset);
	}
	/* Over the text of another. */
	for (size_t i = 0; i < ARRAY_LEN(rows) * ARRAY_LEN(rows); i++) {
		struct wall w = rows[i / ARRAY_LEN(rows)].w, other = rows[i % ARRAY_LEN(rows)].w;
		size_t n = strfmt_time_format(other, text);

		ck_assert_uint_eq(strfmt_time_format_over(w, other, text, n), strlen(rows[i / ARRAY_LEN(rows)].api));
		ck_assert_str_eq(text, rows[i / ARRAY_LEN(rows)].api);
	}
	/* Nothing that fits a struct wall leaves the buffer. */
	ck_assert_uint_lt(rfc3339_format((struct wall){ INT64_MAX, 999999999, 3600 }, text),
	    RFC3339_MAX);
	ck_assert_uint_lt(rfc3339_format((struct wall){ INT64_MIN, 999999999, -3600 }, text),
	    RFC3339_MAX);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, civil_round_trip);
	tcase_add_test(tc, civil_knows_these);
	tcase_add_test(tc, civil_carries_over);
	tcase_add_test(tc, arithmetic);
	tcase_add_test(tc, arithmetic_saturates);
	tcase_add_test(tc, api_times);
	tcase_add_test(tc, rfc3339_times);
	tcase_add_test(tc, formats);
}

int
main(void)
{
	return run_suite("time", add);
}
