/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include <math.h>
#include <stdio.h>

#include "base/quote.h"
#include "base/utf8.h"
#include "text/float.h"

void
format_clear(struct format *f)
{
	*f = (struct format){ .b = f->b };
}

static void
padding(struct format *f, int n)
{
	char c = f->zero && !f->minus ? '0' : ' ';

	if (n <= 0 || !sbuf_reserve(f->b, (size_t)n))
		return;
	for (int i = 0; i < n; i++)
		sbuf_putc(f->b, c);
}

void
format_pad(struct format *f, struct str s)
{
	int n = f->has_width && f->width > 0 ? f->width - (int)utf8_count(s) : 0;

	if (!f->minus)
		padding(f, n);
	sbuf_str(f->b, s);
	if (f->minus)
		padding(f, n);
}

void
format_bool(struct format *f, bool v)
{
	format_pad(f, v ? STR("true") : STR("false"));
}

/* The number's prefix and sign, in the order they are printed. */
static void
integer_prefix(const struct format *f, struct sbuf *b, unsigned base, bool negative, char verb, bool zero_first)
{
	if (negative)
		sbuf_putc(b, '-');
	else if (f->plus)
		sbuf_putc(b, '+');
	else if (f->space)
		sbuf_putc(b, ' ');
	if (verb == 'O')
		sbuf_puts(b, "0o");
	if (!f->sharp)
		return;
	if (base == 2)
		sbuf_puts(b, "0b");
	else if (base == 8 && !zero_first)
		sbuf_putc(b, '0');
	else if (base == 16)
		sbuf_puts(b, verb == 'X' ? "0X" : "0x");
}

void
format_integer(struct format *f, uint64_t u, unsigned base, bool is_signed, char verb)
{
	const char *alphabet = verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	bool negative = is_signed && (int64_t)u < 0, zero = f->zero;
	char digits[64];
	size_t n = 0;
	int least = 0;

	if (negative)
		u = 0 - u;
	if (f->has_precision) {
		least = f->precision;
		if (least == 0 && u == 0) {
			f->zero = false;
			padding(f, f->has_width ? f->width : 0);
			f->zero = zero;
			return;
		}
	} else if (f->zero && !f->minus && f->has_width) {
		least = f->width - (negative || f->plus || f->space);
	}
	do
		digits[n++] = alphabet[u % base];
	while ((u /= base) != 0);
	struct sbuf b = SBUF_INIT(f->b->max);
	integer_prefix(f, &b, base, negative, verb, (size_t)(least < 0 ? 0 : least) > n || digits[n - 1] == '0');
	for (int i = (int)n; i < least; i++)
		sbuf_putc(&b, '0');
	while (n > 0)
		sbuf_putc(&b, digits[--n]);
	f->zero = false;
	format_pad(f, sbuf_get(&b));
	f->zero = zero;
	sbuf_fini(&b);
}

/* strconv's 'b': mantissa p exponent, both decimal. */
static void
float_binary(struct sbuf *b, double v)
{
	int exp;
	double m = frexp(fabs(v), &exp);
	int64_t mantissa = (int64_t)ldexp(m, 53);

	exp -= 53;
	if (v != 0 && exp < -1074) {	/* denormal */
		mantissa >>= -1074 - exp;
		exp = -1074;
	}
	if (v == 0)
		exp = -1074;
	sbuf_printf(b, "%s%lldp%+d", signbit(v) ? "-" : "", (long long)mantissa, exp);
}

/* strconv's 'x': the C library's %a with a normalised mantissa and two digits of exponent. */
static void
float_hex(struct sbuf *b, double v, char verb, int precision)
{
	char text[1200];

	/* glibc prints a normalised mantissa for normal numbers; scale the others up. */
	int shift = 0;
	if (v != 0 && fabs(v) < 0x1p-1022) {
		shift = 60;
		v = ldexp(v, shift);
	}
	if (precision < 0)
		snprintf(text, sizeof text, verb == 'X' ? "%A" : "%a", v);
	else
		snprintf(text, sizeof text, verb == 'X' ? "%.*A" : "%.*a", precision > 1000 ? 1000 : precision, v);
	char *p = strchr(text, verb == 'X' ? 'P' : 'p');
	if (p == NULL) {
		sbuf_puts(b, text);
		return;
	}
	int exp = 0;
	(void)sscanf(p + 1, "%d", &exp);
	/* Rounding up may have left 2 in front of the point. */
	char *lead = text + (text[0] == '-') + 2;
	if (*lead == '2') {
		*lead = '1';
		exp++;
	}
	sbuf_put(b, text, (size_t)(p + 1 - text));
	sbuf_printf(b, "%+03d", exp - shift);
}

static void
float_digits(struct sbuf *b, double v, char verb, int precision)
{
	if (isnan(v) || isinf(v))
		float_format(b, v, 'g', -1);
	else if (verb == 'b')
		float_binary(b, v);
	else if (verb == 'x' || verb == 'X')
		float_hex(b, v, verb, precision);
	else
		float_format(b, v, verb, precision);
}

/* '#': always a point; %#g keeps trailing zeros. num has its sign in front. */
static void
float_sharp(struct sbuf *num, char verb, int precision)
{
	struct sbuf tail = SBUF_INIT(64);
	bool hex = verb == 'x' || verb == 'X';
	bool point = false, nonzero = false;
	/* %X alone keeps no zeros: so it is in Go. */
	int digits = verb == 'g' || verb == 'G' || verb == 'x' ? precision : 0;

	if (digits == -1)
		digits = 6;
	for (size_t i = 1; i < num->n; i++) {
		char c = num->p[i];
		if (c == '.') {
			point = true;
		} else if (c == 'p' || c == 'P' || ((c == 'e' || c == 'E') && !hex)) {
			sbuf_put(&tail, num->p + i, num->n - i);
			sbuf_cut(num, i);
			break;
		} else {
			nonzero = nonzero || c != '0';
			digits -= nonzero;
		}
	}
	if (!point) {
		if (num->n == 2 && num->p[1] == '0')
			digits--;
		sbuf_putc(num, '.');
	}
	for (; digits > 0 && !num->overflow; digits--)
		sbuf_putc(num, '0');
	sbuf_str(num, sbuf_get(&tail));
	sbuf_fini(&tail);
}

void
format_float(struct format *f, double v, char verb, int precision)
{
	struct sbuf num = SBUF_INIT(f->b->max);
	struct sbuf raw = SBUF_INIT(f->b->max);
	bool zero = f->zero;

	if (f->has_precision)
		precision = f->precision;
	float_digits(&raw, v, verb, precision);
	struct str s = sbuf_get(&raw);
	bool has_sign = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+');
	char sign = has_sign ? s.p[0] : '+';
	if (has_sign)
		s = str_sub(s, 1, s.n);
	if (f->space && sign == '+' && !f->plus)
		sign = ' ';
	sbuf_putc(&num, sign);
	sbuf_str(&num, s);
	struct str all = sbuf_get(&num);
	if (isnan(v) || isinf(v)) {
		f->zero = false;
		bool bare = isnan(v) && !f->space && !f->plus;
		format_pad(f, bare ? str_sub(all, 1, all.n) : all);
		f->zero = zero;
	} else {
		if (f->sharp && verb != 'b')
			float_sharp(&num, verb, precision);
		all = sbuf_get(&num);
		if (!f->plus && sign == '+') {
			format_pad(f, str_sub(all, 1, all.n));
		} else if (f->zero && !f->minus && f->has_width && f->width > (int)all.n) {
			sbuf_putc(f->b, sign);
			padding(f, f->width - (int)all.n);
			sbuf_str(f->b, str_sub(all, 1, all.n));
		} else {
			format_pad(f, all);
		}
	}
	sbuf_fini(&num);
	sbuf_fini(&raw);
}

void
format_complex(struct format *f, const double c[2], char verb, int precision)
{
	bool plus = f->plus;

	sbuf_putc(f->b, '(');
	format_float(f, c[0], verb, precision);
	f->plus = true;
	format_float(f, c[1], verb, precision);
	sbuf_puts(f->b, "i)");
	f->plus = plus;
}

static struct str
cut(const struct format *f, struct str s)
{
	return f->has_precision ? str_sub(s, 0, utf8_prefix(s, (size_t)f->precision)) : s;
}

void
format_string(struct format *f, struct str s)
{
	format_pad(f, cut(f, s));
}

/* Everything beyond ASCII in a quoted text as \u or \U (strconv.QuoteToASCII). */
static void
to_ascii(struct sbuf *b, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t r;
		size_t n = utf8_decode(str_sub(s, i, s.n), &r);
		if (r < 0x80)
			sbuf_putc(b, (char)r);
		else
			sbuf_printf(b, r < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)r);
		i += n;
	}
}

bool
format_can_backquote(struct str s)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t r;
		size_t n = utf8_decode(str_sub(s, i, s.n), &r);
		if ((r == RUNE_ERROR && n == 1) || r == 0xFEFF || (r < ' ' && r != '\t') || r == '`' || r == 0x7F)
			return false;
		i += n;
	}
	return true;
}

void
format_quoted(struct format *f, struct str s)
{
	struct sbuf b = SBUF_INIT(f->b->max), ascii = SBUF_INIT(f->b->max);

	s = cut(f, s);
	if (f->sharp && format_can_backquote(s)) {
		sbuf_putc(&b, '`');
		sbuf_str(&b, s);
		sbuf_putc(&b, '`');
	} else {
		quote_go(&b, s);
	}
	if (f->plus && !(f->sharp && format_can_backquote(s))) {
		to_ascii(&ascii, sbuf_get(&b));
		format_pad(f, sbuf_get(&ascii));
	} else {
		format_pad(f, sbuf_get(&b));
	}
	f->b->overflow = f->b->overflow || b.overflow;
	sbuf_fini(&b);
	sbuf_fini(&ascii);
}

void
format_hex(struct format *f, struct str s, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEFX" : "0123456789abcdefx";
	struct sbuf b = SBUF_INIT(f->b->max);

	if (f->has_precision)
		s = str_sub(s, 0, (size_t)f->precision);
	for (size_t i = 0; i < s.n; i++) {
		if (i > 0 && f->space)
			sbuf_putc(&b, ' ');
		if (f->sharp && (i == 0 || f->space)) {
			sbuf_putc(&b, '0');
			sbuf_putc(&b, digits[16]);
		}
		sbuf_putc(&b, digits[(unsigned char)s.p[i] >> 4]);
		sbuf_putc(&b, digits[s.p[i] & 15]);
	}
	f->b->overflow = f->b->overflow || b.overflow;
	format_pad(f, sbuf_get(&b));
	sbuf_fini(&b);
}

void
format_char(struct format *f, uint64_t c)
{
	char bytes[4];
	size_t n = utf8_encode(c > 0x10FFFF ? RUNE_ERROR : (uint32_t)c, bytes);

	format_pad(f, (struct str){ bytes, n });
}

void
format_quoted_char(struct format *f, uint64_t c)
{
	struct sbuf b = SBUF_INIT(64), out = SBUF_INIT(64);
	char bytes[4];
	size_t n = utf8_encode(c > 0x10FFFF ? RUNE_ERROR : (uint32_t)c, bytes);

	/* A string literal of one character, but for the quotes. */
	if (c == '"')
		sbuf_puts(&b, "\"\"\"");
	else if (c == '\'')
		sbuf_puts(&b, "'\\''");
	else
		quote_go(&b, (struct str){ bytes, n });
	b.p[0] = b.p[b.n - 1] = '\'';
	if (f->plus)
		to_ascii(&out, sbuf_get(&b));
	format_pad(f, f->plus ? sbuf_get(&out) : sbuf_get(&b));
	sbuf_fini(&b);
	sbuf_fini(&out);
}

void
format_unicode(struct format *f, uint64_t u)
{
	struct sbuf b = SBUF_INIT(f->b->max);
	int digits = f->has_precision && f->precision > 4 ? f->precision : 4;
	bool zero = f->zero;

	sbuf_printf(&b, "U+%0*llX", digits > 1000 ? 1000 : digits, (unsigned long long)u);
	if (f->sharp && u <= 0x10FFFF && rune_is_print((uint32_t)u)) {
		char bytes[4];
		size_t n = utf8_encode((uint32_t)u, bytes);
		sbuf_puts(&b, " '");
		sbuf_put(&b, bytes, n);
		sbuf_putc(&b, '\'');
	}
	f->zero = false;
	format_pad(f, sbuf_get(&b));
	f->zero = zero;
	sbuf_fini(&b);
}
