/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classic grammar: name operator value, where the value is the rest of the
 * text, in double quotes or not; lists are split at commas outside of quotes.
 */
#include "base/utf8.h"
#include "base/ascii.h"
#include "matcher_grammar.h"

static bool
is_name_start(char c)
{
	return ascii_letter(c) || c == '_' || c == ':';
}

static bool
is_name(char c)
{
	return is_name_start(c) || ascii_digit(c);
}

static struct str
skip_blanks(struct str s)
{
	while (s.n != 0 && ascii_space(s.p[0]))
		s = str_sub(s, 1, s.n);
	return s;
}

/* Cuts an operator off the front of *s. */
static bool
cut_operator(struct str *s, enum matcher_op *op)
{
	static const struct {
		struct str text;
		enum matcher_op op;
	} ops[] = {
		{ STR("=~"), MATCH_RE },
		{ STR("="), MATCH_EQ },
		{ STR("!="), MATCH_NE },
		{ STR("!~"), MATCH_NRE },
	};

	for (size_t i = 0; i < ARRAY_LEN(ops); i++)
		if (str_starts(*s, ops[i].text)) {
			*op = ops[i].op;
			*s = str_sub(*s, ops[i].text.n, s->n);
			return true;
		}
	return false;
}

static bool
split_matcher(struct str s, struct str *name, enum matcher_op *op, struct str *value)
{
	size_t n = 0;

	s = skip_blanks(s);
	if (s.n == 0 || !is_name_start(s.p[0]))
		return false;
	while (n < s.n && is_name(s.p[n]))
		n++;
	*name = str_sub(s, 0, n);
	s = skip_blanks(str_sub(s, n, s.n));
	if (!cut_operator(&s, op))
		return false;
	s = skip_blanks(s);
	while (s.n != 0 && ascii_space(s.p[s.n - 1]))
		s.n--;
	*value = s;
	return true;
}

/* Undoes \n \" \\; any other backslash stands for itself. False: a quote where none may be. */
static bool
unescape(struct str raw, struct sbuf *out)
{
	bool quoted = raw.n != 0 && raw.p[0] == '"';
	size_t end = raw.n;

	if (quoted) {
		raw = str_sub(raw, 1, raw.n);
		end = raw.n - 1;
		if (raw.n == 0)
			return false;
	}
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i], next = i + 1 < raw.n ? raw.p[i + 1] : '\0';

		if (c == '"')
			/* Only the closing one is left unescaped. */
			return quoted && i == end;
		if (c == '\\' && (next == 'n' || next == '"' || next == '\\')) {
			sbuf_putc(out, next == 'n' ? '\n' : next);
			i++;
			continue;
		}
		sbuf_putc(out, c);
	}
	return !quoted;
}

bool
matcher_parse_classic(struct str in, struct matcher *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str name, value;
	enum matcher_op op;
	bool ok;

	if (!split_matcher(in, &name, &op, &value))
		return err_set(e, ERR_INVALID, "bad matcher format: %.*s", STR_ARG(in));
	if (!utf8_valid(value))
		return err_set(e, ERR_INVALID, "matcher value not valid UTF-8: %.*s", STR_ARG(value));
	if (unescape(value, &b))
		ok = matcher_init(out, op, name, sbuf_get(&b), e);
	else
		ok = err_set(e, ERR_INVALID, "matcher value contains unescaped double quote: %.*s", STR_ARG(value));
	sbuf_fini(&b);
	return ok;
}

/* Without Unicode's white space at both ends. */
static struct str
trim_space(struct str s)
{
	size_t end = 0, n;
	uint32_t r;

	while ((n = utf8_decode(s, &r)) != 0 && rune_is_space(r))
		s = str_sub(s, n, s.n);
	for (size_t i = 0; i < s.n; i += n) {
		n = utf8_decode(str_sub(s, i, s.n), &r);
		if (!rune_is_space(r))
			end = i + n;
	}
	return str_sub(s, 0, end);
}

/* The length of the first element of a list, up to its comma or the end. */
static size_t
element_length(struct str s)
{
	bool quoted = false, escaped = false;

	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case ',':
			if (!quoted)
				return i;
			break;
		case '"':
			if (!escaped)
				quoted = !quoted;
			escaped = false;
			break;
		case '\\':
			escaped = !escaped;
			break;
		default:
			escaped = false;
		}
	return s.n;
}

static bool
parse_elements(struct str s, struct matchers *out, struct err *e)
{
	for (;;) {
		size_t n = element_length(s);
		bool last = n == s.n;
		struct str element = str_sub(s, 0, n);
		struct matcher m;

		if (last) {
			element = trim_space(element);
			if (element.n == 0)
				return true;
		}
		if (out->n >= MATCHERS_MAX)
			return err_set(e, ERR_LIMIT, "more than %d matchers", MATCHERS_MAX);
		if (!matcher_parse_classic(element, &m, e))
			return false;
		matchers_append(out, &m);
		if (last)
			return true;
		s = str_sub(s, n + 1, s.n);
	}
}

/* Bytes that are no UTF-8 become U+FFFD. */
static void
put_valid(struct sbuf *b, struct str s)
{
	size_t n;
	uint32_t r;
	char bytes[4];

	for (; (n = utf8_decode(s, &r)) != 0; s = str_sub(s, n, s.n))
		sbuf_put(b, bytes, utf8_encode(r, bytes));
}

bool
matchers_parse_classic(struct str in, struct matchers *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct matchers found = { 0 };
	bool ok;

	if (!utf8_valid(in)) {
		put_valid(&b, in);
		in = sbuf_get(&b);
	}
	if (str_starts(in, STR("{")))
		in = str_sub(in, 1, in.n);
	if (str_ends(in, STR("}")))
		in.n--;
	ok = parse_elements(in, &found, e);
	if (ok)
		matchers_move(out, &found);
	matchers_fini(&found);
	sbuf_fini(&b);
	return ok;
}
