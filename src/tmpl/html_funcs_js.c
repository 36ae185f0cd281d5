/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "base/ascii.h"
#include "html_funcs.h"

/* Which literal a string is put into. */
enum literal { LITERAL_STRING, LITERAL_STRING_NORM, LITERAL_TEMPLATE, LITERAL_REGEXP };

/* The replacement of a character; NULL: none. */
static const char *
replacement(uint32_t r, enum literal l)
{
	static const char specials[] = "$()*-.?[]^{|}";
	static const char *const escaped[] = {
		"\\$", "\\(", "\\)", "\\*", "\\-", "\\.", "\\?", "\\[", "\\]", "\\^", "\\{", "\\|", "\\}",
	};

	switch (r) {
	case '\0':
		return "\\u0000";
	case '\t':
		return "\\t";
	case '\n':
		return "\\n";
	case '\v':
		return "\\u000b";
	case '\f':
		return "\\f";
	case '\r':
		return "\\r";
	case '"':
		return "\\u0022";
	case '`':
		return l == LITERAL_REGEXP ? NULL : "\\u0060";
	case '&':
		return "\\u0026";
	case '\'':
		return "\\u0027";
	case '+':
		return "\\u002b";
	case '/':
		return "\\/";
	case '<':
		return "\\u003c";
	case '>':
		return "\\u003e";
	case '\\':
		return l == LITERAL_STRING_NORM ? NULL : "\\\\";
	case 0x2028:
		return "\\u2028";
	case 0x2029:
		return "\\u2029";
	case '$':
		return l == LITERAL_TEMPLATE ? "\\u0024" : l == LITERAL_REGEXP ? "\\$" : NULL;
	case '{':
		return l == LITERAL_TEMPLATE ? "\\u007b" : l == LITERAL_REGEXP ? "\\{" : NULL;
	case '}':
		return l == LITERAL_TEMPLATE ? "\\u007d" : l == LITERAL_REGEXP ? "\\}" : NULL;
	default:
		if (l == LITERAL_REGEXP && r < 0x80 && strchr(specials, (int)r) != NULL)
			return escaped[strchr(specials, (int)r) - specials];
		return NULL;
	}
}

static bool
replace(struct value_call *c, struct str s, enum literal l, struct value *out)
{
	struct sbuf b = func_buffer(c);

	for (size_t i = 0; i < s.n;) {
		uint32_t r;
		size_t n = utf8_decode(str_sub(s, i, s.n), &r);
		const char *by = replacement(r, l);
		if (by != NULL)
			sbuf_puts(&b, by);
		else
			sbuf_put(&b, s.p + i, n);
		i += n;
	}
	return func_take(c, &b, out);
}

HTML_FUNC(html_js_str_escaper)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);

	return replace(c, s, trust == TRUST_JSSTR ? LITERAL_STRING_NORM : LITERAL_STRING, out);
}

HTML_FUNC(html_js_template_escaper)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);

	return replace(c, s, LITERAL_TEMPLATE, out);
}

HTML_FUNC(html_js_regexp_escaper)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);

	if (s.n == 0) {		/* two slashes would be a comment */
		*out = value_cstr("(?:)");
		return true;
	}
	return replace(c, s, LITERAL_REGEXP, out);
}

static bool
is_ident_part(char c)
{
	return c == '$' || c == '_' || ascii_alnum(c);
}

/* The reason as a comment that cannot end early, then null. */
static void
put_failure(struct sbuf *b, struct str s)
{
	sbuf_puts(b, " /* ");
	for (size_t i = 0; i < s.n; i++) {
		if (str_starts(str_sub(s, i, s.n), STR("*/"))) {
			sbuf_puts(b, "*\\/");
			i++;
		} else if (s.p[i] == '<') {
			sbuf_puts(b, "\\x3C");
		} else {
			sbuf_putc(b, s.p[i]);
		}
	}
	sbuf_puts(b, " */null ");
}

HTML_FUNC(html_js_value_escaper)
{
	struct sbuf json = func_buffer(c), b = func_buffer(c);
	struct value v = n == 1 ? args[0] : value_str(func_join_args(c, args, n));
	struct err e = { 0 };

	if (value_kind(v) == V_STRING && v.type->trust == TRUST_JS) {
		*out = value_str(v.u.s);
		return true;
	}
	/* A value that has a form in JSON takes it, before any String method. */
	if (v.type != NULL && v.type->string != NULL && v.type->json == NULL) {
		v.type->string(&json, v);
		v = value_str(arena_str(c->arena, sbuf_get(&json)));
		sbuf_reset(&json);
	}
	if (value_kind(v) == V_STRING && v.type->trust == TRUST_JSSTR) {
		sbuf_putc(&b, '"');
		sbuf_str(&b, v.u.s);
		sbuf_putc(&b, '"');
	} else if (!value_json(&json, v, &e)) {
		put_failure(&b, str_from(e.text));
	} else {
		/* Words and numbers must not run into keywords beside them. */
		struct str s = sbuf_get(&json);
		bool pad = s.n > 0 && (is_ident_part(s.p[0]) || is_ident_part(s.p[s.n - 1]));
		if (pad)
			sbuf_putc(&b, ' ');
		sbuf_str(&b, s);
		if (pad)
			sbuf_putc(&b, ' ');
	}
	b.overflow = b.overflow || json.overflow;
	sbuf_fini(&json);
	return func_take(c, &b, out);
}
