/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alertmanager's functions on strings. Source: Alertmanager template.go.
 */
#include "base/quote.h"
#include "base/utf8.h"
#include "exec.h"
#include "format.h"
#include "funcs.h"
#include "regex_cache.h"
#include "text/base64.h"
#include "text/url.h"

#define FUNC(name) static bool name(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)

static bool
map_runes(struct value_call *c, struct str s, uint32_t (*map)(uint32_t), struct value *out)
{
	struct sbuf b = func_buffer(c);

	for (size_t i = 0; i < s.n;) {
		uint32_t r;
		char bytes[4];
		i += utf8_decode(str_sub(s, i, s.n), &r);
		sbuf_put(&b, bytes, utf8_encode(map(r), bytes));
	}
	(void)!value_charge(c, s.n);
	return func_take(c, &b, out);
}

FUNC(call_to_upper)
{
	return map_runes(c, args[0].u.s, rune_upper, out);
}

FUNC(call_to_lower)
{
	return map_runes(c, args[0].u.s, rune_lower, out);
}

FUNC(call_title)
{
	struct sbuf b = func_buffer(c);

	title_case(&b, args[0].u.s);
	(void)!value_charge(c, 2 * args[0].u.s.n);
	return func_take(c, &b, out);
}

FUNC(call_trim_space)
{
	struct str s = args[0].u.s;
	size_t end = 0, start = s.n;

	for (size_t i = 0; i < s.n;) {
		uint32_t r;
		size_t len = utf8_decode(str_sub(s, i, s.n), &r);
		if (!rune_is_space(r)) {
			start = start < i ? start : i;
			end = i + len;
		}
		i += len;
	}
	*out = value_str(start < end ? str_sub(s, start, end) : STR(""));
	return value_charge(c, s.n / 4);
}

FUNC(call_join)
{
	struct sbuf b = func_buffer(c);

	for (size_t i = 0; i < args[1].u.list.n; i++) {
		if (i > 0)
			sbuf_str(&b, args[0].u.s);
		sbuf_str(&b, args[1].u.list.items[i].u.s);
	}
	(void)!value_charge(c, args[1].u.list.n / 4);
	return func_take(c, &b, out);
}

FUNC(call_match)
{
	struct err e = { 0 };
	struct regex *re = regex_cache_get(c, args[0].u.s, &e);

	if (re == NULL)
		return !c->failed && value_fail(c, "%s", e.text);
	if (!value_charge(c, 10))
		return false;
	struct work w = regex_cache_work(c);
	struct regex_run *run = NULL;
	*out = value_bool(regex_match_some(re, args[1].u.s, &run, &w) == REGEX_YES);
	regex_run_free(&run);
	return regex_cache_pay(c, w);
}

/* The words of regexp.MustCompile. */
static bool
compile_failed(struct value_call *c, struct str pattern, const struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (format_can_backquote(pattern))
		sbuf_printf(&b, "`%.*s`", STR_ARG(pattern));
	else
		quote_go(&b, pattern);
	value_fail(c, "regexp: Compile(%s): %s", sbuf_cstr(&b), e->text);
	sbuf_fini(&b);
	return false;
}

FUNC(call_replace_all)
{
	struct sbuf b = func_buffer(c);
	struct err e = { 0 };
	struct regex *re = regex_cache_get(c, args[0].u.s, &e);

	if (re == NULL)
		return !c->failed && compile_failed(c, args[0].u.s, &e);
	if (!value_charge(c, args[2].u.s.n / 8 + 10))
		return false;
	struct work w = regex_cache_work(c);
	(void)!regex_replace_all(re, args[1].u.s, args[2].u.s, &b, &w);
	if (!regex_cache_pay(c, w)) {
		sbuf_fini(&b);
		return false;
	}
	return func_take(c, &b, out);
}

FUNC(call_safe_html)
{
	(void)c;
	*out = value_typed_str(&type_html, args[0].u.s);
	return true;
}

FUNC(call_safe_url)
{
	(void)c;
	*out = value_typed_str(&type_url, args[0].u.s);
	return true;
}

FUNC(call_url_unescape)
{
	struct sbuf b = func_buffer(c);
	struct err e = { 0 };

	if (!url_query_unescape(&b, args[0].u.s, &e)) {
		sbuf_fini(&b);
		return value_fail(c, "%s", e.text);
	}
	return func_take(c, &b, out);
}

FUNC(call_base64_encode)
{
	struct sbuf b = func_buffer(c);

	base64_encode(&b, args[0].u.s, BASE64_URL);
	return func_take(c, &b, out);
}

/* The index of the first byte that encoding/base64 objects to. */
static size_t
base64_error_at(struct str s)
{
	size_t i = 0, digits = 0;

	for (; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		if (ch == '\r' || ch == '\n')
			continue;
		bool digit = (ch >= '0' && ch <= '9') || ((ch | 32) >= 'a' && (ch | 32) <= 'z') || ch == '-' || ch == '_';
		if (ch == '=' && digits % 4 >= 2) {
			/* a second '=' is needed after two digits, and nothing more */
			size_t j = i + 1;
			while (j < s.n && (s.p[j] == '\r' || s.p[j] == '\n'))
				j++;
			if (digits % 4 == 2) {
				if (j >= s.n)
					return s.n;
				if (s.p[j] != '=')
					return j - 1;
				j++;
			}
			while (j < s.n && (s.p[j] == '\r' || s.p[j] == '\n'))
				j++;
			return j;
		}
		if (!digit)
			return i;
		digits++;
	}
	return i - digits % 4;
}

FUNC(call_base64_decode)
{
	struct sbuf b = func_buffer(c);

	if (!base64_decode(&b, args[0].u.s, BASE64_URL)) {
		sbuf_fini(&b);
		return value_fail(c, "illegal base64 data at input byte %zu", base64_error_at(args[0].u.s));
	}
	return func_take(c, &b, out);
}

FUNC(call_route_labels)
{
	const struct tmpl_env *env = c->env;
	struct err e = { 0 };
	struct str s = STR("");

	if (env->route_label != NULL && !env->route_label(env->route_label_arg, args[0].u.s, &s, &e))
		return value_fail(c, "%s", e.text);
	*out = value_str(s);
	return true;
}

#define S1(nm, rs, fn) { .func = { .name = (nm), .params = { &type_string }, .result = (rs), .call = (fn) } }

const struct builtin builtins_am[] = {
	S1("toUpper", &type_string, call_to_upper),
	S1("toLower", &type_string, call_to_lower),
	S1("title", &type_string, call_title),
	S1("trimSpace", &type_string, call_trim_space),
	{ .func = { .name = "join", .params = { &type_string, &type_string_list }, .result = &type_string,
	    .call = call_join } },
	{ .func = { .name = "match", .params = { &type_string, &type_string }, .result = &type_bool,
	    .call = call_match } },
	{ .func = { .name = "reReplaceAll", .params = { &type_string, &type_string, &type_string },
	    .result = &type_string, .call = call_replace_all } },
	S1("safeHtml", &type_html, call_safe_html),
	S1("safeUrl", &type_url, call_safe_url),
	S1("urlUnescape", &type_string, call_url_unescape),
	S1("base64encode", &type_string, call_base64_encode),
	S1("base64decode", &type_string, call_base64_decode),
	S1("routeLabels", &type_string, call_route_labels),
	{ .func = { .name = NULL } },
};
