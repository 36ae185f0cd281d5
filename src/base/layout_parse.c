/* SPDX-License-Identifier: Apache-2.0 */
#include "base/layout.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/quote.h"

struct parse {
	struct str layout, value;	/* as given, for messages */
	struct str rest;		/* of the value */
	const char *range;		/* what is out of range */
	bool am, pm;
	int64_t year;
	int month, day, yearday, hour, minute, second, ns;	/* -1: not given (month, day, yearday) */
	bool utc, has_offset;
	int offset;
	struct str zone;
};

static bool
digit_at(struct str s, size_t i)
{
	return i < s.n && ascii_digit(s.p[i]);
}

static struct str
skip(struct str s, size_t n)
{
	return str_sub(s, n, s.n);
}

static bool
fail(const struct parse *p, struct err *e, const char *message, struct str shown)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (e == NULL)
		return false;
	quote_time(&b, p->value);
	sbuf_printf(&b, ": %s", message);
	if (shown.n > 0)
		quote_time(&b, shown);
	err_set(e, ERR_INVALID, "parsing time %s", sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

static bool
fail_at(const struct parse *p, struct err *e, struct str element, struct str rest)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (e == NULL)
		return false;
	quote_time(&b, p->value);
	sbuf_puts(&b, " as ");
	quote_time(&b, p->layout);
	sbuf_puts(&b, ": cannot parse ");
	quote_time(&b, rest);
	sbuf_puts(&b, " as ");
	quote_time(&b, element);
	err_set(e, ERR_INVALID, "parsing time %s", sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

static struct str
cut_space(struct str s)
{
	while (s.n > 0 && s.p[0] == ' ')
		s = skip(s, 1);
	return s;
}

/* Literal text of the layout; a blank stands for any number of blanks. */
static bool
literal(struct parse *p, struct str prefix)
{
	while (prefix.n > 0) {
		if (prefix.p[0] == ' ') {
			if (p->rest.n > 0 && p->rest.p[0] != ' ')
				return false;
			prefix = cut_space(prefix);
			p->rest = cut_space(p->rest);
			continue;
		}
		if (p->rest.n == 0 || p->rest.p[0] != prefix.p[0])
			return false;
		prefix = skip(prefix, 1);
		p->rest = skip(p->rest, 1);
	}
	return true;
}

/* One or two digits; `fixed` demands two. */
static bool
number(struct str *s, bool fixed, int *out)
{
	if (!digit_at(*s, 0) || (fixed && !digit_at(*s, 1)))
		return false;
	size_t n = digit_at(*s, 1) ? 2 : 1;
	*out = n == 1 ? s->p[0] - '0' : (s->p[0] - '0') * 10 + s->p[1] - '0';
	*s = skip(*s, n);
	return true;
}

/* Up to three digits. */
static bool
number3(struct str *s, bool fixed, int *out)
{
	size_t n = 0;
	int v = 0;

	while (n < 3 && digit_at(*s, n))
		v = v * 10 + (s->p[n++] - '0');
	if (n == 0 || (fixed && n != 3))
		return false;
	*out = v;
	*s = skip(*s, n);
	return true;
}

/* Exactly n digits (a sign in front is taken for two-digit years, as atoi does). */
static bool
digits(struct parse *p, size_t n, int *out)
{
	struct str s = str_sub(p->rest, 0, n);
	bool negative = s.n > 0 && s.p[0] == '-';
	int v = 0;

	if (s.n < n)
		return false;
	p->rest = skip(p->rest, n);
	if (negative || s.p[0] == '+')
		s = skip(s, 1);
	for (size_t i = 0; i < s.n; i++) {
		if (!digit_at(s, i))
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	*out = negative ? -v : v;
	return s.n > 0;
}

static bool
name(struct parse *p, const char *const *names, size_t n, bool whole, int *out)
{
	for (size_t i = 0; i < n; i++) {
		struct str want = { names[i], whole ? strlen(names[i]) : 3 };
		if (str_caseeq(str_sub(p->rest, 0, want.n), want)) {
			p->rest = skip(p->rest, want.n);
			*out = (int)i;
			return true;
		}
	}
	return false;
}

static void
limit(struct parse *p, int v, int low, int high, const char *what)
{
	if (v < low || v > high)
		p->range = what;
}

/* A point or comma and n - 1 digits. */
static bool
fraction(struct parse *p, size_t n)
{
	struct str s = str_sub(p->rest, 0, n);
	int v = 0;

	if (s.n < n || (s.p[0] != '.' && s.p[0] != ','))
		return false;
	if (s.n > 10)
		s.n = 10;
	for (size_t i = 1; i < s.n; i++) {
		if (!digit_at(s, i))
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	if (s.n == 1)
		return false;
	for (size_t i = s.n; i < 10; i++)
		v *= 10;
	p->ns = v;
	p->rest = skip(p->rest, n);
	return true;
}

static size_t
fraction_length(struct str s)
{
	size_t n = 1;

	if (s.n < 2 || (s.p[0] != '.' && s.p[0] != ',') || !digit_at(s, 1))
		return 0;
	while (digit_at(s, n))
		n++;
	return n;
}

static bool
seconds(struct parse *p, const struct layout_chunk *c)
{
	if (!number(&p->rest, c->code == LAYOUT_ZERO_SECOND, &p->second))
		return false;
	limit(p, p->second, 0, 59, "second");
	if (p->range != NULL || fraction_length(p->rest) == 0)
		return true;
	/* A fraction is taken even if the layout has none. */
	enum layout_code next = layout_next(c->suffix).code;
	if (next == LAYOUT_FRACTION_0 || next == LAYOUT_FRACTION_9)
		return true;
	return fraction(p, fraction_length(p->rest));
}

static bool
offset(struct parse *p, const struct layout_chunk *c)
{
	size_t gap = c->colon ? 1 : 0;
	size_t n = 3 + (c->minutes ? 2 + gap : 0) + (c->seconds ? 2 + gap : 0);
	int hour = 0, minute = 0, second = 0;
	struct str s = p->rest, part;
	bool ok;

	if (c->zulu && s.n > 0 && s.p[0] == 'Z') {
		p->utc = true;
		p->rest = skip(s, 1);
		return true;
	}
	if (s.n < n || (c->colon && (s.p[3] != ':' || (c->seconds && s.p[6] != ':'))))
		return false;
	p->rest = skip(s, n);
	part = str_sub(s, 1, 3);
	ok = number(&part, true, &hour);
	part = str_sub(s, 3 + gap, 5 + gap);
	ok = ok && (!c->minutes || number(&part, true, &minute));
	part = str_sub(s, 5 + 2 * gap, 7 + 2 * gap);
	ok = ok && (!c->seconds || number(&part, true, &second));
	/* 24 and 60 are in use. */
	limit(p, hour, 0, 24, "time zone offset hour");
	limit(p, minute, 0, 60, "time zone offset minute");
	limit(p, second, 0, 60, "time zone offset second");
	p->has_offset = true;
	p->offset = (hour * 60 + minute) * 60 + second;
	if (s.p[0] == '-')
		p->offset = -p->offset;
	return ok && (s.p[0] == '+' || s.p[0] == '-');
}

/* The length of "+3" or "-11" at the start of s, 0 when it is none. */
static size_t
signed_hours(struct str s)
{
	size_t n = 1;
	int v = 0;

	if (s.n == 0 || (s.p[0] != '+' && s.p[0] != '-'))
		return 0;
	for (; digit_at(s, n) && v < 1000; n++)
		v = v * 10 + (s.p[n] - '0');
	return n == 1 || v > 23 ? 0 : n;
}

/* The length of a zone's abbreviation at the start of s. */
static size_t
zone_length(struct str s)
{
	size_t upper = 0;

	if (s.n < 3)
		return 0;
	if (str_starts(s, STR("ChST")) || str_starts(s, STR("MeST")))
		return 4;
	if (str_starts(s, STR("GMT")))
		return 3 + signed_hours(skip(s, 3));
	if (s.p[0] == '+' || s.p[0] == '-')
		return signed_hours(s);
	while (upper < 6 && upper < s.n && s.p[upper] >= 'A' && s.p[upper] <= 'Z')
		upper++;
	if (upper == 3)
		return 3;
	if (upper == 4)
		return s.p[3] == 'T' || str_starts(s, STR("WITA")) ? 4 : 0;
	return upper == 5 && s.p[4] == 'T' ? 5 : 0;
}

static bool
zone(struct parse *p)
{
	if (str_starts(p->rest, STR("UTC"))) {
		p->utc = true;
		p->rest = skip(p->rest, 3);
		return true;
	}
	size_t n = zone_length(p->rest);
	p->zone = str_sub(p->rest, 0, n);
	p->rest = skip(p->rest, n);
	return n > 0;
}

static bool
half_day(struct parse *p, const char *am, const char *pm)
{
	struct str s = str_sub(p->rest, 0, 2);

	if (s.n == 2)
		p->rest = skip(p->rest, 2);
	p->am = p->am || str_is(s, am);
	p->pm = p->pm || str_is(s, pm);
	return str_is(s, am) || str_is(s, pm);
}

static bool
date_element(struct parse *p, const struct layout_chunk *c)
{
	int v = 0;
	bool ok;

	switch ((int)c->code) {
	case LAYOUT_YEAR:
		ok = digits(p, 2, &v);
		p->year = v >= 69 ? 1900 + v : 2000 + v;
		return ok;
	case LAYOUT_LONG_YEAR:
		ok = digit_at(p->rest, 0) && digits(p, 4, &v);
		p->year = v;
		return ok;
	case LAYOUT_MONTH:
	case LAYOUT_LONG_MONTH:
		ok = name(p, layout_months, 12, c->code == LAYOUT_LONG_MONTH, &v);
		p->month = v + 1;
		return ok;
	case LAYOUT_NUM_MONTH:
	case LAYOUT_ZERO_MONTH:
		ok = number(&p->rest, c->code == LAYOUT_ZERO_MONTH, &p->month);
		if (ok)
			limit(p, p->month, 1, 12, "month");
		return ok;
	case LAYOUT_WEEKDAY:
	case LAYOUT_LONG_WEEKDAY:
		return name(p, layout_weekdays, 7, c->code == LAYOUT_LONG_WEEKDAY, &v);
	case LAYOUT_DAY:
	case LAYOUT_UNDER_DAY:
	case LAYOUT_ZERO_DAY:
		if (c->code == LAYOUT_UNDER_DAY && p->rest.n > 0 && p->rest.p[0] == ' ')
			p->rest = skip(p->rest, 1);
		return number(&p->rest, c->code == LAYOUT_ZERO_DAY, &p->day);
	case LAYOUT_UNDER_YEARDAY:
	case LAYOUT_ZERO_YEARDAY:
	default:
		for (int i = 0; i < 2; i++)
			if (c->code == LAYOUT_UNDER_YEARDAY && p->rest.n > 0 && p->rest.p[0] == ' ')
				p->rest = skip(p->rest, 1);
		return number3(&p->rest, c->code == LAYOUT_ZERO_YEARDAY, &p->yearday);
	}
}

static bool
time_element(struct parse *p, const struct layout_chunk *c)
{
	bool ok;

	switch ((int)c->code) {
	case LAYOUT_HOUR:
		ok = number(&p->rest, false, &p->hour);
		limit(p, p->hour, 0, 23, "hour");
		return ok;
	case LAYOUT_HOUR12:
	case LAYOUT_ZERO_HOUR12:
		ok = number(&p->rest, c->code == LAYOUT_ZERO_HOUR12, &p->hour);
		limit(p, p->hour, 0, 12, "hour");
		return ok;
	case LAYOUT_MINUTE:
	case LAYOUT_ZERO_MINUTE:
		ok = number(&p->rest, c->code == LAYOUT_ZERO_MINUTE, &p->minute);
		limit(p, p->minute, 0, 59, "minute");
		return ok;
	case LAYOUT_SECOND:
	case LAYOUT_ZERO_SECOND:
		return seconds(p, c);
	case LAYOUT_PM:
		return half_day(p, "AM", "PM");
	case LAYOUT_LOWER_PM:
		return half_day(p, "am", "pm");
	case LAYOUT_OFFSET:
		return offset(p, c);
	case LAYOUT_TZ:
		return zone(p);
	case LAYOUT_FRACTION_0:
		return fraction(p, 1 + (size_t)c->digits);
	case LAYOUT_FRACTION_9:
		return fraction_length(p->rest) == 0 || fraction(p, fraction_length(p->rest));
	default:
		return date_element(p, c);
	}
}

/* Fills month and day, from the day of the year too. NULL, or what is wrong. */
static const char *
settle_date(struct parse *p)
{
	if (p->yearday >= 0) {
		int left = p->yearday, month = 1;
		if (left < 1 || left > 365 + (days_in_month(p->year, 2) == 29))
			return "day-of-year out of range";
		while (left > days_in_month(p->year, month))
			left -= days_in_month(p->year, month++);
		if (p->month >= 0 && p->month != month)
			return "day-of-year does not match month";
		if (p->day >= 0 && p->day != left)
			return "day-of-year does not match day";
		p->month = month;
		p->day = left;
	}
	if (p->month < 0)
		p->month = 1;
	if (p->day < 0)
		p->day = 1;
	if (p->day < 1 || p->day > days_in_month(p->year, p->month))
		return "day out of range";
	return NULL;
}

static void
result(const struct parse *p, struct zoned_time *out)
{
	int64_t s = civil_days(p->year, p->month, p->day) * 86400 + p->hour * 3600 + p->minute * 60 + p->second;
	int offset_s = 0;
	bool named = p->zone.n > 0 && !p->utc;

	*out = (struct zoned_time){ { s, p->ns, 0 }, zone_utc(), STR("UTC") };
	if (p->utc || (!p->has_offset && !named))
		return;
	if (p->has_offset) {
		offset_s = p->offset;
		out->at.s -= offset_s;
		if (offset_s == 0 && (!named || str_is(p->zone, "UTC")))
			return;
	} else if (str_starts(p->zone, STR("GMT")) && p->zone.n > 3) {
		for (size_t i = 4; i < p->zone.n; i++)
			offset_s = offset_s * 10 + (p->zone.p[i] - '0');
		offset_s *= p->zone.p[3] == '-' ? -3600 : 3600;
	}
	/* A zone known by its name alone does not move the time: Go's FixedZone after Date in UTC. */
	out->at.offset = offset_s;
	out->zone = NULL;
	out->abbreviation = p->zone;
}

bool
layout_parse(struct str layout, struct str s, struct zoned_time *out, struct err *e)
{
	struct parse p = { .layout = layout, .value = s, .rest = s, .month = -1, .day = -1, .yearday = -1 };
	char message[64];
	const char *wrong;

	for (;;) {
		struct layout_chunk c = layout_next(layout);
		struct str hold;
		bool ok;

		if (!literal(&p, c.prefix))
			return fail_at(&p, e, c.prefix, p.rest);
		if (c.code == LAYOUT_NONE)
			break;
		hold = p.rest;
		ok = time_element(&p, &c);
		if (p.range != NULL) {
			snprintf(message, sizeof(message), "%s out of range", p.range);
			return fail(&p, e, message, STR_NONE);
		}
		if (!ok)
			return fail_at(&p, e, c.text, hold);
		layout = c.suffix;
	}
	if (p.rest.n > 0)
		return fail(&p, e, "extra text: ", p.rest);
	if (p.pm && p.hour < 12)
		p.hour += 12;
	else if (p.am && p.hour == 12)
		p.hour = 0;
	wrong = settle_date(&p);
	if (wrong != NULL)
		return fail(&p, e, wrong, STR_NONE);
	result(&p, out);
	return true;
}
