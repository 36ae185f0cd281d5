/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prometheus durations: prometheus/common model/time.go. Go durations: Go
 * time.ParseDuration and Duration.String. Flags: go-str2duration, as kingpin uses it.
 */
#include "base/duration.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/copy.h"
#include "base/quote.h"
#include "base/sbuf.h"

#define DAY (24 * SPAN_HOUR)
#define SPAN_LIMIT (UINT64_C(1) << 63)
/* The part of an input that goes into a message. */
#define SHOWN ((size_t)1 << 20)

struct unit {
	const char *name;
	uint64_t ns;
};

/* In the order in which they have to come. */
static const struct unit units_prometheus[] = {
	{ "y", 365 * DAY }, { "w", 7 * DAY }, { "d", DAY }, { "h", SPAN_HOUR },
	{ "m", SPAN_MIN }, { "s", SPAN_S }, { "ms", SPAN_MS }, { NULL, 0 },
};

/* The last two are for flags only. Micro comes as U+00B5 and as U+03BC. */
static const struct unit units_go[] = {
	{ "ns", 1 }, { "us", SPAN_US }, { "\xC2\xB5s", SPAN_US }, { "\xCE\xBCs", SPAN_US },
	{ "ms", SPAN_MS }, { "s", SPAN_S }, { "m", SPAN_MIN }, { "h", SPAN_HOUR },
	{ NULL, 0 },
};
static const struct unit units_days[] = { { "d", DAY }, { "w", 7 * DAY }, { NULL, 0 } };

static const struct unit *
find_unit(const struct unit *units, struct str name)
{
	for (; units->name != NULL; units++)
		if (str_is(name, units->name))
			return units;
	return NULL;
}

static size_t
digits(struct str s)
{
	size_t n = 0;

	while (n < s.n && ascii_digit(s.p[n]))
		n++;
	return n;
}

/* The value of all digits of s; false when it is more than `max`. */
static bool
integer(struct str s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.n; i++) {
		uint64_t d = (uint64_t)(s.p[i] - '0');

		if (v > (max - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

static bool
not_valid(struct err *e, struct str s)
{
	struct sbuf q = SBUF_INIT(SHOWN);

	quote_go(&q, s);
	err_set(e, ERR_INVALID, "not a valid duration string: %s", sbuf_cstr(&q));
	sbuf_fini(&q);
	return false;
}

static bool
unknown_unit(struct err *e, struct str unit, struct str s)
{
	struct sbuf q = SBUF_INIT(SHOWN);

	sbuf_puts(&q, "unknown unit ");
	quote_go(&q, unit);
	sbuf_puts(&q, " in duration ");
	quote_go(&q, s);
	err_set(e, ERR_INVALID, "%s", sbuf_cstr(&q));
	sbuf_fini(&q);
	return false;
}

bool
duration_parse(struct str s, span *out, struct err *e)
{
	struct str rest = s;
	const struct unit *least = units_prometheus;	/* the next may not be before it */
	uint64_t sum = 0;

	if (s.n == 0)
		return err_set(e, ERR_INVALID, "empty duration string");
	if (str_is(s, "0"))
		rest.n = 0;
	while (rest.n != 0) {
		size_t n = digits(rest), u = n;
		const struct unit *unit;
		uint64_t v, part;

		if (n == 0 || !integer(str_sub(rest, 0, n), UINT64_MAX, &v))
			return not_valid(e, s);
		while (u < rest.n && !ascii_digit(rest.p[u]))
			u++;
		if (u == n)
			return not_valid(e, s);
		unit = find_unit(units_prometheus, str_sub(rest, n, u));
		if (unit == NULL)
			return unknown_unit(e, str_sub(rest, n, u), s);
		if (unit < least)
			return not_valid(e, s);
		least = unit + 1;
		if (__builtin_mul_overflow(v, unit->ns, &part) ||
		    __builtin_add_overflow(sum, part, &sum) || sum > INT64_MAX)
			return err_set(e, ERR_INVALID, "duration out of range");
		rest = str_sub(rest, u, rest.n);
	}
	*out = (span)sum;
	return true;
}

/* The differences between Go's durations and those of flags. */
struct dialect {
	bool days;		/* units d and w */
	uint64_t limit;		/* the most below 0; above it is one less than 2^63 */
	void (*quote)(struct sbuf *b, struct str s);
};

static void
quote_raw(struct sbuf *b, struct str s)
{
	sbuf_putc(b, '"');
	sbuf_str(b, s);
	sbuf_putc(b, '"');
}

static const struct dialect dialect_go = { false, SPAN_LIMIT, quote_time };
static const struct dialect dialect_flag = { true, SPAN_LIMIT - 1, quote_raw };

static bool
go_error(struct err *e, const struct dialect *d, const char *what, struct str unit, struct str s)
{
	struct sbuf q = SBUF_INIT(SHOWN);

	sbuf_printf(&q, "time: %s ", what);
	if (unit.n != 0) {
		d->quote(&q, unit);
		sbuf_puts(&q, " in duration ");
	}
	d->quote(&q, s);
	err_set(e, ERR_INVALID, "%s", sbuf_cstr(&q));
	sbuf_fini(&q);
	return false;
}

/*
 * The digits behind a point, as *value / *scale. Digits beyond what 63 bits
 * hold do not matter.
 */
static void
fraction(struct str s, uint64_t *value, double *scale)
{
	uint64_t v = 0;
	double sc = 1;

	for (size_t i = 0; i < s.n; i++) {
		uint64_t d = (uint64_t)(s.p[i] - '0');

		if (v > (SPAN_LIMIT - 1) / 10 || v * 10 + d > SPAN_LIMIT)
			break;
		v = v * 10 + d;
		sc *= 10;
	}
	*value = v;
	*scale = sc;
}

/* One number with its unit off the front of *rest, added to *sum (at most the limit). */
static bool
go_part(struct str *rest, struct str s, const struct dialect *dia, uint64_t *sum, struct err *e)
{
	size_t whole = digits(*rest), n = whole, u;
	uint64_t v, f = 0;
	double scale = 1;
	const struct unit *unit;
	struct str name;

	if (!integer(str_sub(*rest, 0, whole), dia->limit, &v))
		return go_error(e, dia, "invalid duration", STR_NONE, s);
	if (n < rest->n && rest->p[n] == '.') {
		struct str after = str_sub(*rest, n + 1, rest->n);
		size_t k = digits(after);

		fraction(str_sub(after, 0, k), &f, &scale);
		if (whole + k == 0)
			return go_error(e, dia, "invalid duration", STR_NONE, s);
		n += 1 + k;
	}
	for (u = n; u < rest->n && rest->p[u] != '.' && !ascii_digit(rest->p[u]);)
		u++;
	if (u == n)
		return go_error(e, dia, "missing unit in duration", STR_NONE, s);
	name = str_sub(*rest, n, u);
	unit = find_unit(units_go, name);
	if (unit == NULL && dia->days)
		unit = find_unit(units_days, name);
	if (unit == NULL)
		return go_error(e, dia, "unknown unit", name, s);
	if (v > dia->limit / unit->ns)
		return go_error(e, dia, "invalid duration", STR_NONE, s);
	/* Less than 2^63 and one unit: far from overflow. */
	v = v * unit->ns + (uint64_t)((double)f * ((double)unit->ns / scale));
	if (v > dia->limit || v > dia->limit - *sum)
		return go_error(e, dia, "invalid duration", STR_NONE, s);
	*sum += v;
	*rest = str_sub(*rest, u, rest->n);
	return true;
}

static bool
parse_go(struct str s, const struct dialect *dia, span *out, struct err *e)
{
	bool negative = s.n != 0 && s.p[0] == '-';
	struct str rest = negative || (s.n != 0 && s.p[0] == '+') ? str_sub(s, 1, s.n) : s;
	uint64_t sum = 0;

	if (str_is(rest, "0")) {
		*out = 0;
		return true;
	}
	if (rest.n == 0)
		return go_error(e, dia, "invalid duration", STR_NONE, s);
	while (rest.n != 0) {
		if (rest.p[0] != '.' && !ascii_digit(rest.p[0]))
			return go_error(e, dia, "invalid duration", STR_NONE, s);
		if (!go_part(&rest, s, dia, &sum, e))
			return false;
	}
	if (sum == SPAN_LIMIT && !negative)
		return go_error(e, dia, "invalid duration", STR_NONE, s);
	*out = negative ? (span)(0 - sum) : (span)sum;
	return true;
}

bool
duration_parse_go(struct str s, span *out, struct err *e)
{
	return parse_go(s, &dialect_go, out, e);
}

bool
duration_parse_flag(struct str s, span *out, struct err *e)
{
	return parse_go(s, &dialect_flag, out, e);
}

size_t
duration_format(span d, char out[DURATION_MAX])
{
	uint64_t ns = d < 0 ? 0 - (uint64_t)d : (uint64_t)d;
	uint64_t left = ns - ns % SPAN_MS;
	size_t n = 0;

	if (left == 0)
		return (size_t)snprintf(out, DURATION_MAX, "0s");
	if (d < 0)
		out[n++] = '-';
	for (const struct unit *u = units_prometheus; u->name != NULL; u++) {
		/* Years and weeks only when nothing else is left. */
		bool exact = u - units_prometheus < 2;

		if (left < u->ns || (exact && left % u->ns != 0))
			continue;
		n += (size_t)snprintf(out + n, DURATION_MAX - n, "%llu%s",
		    (unsigned long long)(left / u->ns), u->name);
		left %= u->ns;
	}
	return n;
}

/* Writes v, after a point the remainder of a division by 10^places, and the unit; returns where they end. */
static char *
put_decimal(char *p, uint64_t v, uint64_t rest, int places, const char *unit)
{
	p = copy_uint(p, v);
	if (rest != 0) {
		*p = '.';
		for (int i = places; i > 0; i--, rest /= 10)
			p[i] = (char)('0' + rest % 10);
		p += places + 1;
		while (p[-1] == '0')
			p--;
	}
	return copy_short(p, unit, strlen(unit) + 1) - 1;
}

static char *
put_go(char *p, uint64_t ns)
{
	if (ns < SPAN_US)
		return put_decimal(p, ns, 0, 0, ns == 0 ? "s" : "ns");
	if (ns < SPAN_MS)
		return put_decimal(p, ns / SPAN_US, ns % SPAN_US, 3, "\xC2\xB5s");
	if (ns < SPAN_S)
		return put_decimal(p, ns / SPAN_MS, ns % SPAN_MS, 6, "ms");
	if (ns >= SPAN_HOUR)
		p = put_decimal(p, ns / SPAN_HOUR, 0, 0, "h");
	if (ns >= SPAN_MIN)
		p = put_decimal(p, ns % SPAN_HOUR / SPAN_MIN, 0, 0, "m");
	ns %= SPAN_MIN;
	return put_decimal(p, ns / SPAN_S, ns % SPAN_S, 9, "s");
}

size_t
duration_format_go(span d, char out[DURATION_MAX])
{
	char *p = out;

	if (d < 0)
		*p++ = '-';
	return (size_t)(put_go(p, d < 0 ? 0 - (uint64_t)d : (uint64_t)d) - out);
}
