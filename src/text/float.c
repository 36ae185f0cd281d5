/* SPDX-License-Identifier: Apache-2.0 */
#include "text/float.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/mem.h"

/* 0.DIGITS * 10^point, without trailing zeros; zero is no digits and point 0. */
struct decimal {
	char digits[20];
	int n;
	int point;
};

static void
decimal_from(struct decimal *dec, const char *text)
{
	const char *exp = strchr(text, 'e');
	assert(exp != NULL);

	dec->n = 0;
	for (const char *p = text; p < exp; p++) {
		if (*p != '.')
			dec->digits[dec->n++] = *p;
	}
	while (dec->n > 0 && dec->digits[dec->n - 1] == '0')
		dec->n--;
	dec->point = dec->n == 0 ? 0 : (int)strtol(exp + 1, NULL, 10) + 1;
}

/* The next decimal of as many digits: d.ddd9e… carries over. */
static void
decimal_up(char *text)
{
	char *exp = strchr(text, 'e');
	int e = (int)strtol(exp + 1, NULL, 10);

	for (char *p = exp - 1; p >= text; p--) {
		if (*p == '.')
			continue;
		if (*p != '9') {
			++*p;
			return;
		}
		*p = '0';
	}
	text[0] = '1';
	snprintf(exp, 8, "e%+03d", (e + 1) % 1000);	/* a double has three digits at most */
}

/* n / 10^k */
static void
decimal_of(struct decimal *dec, uint64_t n, int k)
{
	dec->n = 0;
	for (uint64_t v = n; v > 0; v /= 10)
		dec->n++;
	dec->point = dec->n - k;
	for (int i = dec->n - 1; i >= 0; i--, n /= 10)
		dec->digits[i] = (char)('0' + n % 10);
	while (dec->n > 0 && dec->digits[dec->n - 1] == '0')
		dec->n--;
}

/*
 * Numbers of few digits, as most are: d is n / 10^k, which divides as exactly as it is read, and no other decimal of
 * up to 15 digits reads as d.
 */
static bool
decimal_few(struct decimal *dec, double d)
{
	static const double powers[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };

	for (int k = 0; k < (int)ARRAY_LEN(powers); k++) {
		double n = rint(d * powers[k]);

		if (!(n < 1e15))
			return false;
		if (n / powers[k] != d)
			continue;
		decimal_of(dec, (uint64_t)n, k);
		return true;
	}
	return false;
}

#ifdef __SIZEOF_INT128__
typedef unsigned __int128 wide;

/* 10^WIDE is the most that stays within 128 bits when it is multiplied with a double's 53 and one more. */
#define WIDE 22

/*
 * All else of a usual size, without a trial: d * 10^k is a fraction of integers of 128 bits, where k makes it one of 17 digits.
 * So are the middles to the doubles beside d, and every decimal between those reads back as d. The one that ends with
 * the most zeros is the shortest; of two the nearer. False: not that size, or its neighbours are not equally far.
 */
static bool
decimal_between(struct decimal *dec, double d)
{
	int exp, k;
	uint64_t m = (uint64_t)ldexp(frexp(d, &exp), 53), low, high, at, least, step = 1;
	wide scale = 1, twice, unit, rest;

	exp -= 53;
	if (exp >= 0 || d < 1e-5 || m == UINT64_C(1) << 52)
		return false;
	k = 16 - (int)floor(log10(d));
	if (k < 0 || k > WIDE)
		return false;
	for (int i = 0; i < k; i++)
		scale *= 10;
	unit = (wide)1 << (1 - exp);
	twice = 2 * (wide)m * scale;
	/* The middles themselves are read as the even one. */
	low = (uint64_t)((twice - scale + (m % 2 == 0 ? unit - 1 : unit)) >> (1 - exp));
	high = (uint64_t)((twice + scale - (m % 2 == 0 ? 0 : 1)) >> (1 - exp));
	if (low > high)
		return false;
	while (high / (step * 10) * (step * 10) >= low)
		step *= 10;
	at = (uint64_t)(twice >> (1 - exp));
	rest = twice & (unit - 1);
	least = at / step * step;
	if (least < low) {
		least += step;
	} else if (least + step <= high) {
		wide behind = 2 * ((at - least) * unit + rest), whole = step * unit;

		if (behind > whole || (behind == whole && least / step % 2 == 1))
			least += step;
	}
	decimal_of(dec, least, k);
	return true;
}
#else
static bool
decimal_between(struct decimal *dec, double d)
{
	(void)dec;
	(void)d;
	return false;
}
#endif

/*
 * The shortest digits that read back as d > 0. Every decimal of up to 15 digits
 * survives a normal double, so their number is found by stripping zeros. At
 * powers of two the gap below d is half of the one above: there the nearest
 * decimal may fail and the one above it succeed.
 */
static void
decimal_shortest(struct decimal *dec, double d)
{
	char text[40];
	int first = fpclassify(d) == FP_SUBNORMAL ? 0 : 14;

	if (decimal_few(dec, d) || decimal_between(dec, d))
		return;
	for (int p = first; p < 17; p++) {
		snprintf(text, sizeof(text), "%.*e", p, d);
		if (strtod(text, NULL) == d)
			break;
		decimal_up(text);
		if (strtod(text, NULL) == d)
			break;
	}
	decimal_from(dec, text);
}

static void
put_exponent(struct sbuf *b, const struct decimal *dec, char e)
{
	int exp = dec->n == 0 ? 0 : dec->point - 1;

	sbuf_putc(b, dec->n == 0 ? '0' : dec->digits[0]);
	if (dec->n > 1) {
		sbuf_putc(b, '.');
		sbuf_put(b, dec->digits + 1, (size_t)dec->n - 1);
	}
	sbuf_putc(b, e);
	sbuf_putc(b, exp < 0 ? '-' : '+');
	if (exp > -10 && exp < 10)
		sbuf_putc(b, '0');
	sbuf_uint(b, (uint64_t)(exp < 0 ? -exp : exp));
}

static void
put_fixed(struct sbuf *b, const struct decimal *dec)
{
	if (dec->point <= 0)
		sbuf_putc(b, '0');
	for (int i = 0; i < dec->point; i++)
		sbuf_putc(b, i < dec->n ? dec->digits[i] : '0');
	if (dec->n > dec->point) {
		sbuf_putc(b, '.');
		for (int i = dec->point; i < 0; i++)
			sbuf_putc(b, '0');
		int from = dec->point > 0 ? dec->point : 0;
		sbuf_put(b, dec->digits + from, (size_t)(dec->n - from));
	}
}

static bool
put_special(struct sbuf *b, double d)
{
	if (isnan(d))
		sbuf_puts(b, "NaN");
	else if (isinf(d))
		sbuf_puts(b, d > 0 ? "+Inf" : "-Inf");
	else
		return false;
	return true;
}

/* The C library rounds exactly; only %g differs (Go never keeps more digits than there are). */
static void
put_precise(struct sbuf *b, double d, char fmt, int prec)
{
	char text[48];
	bool upper = fmt == 'E' || fmt == 'G';
	char kind = (char)tolower(fmt);

	if (kind == 'f') {
		sbuf_printf(b, "%.*f", prec, d);
		return;
	}
	if (kind == 'e') {
		sbuf_printf(b, upper ? "%.*E" : "%.*e", prec, d);
		return;
	}
	if (prec == 0)
		prec = 1;
	if (prec > 17) {
		sbuf_printf(b, upper ? "%.*G" : "%.*g", prec, d);
		return;
	}
	struct decimal dec;
	snprintf(text, sizeof(text), "%.*e", prec - 1, fabs(d));
	decimal_from(&dec, text);
	if (signbit(d))
		sbuf_putc(b, '-');
	int exp = dec.point - 1;
	int limit = prec > dec.n && dec.n >= dec.point ? dec.n : prec;
	if (dec.n == 0 || (exp >= -4 && exp < limit))
		put_fixed(b, &dec);
	else
		put_exponent(b, &dec, upper ? 'E' : 'e');
}

static void
put_shortest(struct sbuf *b, double d, char fmt, int below, int from)
{
	struct decimal dec = { .n = 0 };
	char kind = (char)tolower(fmt);

	if (signbit(d))
		sbuf_putc(b, '-');
	if (d != 0)
		decimal_shortest(&dec, fabs(d));
	int exp = dec.point - 1;
	bool fixed = kind == 'f' || (kind == 'g' && (dec.n == 0 || (exp >= below && exp < from)));
	if (fixed)
		put_fixed(b, &dec);
	else
		put_exponent(b, &dec, fmt == 'E' || fmt == 'G' ? 'E' : 'e');
}

void
float_format(struct sbuf *b, double d, char fmt, int prec)
{
	assert(strchr("eEfFgG", fmt) != NULL && fmt != '\0');
	if (put_special(b, d))
		return;
	if (prec < 0)
		put_shortest(b, d, fmt, -4, 6);
	else
		put_precise(b, d, fmt, prec > 1000 ? 1000 : prec);
}

void
float_format_json(struct sbuf *b, double d)
{
	size_t before = b->n;

	assert(isfinite(d));
	put_shortest(b, d, 'g', -6, 21);
	/* e-09 is e-9 in JSON as Go writes it. */
	size_t n = b->n;
	if (!b->overflow && n - before >= 4 && b->p[n - 4] == 'e' && b->p[n - 3] == '-' && b->p[n - 2] == '0') {
		char last = b->p[n - 1];
		sbuf_cut(b, n - 2);
		sbuf_putc(b, last);
	}
}

/* Between digits, or between the base prefix and a digit (Go strconv underscoreOK). */
static bool
underscores_ok(struct str s, bool hex)
{
	char before = hex ? '0' : '^';

	for (size_t i = hex ? 2 : 0; i < s.n; i++) {
		char c = s.p[i];
		if (isdigit((unsigned char)c) || (hex && isxdigit((unsigned char)c))) {
			before = '0';
		} else if (c == '_') {
			if (before != '0')
				return false;
			before = '_';
		} else {
			if (before == '_')
				return false;
			before = '!';
		}
	}
	return before != '_';
}

/* Checks Go's grammar of the number without its sign and copies it without underscores. */
static bool
check_number(struct str s, char *out)
{
	bool hex = s.n > 2 && s.p[0] == '0' && (s.p[1] == 'x' || s.p[1] == 'X');
	bool digits = false, point = false, underscores = false;
	size_t i = 0, o = 0;

	for (; hex && i < 2; i++)
		out[o++] = s.p[i];
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '_') {
			underscores = true;
			continue;
		}
		if (c == '.' && !point)
			point = true;
		else if (isdigit(c) || (hex && isxdigit(c)))
			digits = true;
		else
			break;
		out[o++] = (char)c;
	}
	if (!digits)
		return false;
	bool exponent = i < s.n && tolower((unsigned char)s.p[i]) == (hex ? 'p' : 'e');
	if (exponent) {
		out[o++] = s.p[i++];
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			out[o++] = s.p[i++];
		if (i == s.n || !isdigit((unsigned char)s.p[i]))
			return false;
		for (; i < s.n && (isdigit((unsigned char)s.p[i]) || s.p[i] == '_'); i++) {
			if (s.p[i] == '_')
				underscores = true;
			else
				out[o++] = s.p[i];
		}
	} else if (hex) {
		return false;
	}
	out[o] = '\0';
	return i == s.n && (!underscores || underscores_ok(s, hex));
}

bool
float_parse(struct str s, double *out)
{
	bool negative = false;
	char small[64], *copy = small;

	if (s.n > 0 && (s.p[0] == '+' || s.p[0] == '-')) {
		negative = s.p[0] == '-';
		s = str_sub(s, 1, s.n);
	}
	if (str_caseeq(s, STR("inf")) || str_caseeq(s, STR("infinity"))) {
		*out = negative ? -HUGE_VAL : HUGE_VAL;
		return true;
	}
	if (str_caseeq(s, STR("nan"))) {
		*out = (double)NAN;
		return true;
	}
	if (s.n >= sizeof(small))
		copy = mem_alloc(s.n + 1);
	bool ok = check_number(s, copy);
	if (ok) {
		double d = strtod(copy, NULL);
		ok = isfinite(d);
		if (ok)
			*out = negative ? -d : d;
	}
	if (copy != small)
		mem_free(copy);
	return ok;
}
