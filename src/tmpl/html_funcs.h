/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/html_funcs.h - the escapers that the HTML engine puts into pipelines.
 *
 * Source: Go html/template html.go, js.go, css.go, url.go.
 */
#ifndef TMPL_HTML_FUNCS_H
#define TMPL_HTML_FUNCS_H

#include "exec.h"
#include "funcs.h"

/* The text in the place of one that cannot be made safe. */
#define HTML_FAILSAFE "ZgotmplZ"

/* The arguments as one string, and what it may be trusted to be. */
struct str html_stringify(struct value_call *c, const struct value *args, size_t n, enum value_trust *trust);

#define HTML_FUNC(name) bool name(struct value_call *c, const struct value *args, size_t n, struct value *out)

HTML_FUNC(html_js_value_escaper);
HTML_FUNC(html_js_str_escaper);
HTML_FUNC(html_js_template_escaper);
HTML_FUNC(html_js_regexp_escaper);
HTML_FUNC(html_css_escaper);
HTML_FUNC(html_css_value_filter);
HTML_FUNC(html_url_escaper);
HTML_FUNC(html_url_filter);
HTML_FUNC(html_url_normalizer);
HTML_FUNC(html_srcset_escaper);

#endif
