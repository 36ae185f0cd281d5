/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/html_context.h - what an HTML parser would be in the middle of at some
 * point of a template's output.
 *
 * Source: Go html/template context.go, transition.go, attr.go.
 */
#ifndef TMPL_HTML_CONTEXT_H
#define TMPL_HTML_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "node.h"

/* The names are Go's: they appear in error messages. */
#define HTML_STATES(X) \
	X(stateText)		/* between tags */ \
	X(stateTag)		/* before an attribute or the end of a tag */ \
	X(stateAttrName) \
	X(stateAfterName)	/* behind a name, before any = */ \
	X(stateBeforeValue) \
	X(stateHTMLCmt) \
	X(stateRCDATA)		/* in <textarea> and <title> */ \
	X(stateAttr)		/* in a value that is plain text */ \
	X(stateURL) \
	X(stateSrcset) \
	X(stateJS) \
	X(stateJSDqStr) \
	X(stateJSSqStr) \
	X(stateJSTmplLit) \
	X(stateJSRegexp) \
	X(stateJSBlockCmt) \
	X(stateJSLineCmt) \
	X(stateJSHTMLOpenCmt) \
	X(stateJSHTMLCloseCmt) \
	X(stateCSS) \
	X(stateCSSDqStr) \
	X(stateCSSSqStr) \
	X(stateCSSDqURL) \
	X(stateCSSSqURL) \
	X(stateCSSURL) \
	X(stateCSSBlockCmt) \
	X(stateCSSLineCmt) \
	X(stateError) \
	X(stateMetaContent)	/* content of a <meta> */ \
	X(stateMetaContentURL)	/* behind its "url=" */ \
	X(stateDead)		/* behind {{break}} and {{continue}} */
/* The delimiter that ends the attribute value. */
#define HTML_DELIMS(X) X(delimNone) X(delimDoubleQuote) X(delimSingleQuote) X(delimSpaceOrTagEnd)
#define HTML_URL_PARTS(X) X(urlPartNone) X(urlPartPreQuery) X(urlPartQueryOrFrag) X(urlPartUnknown)
/* The meaning that a slash would have. */
#define HTML_JS_CTXS(X) X(jsCtxRegexp) X(jsCtxDivOp) X(jsCtxUnknown)
#define HTML_ELEMENTS(X) X(elementNone) X(elementScript) X(elementStyle) X(elementTextarea) X(elementTitle) \
	X(elementMeta)
#define HTML_ATTRS(X) X(attrNone) X(attrScript) X(attrScriptType) X(attrStyle) X(attrURL) X(attrSrcset) \
	X(attrMetaContent)

#define HTML_ENUM(name) name,
enum html_state { HTML_STATES(HTML_ENUM) };
enum html_delim { HTML_DELIMS(HTML_ENUM) };
enum html_url_part { HTML_URL_PARTS(HTML_ENUM) };
enum html_js_ctx { HTML_JS_CTXS(HTML_ENUM) };
enum html_element { HTML_ELEMENTS(HTML_ENUM) };
enum html_attr { HTML_ATTRS(HTML_ENUM) };

/* Why a template cannot be escaped. */
struct html_error {
	struct str location;	/* of the node it is about; else empty */
	struct str name;	/* of the template */
	int line;
	struct str description;
};

/* Template literals of JavaScript nested deeper are refused. */
#define HTML_MAX_BRACES 16

struct html_context {
	enum html_state state;
	enum html_delim delim;
	enum html_url_part url_part;
	enum html_js_ctx js_ctx;
	enum html_attr attr;
	enum html_element element;
	int braces_n;			/* ${ in template literals that are open */
	int braces[HTML_MAX_BRACES];	/* { open in each */
	struct html_error *err;		/* stateError */
	const struct node *node;	/* of a break or continue */
};

#define HTML_TEXT ((struct html_context){ .state = stateText })

bool html_context_eq(const struct html_context *a, const struct html_context *b);
/* As messages show it. */
void html_context_print(struct sbuf *b, const struct html_context *c);
/* The name of a template as it is escaped for another context than text. */
struct str html_context_mangle(const struct html_context *c, struct str name, struct arena *a);
bool html_is_comment(enum html_state s);
bool html_is_in_tag(enum html_state s);
/* In a string, template literal or regular expression of JavaScript. */
bool html_is_in_script_literal(enum html_state s);
/* The state in which the value of an attribute begins. */
enum html_state html_attr_start(enum html_attr a);
/* The context after all transitions that need no input. */
struct html_context html_context_nudge(struct html_context c);
/* An error context; err is allocated in a. */
struct html_context html_context_error(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
/* s quoted as Go's %.NNq; max 0: all of it. */
struct str html_quote(struct arena *a, struct str s, size_t max);

enum html_content { CONTENT_PLAIN, CONTENT_CSS, CONTENT_HTML, CONTENT_JS, CONTENT_URL, CONTENT_SRCSET, CONTENT_UNSAFE };
/* The kind of an attribute's value; the name in lower case. */
enum html_content html_attr_content(struct str name);

/* Consumes a part of s, at least one byte unless the state changes; says how many. */
struct html_context html_transition(struct html_context c, struct str s, size_t *n, struct arena *a);
/* The same for the states of scripts and style sheets (html_script.c, html_style.c). */
struct html_context html_transition_js(struct html_context c, struct str s, size_t *n, struct arena *a);
struct html_context html_transition_css(struct html_context c, struct str s, size_t *n, struct arena *a);
struct html_context html_transition_comment(struct html_context c, struct str s, size_t *n);
struct html_context html_transition_url(struct html_context c, struct str s, size_t *n);
/* The end tag of the special element that we are in. */
struct html_context html_special_tag_end(struct html_context c, struct str s, size_t *n);
/* The bytes that end an attribute value of this delimiter. */
const char *html_delim_ends(enum html_delim d);
/* The first byte of s that is in set, from `from` on; s.n when there is none. */
size_t html_find_any(struct str s, size_t from, const char *set);
/* The MIME type of a script that is JavaScript. */
bool html_is_js_type(struct str mime);
/* CSS escapes undone. */
struct str html_decode_css(struct str s, struct arena *a);

#endif
