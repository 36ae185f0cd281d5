/* SPDX-License-Identifier: Apache-2.0 */
/* Which layouts the API takes: go-openapi/strfmt date-time. */
#include "base/rfc3339.h"

#include <stdio.h>

#include "base/layout.h"

static bool
parse(const char *layout, struct str s, struct wall *out, struct err *e)
{
	struct zoned_time t;

	if (!layout_parse(str_from(layout), s, &t, e))
		return false;
	*out = t.at;
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
strfmt_time_parse(struct str s, struct wall *out, struct err *e)
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
strfmt_time_format(struct wall w, char out[RFC3339_MAX])
{
	char *p = put_date_time(out, w);

	*p++ = '.';
	p = put_digits(p, (uint32_t)w.ns / 1000000, 3);
	p = put_zone(p, w.offset);
	*p = '\0';
	return (size_t)(p - out);
}

/* The length of all in years that have four digits. */
#define SECOND_N strlen("2006-01-02T15:04:05.000Z")

size_t
strfmt_time_format_over(struct wall w, struct wall other, char text[RFC3339_MAX], size_t n)
{
	if (w.s != other.s || w.offset != 0 || other.offset != 0 || n != SECOND_N)
		return strfmt_time_format(w, text);
	put_digits(text + n - strlen("000Z"), (uint32_t)w.ns / 1000000, 3);
	return n;
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
