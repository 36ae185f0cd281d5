/* SPDX-License-Identifier: Apache-2.0 */
#include "html_funcs.h"

#include <ctype.h>

#include "base/utf8.h"
#include "html_context.h"

struct str
html_stringify(struct value_call *c, const struct value *args, size_t n, enum value_trust *trust)
{
	*trust = TRUST_NONE;
	if (n == 1 && value_kind(args[0]) == V_STRING && args[0].type->string == NULL) {
		*trust = args[0].type->trust;
		return args[0].u.s;
	}
	/* nil is nothing here, not "<nil>" */
	struct value *shown = ARENA_ARRAY(c->arena, n, struct value);
	size_t shown_n = 0;
	for (size_t i = 0; i < n; i++) {
		bool nil;
		if (args[i].type == NULL || args[i].type->kind == V_ANY)
			continue;
		shown[shown_n++] = args[i].type->string != NULL ? args[i] : eval_indirect(args[i], &nil);
	}
	struct sbuf b = func_buffer(c);
	print_sprint(&b, shown, shown_n);
	func_pay_print(c, shown, shown_n, b.n);
	struct str s = arena_str(c->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return s;
}

/* Which characters are replaced. */
enum table { TABLE_HTML, TABLE_NORM, TABLE_NOSPACE, TABLE_NOSPACE_NORM };

/* The replacement of an ASCII character; NULL: none. */
static const char *
replacement(unsigned char ch, enum table t)
{
	bool nospace = t == TABLE_NOSPACE || t == TABLE_NOSPACE_NORM;

	switch (ch) {
	case '\0':
		return nospace ? "&#xfffd;" : "\xEF\xBF\xBD";
	case '"':
		return "&#34;";
	case '&':
		return t == TABLE_HTML || t == TABLE_NOSPACE ? "&amp;" : NULL;
	case '\'':
		return "&#39;";
	case '+':
		return "&#43;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '\t':
		return nospace ? "&#9;" : NULL;
	case '\n':
		return nospace ? "&#10;" : NULL;
	case '\v':
		return nospace ? "&#11;" : NULL;
	case '\f':
		return nospace ? "&#12;" : NULL;
	case '\r':
		return nospace ? "&#13;" : NULL;
	case ' ':
		return nospace ? "&#32;" : NULL;
	case '=':
		return nospace ? "&#61;" : NULL;
	case '`':
		return nospace ? "&#96;" : NULL;
	default:
		return NULL;
	}
}

static bool
replace(struct value_call *c, struct str s, enum table t, struct value *out)
{
	bool nospace = t == TABLE_NOSPACE || t == TABLE_NOSPACE_NORM;
	struct sbuf b = func_buffer(c);

	for (size_t i = 0; i < s.n;) {
		uint32_t r;
		size_t n = utf8_decode(str_sub(s, i, s.n), &r);
		const char *by = r < 0x80 ? replacement((unsigned char)r, t) : NULL;
		if (by != NULL)
			sbuf_puts(&b, by);
		else if (nospace && ((r >= 0xFDD0 && r <= 0xFDEF) || (r >= 0xFFF0 && r <= 0xFFFF)))
			sbuf_printf(&b, "&#x%x;", (unsigned)r);
		else
			sbuf_put(&b, s.p + i, n);
		i += n;
	}
	return func_take(c, &b, out);
}

/* One token of markup at *i: text goes to b, tags and comments do not. */
static struct html_context
strip_token(struct html_context ctx, struct str s, size_t *i, struct sbuf *b, bool *all_text, struct arena *a)
{
	struct html_context as = ctx;
	size_t n;

	/* Scripts and style sheets are skipped as a whole. */
	if (ctx.element != elementNone && !html_is_in_tag(ctx.state))
		as.state = stateRCDATA;
	struct html_context next = html_transition(as, str_sub(s, *i, s.n), &n, a);
	if (as.state != ctx.state && next.state == stateRCDATA)
		next.state = ctx.state;
	if (ctx.state == stateText || ctx.state == stateRCDATA) {
		size_t end = *i + n;
		for (size_t j = end; next.state != ctx.state && j > *i; j--)
			if (s.p[j - 1] == '<') {
				end = j - 1;
				break;
			}
		sbuf_str(b, str_sub(s, *i, end));
	} else {
		*all_text = false;
	}
	*i += n;
	return next;
}

/* The text of a piece of HTML, without its tags. */
static struct str
strip_tags(struct value_call *c, struct str s)
{
	struct html_context ctx = HTML_TEXT;
	struct sbuf b = func_buffer(c);
	bool all_text = true;

	for (size_t i = 0; i < s.n;) {
		if (ctx.delim == delimNone) {
			ctx = strip_token(ctx, s, &i, &b, &all_text, c->arena);
			continue;
		}
		size_t end = html_find_any(s, i, html_delim_ends(ctx.delim));
		if (end == s.n)
			break;
		i = ctx.delim == delimSpaceOrTagEnd ? end : end + 1;
		ctx = (struct html_context){ .state = stateTag, .element = ctx.element };
	}
	struct str text = all_text ? s : arena_str(c->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return text;
}

static HTML_FUNC(html_escaper)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);

	if (trust == TRUST_HTML) {
		*out = value_str(s);
		return true;
	}
	return replace(c, s, TABLE_HTML, out);
}

static HTML_FUNC(rcdata_escaper)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);

	return replace(c, s, trust == TRUST_HTML ? TABLE_NORM : TABLE_HTML, out);
}

static HTML_FUNC(attr_escaper)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);

	if (trust == TRUST_HTML)
		return replace(c, strip_tags(c, s), TABLE_NORM, out);
	return replace(c, s, TABLE_HTML, out);
}

static HTML_FUNC(nospace_escaper)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);

	/* Nothing at all would make the next attribute the value. */
	if (s.n == 0) {
		*out = value_cstr(HTML_FAILSAFE);
		return true;
	}
	if (trust == TRUST_HTML)
		return replace(c, strip_tags(c, s), TABLE_NOSPACE_NORM, out);
	return replace(c, s, TABLE_NOSPACE, out);
}

/* An attribute's name: letters and digits, and nothing whose value would be more than text. */
static HTML_FUNC(name_filter)
{
	enum value_trust trust;
	struct str s = html_stringify(c, args, n, &trust);
	char *p = arena_alloc(c->arena, s.n + 1);
	bool ok = s.n > 0;

	if (trust == TRUST_ATTR) {
		*out = value_str(s);
		return true;
	}
	for (size_t i = 0; i < s.n; i++) {
		p[i] = (char)tolower((unsigned char)s.p[i]);
		ok = ok && ((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9'));
	}
	struct str lower = { p, s.n };
	ok = ok && html_attr_content(lower) == CONTENT_PLAIN;
	*out = ok ? value_str(lower) : value_cstr(HTML_FAILSAFE);
	return true;
}

/* Comments are for authors: what is put into them is dropped. */
static HTML_FUNC(comment_escaper)
{
	(void)c;
	(void)args;
	(void)n;
	*out = value_cstr("");
	return true;
}

/* Stands in for a user's escaper: its arguments as print shows them. */
static HTML_FUNC(eval_args)
{
	struct value *shown = ARENA_ARRAY(c->arena, n, struct value);
	struct sbuf b = func_buffer(c);
	bool nil;

	for (size_t i = 0; i < n; i++)
		shown[i] = args[i].type != NULL && args[i].type->string != NULL ? args[i] :
		    eval_indirect(args[i], &nil);
	print_sprint(&b, shown, n);
	return func_take(c, &b, out);
}

#define ESCAPER(nm, fn) { .func = { .name = (nm), .params = { &type_any }, .variadic = true, \
	.result = &type_string, .call = (fn) } }

const struct builtin builtins_html[] = {
	ESCAPER("_html_template_attrescaper", attr_escaper),
	ESCAPER("_html_template_commentescaper", comment_escaper),
	ESCAPER("_html_template_cssescaper", html_css_escaper),
	ESCAPER("_html_template_cssvaluefilter", html_css_value_filter),
	ESCAPER("_html_template_htmlnamefilter", name_filter),
	ESCAPER("_html_template_htmlescaper", html_escaper),
	ESCAPER("_html_template_jsregexpescaper", html_js_regexp_escaper),
	ESCAPER("_html_template_jsstrescaper", html_js_str_escaper),
	ESCAPER("_html_template_jstmpllitescaper", html_js_template_escaper),
	ESCAPER("_html_template_jsvalescaper", html_js_value_escaper),
	ESCAPER("_html_template_nospaceescaper", nospace_escaper),
	ESCAPER("_html_template_rcdataescaper", rcdata_escaper),
	ESCAPER("_html_template_srcsetescaper", html_srcset_escaper),
	ESCAPER("_html_template_urlescaper", html_url_escaper),
	ESCAPER("_html_template_urlfilter", html_url_filter),
	ESCAPER("_html_template_urlnormalizer", html_url_normalizer),
	ESCAPER("_eval_args_", eval_args),
	{ .func = { .name = NULL } },
};

const struct builtin *
builtin_find_html(const char *name)
{
	for (const struct builtin *b = builtins_html; b->func.name != NULL; b++)
		if (strcmp(b->func.name, name) == 0)
			return b;
	return NULL;
}
