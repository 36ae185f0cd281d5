/* SPDX-License-Identifier: Apache-2.0 */
#include "html_context.h"

#include <stdarg.h>

#include "base/quote.h"
#include "base/utf8.h"

#define NAME(name) #name,
static const char *const states[] = { HTML_STATES(NAME) };
static const char *const delims[] = { HTML_DELIMS(NAME) };
static const char *const url_parts[] = { HTML_URL_PARTS(NAME) };
static const char *const js_ctxs[] = { HTML_JS_CTXS(NAME) };
static const char *const elements[] = { HTML_ELEMENTS(NAME) };
static const char *const attrs[] = { HTML_ATTRS(NAME) };

bool
html_context_eq(const struct html_context *a, const struct html_context *b)
{
	return a->state == b->state && a->delim == b->delim && a->url_part == b->url_part &&
	    a->js_ctx == b->js_ctx && a->attr == b->attr && a->element == b->element && a->err == b->err &&
	    a->braces_n == b->braces_n &&
	    memcmp(a->braces, b->braces, (size_t)a->braces_n * sizeof a->braces[0]) == 0;
}

static void
print_braces(struct sbuf *b, const struct html_context *c)
{
	sbuf_putc(b, '[');
	for (int i = 0; i < c->braces_n; i++)
		sbuf_printf(b, "%s%d", i > 0 ? " " : "", c->braces[i]);
	sbuf_putc(b, ']');
}

void
html_context_print(struct sbuf *b, const struct html_context *c)
{
	sbuf_printf(b, "{%s %s %s %s ", states[c->state], delims[c->delim], url_parts[c->url_part],
	    js_ctxs[c->js_ctx]);
	print_braces(b, c);
	sbuf_printf(b, " %s %s ", attrs[c->attr], elements[c->element]);
	if (c->err == NULL)
		sbuf_puts(b, "<nil>");
	else
		sbuf_str(b, c->err->description);
	sbuf_putc(b, '}');
}

struct str
html_context_mangle(const struct html_context *c, struct str name, struct arena *a)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (c->state == stateText)
		return name;
	sbuf_str(&b, name);
	sbuf_printf(&b, "$htmltemplate_%s", states[c->state]);
	if (c->delim != delimNone)
		sbuf_printf(&b, "_%s", delims[c->delim]);
	if (c->url_part != urlPartNone)
		sbuf_printf(&b, "_%s", url_parts[c->url_part]);
	if (c->js_ctx != jsCtxRegexp)
		sbuf_printf(&b, "_%s", js_ctxs[c->js_ctx]);
	if (c->braces_n > 0) {
		sbuf_puts(&b, "_jsBraceDepth(");
		print_braces(&b, c);
		sbuf_putc(&b, ')');
	}
	if (c->attr != attrNone)
		sbuf_printf(&b, "_%s", attrs[c->attr]);
	if (c->element != elementNone)
		sbuf_printf(&b, "_%s", elements[c->element]);
	struct str s = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return s;
}

bool
html_is_comment(enum html_state s)
{
	return s == stateHTMLCmt || s == stateJSBlockCmt || s == stateJSLineCmt || s == stateJSHTMLOpenCmt ||
	    s == stateJSHTMLCloseCmt || s == stateCSSBlockCmt || s == stateCSSLineCmt;
}

bool
html_is_in_tag(enum html_state s)
{
	return s == stateTag || s == stateAttrName || s == stateAfterName || s == stateBeforeValue ||
	    s == stateAttr;
}

bool
html_is_in_script_literal(enum html_state s)
{
	return s == stateJSDqStr || s == stateJSSqStr || s == stateJSTmplLit || s == stateJSRegexp;
}

enum html_state
html_attr_start(enum html_attr a)
{
	switch (a) {
	case attrScript:
		return stateJS;
	case attrStyle:
		return stateCSS;
	case attrURL:
		return stateURL;
	case attrSrcset:
		return stateSrcset;
	case attrMetaContent:
		return stateMetaContent;
	case attrNone:
	case attrScriptType:
	default:
		return stateAttr;
	}
}

struct html_context
html_context_nudge(struct html_context c)
{
	if (c.state == stateTag) {
		c.state = stateAttrName;
	} else if (c.state == stateBeforeValue) {
		c.state = html_attr_start(c.attr);
		c.delim = delimSpaceOrTagEnd;
		c.attr = attrNone;
	} else if (c.state == stateAfterName) {
		c.state = stateAttrName;
		c.attr = attrNone;
	}
	return c;
}

struct html_context
html_context_error(struct arena *a, const char *fmt, ...)
{
	struct html_error *e = ARENA_NEW(a, struct html_error);
	va_list ap;

	va_start(ap, fmt);
	e->description = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return (struct html_context){ .state = stateError, .err = e };
}

struct str
html_quote(struct arena *a, struct str s, size_t max)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&b, max > 0 ? str_sub(s, 0, utf8_prefix(s, max)) : s);
	struct str q = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return q;
}

/* Attributes whose values are more than plain text. */
static const struct {
	const char *name;
	enum html_content content;
} special_attrs[] = {
	{ "accept-charset", CONTENT_UNSAFE }, { "action", CONTENT_URL }, { "archive", CONTENT_URL },
	{ "async", CONTENT_UNSAFE }, { "background", CONTENT_URL }, { "cite", CONTENT_URL },
	{ "challenge", CONTENT_UNSAFE }, { "charset", CONTENT_UNSAFE }, { "classid", CONTENT_URL },
	{ "codebase", CONTENT_URL }, { "content", CONTENT_UNSAFE }, { "crossorigin", CONTENT_UNSAFE },
	{ "data", CONTENT_URL }, { "defer", CONTENT_UNSAFE }, { "enctype", CONTENT_UNSAFE },
	{ "form", CONTENT_UNSAFE }, { "formaction", CONTENT_URL }, { "formenctype", CONTENT_UNSAFE },
	{ "formmethod", CONTENT_UNSAFE }, { "formnovalidate", CONTENT_UNSAFE }, { "href", CONTENT_URL },
	{ "http-equiv", CONTENT_UNSAFE }, { "icon", CONTENT_URL }, { "keytype", CONTENT_UNSAFE },
	{ "language", CONTENT_UNSAFE }, { "longdesc", CONTENT_URL }, { "manifest", CONTENT_URL },
	{ "method", CONTENT_UNSAFE }, { "novalidate", CONTENT_UNSAFE }, { "pattern", CONTENT_UNSAFE },
	{ "poster", CONTENT_URL }, { "profile", CONTENT_URL }, { "rel", CONTENT_UNSAFE },
	{ "sandbox", CONTENT_UNSAFE }, { "src", CONTENT_URL }, { "srcdoc", CONTENT_HTML },
	{ "srclang", CONTENT_PLAIN }, { "srcset", CONTENT_SRCSET }, { "style", CONTENT_CSS },
	{ "type", CONTENT_UNSAFE }, { "usemap", CONTENT_URL }, { "value", CONTENT_UNSAFE },
	{ "xmlns", CONTENT_URL },
};

static bool
contains(struct str s, struct str what)
{
	return str_find(s, what) < s.n;
}

enum html_content
html_attr_content(struct str name)
{
	size_t colon = str_chr(name, ':');

	if (str_starts(name, STR("data-"))) {
		name = str_sub(name, 5, name.n);
	} else if (colon < name.n) {
		if (str_is(str_sub(name, 0, colon), "xmlns"))
			return CONTENT_URL;
		name = str_sub(name, colon + 1, name.n);
	}
	for (size_t i = 0; i < ARRAY_LEN(special_attrs); i++)
		if (str_is(name, special_attrs[i].name))
			return special_attrs[i].content;
	if (str_starts(name, STR("on")))
		return CONTENT_JS;
	/* People put addresses into attributes of their own. */
	if (contains(name, STR("src")) || contains(name, STR("uri")) || contains(name, STR("url")))
		return CONTENT_URL;
	return CONTENT_PLAIN;
}

const char *
html_delim_ends(enum html_delim d)
{
	switch (d) {
	case delimDoubleQuote:
		return "\"";
	case delimSingleQuote:
		return "'";
	case delimSpaceOrTagEnd:
		return " \t\n\f\r>";
	case delimNone:
	default:
		return "";
	}
}

size_t
html_find_any(struct str s, size_t from, const char *set)
{
	for (size_t i = from; i < s.n; i++)
		if (s.p[i] != '\0' && strchr(set, s.p[i]) != NULL)
			return i;
	return s.n;
}
