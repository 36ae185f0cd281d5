/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>

#include "base/utf8.h"
#include "html_context.h"
#include "html_funcs.h"

static const char *
replacement(char ch)
{
	switch (ch) {
	case '\0':
		return "\\0";
	case '\t':
		return "\\9";
	case '\n':
		return "\\a";
	case '\f':
		return "\\c";
	case '\r':
		return "\\d";
	case '"':
		return "\\22";
	case '&':
		return "\\26";
	case '\'':
		return "\\27";
	case '(':
		return "\\28";
	case ')':
		return "\\29";
	case '+':
		return "\\2b";
	case '/':
		return "\\2f";
	case ':':
		return "\\3a";
	case ';':
		return "\\3b";
	case '<':
		return "\\3c";
	case '>':
		return "\\3e";
	case '\\':
		return "\\\\";
	case '{':
		return "\\7b";
	case '}':
		return "\\7d";
	default:
		return NULL;
	}
}

HTML_FUNC(html_css_escaper)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);
	struct sbuf b = func_buffer(c);

	for (size_t i = 0; i < s.n; i++) {
		const char *by = replacement(s.p[i]);
		if (by == NULL) {
			sbuf_putc(&b, s.p[i]);
			continue;
		}
		sbuf_puts(&b, by);
		/* A digit or blank behind the escape would belong to it. */
		unsigned char next = i + 1 < s.n ? (unsigned char)s.p[i + 1] : ' ';
		if (s.p[i] != '\\' && (isxdigit(next) || (next != '\0' && strchr("\t\n\f\r ", next) != NULL)))
			sbuf_putc(&b, ' ');
	}
	return func_take(c, &b, out);
}

/* Quantities, names and colours pass; what could end the declaration or run code does not. */
static bool
is_safe_value(struct str s, struct arena *a)
{
	char *id = arena_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		if (ch == '\0' || strchr("\"'()/;@[\\]`{}<>", ch) != NULL)
			return false;
		if (ch == '-' && i > 0 && s.p[i - 1] == '-')
			return false;
		if (isalnum(ch) || ch == '_')
			id[n++] = (char)tolower(ch);
	}
	struct str word = { id, n };
	return str_find(word, STR("expression")) == n && str_find(word, STR("mozbinding")) == n;
}

HTML_FUNC(html_css_value_filter)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);

	*out = value_str(s);
	if (trust == TRUST_CSS)
		return true;
	s = html_decode_css(s, c->arena);
	*out = is_safe_value(s, c->arena) ? value_str(s) : value_cstr(HTML_FAILSAFE);
	return value_charge(c, s.n / 16);
}
