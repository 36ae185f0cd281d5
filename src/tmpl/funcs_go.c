/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions every Go template has, but for comparisons.
 * Source: Go text/template funcs.go.
 */
#include "base/utf8.h"
#include "exec.h"
#include "funcs.h"
#include "text/html.h"
#include "text/url.h"

#define FUNC(name) static bool name(struct value_call *c, const struct value *args, size_t n, struct value *out)

static bool
is_nil(struct value v)
{
	return v.type == NULL || v.type->kind == V_ANY;
}

/* and, or: the evaluator does their work. */
FUNC(call_never)
{
	(void)args;
	(void)n;
	(void)out;
	return value_fail(c, "unreachable");
}

FUNC(call_not)
{
	(void)c;
	(void)n;
	*out = value_bool(!value_truth(args[0]));
	return true;
}

FUNC(call_len)
{
	bool nil;
	(void)n;

	if (args[0].type == NULL)
		return value_fail(c, "reflect: call of reflect.Value.Type on zero Value");
	struct value v = eval_indirect(args[0], &nil);
	if (nil)
		return value_fail(c, "len of nil pointer");
	if (v.type->kind == V_STRING)
		*out = value_int((int64_t)v.u.s.n);
	else if (v.type->kind == V_LIST)
		*out = value_int((int64_t)v.u.list.n);
	else if (v.type->kind == V_MAP)
		*out = value_int((int64_t)v.u.map.n);
	else
		return value_fail(c, "len of type %s", v.type->name);
	return true;
}

/* A position in something of `most` items; `most` itself is let through. */
static bool
index_arg(struct value_call *c, struct value index, size_t most, size_t *out)
{
	int64_t x;

	if (is_nil(index))
		return value_fail(c, "cannot index slice/array with nil");
	if (index.type->kind == V_INT)
		x = index.u.i;
	else if (index.type->kind == V_UINT)
		x = (int64_t)index.u.u;
	else
		return value_fail(c, "cannot index slice/array with type %s", index.type->name);
	if (x < 0 || (uint64_t)x > most)
		return value_fail(c, "index out of range: %lld", (long long)x);
	*out = (size_t)x;
	return true;
}

static bool
index_map(struct value_call *c, struct value map, struct value key, struct value *out)
{
	if (is_nil(key))
		return value_fail(c, "value is nil; should be of type string");
	if (key.type != &type_string)
		return value_fail(c, "value has type %s; should be string", key.type->name);
	const struct value *v = value_map_find(map, key.u.s);
	*out = v != NULL ? *v : value_zero(map.type->elem);
	return true;
}

static bool
index_one(struct value_call *c, struct value item, struct value index, struct value *out)
{
	size_t i, len = item.type->kind == V_STRING ? item.u.s.n : item.u.list.n;

	if (item.type->kind == V_MAP)
		return index_map(c, item, index, out);
	if (item.type->kind != V_STRING && item.type->kind != V_LIST)
		return value_fail(c, "can't index item of type %s", item.type->name);
	if (!index_arg(c, index, len, &i))
		return false;
	if (i == len)
		return value_fail(c, "reflect: %s index out of range",
		    item.type->kind == V_STRING ? "string" : "slice");
	if (item.type->kind == V_STRING)
		*out = (struct value){ .type = &type_uint8, .u.u = (unsigned char)item.u.s.p[i] };
	else
		*out = item.u.list.items[i];
	return true;
}

FUNC(call_index)
{
	struct value item = args[0];

	if (is_nil(item))
		return value_fail(c, "index of untyped nil");
	for (size_t i = 1; i < n; i++) {
		bool nil;
		item = eval_indirect(item, &nil);
		if (nil)
			return value_fail(c, "index of nil pointer");
		if (!index_one(c, item, args[i], &item))
			return false;
	}
	*out = item;
	return true;
}

FUNC(call_slice)
{
	struct value item = args[0];
	bool string = value_kind(item) == V_STRING;

	if (is_nil(item))
		return value_fail(c, "slice of untyped nil");
	if (n > 4)
		return value_fail(c, "too many slice indexes: %zu", n - 1);
	if (!string && item.type->kind != V_LIST)
		return value_fail(c, "can't slice item of type %s", item.type->name);
	if (string && n == 4)
		return value_fail(c, "cannot 3-index slice a string");
	size_t len = string ? item.u.s.n : item.u.list.n;
	size_t at[3] = { 0, len, len };
	for (size_t i = 1; i < n; i++)
		if (!index_arg(c, args[i], len, &at[i - 1]))
			return false;
	for (size_t i = 0; i < (n == 4 ? 2 : 1); i++)
		if (at[i] > at[i + 1])
			return value_fail(c, "invalid slice index: %zu > %zu", at[i], at[i + 1]);
	*out = item;
	if (string)
		out->u.s = str_sub(item.u.s, at[0], at[1]);
	else if (item.u.list.items != NULL)
		*out = value_list(item.type, item.u.list.items + at[0], at[1] - at[0]);
	return true;
}

/* args[0] is the callee's name as the template has it. */
FUNC(call_call)
{
	struct value f = args[1];

	if (is_nil(f))
		return value_fail(c, "call of nil");
	if (f.type->kind != V_FUNC || f.u.func == NULL)
		return value_fail(c, "non-function %.*s of type %s", STR_ARG(args[0].u.s), f.type->name);
	size_t params = 0;
	while (params < ARRAY_LEN(f.u.func->params) && f.u.func->params[params] != NULL)
		params++;
	size_t given = n - 2;
	if (f.u.func->variadic ? given < params - 1 : given != params)
		return value_fail(c, "wrong number of args for %.*s: got %zu want %s%zu", STR_ARG(args[0].u.s), given,
		    f.u.func->variadic ? "at least " : "", f.u.func->variadic ? params - 1 : params);
	for (size_t i = 0; i < given; i++) {
		const struct value_type *t = f.u.func->params[i < params ? i : params - 1];
		if (args[i + 2].type == NULL || !value_assignable(args[i + 2].type, t))
			return value_fail(c, "arg %zu: value has type %s; should be %s", i,
			    value_type_name(args[i + 2]), t->name);
	}
	return f.u.func->call(c, args + 2, given, out);
}

/* The dearest of what was printed says what all of it costs. */
void
func_pay_print(struct value_call *c, const struct value *args, size_t n, size_t bytes)
{
	size_t most = 0;

	for (size_t i = 0; i < n; i++) {
		size_t price = exec_print_price(args[i], bytes);
		most = price > most ? price : most;
	}
	/* When it cannot be paid, whatever comes next fails. */
	(void)!value_charge(c, most);
}

static bool
take_printed(struct value_call *c, struct sbuf *b, const struct value *args, size_t n, struct value *out)
{
	func_pay_print(c, args, n, b->n);
	return func_take(c, b, out);
}

FUNC(call_print)
{
	struct sbuf b = func_buffer(c);

	print_sprint(&b, args, n);
	return take_printed(c, &b, args, n, out);
}

FUNC(call_println)
{
	struct sbuf b = func_buffer(c);

	print_sprintln(&b, args, n);
	return take_printed(c, &b, args, n, out);
}

FUNC(call_printf)
{
	struct sbuf b = func_buffer(c);

	print_sprintf(&b, args[0].u.s, args + 1, n - 1);
	return take_printed(c, &b, args + 1, n - 1, out);
}

struct str
func_join_args(struct value_call *c, const struct value *args, size_t n)
{
	if (n == 1 && args[0].type == &type_string)
		return args[0].u.s;
	struct value *shown = ARENA_ARRAY(c->arena, n, struct value);
	for (size_t i = 0; i < n; i++) {
		bool nil;
		shown[i] = eval_indirect(args[i], &nil);
		if (is_nil(args[i]))
			shown[i] = value_cstr("<no value>");
	}
	struct sbuf b = func_buffer(c);
	print_sprint(&b, shown, n);
	func_pay_print(c, shown, n, b.n);
	struct str s = arena_str(c->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return s;
}

FUNC(call_html)
{
	struct str s = func_join_args(c, args, n);
	struct sbuf b = func_buffer(c);

	while (s.n > 0) {
		size_t nul = str_chr(s, '\0');
		html_escape(&b, str_sub(s, 0, nul));
		if (nul < s.n)
			sbuf_puts(&b, "\xEF\xBF\xBD");
		s = str_sub(s, nul + 1, s.n);
	}
	return func_take(c, &b, out);
}

static void
js_escape(struct sbuf *b, struct str s)
{
	for (size_t i = 0; i < s.n;) {
		uint32_t r;
		size_t n = utf8_decode(str_sub(s, i, s.n), &r);
		if (r == '\\' || r == '\'' || r == '"') {
			sbuf_putc(b, '\\');
			sbuf_putc(b, (char)r);
		} else if (r < ' ' || r == '<' || r == '>' || r == '&' || r == '=' ||
		    (r >= 0x80 && !rune_is_print(r))) {
			sbuf_printf(b, "\\u%04X", (unsigned)r);
		} else {
			sbuf_put(b, s.p + i, n);
		}
		i += n;
	}
}

FUNC(call_js)
{
	struct str s = func_join_args(c, args, n);
	struct sbuf b = func_buffer(c);

	js_escape(&b, s);
	(void)!value_charge(c, s.n / 2);
	return func_take(c, &b, out);
}

FUNC(call_urlquery)
{
	struct str s = func_join_args(c, args, n);
	struct sbuf b = func_buffer(c);

	url_query_escape(&b, s);
	return func_take(c, &b, out);
}

#define ANY_ARGS .variadic = true, .result = &type_string

const struct builtin builtins_go[] = {
	{ .kind = BUILTIN_AND, .func = { .name = "and", .params = { &type_reflect, &type_reflect }, .variadic = true,
	    .result = &type_any, .call = call_never } },
	{ .kind = BUILTIN_OR, .func = { .name = "or", .params = { &type_reflect, &type_reflect }, .variadic = true,
	    .result = &type_any, .call = call_never } },
	{ .func = { .name = "not", .params = { &type_reflect }, .result = &type_bool, .call = call_not } },
	{ .func = { .name = "len", .params = { &type_reflect }, .result = &type_int, .call = call_len } },
	{ .func = { .name = "index", .params = { &type_reflect, &type_reflect }, .variadic = true,
	    .result = &type_any, .call = call_index } },
	{ .func = { .name = "slice", .params = { &type_reflect, &type_reflect }, .variadic = true,
	    .result = &type_any, .call = call_slice } },
	{ .kind = BUILTIN_CALL, .func = { .name = "call", .params = { &type_reflect, &type_reflect },
	    .variadic = true, .result = &type_any, .call = call_call } },
	{ .func = { .name = "print", .params = { &type_any }, ANY_ARGS, .call = call_print } },
	{ .func = { .name = "println", .params = { &type_any }, ANY_ARGS, .call = call_println } },
	{ .func = { .name = "printf", .params = { &type_string, &type_any }, ANY_ARGS, .call = call_printf } },
	{ .func = { .name = "html", .params = { &type_any }, ANY_ARGS, .call = call_html } },
	{ .func = { .name = "js", .params = { &type_any }, ANY_ARGS, .call = call_js } },
	{ .func = { .name = "urlquery", .params = { &type_any }, ANY_ARGS, .call = call_urlquery } },
	{ .func = { .name = NULL } },
};
