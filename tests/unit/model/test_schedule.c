/* SPDX-License-Identifier: Apache-2.0 */
/* Windows that come again, over real changes of clocks. */
#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "base/rfc3339.h"
#include "base/tz.h"
#include "lib_model.h"
#include "model/schedule.h"
#include "model/silence.h"

enum { SUN = 1, MON = 2, TUE = 4, WED = 8, THU = 16, FRI = 32, SAT = 64, WORK = MON | TUE | WED | THU | FRI };

static const struct {
	const char *place, *at;
	struct { unsigned days; const char *from, *to; } windows[3];
	const char *until;
	const char *starts, *ends;	/* NULL: there is none */
} cases[] = {
	/* Before, at the beginning, inside, at the end. */
	{ "UTC", "2026-01-05T08:59:59Z", { { WORK, "09:00", "17:30" } }, NULL, "2026-01-05T09:00:00Z", "2026-01-05T17:30:00Z" },
	{ "UTC", "2026-01-05T09:00:00Z", { { WORK, "09:00", "17:30" } }, NULL, "2026-01-05T09:00:00Z", "2026-01-05T17:30:00Z" },
	{ "", "2026-01-05T17:29:59.9Z", { { WORK, "09:00", "17:30" } }, NULL, "2026-01-05T09:00:00Z", "2026-01-05T17:30:00Z" },
	{ "UTC", "2026-01-05T17:30:00Z", { { WORK, "09:00", "17:30" } }, NULL, "2026-01-06T09:00:00Z", "2026-01-06T17:30:00Z" },
	{ "UTC", "2026-01-09T17:30:00Z", { { WORK, "09:00", "17:30" } }, NULL, "2026-01-12T09:00:00Z", "2026-01-12T17:30:00Z" },
	/* Over midnight: the weekday is that of its beginning. */
	{ "UTC", "2026-01-06T03:00:00Z", { { MON, "22:00", "06:00" } }, NULL, "2026-01-05T22:00:00Z", "2026-01-06T06:00:00Z" },
	{ "UTC", "2026-01-05T03:00:00Z", { { MON, "22:00", "06:00" } }, NULL, "2026-01-05T22:00:00Z", "2026-01-06T06:00:00Z" },
	{ "UTC", "2026-01-06T00:30:00Z", { { TUE, "00:00", "24:00" } }, NULL, "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z" },
	/* Windows that meet or overlap are one. */
	{ "UTC", "2026-01-05T23:00:00Z", { { MON, "22:00", "24:00" }, { TUE, "00:00", "06:00" } }, NULL,
	    "2026-01-05T22:00:00Z", "2026-01-06T06:00:00Z" },
	{ "UTC", "2026-01-05T10:30:00Z", { { MON, "10:00", "11:00" }, { MON, "10:15", "12:00" }, { MON, "11:30", "13:00" } },
	    NULL, "2026-01-05T10:15:00Z", "2026-01-05T13:00:00Z" },
	{ "UTC", "2026-01-05T12:00:00Z", { { 127, "00:00", "24:00" } }, NULL, "2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z" },
	/* Until. */
	{ "UTC", "2026-01-05T12:00:00Z", { { MON, "10:00", "20:00" } }, "2026-01-05T15:00:00Z", "2026-01-05T10:00:00Z",
	    "2026-01-05T15:00:00Z" },
	{ "UTC", "2026-01-05T15:00:00Z", { { MON, "10:00", "20:00" } }, "2026-01-05T15:00:00Z", NULL, NULL },
	{ "UTC", "2026-01-05T09:00:00Z", { { MON, "10:00", "20:00" } }, "2026-01-05T10:00:00Z", NULL, NULL },
	/* No changes since 2016, and none at all. */
	{ "Europe/Istanbul", "2026-03-30T00:00:00Z", { { MON, "22:00", "06:00" } }, NULL, "2026-03-30T19:00:00Z",
	    "2026-03-31T03:00:00Z" },
	{ "Europe/Istanbul", "2015-11-08T00:00:00Z", { { SUN, "03:30", "05:00" } }, NULL, "2015-11-08T00:30:00Z",
	    "2015-11-08T03:00:00Z" },
	{ "Asia/Seoul", "2026-01-06T22:00:00Z", { { WED, "09:00", "18:00" } }, NULL, "2026-01-07T00:00:00Z",
	    "2026-01-07T09:00:00Z" },
	/* Clocks are put forward within it, at its beginning, and over all of it. */
	{ "Europe/Berlin", "2026-03-28T23:00:00Z", { { SAT, "22:00", "06:00" } }, NULL, "2026-03-28T21:00:00Z",
	    "2026-03-29T04:00:00Z" },
	{ "Europe/Berlin", "2026-03-28T23:00:00Z", { { SUN, "02:30", "04:00" } }, NULL, "2026-03-29T01:00:00Z",
	    "2026-03-29T02:00:00Z" },
	{ "Europe/Berlin", "2026-03-28T23:00:00Z", { { SUN, "01:00", "02:30" } }, NULL, "2026-03-29T00:00:00Z",
	    "2026-03-29T01:00:00Z" },
	{ "Europe/Berlin", "2026-03-28T23:00:00Z", { { SUN, "02:10", "02:50" } }, NULL, "2026-04-05T00:10:00Z",
	    "2026-04-05T00:50:00Z" },
	{ "America/New_York", "2026-03-08T00:00:00Z", { { SUN, "02:30", "05:00" } }, NULL, "2026-03-08T07:00:00Z",
	    "2026-03-08T09:00:00Z" },
	/* Put back: the first time it is that late, to the last. */
	{ "Europe/Berlin", "2026-10-24T21:00:00Z", { { SAT, "22:00", "06:00" } }, NULL, "2026-10-24T20:00:00Z",
	    "2026-10-25T05:00:00Z" },
	{ "Europe/Berlin", "2026-10-25T00:00:00Z", { { SUN, "02:30", "02:45" } }, NULL, "2026-10-25T00:30:00Z",
	    "2026-10-25T01:45:00Z" },
	{ "America/New_York", "2026-11-01T00:00:00Z", { { SUN, "01:30", "03:30" } }, NULL, "2026-11-01T05:30:00Z",
	    "2026-11-01T08:30:00Z" },
	/* By half an hour. */
	{ "Australia/Lord_Howe", "2026-10-03T12:00:00Z", { { SUN, "02:15", "03:00" } }, NULL, "2026-10-03T15:30:00Z",
	    "2026-10-03T16:00:00Z" },
	{ "Australia/Lord_Howe", "2026-04-04T12:00:00Z", { { SUN, "01:45", "03:00" } }, NULL, "2026-04-04T14:45:00Z",
	    "2026-04-04T16:30:00Z" },
	/* A day that was left out: 2011-12-30 in Samoa. */
	{ "Pacific/Apia", "2011-12-29T12:00:00Z", { { FRI, "08:00", "09:00" } }, NULL, "2012-01-05T18:00:00Z",
	    "2012-01-05T19:00:00Z" },
	/* Seen from the end of the one before: a window of one weekday must not be over for that. */
	{ "Pacific/Apia", "2011-12-23T19:00:00Z", { { FRI, "08:00", "09:00" } }, NULL, "2012-01-05T18:00:00Z",
	    "2012-01-05T19:00:00Z" },
	{ "America/New_York", "2026-03-01T08:00:00Z", { { SUN, "02:00", "03:00" } }, NULL, "2026-03-15T06:00:00Z",
	    "2026-03-15T07:00:00Z" },
};

static struct wall
at(const char *text)
{
	struct wall t = WALL_ZERO;
	struct err e = { 0 };

	if (text != NULL)
		ck_assert_msg(rfc3339_parse(str_from(text), &t, &e), "%s", e.text);
	return t;
}

START_TEST(windows)
{
	struct schedule s = { .until = at(cases[_i].until) };
	struct wall starts, ends;
	struct err e = { 0 };
	char got[2][RFC3339_MAX] = { "", "" };

	ck_assert_msg(schedule_set_location(&s, str_from(cases[_i].place), &e), "%s", e.text);
	for (int i = 0; i < 3 && cases[_i].windows[i].days != 0; i++) {
		struct schedule_window w = { .weekdays = (uint8_t)cases[_i].windows[i].days };

		ck_assert(schedule_parse_time(str_from(cases[_i].windows[i].from), &w.from, &e));
		ck_assert(schedule_parse_time(str_from(cases[_i].windows[i].to), &w.to, &e));
		ck_assert_msg(schedule_add(&s, w, &e), "%s", e.text);
	}
	if (schedule_at(&s, at(cases[_i].at), &starts, &ends)) {
		rfc3339_format(starts, got[0]);
		rfc3339_format(ends, got[1]);
	}
	ck_assert_str_eq(got[0], cases[_i].starts != NULL ? cases[_i].starts : "");
	ck_assert_str_eq(got[1], cases[_i].ends != NULL ? cases[_i].ends : "");
}
END_TEST

/* Hour by hour over a year: a window that ends after now, as the clocks of the place say it. */
START_TEST(agrees_with_clocks)
{
	static const char *const places[] = { "Europe/Berlin", "America/New_York", "Europe/Istanbul", "Asia/Seoul" };
	struct schedule s = { .until = WALL_ZERO };
	struct err e = { 0 };

	ck_assert(schedule_set_location(&s, str_from(places[_i]), &e));
	ck_assert(schedule_add(&s, (struct schedule_window){ MON | THU | SAT, 22 * 60, 5 * 60 }, &e));
	for (int64_t t = 1767225600; t < 1767225600 + 365 * 86400; t += 3600) {
		struct wall now = { t, 0, 0 }, starts, ends;
		struct civil c = wall_civil(zone_apply(s.location, now, NULL));
		int evening = c.hour >= 22 ? c.weekday : c.hour < 5 ? (c.weekday + 6) % 7 : -1;
		bool inside = evening == 1 || evening == 4 || evening == 6;

		ck_assert(schedule_at(&s, now, &starts, &ends));
		ck_assert(wall_before(now, ends));
		ck_assert_msg(inside == !wall_before(now, starts), "%lld", (long long)t);
	}
}
END_TEST

START_TEST(refused)
{
	struct schedule s = { .until = WALL_ZERO };
	struct err e = { 0 };
	uint8_t day;
	uint16_t minutes;
	char text[SCHEDULE_TIME_MAX];

	ck_assert(schedule_parse_weekday(STR("Sunday"), &day, &e) && day == SUN);
	ck_assert(schedule_parse_weekday(STR("sat"), &day, &e) && day == SAT);
	ck_assert(!schedule_parse_weekday(STR("su"), &day, &e));
	ck_assert(!schedule_parse_weekday(STR(""), &day, &e));
	ck_assert_str_eq(e.text, "\"\" is no weekday: sun, mon, tue, wed, thu, fri, sat");
	ck_assert(!schedule_parse_time(STR("24:01"), &minutes, &e));
	ck_assert(!schedule_parse_time(STR("9:00"), &minutes, &e));
	ck_assert(!schedule_parse_time(STR("10:60"), &minutes, &e));
	ck_assert_str_eq(e.text, "\"10:60\" is no time of the day: 00:00 to 24:00");
	ck_assert(schedule_parse_time(STR("24:00"), &minutes, &e));
	schedule_time_text(minutes, text);
	ck_assert_str_eq(text, "24:00");
	ck_assert(!schedule_set_location(&s, STR("Mars/Olympus"), &e));
	ck_assert_str_eq(e.text, "unknown time zone \"Mars/Olympus\"");
	ck_assert(!schedule_add(&s, (struct schedule_window){ 0, 1, 2 }, &e));
	ck_assert(!schedule_add(&s, (struct schedule_window){ 128, 1, 2 }, &e));
	ck_assert(!schedule_add(&s, (struct schedule_window){ MON, 2, 2 }, &e));
	ck_assert(!schedule_add(&s, (struct schedule_window){ MON, 1440, 2 }, &e));
	for (int i = 0; i < SCHEDULE_WINDOWS_MAX; i++)
		ck_assert(schedule_add(&s, (struct schedule_window){ MON, 1, 2 }, &e));
	ck_assert(!schedule_add(&s, (struct schedule_window){ MON, 1, 2 }, &e));
}
END_TEST

START_TEST(names)
{
	uint64_t v[] = { 7, 3, 7, UINT64_MAX };
	struct silence *s = silence_new();
	struct silence_extra *copy;

	ck_assert(silence_names(s, 5));
	s->extra = silence_extra_new();
	ck_assert(silence_names(s, 5));
	silence_extra_set_fingerprints(s->extra, v, 4);
	ck_assert_uint_eq(s->extra->fingerprints_n, 3);
	ck_assert(silence_names(s, 3) && silence_names(s, 7) && silence_names(s, UINT64_MAX) && !silence_names(s, 5));
	s->extra->schedule = NEW(struct schedule);
	copy = silence_extra_copy(s->extra);
	ck_assert_uint_eq(copy->fingerprints_n, 3);
	ck_assert(copy->schedule != NULL && copy->schedule != s->extra->schedule);
	silence_extra_unref(copy);
	silence_unref(s);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("schedule");
	int rc;

	tcase_add_loop_test(tc, windows, 0, ARRAY_LEN(cases));
	tcase_add_loop_test(tc, agrees_with_clocks, 0, 4);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, names);
	rc = lib_run("schedule", tc);
	tz_fini();
	return rc;
}
