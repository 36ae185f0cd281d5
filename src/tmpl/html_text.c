/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Literal text of templates: moves the context, loses its comments, and has
 * stray '<' and hidden script tags made harmless.
 * Source: Go html/template escape.go.
 */
#include "html_escape.h"
#include "text/html.h"

/* An attribute value up to the end of s, entities decoded, moves the context. */
static struct html_context
inside_value(struct html_context c, struct str s, struct arena *a)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	html_unescape(&b, s);
	struct str u = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	while (u.n > 0) {
		size_t n;
		c = html_transition(c, u, &n, a);
		u = str_sub(u, n, u.n);
	}
	return c;
}

/* Consumes some of s; *n says how much. */
static struct html_context
after_text(struct html_context c, struct str s, size_t *n, struct arena *a)
{
	if (c.delim == delimNone) {
		struct html_context end = html_special_tag_end(c, s, n);
		if (*n == 0)
			return end;
		return html_transition(c, str_sub(s, 0, *n), n, a);
	}
	size_t i = html_find_any(s, 0, html_delim_ends(c.delim));
	struct str value = str_sub(s, 0, i);
	if (c.delim == delimSpaceOrTagEnd) {
		/* Browsers differ on where a value with one of these ends. */
		size_t j = html_find_any(value, 0, "\"'<=`");
		if (j < value.n) {
			struct str q = html_quote(a, str_sub(s, j, j + 1), 0), all = html_quote(a, value, 0);
			*n = s.n;
			return html_context_error(a, "%.*s in unquoted attr: %.*s", STR_ARG(q), STR_ARG(all));
		}
	}
	*n = s.n;
	if (i == s.n)
		return inside_value(c, s, a);
	enum html_element element = c.element;
	if (c.state == stateAttr && c.element == elementScript && c.attr == attrScriptType &&
	    !html_is_js_type(value))
		element = elementNone;
	*n = c.delim == delimSpaceOrTagEnd ? i : i + 1;
	return (struct html_context){ .state = stateTag, .element = element };
}

/* Replaces every '<' that begins no tag. */
static void
escape_stray(struct str s, size_t from, size_t to, size_t *written, struct sbuf *b)
{
	for (size_t j = from; j < to; j++) {
		if (s.p[j] != '<' || str_caseeq(str_sub(s, j, j + 9), STR("<!DOCTYPE")))
			continue;
		sbuf_str(b, str_sub(s, *written, j));
		sbuf_puts(b, "&lt;");
		*written = j + 1;
	}
}

static bool
has_line_end(struct str s)
{
	return html_find_any(s, 0, "\n\r") < s.n || str_find(s, STR("\xE2\x80\xA8")) < s.n ||
	    str_find(s, STR("\xE2\x80\xA9")) < s.n;
}

/* "<script", "</script" and "<!--" in a literal of JavaScript would confuse the HTML parser. */
static bool
is_special_tag(struct str s)
{
	return str_caseeq(str_sub(s, 0, 7), STR("<script")) || str_caseeq(str_sub(s, 0, 8), STR("</script")) ||
	    str_starts(s, STR("<!--"));
}

static void
escape_script_tags(struct str s, size_t from, size_t to, size_t *written, struct sbuf *b)
{
	bool found = false;

	for (size_t j = from; j < to && !found; j++)
		found = is_special_tag(str_sub(s, j, to));
	if (!found)
		return;
	sbuf_str(b, str_sub(s, *written, from));
	for (size_t j = from; j < to; j++) {
		if (is_special_tag(str_sub(s, j, to)))
			sbuf_puts(b, "\\x3C");
		else
			sbuf_putc(b, s.p[j]);
	}
	*written = to;
}

/* How long the token is that began the comment of this state. */
static size_t
comment_start(enum html_state s)
{
	return s == stateHTMLCmt || s == stateJSHTMLOpenCmt ? 4 : s == stateJSHTMLCloseCmt ? 3 : 2;
}

/* One step from i to next, c to d: writes what has to change. */
static void
rewrite(struct str s, size_t i, size_t next, const struct html_context *c, const struct html_context *d,
    size_t *written, struct sbuf *b)
{
	if (c->state == stateText || c->state == stateRCDATA) {
		size_t end = next;
		for (size_t j = next; d->state != c->state && j > i; j--)
			if (s.p[j - 1] == '<') {
				end = j - 1;
				break;
			}
		escape_stray(s, i, end, written, b);
	} else if (html_is_comment(c->state) && c->delim == delimNone) {
		/* A comment is white space; with a line end in it, a line end. */
		if (c->state == stateJSBlockCmt)
			sbuf_putc(b, has_line_end(str_sub(s, *written, next)) ? '\n' : ' ');
		else if (c->state == stateCSSBlockCmt)
			sbuf_putc(b, ' ');
		*written = next;
	}
	if (c->state != d->state && html_is_comment(d->state) && d->delim == delimNone) {
		sbuf_str(b, str_sub(s, *written, next - comment_start(d->state)));
		*written = next;
	}
	if (html_is_in_script_literal(c->state))
		escape_script_tags(s, i, next, written, b);
}

struct html_context
html_escape_text(struct html_escaper *e, struct html_context c, struct node *n)
{
	struct arena *a = e->program->arena;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str s = n->text;
	size_t written = 0;

	for (size_t i = 0; i < s.n;) {
		size_t used;
		struct html_context d = after_text(c, str_sub(s, i, s.n), &used, a);
		rewrite(s, i, i + used, &c, &d, &written, &b);
		i += used;
		c = d;
	}
	if (written > 0 && c.state != stateError) {
		if (!html_is_comment(c.state) || c.delim != delimNone)
			sbuf_str(&b, str_sub(s, written, s.n));
		html_add_edit(e, n)->text = arena_str(a, sbuf_get(&b));
	}
	sbuf_fini(&b);
	return c;
}
