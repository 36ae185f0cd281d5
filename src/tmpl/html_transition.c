/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How markup moves the context: tags, attributes, comments, URLs.
 * Source: Go html/template transition.go.
 */
#include <ctype.h>

#include "base/ascii.h"
#include "html_context.h"

static size_t
skip_space(struct str s, size_t i)
{
	while (i < s.n && s.p[i] != '\0' && strchr(" \t\n\f\r", s.p[i]) != NULL)
		i++;
	return i;
}

static enum html_element
element_of(struct str name)
{
	static const struct {
		const char *name;
		enum html_element element;
	} special[] = {
		{ "script", elementScript }, { "style", elementStyle }, { "textarea", elementTextarea },
		{ "title", elementTitle }, { "meta", elementMeta },
	};

	for (size_t i = 0; i < ARRAY_LEN(special); i++)
		if (str_caseeq(name, str_from(special[i].name)))
			return special[i].element;
	return elementNone;
}

/* The end of the tag name at i, i itself when there is none: x, x-y and x:y, but not x- or x--y. */
static size_t
tag_name(struct str s, size_t i, enum html_element *e)
{
	size_t j = i + 1;

	*e = elementNone;
	if (i >= s.n || !ascii_letter(s.p[i]))
		return i;
	while (j < s.n) {
		if (ascii_alnum(s.p[j]))
			j++;
		else if ((s.p[j] == ':' || s.p[j] == '-') && j + 1 < s.n && ascii_alnum(s.p[j + 1]))
			j += 2;
		else
			break;
	}
	*e = element_of(str_sub(s, i, j));
	return j;
}

static struct html_context
in_text(struct html_context c, struct str s, size_t *n)
{
	size_t k = 0;

	for (;;) {
		size_t i = k + str_chr(str_sub(s, k, s.n), '<');
		enum html_element e;
		bool end;

		*n = s.n;
		if (i + 1 >= s.n)
			return c;
		if (str_starts(str_sub(s, i, s.n), STR("<!--"))) {
			*n = i + 4;
			return (struct html_context){ .state = stateHTMLCmt };
		}
		i++;
		end = s.p[i] == '/';
		if (end && ++i == s.n)
			return c;
		k = tag_name(s, i, &e);
		if (k != i) {
			*n = k;
			return (struct html_context){ .state = stateTag, .element = end ? elementNone : e };
		}
	}
}

static enum html_state
element_content(enum html_element e)
{
	switch (e) {
	case elementScript:
		return stateJS;
	case elementStyle:
		return stateCSS;
	case elementTextarea:
	case elementTitle:
		return stateRCDATA;
	case elementNone:
	case elementMeta:
	default:
		return stateText;
	}
}

/* The end of the attribute name at i. False when there is a character that must not be in one. */
static bool
attr_name(struct str s, size_t i, size_t *end, struct html_context *error, struct arena *a)
{
	for (size_t j = i; j < s.n; j++) {
		char ch = s.p[j];
		*end = j;
		if (ch != '\0' && strchr(" \t\n\f\r=>", ch) != NULL)
			return true;
		if (ch == '\'' || ch == '"' || ch == '<') {
			struct str q = html_quote(a, str_sub(s, j, j + 1), 0), rest = html_quote(a, s, 32);
			*error = html_context_error(a, "%.*s in attribute name: %.*s", STR_ARG(q), STR_ARG(rest));
			return false;
		}
	}
	*end = s.n;
	return true;
}

static struct str
lower(struct str s, struct arena *a)
{
	struct str copy = arena_str(a, s);
	char *p = arena_alloc(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)tolower((unsigned char)copy.p[i]);
	return (struct str){ p, s.n };
}

static enum html_attr
attr_of(enum html_element e, struct str name)
{
	if (e == elementScript && str_is(name, "type"))
		return attrScriptType;
	if (e == elementMeta && str_is(name, "content"))
		return attrMetaContent;
	switch (html_attr_content(name)) {
	case CONTENT_URL:
		return attrURL;
	case CONTENT_CSS:
		return attrStyle;
	case CONTENT_JS:
		return attrScript;
	case CONTENT_SRCSET:
		return attrSrcset;
	case CONTENT_PLAIN:
	case CONTENT_HTML:
	case CONTENT_UNSAFE:
	default:
		return attrNone;
	}
}

static struct html_context
in_tag(struct html_context c, struct str s, size_t *n, struct arena *a)
{
	size_t i = skip_space(s, 0), j;
	struct html_context error;

	*n = s.n;
	if (i == s.n)
		return c;
	if (s.p[i] == '>') {
		*n = i + 1;
		enum html_element e = c.element == elementMeta ? elementNone : c.element;
		return (struct html_context){ .state = element_content(e), .element = e };
	}
	if (!attr_name(s, i, &j, &error, a))
		return error;
	if (i == j) {
		struct str q = html_quote(a, str_sub(s, i, s.n), 0);
		return html_context_error(a, "expected space, attr name, or end of tag, but got %.*s", STR_ARG(q));
	}
	*n = j;
	return (struct html_context){ .state = j == s.n ? stateAttrName : stateAfterName, .element = c.element,
		.attr = attr_of(c.element, lower(str_sub(s, i, j), a)) };
}

static struct html_context
in_attr_name(struct html_context c, struct str s, size_t *n, struct arena *a)
{
	struct html_context error;
	size_t i;

	if (!attr_name(s, 0, &i, &error, a)) {
		*n = s.n;
		return error;
	}
	if (i != s.n)
		c.state = stateAfterName;
	*n = i;
	return c;
}

static struct html_context
after_name(struct html_context c, struct str s, size_t *n)
{
	size_t i = skip_space(s, 0);

	*n = i;
	if (i == s.n)
		return c;
	if (s.p[i] != '=') {
		c.state = stateTag;	/* no value */
		return c;
	}
	c.state = stateBeforeValue;
	*n = i + 1;
	return c;
}

static struct html_context
before_value(struct html_context c, struct str s, size_t *n)
{
	size_t i = skip_space(s, 0);

	*n = i;
	if (i == s.n)
		return c;
	c.delim = s.p[i] == '\'' ? delimSingleQuote : s.p[i] == '"' ? delimDoubleQuote : delimSpaceOrTagEnd;
	c.state = html_attr_start(c.attr);
	*n = c.delim == delimSpaceOrTagEnd ? i : i + 1;
	return c;
}

static struct html_context
in_html_comment(struct html_context c, struct str s, size_t *n)
{
	size_t i = str_find(s, STR("-->"));

	*n = i < s.n ? i + 3 : s.n;
	return i < s.n ? HTML_TEXT : c;
}

/* Where "</tag" with something that ends the name begins; s.n when there is none. */
static size_t
find_end_tag(struct str s, struct str tag)
{
	for (size_t i = 0; i < s.n;) {
		i += str_find(str_sub(s, i, s.n), STR("</"));
		if (i >= s.n)
			break;
		size_t end = i + 2 + tag.n;
		if (!str_caseeq(str_sub(s, i + 2, end), tag)) {
			i += 2;
			continue;
		}
		if (end < s.n && s.p[end] != '\0' && strchr("> \t\n\f/", s.p[end]) != NULL)
			return i;
		i = end;
	}
	return s.n;
}

struct html_context
html_special_tag_end(struct html_context c, struct str s, size_t *n)
{
	static const char *const tags[] = {
		[elementScript] = "script", [elementStyle] = "style", [elementTextarea] = "textarea",
		[elementTitle] = "title", [elementMeta] = NULL,
	};

	*n = s.n;
	if (c.element == elementNone || tags[c.element] == NULL)
		return c;
	/* In literals and comments an end tag is escaped rather than obeyed. */
	if (c.element == elementScript && (html_is_in_script_literal(c.state) || html_is_comment(c.state)))
		return c;
	size_t i = find_end_tag(s, str_from(tags[c.element]));
	*n = i;
	return i < s.n ? HTML_TEXT : c;
}

struct html_context
html_transition_url(struct html_context c, struct str s, size_t *n)
{
	*n = s.n;
	if (html_find_any(s, 0, "#?") < s.n)
		c.url_part = urlPartQueryOrFrag;
	else if (skip_space(s, 0) != s.n && c.url_part == urlPartNone)
		c.url_part = urlPartPreQuery;
	return c;
}

static struct html_context
in_meta(struct html_context c, struct str s, size_t *n)
{
	for (size_t i = 0; i + 4 <= s.n; i++)
		if (str_caseeq(str_sub(s, i, i + 4), STR("url="))) {
			c.state = stateMetaContentURL;
			*n = i + 4;
			return c;
		}
	*n = s.n;
	return c;
}

static struct html_context
in_meta_url(struct html_context c, struct str s, size_t *n)
{
	size_t i = str_chr(s, ';');

	*n = i < s.n ? i + 1 : s.n;
	if (i < s.n)
		c.state = stateMetaContent;
	return c;
}

struct html_context
html_transition(struct html_context c, struct str s, size_t *n, struct arena *a)
{
	switch (c.state) {
	case stateText:
		return in_text(c, s, n);
	case stateTag:
		return in_tag(c, s, n, a);
	case stateAttrName:
		return in_attr_name(c, s, n, a);
	case stateAfterName:
		return after_name(c, s, n);
	case stateBeforeValue:
		return before_value(c, s, n);
	case stateHTMLCmt:
		return in_html_comment(c, s, n);
	case stateRCDATA:
		return html_special_tag_end(c, s, n);
	case stateURL:
	case stateSrcset:
		return html_transition_url(c, s, n);
	case stateMetaContent:
		return in_meta(c, s, n);
	case stateMetaContentURL:
		return in_meta_url(c, s, n);
	case stateJS:
	case stateJSDqStr:
	case stateJSSqStr:
	case stateJSTmplLit:
	case stateJSRegexp:
		return html_transition_js(c, s, n, a);
	case stateCSS:
	case stateCSSDqStr:
	case stateCSSSqStr:
	case stateCSSDqURL:
	case stateCSSSqURL:
	case stateCSSURL:
		return html_transition_css(c, s, n, a);
	case stateJSBlockCmt:
	case stateJSLineCmt:
	case stateJSHTMLOpenCmt:
	case stateJSHTMLCloseCmt:
	case stateCSSBlockCmt:
	case stateCSSLineCmt:
		return html_transition_comment(c, s, n);
	case stateAttr:
	case stateError:
	case stateDead:
	default:
		*n = s.n;
		return c;
	}
}
