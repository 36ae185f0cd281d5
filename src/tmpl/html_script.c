/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How JavaScript moves the context.
 * Source: Go html/template transition.go, js.go.
 */
#include "html_context.h"

#include "base/ascii.h"

static bool
is_ident_part(char c)
{
	return c == '$' || c == '_' || ascii_alnum(c);
}

static struct str
trim_right(struct str s)
{
	for (;;) {
		if (s.n > 0 && s.p[s.n - 1] != '\0' && strchr("\t\n\f\r ", s.p[s.n - 1]) != NULL)
			s.n--;
		else if (str_ends(s, STR("\xE2\x80\xA8")) || str_ends(s, STR("\xE2\x80\xA9")))
			s.n -= 3;
		else
			return s;
	}
}

/* Words behind which a slash starts a regular expression. */
static bool
is_regexp_preceder(struct str word)
{
	static const char *const words[] = {
		"break", "case", "continue", "delete", "do", "else", "finally", "in", "instanceof", "return",
		"throw", "try", "typeof", "void",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_is(word, words[i]))
			return true;
	return false;
}

/* The meaning of a slash behind the tokens in s. */
static enum html_js_ctx
next_js_ctx(struct str s, enum html_js_ctx before)
{
	s = trim_right(s);
	if (s.n == 0)
		return before;
	char last = s.p[s.n - 1];
	if (last == '+' || last == '-') {
		/* ++ and -- end an operand; --- is -- and - */
		size_t run = 1;
		while (run < s.n && s.p[s.n - 1 - run] == last)
			run++;
		return run % 2 == 1 ? jsCtxRegexp : jsCtxDivOp;
	}
	if (last == '.')
		return s.n > 1 && s.p[s.n - 2] >= '0' && s.p[s.n - 2] <= '9' ? jsCtxDivOp : jsCtxRegexp;
	if (last != '\0' && strchr(",<>=*%&|^?!~([:;{}", last) != NULL)
		return jsCtxRegexp;
	size_t start = s.n;
	while (start > 0 && is_ident_part(s.p[start - 1]))
		start--;
	return is_regexp_preceder(str_sub(s, start, s.n)) ? jsCtxRegexp : jsCtxDivOp;
}

static struct html_context
slash(struct html_context c, struct str s, size_t i, size_t *n, struct arena *a)
{
	char next = i + 1 < s.n ? s.p[i + 1] : '\0';

	*n = i + 1;
	if (next == '/' || next == '*') {
		c.state = next == '/' ? stateJSLineCmt : stateJSBlockCmt;
		*n = i + 2;
	} else if (c.js_ctx == jsCtxRegexp) {
		c.state = stateJSRegexp;
	} else if (c.js_ctx == jsCtxDivOp) {
		c.js_ctx = jsCtxRegexp;
	} else {
		struct str q = html_quote(a, str_sub(s, i, s.n), 32);
		*n = s.n;
		return html_context_error(a, "'/' could start a division or regexp: %.*s", STR_ARG(q));
	}
	return c;
}

/* A brace; one of them may end the ${ } of a template literal. */
static struct html_context
brace(struct html_context c, char ch)
{
	int *depth = c.braces_n > 0 ? &c.braces[c.braces_n - 1] : NULL;

	if (depth != NULL && ch == '}' && --*depth < 0) {
		*depth = 0;
		c.braces_n--;
		c.state = stateJSTmplLit;
		return c;
	}
	if (depth != NULL && ch == '{')
		(*depth)++;
	c.js_ctx = jsCtxRegexp;
	return c;
}

static struct html_context
in_code(struct html_context c, struct str s, size_t *n, struct arena *a)
{
	size_t i = html_find_any(s, 0, "\"`'/{}<-#");
	struct str rest = str_sub(s, i, s.n);

	c.js_ctx = next_js_ctx(str_sub(s, 0, i), c.js_ctx);
	*n = i < s.n ? i + 1 : s.n;
	if (i == s.n)
		return c;
	switch (s.p[i]) {
	case '"':
	case '\'':
	case '`':
		c.state = s.p[i] == '"' ? stateJSDqStr : s.p[i] == '\'' ? stateJSSqStr : stateJSTmplLit;
		c.js_ctx = jsCtxRegexp;
		return c;
	case '/':
		return slash(c, s, i, n, a);
	case '{':
	case '}':
		return brace(c, s.p[i]);
	/* The comments of old: everything on the line behind them is ignored. */
	case '<':
		if (str_starts(rest, STR("<!--"))) {
			c.state = stateJSHTMLOpenCmt;
			*n = i + 4;
		}
		return c;
	case '-':
		if (str_starts(rest, STR("-->"))) {
			c.state = stateJSHTMLCloseCmt;
			*n = i + 3;
		}
		return c;
	case '#':
	default:
		if (str_starts(rest, STR("#!"))) {
			c.state = stateJSLineCmt;
			*n = i + 2;
		}
		return c;
	}
}

static struct html_context
unfinished_escape(struct str s, size_t *n, struct arena *a)
{
	struct str q = html_quote(a, s, 0);

	*n = s.n;
	return html_context_error(a, "unfinished escape sequence in JS string: %.*s", STR_ARG(q));
}

static struct html_context
in_template_literal(struct html_context c, struct str s, size_t *n, struct arena *a)
{
	for (size_t i = 0;; i++) {
		i = html_find_any(s, i, "`\\$");
		*n = i + 1;
		if (i >= s.n)
			break;
		if (s.p[i] == '\\') {
			if (++i == s.n)
				return unfinished_escape(s, n, a);
		} else if (s.p[i] == '`') {
			c.state = stateJS;
			return c;
		} else if (i + 1 < s.n && s.p[i + 1] == '{') {
			*n = i + 2;
			if (c.braces_n == HTML_MAX_BRACES)
				return html_context_error(a, "JS template literals nested too deeply");
			c.braces[c.braces_n++] = 0;
			c.state = stateJS;
			return c;
		}
	}
	*n = s.n;
	return c;
}

/* "</script" in a regular expression does not end it: it gets escaped. */
static bool
is_script_end(struct str s, size_t slash_at)
{
	return slash_at > 0 && str_caseeq(str_sub(s, slash_at - 1, slash_at + 7), STR("</script"));
}

static struct html_context
in_delimited(struct html_context c, struct str s, size_t *n, struct arena *a)
{
	const char *specials = c.state == stateJSSqStr ? "\\'" : c.state == stateJSRegexp ? "\\/[]" : "\\\"";
	bool in_charset = false;

	for (size_t i = 0;; i++) {
		i = html_find_any(s, i, specials);
		if (i >= s.n)
			break;
		if (s.p[i] == '\\') {
			if (++i == s.n)
				return unfinished_escape(s, n, a);
		} else if (s.p[i] == '[') {
			in_charset = true;
		} else if (s.p[i] == ']') {
			in_charset = false;
		} else if (s.p[i] == '/' && is_script_end(s, i)) {
			i++;
		} else if (!in_charset) {
			c.state = stateJS;
			c.js_ctx = jsCtxDivOp;
			*n = i + 1;
			return c;
		}
	}
	*n = s.n;
	if (in_charset) {
		struct str q = html_quote(a, s, 0);
		return html_context_error(a, "unfinished JS regexp charset: %.*s", STR_ARG(q));
	}
	return c;
}

struct html_context
html_transition_js(struct html_context c, struct str s, size_t *n, struct arena *a)
{
	if (c.state == stateJS)
		return in_code(c, s, n, a);
	if (c.state == stateJSTmplLit)
		return in_template_literal(c, s, n, a);
	return in_delimited(c, s, n, a);
}

/* The end of a comment's line in JavaScript; s.n when there is none. */
static size_t
find_line_end(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\n' || s.p[i] == '\r' || str_starts(str_sub(s, i, s.n), STR("\xE2\x80\xA8")) ||
		    str_starts(str_sub(s, i, s.n), STR("\xE2\x80\xA9")))
			return i;
	return s.n;
}

struct html_context
html_transition_comment(struct html_context c, struct str s, size_t *n)
{
	bool css = c.state == stateCSSBlockCmt || c.state == stateCSSLineCmt;
	bool block = c.state == stateJSBlockCmt || c.state == stateCSSBlockCmt;
	size_t i = block ? str_find(s, STR("*/")) : css ? html_find_any(s, 0, "\n\f\r") : find_line_end(s);

	*n = s.n;
	if (i >= s.n)
		return c;
	*n = block ? i + 2 : i;	/* the end of the line is not part of the comment */
	c.state = css ? stateCSS : stateJS;
	return c;
}

bool
html_is_js_type(struct str mime)
{
	static const char *const types[] = {
		"application/ecmascript", "application/javascript", "application/json", "application/ld+json",
		"application/x-ecmascript", "application/x-javascript", "module", "text/ecmascript",
		"text/javascript", "text/javascript1.0", "text/javascript1.1", "text/javascript1.2",
		"text/javascript1.3", "text/javascript1.4", "text/javascript1.5", "text/jscript",
		"text/livescript", "text/x-ecmascript", "text/x-javascript",
	};

	mime = str_trim(str_sub(mime, 0, str_chr(mime, ';')));
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (str_caseeq(mime, str_from(types[i])))
			return true;
	return false;
}
