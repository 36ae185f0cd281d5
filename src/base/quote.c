/* SPDX-License-Identifier: Apache-2.0 */
/* Go specification, "String literals"; strconv Quote and Unquote. */
#include "base/quote.h"

#include <string.h>

#include "base/ascii.h"
#include "base/copy.h"
#include "base/utf8.h"

/* Neither quoted nor escaped: what most strings consist of. */
static inline bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

static char
short_escape(uint32_t r)
{
	switch (r) {
	case '\a':
		return 'a';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	case '\v':
		return 'v';
	case '"':
	case '\\':
		return (char)r;
	default:
		return '\0';
	}
}

static void
escape(struct sbuf *b, struct str bytes, uint32_t r, bool malformed)
{
	char c = short_escape(r);

	if (malformed)
		sbuf_printf(b, "\\x%02x", (unsigned char)bytes.p[0]);
	else if (c != '\0')
		sbuf_put(b, (char[]){ '\\', c }, 2);
	else if (rune_is_print(r))
		sbuf_str(b, bytes);
	else if (r < 0x80)
		sbuf_printf(b, "\\x%02x", r);
	else if (r < 0x10000)
		sbuf_printf(b, "\\u%04x", r);
	else
		sbuf_printf(b, "\\U%08x", r);
}

/* Sets the high bit of each byte of v that is 0, and maybe of one behind such a byte. */
static inline uint64_t
zero_bytes(uint64_t v)
{
	return (v - UINT64_C(0x0101010101010101)) & ~v;
}

/* 0 if all eight bytes are plain; else its lowest bit that is set is in the first that is not, where bytes begin with the lowest. */
static inline uint64_t
odd_ones(const char *p)
{
	static const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t v, odd;

	memcpy(&v, p, sizeof(v));
	odd = v | (v - ones * 0x20) | zero_bytes(v ^ ones * '"') | zero_bytes(v ^ ones * '\\') | zero_bytes(v ^ ones * 0x7F);
	return odd & ones << 7;
}

static inline bool
all_plain(struct str s)
{
	if (s.n < 8) {
		for (size_t i = 0; i < s.n; i++)
			if (!is_plain((unsigned char)s.p[i]))
				return false;
		return true;
	}
	for (size_t i = 0; i + 8 < s.n; i += 8)
		if (odd_ones(s.p + i) != 0)
			return false;
	/* The last eight, some of them once more. */
	return odd_ones(s.p + s.n - 8) == 0;
}

/* Most strings are copied whole. */
static bool
put_plain(struct sbuf *b, struct str s)
{
	char *p;

	if (s.n + 2 > b->max - b->n || !sbuf_reserve(b, s.n + 2))
		return false;
	p = b->p + b->n;
	*p++ = '"';
	p = copy_short(p, s.n > 0 ? s.p : "", s.n);
	*p++ = '"';
	*p = '\0';
	b->n += s.n + 2;
	return true;
}

/* Copies what is plain at p, up to n bytes; returns how much that is. Something may be written behind it, up to n bytes in all. */
static inline size_t
copy_plain(char *out, const char *p, size_t n)
{
	size_t i = 0;

	for (; i + 8 <= n; i += 8) {
		uint64_t odd = odd_ones(p + i);

		memcpy(out + i, p + i, 8);
		if (odd == 0)
			continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		return i + (size_t)__builtin_ctzll(odd) / 8;
#else
		break;
#endif
	}
	for (; i < n && is_plain((unsigned char)p[i]); i++)
		out[i] = p[i];
	return i;
}

/* Looked at in one go: all of it might be escaped, for which there has to be room. */
#define EASY_MAX ((size_t)4096)

/*
 * Puts plain bytes, and the two that stand for themselves behind a backslash: most strings have nothing else, and texts with
 * labels in them many of these. Returns how much of s that was; more of it may come then when much came before, or there is no room.
 */
static size_t
put_easy(struct sbuf *b, struct str s)
{
	size_t i = 0, most = (b->max - b->n) / 2;
	char *p;

	s = str_sub(s, 0, most < EASY_MAX ? most : EASY_MAX);
	if (!sbuf_reserve(b, 2 * s.n))
		return 0;
	p = b->p + b->n;
	while (i < s.n) {
		size_t n = copy_plain(p, s.p + i, s.n - i);

		p += n;
		i += n;
		if (i == s.n || (s.p[i] != '"' && s.p[i] != '\\'))
			break;
		*p++ = '\\';
		*p++ = s.p[i++];
	}
	*p = '\0';
	b->n = (size_t)(p - b->p);
	return i;
}

void
quote_go(struct sbuf *b, struct str s)
{
	if (all_plain(s) && put_plain(b, s))
		return;
	sbuf_putc(b, '"');
	for (size_t i = 0; i < s.n && !b->overflow;) {
		size_t n;
		uint32_t r;

		i += put_easy(b, str_sub(s, i, s.n));
		if (i == s.n)
			break;
		n = utf8_decode(str_sub(s, i, s.n), &r);
		escape(b, (struct str){ s.p + i, n }, r, r == RUNE_ERROR && n == 1);
		i += n;
	}
	sbuf_putc(b, '"');
}

static int
digit_value(char c)
{
	int v = ascii_hex(c);

	return v >= 0 ? v : 16;
}

/* The number that all of `digits` spell in this base. */
static bool
number(struct str digits, int base, uint32_t *out)
{
	uint32_t v = 0;

	for (size_t i = 0; i < digits.n; i++) {
		int d = digit_value(digits.p[i]);

		if (d >= base)
			return false;
		v = v * (uint32_t)base + (uint32_t)d;
	}
	*out = v;
	return true;
}

static bool
put_rune(struct sbuf *b, uint32_t r)
{
	char bytes[4];

	if (r > 0x10FFFF || (r >= 0xD800 && r <= 0xDFFF))
		return false;
	sbuf_put(b, bytes, utf8_encode(r, bytes));
	return true;
}

/* An escape at the start of s, which begins behind the backslash; *used: its length. */
static bool
unescape(struct sbuf *b, struct str s, size_t *used)
{
	static const char names[] = "abfnrtv\\\"", values[] = "\a\b\f\n\r\t\v\\\"";
	const char *at;
	size_t digits;
	uint32_t v;

	if (s.n == 0 || s.p[0] == '\0')
		return false;
	at = strchr(names, s.p[0]);
	if (at != NULL) {
		sbuf_putc(b, values[at - names]);
		*used = 1;
		return true;
	}
	if (s.p[0] >= '0' && s.p[0] <= '7') {
		if (s.n < 3 || !number(str_sub(s, 0, 3), 8, &v) || v > 0xFF)
			return false;
		sbuf_putc(b, (char)v);
		*used = 3;
		return true;
	}
	digits = s.p[0] == 'x' ? 2 : s.p[0] == 'u' ? 4 : s.p[0] == 'U' ? 8 : 0;
	if (digits == 0 || s.n < 1 + digits || !number(str_sub(s, 1, 1 + digits), 16, &v))
		return false;
	*used = 1 + digits;
	if (digits > 2)
		return put_rune(b, v);
	sbuf_putc(b, (char)v);
	return true;
}

static bool
unquote_double(struct sbuf *b, struct str s)
{
	size_t i = 0;

	while (i < s.n) {
		size_t run = 0;
		uint32_t r;

		while (i + run < s.n && is_plain((unsigned char)s.p[i + run]))
			run++;
		sbuf_put(b, s.p + i, run);
		i += run;
		if (i == s.n)
			break;
		if (s.p[i] == '"' || s.p[i] == '\n')
			return false;
		if (s.p[i] == '\\') {
			if (!unescape(b, str_sub(s, i + 1, s.n), &run))
				return false;
			i += 1 + run;
			continue;
		}
		i += utf8_decode(str_sub(s, i, s.n), &r);
		put_rune(b, r);	/* what is malformed becomes U+FFFD */
	}
	return true;
}

static bool
unquote_raw(struct sbuf *b, struct str s)
{
	if (str_chr(s, '`') < s.n)
		return false;
	while (s.n != 0) {
		size_t n = str_chr(s, '\r');

		sbuf_put(b, s.p, n);
		s = str_sub(s, n + 1, s.n);
	}
	return true;
}

bool
unquote_go(struct sbuf *b, struct str s)
{
	char q = s.n >= 2 ? s.p[0] : '\0';

	if ((q != '"' && q != '`') || s.p[s.n - 1] != q)
		return false;
	s = str_sub(s, 1, s.n - 1);
	return q == '"' ? unquote_double(b, s) : unquote_raw(b, s);
}

/* Enough of a text to recognise it. */
#define TIME_SHOWN ((size_t)512)

void
quote_time(struct sbuf *b, struct str s)
{
	sbuf_putc(b, '"');
	for (size_t i = 0; i < s.n && i < TIME_SHOWN; i++) {
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
