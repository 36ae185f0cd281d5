/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Days and dates: the Gregorian calendar in years that begin on 1 March, so
 * that the leap day comes last (Richards, "Mapping Time").
 */
#include "base/time.h"

#include <assert.h>

#define NS_PER_S INT64_C(1000000000)
#define S_PER_DAY INT64_C(86400)
#define DAYS_PER_400Y INT64_C(146097)

/* Beyond any date that can be written; keeps all sums far from overflow. */
#define YEAR_MAX INT64_C(10000000000)
#define DAY_MAX (YEAR_MAX * 366)

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
floor_mod(int64_t a, int64_t b)
{
	return a % b + (a % b < 0 ? b : 0);
}

static int64_t
clamp(int64_t x, int64_t limit)
{
	return x > limit ? limit : x < -limit ? -limit : x;
}

static int64_t
add_sat(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

struct wall
wall_add(struct wall w, span d)
{
	int64_t s = floor_div(d, NS_PER_S);
	int32_t ns = (int32_t)(w.ns + floor_mod(d, NS_PER_S));

	if (ns >= NS_PER_S) {
		ns -= (int32_t)NS_PER_S;
		s++;
	}
	w.s = add_sat(w.s, s);
	w.ns = ns;
	return w;
}

span
wall_sub(struct wall a, struct wall b)
{
	int64_t s, d, ns = a.ns - b.ns;

	if (__builtin_sub_overflow(a.s, b.s, &s))
		return a.s < b.s ? INT64_MIN : INT64_MAX;
	/* Both parts with one sign, so that neither overflows where the sum does not. */
	if (s < 0 && ns > 0) {
		s++;
		ns -= NS_PER_S;
	} else if (s > 0 && ns < 0) {
		s--;
		ns += NS_PER_S;
	}
	if (__builtin_mul_overflow(s, NS_PER_S, &d) || __builtin_add_overflow(d, ns, &d))
		return s < 0 ? INT64_MIN : INT64_MAX;
	return d;
}

struct wall
wall_from_ns(int64_t unix_ns)
{
	return (struct wall){ floor_div(unix_ns, NS_PER_S), (int32_t)floor_mod(unix_ns, NS_PER_S),
		0 };
}

int64_t
wall_to_ns(struct wall w)
{
	return wall_sub(w, (struct wall){ 0, 0, 0 });
}

struct mono
mono_add(struct mono m, span d)
{
	return (struct mono){ add_sat(m.ns, d) };
}

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int
days_in_month(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	assert(month >= 1 && month <= 12);
	return days[month - 1] + (month == 2 && is_leap(year));
}

int64_t
civil_days(int64_t year, int64_t month, int64_t day)
{
	int64_t y, m, carry, days;

	year = clamp(year, YEAR_MAX);
	month = clamp(month, YEAR_MAX * 12);
	day = clamp(day, DAY_MAX);
	/* Months from March, 0 to 11. */
	carry = floor_div(month - 3, 12);
	m = month - 3 - carry * 12;
	y = year + carry;
	days = y * 365 + floor_div(y, 4) - floor_div(y, 100) + floor_div(y, 400);
	days += (153 * m + 2) / 5;
	/* 719468 days from 0000-03-01 to 1970-01-01. */
	return days + day - 1 - 719468;
}

struct civil
wall_civil(struct wall w)
{
	int64_t t = add_sat(w.s, w.offset);
	int64_t days = floor_div(t, S_PER_DAY);
	int rest = (int)floor_mod(t, S_PER_DAY);
	int64_t z = days + 719468;
	int64_t era = floor_div(z, DAYS_PER_400Y);
	int64_t doe = z - era * DAYS_PER_400Y;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int m = (int)((5 * doy + 2) / 153);
	struct civil c = { 0 };

	c.day = (int)(doy - (153 * m + 2) / 5) + 1;
	c.month = m < 10 ? m + 3 : m - 9;
	c.year = era * 400 + yoe + (c.month <= 2);
	c.hour = rest / 3600;
	c.minute = rest / 60 % 60;
	c.second = rest % 60;
	/* 1970-01-01 was a Thursday. */
	c.weekday = (int)floor_mod(days + 4, 7);
	/* 1 March is day 60 of the year, or 61. */
	c.yearday = (int)doy + (c.month > 2 ? 60 + is_leap(c.year) : -305);
	return c;
}
