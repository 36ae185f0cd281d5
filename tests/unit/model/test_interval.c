/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>

#include "base/rfc3339.h"
#include "base/tz.h"
#include "lib_model.h"
#include "model/interval.h"

typedef bool range_parser(struct str s, struct interval_range *out, struct err *e);

static const struct {
	range_parser *parse;
	const char *text;
	int begin, end;
	const char *error;	/* NULL: valid */
} texts[] = {
	{ interval_parse_weekdays, "monday", 1, 1, NULL },
	{ interval_parse_weekdays, "Sunday:SATURDAY", 0, 6, NULL },
	{ interval_parse_weekdays, "friday:monday", 0, 0, "start day cannot be before end day" },
	{ interval_parse_weekdays, "Fri", 0, 0, "fri is not a valid weekday" },
	{ interval_parse_weekdays, "", 0, 0, " is not a valid weekday" },
	{ interval_parse_weekdays, "monday:", 0, 0, " is not a valid weekday" },
	{ interval_parse_weekdays, "1", 0, 0, "1 is not a valid weekday" },
	{ interval_parse_weekdays, "a:B:c", 0, 0, "couldn't parse range a:b:c, invalid format" },
	{ interval_parse_days_of_month, "1", 1, 1, NULL },
	{ interval_parse_days_of_month, "+5:31", 5, 31, NULL },
	{ interval_parse_days_of_month, "-3:-1", -3, -1, NULL },
	{ interval_parse_days_of_month, "1:-1", 1, -1, NULL },
	{ interval_parse_days_of_month, "0", 0, 0, "0 is not a valid day of the month: out of range" },
	{ interval_parse_days_of_month, "32", 0, 0, "32 is not a valid day of the month: out of range" },
	{ interval_parse_days_of_month, "-32:5", 0, 0, "-32 is not a valid day of the month: out of range" },
	{ interval_parse_days_of_month, "5:-40", 0, 0, "-40 is not a valid day of the month: out of range" },
	{ interval_parse_days_of_month, "-5:5", 0, 0, "end day must be negative if start day is negative" },
	{ interval_parse_days_of_month, "10:5", 0, 0, "end day 5 is always before start day 10" },
	{ interval_parse_days_of_month, "-1:-5", 0, 0, "end day -5 is always before start day -1" },
	{ interval_parse_days_of_month, "20:-10", 0, 0, "end day -10 is always before start day 20" },
	{ interval_parse_days_of_month, "x", 0, 0, "strconv.Atoi: parsing \"x\": invalid syntax" },
	{ interval_parse_days_of_month, "", 0, 0, "strconv.Atoi: parsing \"\": invalid syntax" },
	{ interval_parse_days_of_month, "-", 0, 0, "strconv.Atoi: parsing \"-\": invalid syntax" },
	{ interval_parse_days_of_month, "1: 2", 0, 0, "strconv.Atoi: parsing \" 2\": invalid syntax" },
	{ interval_parse_months, "may", 5, 5, NULL },
	{ interval_parse_months, "May:August", 5, 8, NULL },
	{ interval_parse_months, "1:3", 1, 3, NULL },
	{ interval_parse_months, "january:12", 1, 12, NULL },
	{ interval_parse_months, "13", 13, 13, NULL },
	{ interval_parse_months, "august:may", 0, 0, "end month may is before start month august" },
	{ interval_parse_months, "13:1", 0, 0, "end month january is before start month " },
	{ interval_parse_months, "Sept", 0, 0, "sept is not a valid month" },
	{ interval_parse_months, "", 0, 0, " is not a valid month" },
	{ interval_parse_years, "2020", 2020, 2020, NULL },
	{ interval_parse_years, "2020:2022", 2020, 2022, NULL },
	{ interval_parse_years, "2022:2020", 0, 0, "end year 2020 is before start year 2022" },
	{ interval_parse_years, "20x", 0, 0, "strconv.Atoi: parsing \"20x\": invalid syntax" },
	{ interval_parse_years, "99999999999999999999", 0, 0,
	    "strconv.Atoi: parsing \"99999999999999999999\": value out of range" },
	{ interval_parse_years, "9223372036854775808", 0, 0,
	    "strconv.Atoi: parsing \"9223372036854775808\": value out of range" },
	{ interval_parse_years, "-9223372036854775808:9223372036854775807", -2147483647 - 1, 2147483647, NULL },
};

START_TEST(parse)
{
	struct interval_range r = { 0, 0 };
	struct err e = { 0 };
	bool ok = texts[_i].parse(str_from(texts[_i].text), &r, &e);

	ck_assert_msg(ok == (texts[_i].error == NULL), "%s: %s", texts[_i].text, e.text);
	if (!ok)
		ck_assert_str_eq(e.text, texts[_i].error);
	ck_assert_int_eq(r.begin, texts[_i].begin);
	ck_assert_int_eq(r.end, texts[_i].end);
}
END_TEST

static const struct {
	const char *start, *end;
	int begin_minute, end_minute;
	const char *error;
} times[] = {
	{ "00:00", "24:00", 0, 1440, NULL },
	{ "09:30", "17:00", 570, 1020, NULL },
	{ "23:59", "24:00", 1439, 1440, NULL },
	{ "", "17:00", 0, 0, "both start and end times must be provided" },
	{ "09:00", "", 0, 0, "both start and end times must be provided" },
	{ "9:00", "17:00", 0, 0, "couldn't parse timestamp 9:00, invalid format" },
	{ "09:00", "24:01", 0, 0, "couldn't parse timestamp 24:01, invalid format" },
	{ "09:00", "25:00", 0, 0, "couldn't parse timestamp 25:00, invalid format" },
	{ "09:60", "17:00", 0, 0, "couldn't parse timestamp 09:60, invalid format" },
	{ "09-00", "17:00", 0, 0, "couldn't parse timestamp 09-00, invalid format" },
	{ "17:00", "17:00", 0, 0, "start time cannot be equal or greater than end time" },
	{ "17:00", "09:00", 0, 0, "start time cannot be equal or greater than end time" },
};

START_TEST(parse_times)
{
	struct interval_range r = { 0, 0 };
	struct err e = { 0 };
	bool ok = interval_parse_times(str_from(times[_i].start), str_from(times[_i].end), &r, &e);

	ck_assert_int_eq(ok, times[_i].error == NULL);
	if (!ok)
		ck_assert_str_eq(e.text, times[_i].error);
	ck_assert_int_eq(r.begin, times[_i].begin_minute);
	ck_assert_int_eq(r.end, times[_i].end_minute);
}
END_TEST

/* One element of each key or NULL for none. */
static const struct {
	const char *start, *end, *weekdays, *days, *months, *years, *zone;
	const char *at;
	bool inside;
} moments[] = {
	{ .at = "2024-02-29T12:00:00Z", .inside = true },
	{ .start = "09:00", .end = "17:00", .at = "2024-02-29T09:00:00Z", .inside = true },
	{ .start = "09:00", .end = "17:00", .at = "2024-02-29T16:59:59.9Z", .inside = true },
	{ .start = "09:00", .end = "17:00", .at = "2024-02-29T17:00:00Z", .inside = false },
	{ .start = "09:00", .end = "17:00", .at = "2024-02-29T11:00:00+03:00", .inside = false },
	{ .start = "23:00", .end = "24:00", .at = "2024-02-29T23:59:59Z", .inside = true },
	{ .weekdays = "thursday", .at = "2024-02-29T00:00:00Z", .inside = true },
	{ .weekdays = "monday:wednesday", .at = "2024-02-29T00:00:00Z", .inside = false },
	{ .weekdays = "sunday", .at = "2024-03-03T00:00:00Z", .inside = true },
	{ .days = "29", .at = "2024-02-29T00:00:00Z", .inside = true },
	{ .days = "-1", .at = "2024-02-29T00:00:00Z", .inside = true },
	{ .days = "-1", .at = "2024-02-28T00:00:00Z", .inside = false },
	{ .days = "-1", .at = "2023-02-28T00:00:00Z", .inside = true },
	{ .days = "28:31", .at = "2023-02-28T00:00:00Z", .inside = true },
	{ .days = "30:31", .at = "2023-02-28T00:00:00Z", .inside = false },
	{ .days = "-31:-30", .at = "2023-02-28T00:00:00Z", .inside = false },
	{ .days = "-31:-1", .at = "2023-02-01T00:00:00Z", .inside = true },
	{ .days = "25:-1", .at = "2023-02-24T23:59:59Z", .inside = false },
	{ .days = "25:-1", .at = "2023-02-25T00:00:00Z", .inside = true },
	{ .months = "february:march", .at = "2024-03-31T23:59:59Z", .inside = true },
	{ .months = "february:march", .at = "2024-04-01T00:00:00Z", .inside = false },
	{ .months = "13", .at = "2024-12-31T00:00:00Z", .inside = false },
	{ .years = "2020:2024", .at = "2024-12-31T23:59:59Z", .inside = true },
	{ .years = "2020:2024", .at = "2025-01-01T00:00:00Z", .inside = false },
	{ .weekdays = "thursday", .months = "march", .at = "2024-02-29T00:00:00Z", .inside = false },
	{ .start = "09:00", .end = "17:00", .zone = "Europe/Istanbul", .at = "2024-02-29T06:00:00Z", .inside = true },
	{ .start = "09:00", .end = "17:00", .zone = "Europe/Istanbul", .at = "2024-02-29T14:00:00Z", .inside = false },
	{ .weekdays = "friday", .zone = "Australia/Sydney", .at = "2024-02-29T13:00:00Z", .inside = true },
	{ .days = "-1", .zone = "America/New_York", .at = "2024-03-01T04:00:00Z", .inside = true },
};

static void
set_range(struct interval_ranges *rs, struct interval_range *at, range_parser *fn, const char *text)
{
	struct err e = { 0 };

	if (text == NULL)
		return;
	ck_assert_msg(fn(str_from(text), at, &e), "%s", e.text);
	*rs = (struct interval_ranges){ true, at, 1 };
}

START_TEST(contains)
{
	struct interval_range r[5];
	struct interval in = { 0 };
	struct time_interval ti = { STR("x"), &in, 1 };
	struct wall t;
	struct err e = { 0 };

	set_range(&in.weekdays, &r[0], interval_parse_weekdays, moments[_i].weekdays);
	set_range(&in.days_of_month, &r[1], interval_parse_days_of_month, moments[_i].days);
	set_range(&in.months, &r[2], interval_parse_months, moments[_i].months);
	set_range(&in.years, &r[3], interval_parse_years, moments[_i].years);
	if (moments[_i].start != NULL) {
		ck_assert(interval_parse_times(str_from(moments[_i].start), str_from(moments[_i].end), &r[4], &e));
		in.times = (struct interval_ranges){ true, &r[4], 1 };
	}
	if (moments[_i].zone != NULL) {
		in.location = zone_find(str_from(moments[_i].zone));
		ck_assert_ptr_nonnull(in.location);
	}
	ck_assert_msg(rfc3339_parse(str_from(moments[_i].at), &t, &e), "%s", e.text);
	ck_assert_msg(time_interval_contains(&ti, t) == moments[_i].inside, "case %d, %s", _i, moments[_i].at);
}
END_TEST

START_TEST(empty_lists_and_alternatives)
{
	struct interval_range monday = { 1, 1 };
	struct interval in[2] = { { .times = { .present = true } }, { .weekdays = { true, &monday, 1 } } };
	struct time_interval ti = { STR("x"), in, 2 };
	struct wall a_monday = { 1709510400, 0, 0 }, a_tuesday = { 1709596800, 0, 0 };

	/* times: [] is never true; the second alternative is. */
	ck_assert(time_interval_contains(&ti, a_monday));
	ck_assert(!time_interval_contains(&ti, a_tuesday));
	ti.n = 1;
	ck_assert(!time_interval_contains(&ti, a_monday));
	ti.n = 0;
	ck_assert(!time_interval_contains(&ti, a_monday));
	in[0] = (struct interval){ .days_of_month = { .present = true } };
	ti.n = 1;
	ck_assert(!time_interval_contains(&ti, a_monday));
	in[0] = (struct interval){ .years = { .present = true } };
	ck_assert(!time_interval_contains(&ti, a_monday));
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("interval");
	int rc;

	tcase_add_loop_test(tc, parse, 0, ARRAY_LEN(texts));
	tcase_add_loop_test(tc, parse_times, 0, ARRAY_LEN(times));
	tcase_add_loop_test(tc, contains, 0, ARRAY_LEN(moments));
	tcase_add_test(tc, empty_lists_and_alternatives);
	rc = lib_run("interval", tc);
	tz_fini();
	return rc;
}
