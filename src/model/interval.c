/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time intervals: Alertmanager timeinterval.
 */
#include "model/interval.h"

#include <limits.h>

#include "base/quote.h"
#include "base/sbuf.h"
#include "base/tz.h"
#include "base/utf8.h"

#define MINUTES_PER_DAY (24 * 60)

/* Index 0 is number 0. */
static const char *const weekday_names[] = {
	"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
};
static const char *const month_names[] = {
	"", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
	"november", "december",
};

/* A range before it is judged; as wide as what users may write. */
struct wide {
	int64_t begin, end;
};

typedef bool member_fn(struct str s, int64_t *out, struct err *e);

static bool
find_name(const char *const *names, size_t n, struct str s, int64_t *out)
{
	for (size_t i = 0; i < n; i++)
		if (s.n != 0 && str_is(s, names[i])) {
			*out = (int64_t)i;
			return true;
		}
	return false;
}

static bool
refuse_number(struct str s, const char *why, struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&b, s);
	err_set(e, ERR_INVALID, "strconv.Atoi: parsing %s: %s", sbuf_cstr(&b), why);
	sbuf_fini(&b);
	return false;
}

/* strconv.Atoi: an optional sign and decimal digits. */
static bool
parse_number(struct str s, int64_t *out, struct err *e)
{
	bool negative = s.n != 0 && s.p[0] == '-', over = false;
	size_t i = negative || (s.n != 0 && s.p[0] == '+');
	int64_t v = 0;

	if (i == s.n)
		return refuse_number(s, "invalid syntax", e);
	for (; i < s.n; i++) {
		int digit = s.p[i] - '0';

		if (digit < 0 || digit > 9)
			return refuse_number(s, "invalid syntax", e);
		over = over || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, digit, &v);
	}
	/* Summed up below zero, where there is one more number. */
	if (over || (!negative && v == INT64_MIN))
		return refuse_number(s, "value out of range", e);
	*out = negative ? v : -v;
	return true;
}

static bool
parse_weekday(struct str s, int64_t *out, struct err *e)
{
	if (find_name(weekday_names, ARRAY_LEN(weekday_names), s, out))
		return true;
	return err_set(e, ERR_INVALID, "%.*s is not a valid weekday", STR_ARG(s));
}

static bool
parse_month(struct str s, int64_t *out, struct err *e)
{
	if (find_name(month_names, ARRAY_LEN(month_names), s, out) || parse_number(s, out, NULL))
		return true;
	return err_set(e, ERR_INVALID, "%.*s is not a valid month", STR_ARG(s));
}

/* In lower case. */
static bool
parse_lower_range(struct str s, member_fn *member, struct wide *out, struct err *e)
{
	size_t colon = str_chr(s, ':');
	struct str rest;

	if (colon == s.n) {
		if (!member(s, &out->begin, e))
			return false;
		out->end = out->begin;
		return true;
	}
	rest = str_sub(s, colon + 1, s.n);
	if (str_chr(rest, ':') != rest.n)
		return err_set(e, ERR_INVALID, "couldn't parse range %.*s, invalid format", STR_ARG(s));
	return member(str_sub(s, 0, colon), &out->begin, e) && member(rest, &out->end, e);
}

static bool
parse_range(struct str s, member_fn *member, struct wide *out, struct err *e)
{
	struct sbuf lower = SBUF_INIT(SBUF_UNLIMITED);
	uint32_t r;
	char bytes[4];
	bool ok;

	for (size_t n; (n = utf8_decode(s, &r)) != 0; s = str_sub(s, n, s.n))
		sbuf_put(&lower, bytes, utf8_encode(rune_lower(r), bytes));
	ok = parse_lower_range(sbuf_get(&lower), member, out, e);
	sbuf_fini(&lower);
	return ok;
}

static int
to_int(int64_t v)
{
	return v > INT_MAX ? INT_MAX : v < INT_MIN ? INT_MIN : (int)v;
}

static struct interval_range
narrow(struct wide w)
{
	return (struct interval_range){ to_int(w.begin), to_int(w.end) };
}

bool
interval_parse_weekdays(struct str s, struct interval_range *out, struct err *e)
{
	struct wide w = { 0, 0 };

	if (!parse_range(s, parse_weekday, &w, e))
		return false;
	if (w.begin > w.end)
		return err_set(e, ERR_INVALID, "start day cannot be before end day");
	*out = narrow(w);
	return true;
}

static bool
is_day(int64_t d)
{
	return d != 0 && d >= -31 && d <= 31;
}

bool
interval_parse_days_of_month(struct str s, struct interval_range *out, struct err *e)
{
	struct wide w = { 0, 0 };

	if (!parse_range(s, parse_number, &w, e))
		return false;
	if (!is_day(w.begin) || !is_day(w.end))
		return err_set(e, ERR_INVALID, "%lld is not a valid day of the month: out of range",
		    (long long)(is_day(w.begin) ? w.end : w.begin));
	if (w.begin < 0 && w.end > 0)
		return err_set(e, ERR_INVALID, "end day must be negative if start day is negative");
	/* Months differ; this finds what is wrong in the shortest. */
	if ((w.begin < 0 ? 28 + w.begin : w.begin) > (w.end < 0 ? 28 + w.end : w.end))
		return err_set(e, ERR_INVALID, "end day %lld is always before start day %lld", (long long)w.end,
		    (long long)w.begin);
	*out = narrow(w);
	return true;
}

const char *
interval_weekday_name(int day)
{
	return weekday_names[day];
}

static const char *
month_name(int64_t m)
{
	return m >= 1 && m <= 12 ? month_names[m] : "";
}

bool
interval_parse_months(struct str s, struct interval_range *out, struct err *e)
{
	struct wide w = { 0, 0 };

	if (!parse_range(s, parse_month, &w, e))
		return false;
	if (w.begin > w.end)
		return err_set(e, ERR_INVALID, "end month %s is before start month %s", month_name(w.end),
		    month_name(w.begin));
	*out = narrow(w);
	return true;
}

bool
interval_parse_years(struct str s, struct interval_range *out, struct err *e)
{
	struct wide w = { 0, 0 };

	if (!parse_range(s, parse_number, &w, e))
		return false;
	if (w.begin > w.end)
		return err_set(e, ERR_INVALID, "end year %lld is before start year %lld", (long long)w.end,
		    (long long)w.begin);
	*out = narrow(w);
	return true;
}

/* HH:MM, to 24:00. */
static bool
parse_minute(struct str s, int *out, struct err *e)
{
	bool ok = s.n == 5 && s.p[2] == ':';

	for (size_t i = 0; ok && i < 5; i++)
		ok = i == 2 || (s.p[i] >= '0' && s.p[i] <= '9');
	if (ok) {
		int hour = (s.p[0] - '0') * 10 + s.p[1] - '0', minute = (s.p[3] - '0') * 10 + s.p[4] - '0';

		*out = hour * 60 + minute;
		ok = minute < 60 && *out <= MINUTES_PER_DAY;
	}
	return ok || err_set(e, ERR_INVALID, "couldn't parse timestamp %.*s, invalid format", STR_ARG(s));
}

bool
interval_parse_times(struct str start, struct str end, struct interval_range *out, struct err *e)
{
	struct interval_range r;

	if (start.n == 0 || end.n == 0)
		return err_set(e, ERR_INVALID, "both start and end times must be provided");
	if (!parse_minute(start, &r.begin, e) || !parse_minute(end, &r.end, e))
		return false;
	if (r.begin >= r.end)
		return err_set(e, ERR_INVALID, "start time cannot be equal or greater than end time");
	*out = r;
	return true;
}

static bool
ranges_contain(const struct interval_ranges *rs, int64_t v)
{
	if (!rs->present)
		return true;
	for (size_t i = 0; i < rs->n; i++)
		if (v >= rs->r[i].begin && v <= rs->r[i].end)
			return true;
	return false;
}

static bool
times_contain(const struct interval_ranges *rs, int minute)
{
	if (!rs->present)
		return true;
	for (size_t i = 0; i < rs->n; i++)
		if (minute >= rs->r[i].begin && minute < rs->r[i].end)
			return true;
	return false;
}

static bool
days_contain(const struct interval_ranges *rs, int day, int last)
{
	if (!rs->present)
		return true;
	for (size_t i = 0; i < rs->n; i++) {
		int begin = rs->r[i].begin, end = rs->r[i].end;

		if (begin < 0)
			begin += last + 1;
		if (end < 0)
			end += last + 1;
		/* A day beyond the month's end is no day of it; the end of a range may be. */
		if (begin <= last && day >= begin && day <= end)
			return true;
	}
	return false;
}

static bool
interval_contains(const struct interval *in, struct wall t)
{
	struct wall local = in->location != NULL ? zone_apply(in->location, t, NULL) : wall_utc(t);
	struct civil c = wall_civil(local);

	return times_contain(&in->times, c.hour * 60 + c.minute) &&
	    days_contain(&in->days_of_month, c.day, days_in_month(c.year, c.month)) &&
	    ranges_contain(&in->months, c.month) && ranges_contain(&in->weekdays, c.weekday) &&
	    ranges_contain(&in->years, c.year);
}

bool
time_interval_contains(const struct time_interval *ti, struct wall t)
{
	for (size_t i = 0; i < ti->n; i++)
		if (interval_contains(&ti->intervals[i], t))
			return true;
	return false;
}
