/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <math.h>

#include "base/quote.h"
#include "base/utf8.h"
#include "text/float.h"
#include "parse.h"

/*
 * Go's rule for '_' in numbers: between digits, and after a base prefix
 * (strconv underscoreOK).
 */
static bool
underscores_ok(struct str s)
{
	char last = '^';
	size_t i = 0;
	bool hex = false;

	if (s.n > 0 && (s.p[0] == '+' || s.p[0] == '-'))
		i++;
	if (s.n >= i + 2 && s.p[i] == '0' && strchr("bBoOxX", s.p[i + 1]) != NULL && s.p[i + 1] != '\0') {
		last = '0';
		hex = tolower((unsigned char)s.p[i + 1]) == 'x';
		i += 2;
	}
	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (isdigit(c) || (hex && isxdigit(c))) {
			last = '0';
		} else if (c == '_') {
			if (last != '0')
				return false;
			last = '_';
		} else {
			if (last == '_')
				return false;
			last = '!';
		}
	}
	return last != '_';
}

/* strconv.ParseUint(s, 0, 64). */
static bool
parse_uint(struct str s, uint64_t *out)
{
	struct str all = s;
	unsigned base = 10;
	uint64_t v = 0;

	if (s.n >= 2 && s.p[0] == '0') {
		char c = (char)tolower((unsigned char)s.p[1]);
		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		s = str_sub(s, c == 'x' || c == 'b' || c == 'o' ? 2 : 1, s.n);
	}
	if (s.n == 0 || !underscores_ok(all))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)tolower((unsigned char)s.p[i]);
		if (c == '_')
			continue;
		unsigned d = isdigit(c) ? c - 0u - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10u : 99u;
		if (d >= base)
			return false;
		if (v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*out = v;
	return true;
}

static bool
parse_int(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t u;

	if (s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_sub(s, 1, s.n);
	if (!parse_uint(s, &u) || u > (uint64_t)INT64_MAX + negative)
		return false;
	*out = negative ? (int64_t)(0 - u) : (int64_t)u;
	return true;
}

/* The integers that a float stands for, where it stands for one. */
static void
float_to_ints(struct number *n)
{
	if (!n->is_int && n->f >= -0x1p63 && n->f < 0x1p63 && n->f == floor(n->f)) {
		n->is_int = true;
		n->i = (int64_t)n->f;
	}
	if (!n->is_uint && n->f >= 0 && n->f < 0x1p64 && n->f == floor(n->f)) {
		n->is_uint = true;
		n->u = (uint64_t)n->f;
	}
}

static void
simplify_complex(struct number *n)
{
	n->is_complex = true;
	n->is_float = n->c[1] == 0;
	if (n->is_float) {
		n->f = n->c[0];
		float_to_ints(n);
	}
}

static bool
fail(struct err *e, const char *what, struct str text)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&b, text);
	err_set(e, ERR_INVALID, "%s: %s", what, sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

/* A backslash escape of a character literal; returns its length, 0 when it is none. */
static size_t
escaped_char(struct str s, uint32_t *r)
{
	static const char plain[] = "abfnrtv\\'", values[] = "\a\b\f\n\r\t\v\\'";
	uint32_t v = 0;

	if (s.n < 2 || s.p[1] == '\0')
		return 0;
	const char *at = strchr(plain, s.p[1]);
	if (at != NULL) {
		*r = (unsigned char)values[at - plain];
		return 2;
	}
	size_t digits = s.p[1] == 'x' ? 2 : s.p[1] == 'u' ? 4 : s.p[1] == 'U' ? 8 : 0;
	unsigned base = digits != 0 ? 16 : 8;
	size_t start = digits != 0 ? 2 : 1;
	if (digits == 0)
		digits = 3;
	if (s.n < start + digits)
		return 0;
	for (size_t i = start; i < start + digits; i++) {
		int c = tolower((unsigned char)s.p[i]);
		unsigned d = isdigit(c) ? (unsigned)c - '0' : isxdigit(c) ? (unsigned)c - 'a' + 10 : 99;
		if (d >= base)
			return 0;
		v = v * base + d;
	}
	if (digits > 3 ? v > 0x10FFFF || (v >= 0xD800 && v < 0xE000) : v > 255)
		return 0;
	*r = v;
	return start + digits;
}

static bool
parse_char(struct str text, struct number *out, struct err *e)
{
	struct str body = str_sub(text, 1, text.n);
	uint32_t r = 0;
	size_t n = 0;

	if (body.n > 0 && body.p[0] == '\\')
		n = escaped_char(body, &r);
	else if (body.n > 0 && body.p[0] != '\'')
		n = utf8_decode(body, &r);
	if (n == 0)
		return err_set(e, ERR_INVALID, "invalid syntax");
	if (!str_is(str_sub(body, n, body.n), "'"))
		return err_set(e, ERR_INVALID, "malformed character constant: %.*s", STR_ARG(text));
	*out = (struct number){ .is_int = true, .is_uint = true, .is_float = true, .i = r, .u = r, .f = r };
	return true;
}

static bool
parse_complex(struct str text, struct number *out, struct err *e)
{
	for (size_t i = text.n - 1; i > 0; i--) {
		if ((text.p[i] != '+' && text.p[i] != '-') || strchr("eEpP", text.p[i - 1]) != NULL)
			continue;
		if (float_parse(str_sub(text, 0, i), &out->c[0]) &&
		    float_parse(str_sub(text, i, text.n - 1), &out->c[1])) {
			simplify_complex(out);
			return true;
		}
		break;
	}
	return err_set(e, ERR_INVALID, "syntax error scanning complex number");
}

bool
parse_number(struct str text, enum token_type type, struct number *out, struct err *e)
{
	*out = (struct number){ 0 };
	if (type == TOK_CHAR_CONSTANT)
		return parse_char(text, out, e);
	if (type == TOK_COMPLEX)
		return parse_complex(text, out, e);
	if (str_ends(text, STR("i")) && float_parse(str_sub(text, 0, text.n - 1), &out->c[1])) {
		simplify_complex(out);
		return true;
	}
	out->is_uint = parse_uint(text, &out->u);
	out->is_int = parse_int(text, &out->i);
	if (out->is_int && out->i == 0)
		out->is_uint = true;
	if (out->is_int || out->is_uint) {
		out->is_float = true;
		out->f = out->is_int ? (double)out->i : (double)out->u;
		return true;
	}
	if (!float_parse(text, &out->f))
		return fail(e, "illegal number syntax", text);
	/* A text that looks like an integer but is too large for one is no float either. */
	bool like_float = false;
	for (size_t i = 0; i < text.n; i++)
		like_float = like_float || strchr(".eEpP", text.p[i]) != NULL;
	if (!like_float)
		return fail(e, "integer overflow", text);
	out->is_float = true;
	float_to_ints(out);
	return true;
}
