/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How style sheets move the context. Strings are taken for URLs.
 * Source: Go html/template transition.go, css.go.
 */
#include <ctype.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "html_context.h"

/* Does s end in "url", not as the end of a longer word? */
static bool
ends_in_url(struct str s)
{
	if (s.n < 3 || !str_caseeq(str_sub(s, s.n - 3, s.n), STR("url")))
		return false;
	if (s.n == 3)
		return true;
	unsigned char c = (unsigned char)s.p[s.n - 4];
	return !(isalnum(c) || c == '-' || c == '_' || c >= 0x80);
}

static struct html_context
in_style(struct html_context c, struct str s, size_t *n)
{
	for (size_t i = 0;; i++) {
		i = html_find_any(s, i, "(\"'/");
		*n = i + 1;
		if (i >= s.n)
			break;
		char ch = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : '\0';
		if (ch == '"' || ch == '\'') {
			c.state = ch == '"' ? stateCSSDqStr : stateCSSSqStr;
			return c;
		}
		if (ch == '/' && (next == '/' || next == '*')) {
			c.state = next == '/' ? stateCSSLineCmt : stateCSSBlockCmt;
			*n = i + 2;
			return c;
		}
		size_t word = i;
		while (word > 0 && ascii_space(s.p[word - 1]))
			word--;
		if (ch != '(' || !ends_in_url(str_sub(s, 0, word)))
			continue;
		size_t j = i + 1;
		while (j < s.n && ascii_space(s.p[j]))
			j++;
		bool quoted = j < s.n && (s.p[j] == '"' || s.p[j] == '\'');
		c.state = !quoted ? stateCSSURL : s.p[j] == '"' ? stateCSSDqURL : stateCSSSqURL;
		*n = quoted ? j + 1 : j;
		return c;
	}
	*n = s.n;
	return c;
}

static struct html_context
in_string(struct html_context c, struct str s, size_t *n, struct arena *a)
{
	const char *ends = c.state == stateCSSDqStr || c.state == stateCSSDqURL ? "\\\"" :
	    c.state == stateCSSSqStr || c.state == stateCSSSqURL ? "\\'" : "\\\t\n\f\r )";
	size_t k = 0, ignored;

	for (;;) {
		size_t i = html_find_any(s, k, ends);
		*n = s.n;
		if (i >= s.n)
			return html_transition_url(c, html_decode_css(str_sub(s, k, s.n), a), &ignored);
		if (s.p[i] != '\\') {
			c.state = stateCSS;
			*n = i + 1;
			return c;
		}
		if (++i == s.n) {
			struct str q = html_quote(a, s, 0);
			return html_context_error(a, "unfinished escape sequence in CSS string: %.*s", STR_ARG(q));
		}
		c = html_transition_url(c, html_decode_css(str_sub(s, 0, i + 1), a), &ignored);
		k = i + 1;
	}
}

struct html_context
html_transition_css(struct html_context c, struct str s, size_t *n, struct arena *a)
{
	return c.state == stateCSS ? in_style(c, s, n) : in_string(c, s, n, a);
}

static size_t
skip_one_space(struct str s, size_t i)
{
	if (i >= s.n || !ascii_space(s.p[i]))
		return i;
	return s.p[i] == '\r' && i + 1 < s.n && s.p[i + 1] == '\n' ? i + 2 : i + 1;
}

struct str
html_decode_css(struct str s, struct arena *a)
{
	if (str_chr(s, '\\') == s.n)
		return s;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	for (size_t i = 0; i < s.n;) {
		if (s.p[i] != '\\') {
			sbuf_putc(&b, s.p[i++]);
			continue;
		}
		if (i + 1 == s.n)
			break;
		size_t j = i + 1;
		uint32_t r = 0;
		for (; j < s.n && j < i + 7 && isxdigit((unsigned char)s.p[j]); j++) {
			int d = tolower((unsigned char)s.p[j]);
			uint32_t wider = r * 16 + (uint32_t)(isdigit(d) ? d - '0' : d - 'a' + 10);
			if (wider > 0x10FFFF)
				break;
			r = wider;
		}
		if (j == i + 1) {
			size_t n = utf8_decode(str_sub(s, j, s.n), &r);
			sbuf_put(&b, s.p + j, n);
			i = j + n;
			continue;
		}
		char bytes[4];
		sbuf_put(&b, bytes, utf8_encode(r, bytes));
		i = skip_one_space(s, j);
	}
	struct str out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}
