/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading follows Go's time.Parse, down to its leniency (an hour of one digit,
 * a comma before the fraction, zones of +24:00) and its messages: clients get
 * to see these. Which layouts the API takes: go-openapi/strfmt date-time.
 */
#include "base/rfc3339.h"

#include <stdio.h>

#include "base/sbuf.h"

/* Enough of a time that does not parse to recognise it. */
#define SHOWN ((size_t)512)

struct scan {
	const char *layout;	/* all of it */
	struct str all;		/* all of the text */
	struct str rest;	/* not yet read */
	struct wall w;
	int year, month, day;
	struct err *e;
};

static void
quote(struct sbuf *b, struct str s)
{
	sbuf_putc(b, '"');
	for (size_t i = 0; i < s.n && i < SHOWN; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < ' ' || c >= 0x80)
			sbuf_printf(b, "\\x%02x", c);
		else if (c == '"' || c == '\\')
			sbuf_printf(b, "\\%c", c);
		else
			sbuf_putc(b, (char)c);
	}
	sbuf_putc(b, '"');
}

/* The text from `at` on is not what this part of the layout asks for. */
static bool
mismatch(const struct scan *sc, struct str at, const char *part, size_t part_n)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (sc->e == NULL)
		return false;
	sbuf_puts(&b, "parsing time ");
	quote(&b, sc->all);
	sbuf_printf(&b, " as \"%s\": cannot parse ", sc->layout);
	quote(&b, at);
	sbuf_puts(&b, " as ");
	quote(&b, (struct str){ part, part_n });
	err_set(sc->e, ERR_INVALID, "%s", sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

static bool
complain(const struct scan *sc, const char *what, struct str extra)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (sc->e == NULL)
		return false;
	sbuf_puts(&b, "parsing time ");
	quote(&b, sc->all);
	sbuf_printf(&b, ": %s", what);
	if (extra.n != 0)
		quote(&b, extra);
	err_set(sc->e, ERR_INVALID, "%s", sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

static bool
is_digit_at(struct str s, size_t i)
{
	return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* Digits off the front: `most`, or fewer but at least `least`. -1: they are not there. */
static int
take_number(struct str *s, size_t least, size_t most)
{
	int v = 0;
	size_t n = 0;

	for (; n < most && is_digit_at(*s, n); n++)
		v = v * 10 + (s->p[n] - '0');
	if (n < least)
		return -1;
	*s = str_sub(*s, n, s->n);
	return v;
}

/* A point or comma with digits behind it, if there is one; beyond nanoseconds they are cut off. */
static void
fraction(struct scan *sc)
{
	int32_t unit = 100000000;
	size_t n = 1;

	if (sc->rest.n < 2 || (sc->rest.p[0] != '.' && sc->rest.p[0] != ',') ||
	    !is_digit_at(sc->rest, 1))
		return;
	for (; is_digit_at(sc->rest, n); n++, unit /= 10)
		sc->w.ns += (sc->rest.p[n] - '0') * unit;
	sc->rest = str_sub(sc->rest, n, sc->rest.n);
}

static bool
zone(struct scan *sc, const char *part)
{
	struct str s = sc->rest, digits;
	int hours, minutes, sign;

	if (s.n != 0 && s.p[0] == 'Z') {
		sc->rest = str_sub(s, 1, s.n);
		return true;
	}
	if (s.n < 6 || s.p[3] != ':')
		return mismatch(sc, s, part, 6);
	digits = str_sub(s, 1, 3);
	hours = take_number(&digits, 2, 2);
	digits = str_sub(s, 4, 6);
	minutes = take_number(&digits, 2, 2);
	sign = s.p[0] == '+' ? 1 : s.p[0] == '-' ? -1 : 0;
	if (hours < 0 || minutes < 0)
		return mismatch(sc, s, part, 6);
	if (minutes > 60)
		return complain(sc, "time zone offset minute out of range", STR_NONE);
	if (hours > 24)
		return complain(sc, "time zone offset hour out of range", STR_NONE);
	if (sign == 0)
		return mismatch(sc, s, part, 6);
	sc->w.offset = sign * (hours * 3600 + minutes * 60);
	sc->rest = str_sub(s, 6, s.n);
	return true;
}

/* The parts of layouts that stand for numbers. */
static const struct part {
	char name[5];
	size_t least, most;
	int lo, hi;
	const char *range;
} parts[] = {
	{ "2006", 4, 4, 0, 9999, "" },
	{ "01", 2, 2, 1, 12, "month out of range" },
	{ "02", 2, 2, 0, 99, "" },	/* checked when the month is known */
	{ "15", 1, 2, 0, 23, "hour out of range" },
	{ "04", 2, 2, 0, 59, "minute out of range" },
	{ "05", 2, 2, 0, 59, "second out of range" },
};

static const struct part *
part_at(const char *layout)
{
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (strncmp(layout, parts[i].name, strlen(parts[i].name)) == 0)
			return &parts[i];
	return NULL;
}

static bool
number(struct scan *sc, const struct part *part)
{
	struct str at = sc->rest;
	int v = take_number(&sc->rest, part->least, part->most);

	if (v < 0)
		return mismatch(sc, at, part->name, strlen(part->name));
	if (v < part->lo || v > part->hi)
		return complain(sc, part->range, STR_NONE);
	switch (part - parts) {
	case 0:
		sc->year = v;
		break;
	case 1:
		sc->month = v;
		break;
	case 2:
		sc->day = v;
		break;
	case 3:
		sc->w.s += v * 3600;
		break;
	case 4:
		sc->w.s += v * 60;
		break;
	default:
		sc->w.s += v;
		fraction(sc);
		break;
	}
	return true;
}

static bool
parse(const char *layout, struct str s, struct wall *out, struct err *e)
{
	static const char fraction_part[] = ".999999999", zone_part[] = "Z07:00";
	struct scan sc = { .layout = layout, .all = s, .rest = s, .e = e };

	for (const char *at = layout; *at != '\0';) {
		const struct part *part = part_at(at);

		if (part != NULL) {
			if (!number(&sc, part))
				return false;
			at += strlen(part->name);
		} else if (strncmp(at, fraction_part, strlen(fraction_part)) == 0) {
			at += strlen(fraction_part);	/* was read with the seconds */
		} else if (strncmp(at, zone_part, strlen(zone_part)) == 0) {
			if (!zone(&sc, at))
				return false;
			at += strlen(zone_part);
		} else {
			if (sc.rest.n == 0 || sc.rest.p[0] != *at)
				return mismatch(&sc, sc.rest, at, 1);
			sc.rest = str_sub(sc.rest, 1, sc.rest.n);
			at++;
		}
	}
	if (sc.rest.n != 0)
		return complain(&sc, "extra text: ", sc.rest);
	if (sc.day < 1 || sc.day > days_in_month(sc.year, sc.month))
		return complain(&sc, "day out of range", STR_NONE);
	sc.w.s += civil_days(sc.year, sc.month, sc.day) * 86400 - sc.w.offset;
	*out = sc.w;
	return true;
}

/* The value of two digits at p, or more than 99. */
static inline unsigned
two_digits(const char *p)
{
	unsigned tens = (unsigned)(unsigned char)p[0] - '0';
	unsigned ones = (unsigned)(unsigned char)p[1] - '0';

	return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/*
 * The form that nearly all times have: all fields in full, a fraction or none,
 * and a zone. False says nothing about the text: then it is for parse().
 */
static bool
parse_full(struct str s, struct wall *out)
{
	const char *p = s.p, *end = s.p + s.n;
	unsigned century, year, month, day, hour, minute, second;
	int32_t ns = 0, unit = 100000000, offset = 0;

	if (s.n < 20 || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':')
		return false;
	century = two_digits(p);
	year = two_digits(p + 2);
	month = two_digits(p + 5);
	day = two_digits(p + 8);
	hour = two_digits(p + 11);
	minute = two_digits(p + 14);
	second = two_digits(p + 17);
	if (century > 99 || year > 99 || month - 1 > 11 || day < 1 || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	year += century * 100;
	if (day > (unsigned)days_in_month(year, (int)month))
		return false;
	p += 19;
	if (*p == '.') {
		const char *first = ++p;

		for (; p < end && *p >= '0' && *p <= '9'; p++, unit /= 10)
			ns += (*p - '0') * unit;
		if (p == first)
			return false;
	}
	if (end - p == 6 && (*p == '+' || *p == '-') && p[3] == ':') {
		unsigned h = two_digits(p + 1), m = two_digits(p + 4);

		if (h > 24 || m > 60)
			return false;
		offset = (int32_t)(h * 3600 + m * 60) * (*p == '-' ? -1 : 1);
	} else if (end - p != 1 || *p != 'Z') {
		return false;
	}
	out->s = civil_days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
	out->ns = ns;
	out->offset = offset;
	return true;
}

bool
rfc3339_parse(struct str s, struct wall *out, struct err *e)
{
	return parse_full(s, out) || parse("2006-01-02T15:04:05.999999999Z07:00", s, out, e);
}

bool
api_time_parse(struct str s, struct wall *out, struct err *e)
{
	/* The most usual first; a failure is told in terms of the last one. */
	static const char *const layouts[] = {
		"2006-01-02T15:04:05Z07:00",
		"2006-01-02T15:04:05",
		"2006-01-02T15:04Z",
		"2006-01-02T15:04",
		"2006-01-02 15:04:05",
	};

	if (s.n == 0) {
		*out = (struct wall){ 0, 0, 0 };
		return true;
	}
	if (parse_full(s, out))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
		if (parse(layouts[i], s, out, NULL))
			return true;
	return parse("2006-01-02", s, out, e);
}

static char *
put_digits(char *p, uint32_t v, int width)
{
	for (int i = width - 1; i >= 0; i--, v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + width;
}

static char *
put_zone(char *p, int32_t offset)
{
	uint32_t minutes = (uint32_t)(offset < 0 ? -offset : offset) / 60;

	if (offset == 0) {
		*p++ = 'Z';
		return p;
	}
	*p++ = offset < 0 ? '-' : '+';
	p = put_digits(p, minutes / 60, 2);
	*p++ = ':';
	return put_digits(p, minutes % 60, 2);
}

static char *
put_date_time(char *p, struct wall w)
{
	struct civil c = wall_civil(w);

	if (c.year >= 0 && c.year <= 9999)
		p = put_digits(p, (uint32_t)c.year, 4);
	else	/* no RFC 3339, but still to be read by people */
		p += snprintf(p, RFC3339_MAX / 2, "%05lld", (long long)c.year);
	*p++ = '-';
	p = put_digits(p, (uint32_t)c.month, 2);
	*p++ = '-';
	p = put_digits(p, (uint32_t)c.day, 2);
	*p++ = 'T';
	p = put_digits(p, (uint32_t)c.hour, 2);
	*p++ = ':';
	p = put_digits(p, (uint32_t)c.minute, 2);
	*p++ = ':';
	return put_digits(p, (uint32_t)c.second, 2);
}

size_t
api_time_format(struct wall w, char out[RFC3339_MAX])
{
	char *p = put_date_time(out, w);

	*p++ = '.';
	p = put_digits(p, (uint32_t)w.ns / 1000000, 3);
	p = put_zone(p, w.offset);
	*p = '\0';
	return (size_t)(p - out);
}

size_t
rfc3339_format(struct wall w, char out[RFC3339_MAX])
{
	char *p = put_date_time(out, w);

	if (w.ns != 0) {
		*p++ = '.';
		p = put_digits(p, (uint32_t)w.ns, 9);
		while (p[-1] == '0')
			p--;
	}
	p = put_zone(p, w.offset);
	*p = '\0';
	return (size_t)(p - out);
}
