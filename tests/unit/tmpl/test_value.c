/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as C callers make them and as templates see them.
 */
#include <math.h>
#include <stdlib.h>

#include "node.h"
#include "parse.h"
#include "suite.h"
#include "tmpl/tmpl.h"

static struct arena *arena;
static struct tmpl_set *set;
static struct err error;

static void
setup(void)
{
	arena = arena_new();
	set = tmpl_set_new();
}

static void
teardown(void)
{
	tmpl_set_free(&set);
	arena_free(&arena);
}

static const char *
render(bool html, const char *source, struct value data)
{
	const struct tmpl_env env = { .now = WALL_ZERO };
	struct str out;

	error = (struct err){ 0 };
	bool ok = html ? tmpl_html(set, str_from(source), data, arena, &env, &out, &error) :
	    tmpl_text(set, str_from(source), data, arena, &env, &out, &error);
	return ok ? out.p : error.text;
}

static const char *
printed(struct value v)
{
	struct sbuf b = SBUF_INIT(1 << 16);

	value_print(&b, v);
	const char *s = arena_str(arena, sbuf_get(&b)).p;
	sbuf_fini(&b);
	return s;
}

static const char *
json(struct value v)
{
	struct sbuf b = SBUF_INIT(1 << 16);

	error = (struct err){ 0 };
	bool ok = value_json(&b, v, &error);
	const char *s = ok ? arena_str(arena, sbuf_get(&b)).p : error.text;
	sbuf_fini(&b);
	return s;
}

START_TEST(maps)
{
	static const struct str names[] = { { "b", 1 }, { "alertname", 9 }, { "a", 1 }, { "b", 1 } };
	static const struct str values[] = { { "1", 1 }, { "2", 1 }, { "3", 1 }, { "4", 1 } };
	struct value kv = value_kv(arena, names, values, 4), none = value_kv(arena, NULL, NULL, 0);

	ck_assert_str_eq(printed(kv), "alertname=2, a=3, b=4");
	ck_assert_str_eq(json(kv), "{\"a\":\"3\",\"alertname\":\"2\",\"b\":\"4\"}");
	ck_assert_str_eq(printed(value_sorted_pairs(arena, kv)), "alertname=2, a=3, b=4");
	ck_assert(value_truth(kv) && !value_truth(none));
	ck_assert_ptr_null(value_map_find(kv, STR("c")));
	ck_assert(str_is(value_map_find(kv, STR("b"))->u.s, "4"));
	ck_assert_str_eq(json(none), "{}");
	ck_assert_str_eq(json((struct value){ .type = &type_kv }), "null");
	const struct value_entry e[] = { { STR("z"), value_int(1) }, { STR("y"), VALUE_NIL } };
	ck_assert_str_eq(printed(value_map(arena, e, 2)), "map[y:<nil> z:1]");
	ck_assert_str_eq(json(value_map(arena, e, 2)), "{\"y\":null,\"z\":1}");
}
END_TEST

START_TEST(lists)
{
	const struct value words[] = { value_str(STR("x")), value_str(STR("y")) };
	struct value l = value_list(&type_strings, words, 2);

	ck_assert_str_eq(printed(l), "[x y]");
	ck_assert_str_eq(json(l), "[\"x\",\"y\"]");
	ck_assert_str_eq(render(false, "{{ .Join \"-\" }}", l), "x-y");
	ck_assert_str_eq(json(value_list(&type_list, NULL, 0)), "[]");
	ck_assert_str_eq(json((struct value){ .type = &type_list }), "null");
	ck_assert_str_eq(render(false, "{{ printf \"%#v %v\" . . }}", (struct value){ .type = &type_list }),
	    "[]interface {}(nil) []");
	ck_assert_str_eq(render(false, "{{ printf \"%#v\" . }}", (struct value){ .type = &type_kv }),
	    "template.KV(nil)");
}
END_TEST

START_TEST(numbers)
{
	static const struct {
		double f;
		const char *text, *json;
	} floats[] = {
		{ 1, "1", "1" }, { 1e6, "1e+06", "1000000" }, { 0.1, "0.1", "0.1" },
		{ (double)INFINITY, "+Inf", "json: unsupported value: +Inf" },
		{ -(double)INFINITY, "-Inf", "json: unsupported value: -Inf" },
		{ (double)NAN, "NaN", "json: unsupported value: NaN" },
	};

	for (size_t i = 0; i < ARRAY_LEN(floats); i++) {
		ck_assert_str_eq(printed(value_float(floats[i].f)), floats[i].text);
		ck_assert_str_eq(json(value_float(floats[i].f)), floats[i].json);
	}
	ck_assert_str_eq(render(false, "{{ printf \"%5v|%+g|% v|%05d\" . . . . }}", value_float((double)NAN)),
	    "  NaN|+NaN| NaN|%!d(float64=  NaN)");
	ck_assert_str_eq(render(false, "{{ printf \"%8.2f|%-8g|%+g\" . . . }}", value_float((double)INFINITY)),
	    "    +Inf|+Inf    |+Inf");
	struct value u = { .type = &type_uint, .u.u = UINT64_MAX };
	ck_assert_str_eq(printed(u), "18446744073709551615");
	ck_assert_str_eq(json(u), "18446744073709551615");
	ck_assert(value_truth(u));
	u.u.u = 3;
	ck_assert_str_eq(render(false, "{{ range . }}{{ . }},{{ end }}{{ eq . 3 }}{{ humanizeDuration . }}", u),
	    "0,1,2,true3s");
	struct value d = value_float(0x1p-1060);
	ck_assert_str_eq(render(false, "{{ printf \"%x %b %g\" . . . }}", d),
	    "0x1p-1060 16384p-1074 8.095e-320");
}
END_TEST

START_TEST(truth)
{
	static const struct value_func f = { .name = "f" };
	static const struct value_type ptr = { .name = "*x", .kind = V_PTR, .elem = &type_pair };
	const struct value yes[] = {
		value_bool(true), value_int(-1), value_float(0.5), value_cstr("0"), value_duration(1),
		value_time_in(arena, WALL_ZERO, NULL), { .type = &type_complex128, .u.c = { 0, 1 } },
		{ .type = &type_func, .u.func = &f }, value_object(&ptr, &f),
	};
	const struct value no[] = {
		VALUE_NIL, value_bool(false), value_int(0), value_float(0), value_cstr(""), value_duration(0),
		{ .type = &type_any }, { .type = &type_complex128 }, { .type = &type_func }, value_object(&ptr, NULL),
		value_list(&type_list, NULL, 0),
	};

	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		ck_assert_msg(value_truth(yes[i]), "%zu", i);
	for (size_t i = 0; i < ARRAY_LEN(no); i++)
		ck_assert_msg(!value_truth(no[i]), "%zu", i);
}
END_TEST

START_TEST(times)
{
	struct wall w = { 1700000000, 120000000, 7200 };

	ck_assert_str_eq(printed(value_time_in(arena, w, NULL)), "2023-11-15 00:13:20.12 +0200 +0200");
	ck_assert_str_eq(printed(value_time_in(arena, wall_utc(w), NULL)), "2023-11-14 22:13:20.12 +0000 UTC");
	ck_assert_str_eq(json(value_time_in(arena, w, NULL)), "\"2023-11-15T00:13:20.12+02:00\"");
	ck_assert_str_eq(printed(value_time_in(arena, WALL_ZERO, NULL)), "0001-01-01 00:00:00 +0000 UTC");
	ck_assert_str_eq(printed(value_duration(90 * SPAN_MIN)), "1h30m0s");
	ck_assert_str_eq(json(value_duration(5)), "5");
	ck_assert_str_eq(printed((struct value){ .type = &type_month, .u.i = 13 }), "%!Month(13)");
	ck_assert_str_eq(printed((struct value){ .type = &type_weekday, .u.i = 7 }), "%!Weekday(7)");
}
END_TEST

/* Strings that the data declares safe pass the escapers of their own context alone. */
START_TEST(trusted_strings)
{
	static const struct {
		const struct value_type *type;
		const char *text, *source, *expected;
	} cases[] = {
		{ &type_html, "<b>", "{{ . }} <p title='{{ . }}'>", "<b> <p title=''>" },
		{ &type_css, "a;b(c)", "<style>{{ . }}</style>{{ . }}<p style=\"{{ . }}\">",
		    "<style>a;b(c)</style>a;b(c)<p style=\"a;b(c)\">" },
		{ &type_js, "f(\"x\")<1", "<script>{{ . }}</script><p onclick='{{ . }}'>{{ . }}",
		    "<script>f(\"x\")<1</script><p onclick='f(&#34;x&#34;)&lt;1'>f(&#34;x&#34;)&lt;1" },
		{ &type_js_str, "a\\u0041\"", "<script>{{ . }} '{{ . }}'</script>",
		    "<script>\"a\\u0041\"\" 'a\\u0041\\u0022'</script>" },
		{ &type_html_attr, "onclick=\"x\"", "<p {{ . }}>{{ . }}", "<p onclick=\"x\">onclick=&#34;x&#34;" },
		{ &type_srcset, "javascript:a 1x, b", "<img srcset=\"{{ . }}\">",
		    "<img srcset=\"javascript:a 1x, b\">" },
		{ &type_url, "javascript:a b,c", "<a href='{{ . }}'><img srcset=\"{{ . }}\"><a href='?{{ . }}'>",
		    "<a href='javascript:a%20b,c'><img srcset=\"javascript:a%20b%2cc\"><a href='?javascript:a%20b,c'>" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_str_eq(render(true, cases[i].source,
		    value_typed_str(cases[i].type, str_from(cases[i].text))), cases[i].expected);
}
END_TEST

/* A type with methods of all kinds of parameters, as notifiers may declare. */
struct thing {
	struct value name;
};

static struct value
get_twice(const void *object, struct arena *a)
{
	const struct thing *t = object;
	struct str s = t->name.u.s;

	return value_str(arena_printf(a, "%.*s%.*s", STR_ARG(s), STR_ARG(s)));
}

static bool
call_describe(struct value_call *c, const struct value *args, size_t n, struct value *out)
{
	struct str s = arena_printf(value_call_arena(c), "%d %llu %.1f n=%zu", args[1].u.b,
	    (unsigned long long)args[2].u.u, args[3].u.f, n);

	*out = value_str(s);
	return true;
}

static bool
call_fail(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out UNUSED)
{
	return value_fail(c, "no %s today", ((const struct thing *)args[0].u.object)->name.u.s.p);
}

static const struct value_field thing_fields[] = {
	{ .name = "Name", .json = "name", .offset = offsetof(struct thing, name) },
	{ .name = "Twice", .get = get_twice },
};
static const struct value_func thing_methods[] = {
	{ .name = "Describe", .params = { &type_bool, &type_uint, &type_float64 }, .result = &type_string,
	    .call = call_describe },
	{ .name = "Fail", .result = &type_string, .call = call_fail },
	{ .name = "Pair", .refusal = "function Pair has 3 return values; should be 1 or 2" },
};
static const struct value_type thing_type = {
	.name = "test.Thing", .kind = V_STRUCT, .fields = thing_fields, .fields_n = 2, .methods = thing_methods,
	.methods_n = 3,
};
static const struct value_type thing_ptr = { .name = "*test.Thing", .kind = V_PTR, .elem = &thing_type };

START_TEST(objects)
{
	const struct thing t = { value_cstr("cake") };
	struct value v = value_object(&thing_type, &t), p = value_object(&thing_ptr, &t);
	static const char *const cases[][2] = {
		{ "{{ .Name }} {{ .Twice }} {{ . }}", "cake cakecake {cake cakecake}" },
		{ "{{ toJson . }}", "{\"name\":\"cake\",\"Twice\":\"cakecake\"}" },
		{ "{{ .Describe true 7 2 }}", "1 7 2.0 n=4" },
		{ "{{ 2.5 | .Describe false 0x10 }}", "0 16 2.5 n=4" },
		{ "{{ .Describe 1 7 2 }}", "template: :1:13: executing \"\" at <1>: expected bool; found 1" },
		{ "{{ .Describe true -7 2 }}",
		    "template: :1:18: executing \"\" at <-7>: expected unsigned integer; found -7" },
		{ "{{ .Describe true 7 \"x\" }}",
		    "template: :1:20: executing \"\" at <\"x\">: expected float; found \"x\"" },
		{ "{{ .Fail }}", "template: :1:3: executing \"\" at <.Fail>: error calling Fail: no cake today" },
		{ "{{ .Pair }}",
		    "template: :1:3: executing \"\" at <.Pair>: function Pair has 3 return values; should be 1 or 2" },
		{ "{{ .Name 1 }}",
		    "template: :1:3: executing \"\" at <.Name>: Name has arguments but cannot be invoked as function" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert_str_eq(render(false, cases[i][0], v), cases[i][1]);
		ck_assert_str_eq(render(false, cases[i][0], p), cases[i][1]);
	}
	struct value out;
	ck_assert(value_field(p, "Name", arena, &out) && str_is(out.u.s, "cake"));
	ck_assert(!value_field(p, "Nope", arena, &out) && !value_field(value_int(1), "Name", arena, &out));
	ck_assert_str_eq(json(p), json(v));
	ck_assert_str_eq(json(value_object(&thing_ptr, NULL)), "null");
	ck_assert_str_eq(render(false, "{{ printf \"%v %+v %d %p\" . . . . }}", value_object(&thing_ptr, NULL)),
	    "<nil> <nil> 0 0x0");
	ck_assert_str_eq(render(false, "{{ .Fail }}", value_object(&thing_ptr, NULL)),
	    "template: :1:3: executing \"\" at <.Fail>: nil pointer evaluating *test.Thing.Fail");
}
END_TEST

static bool
call_add(struct value_call *c UNUSED, const struct value *args, size_t n UNUSED, struct value *out)
{
	*out = value_int(args[0].u.i + args[1].u.i);
	return true;
}

START_TEST(functions)
{
	static const struct value_func add = {
		.name = "add", .params = { &type_int, &type_int }, .result = &type_int, .call = call_add,
	};
	struct value f = { .type = &type_func, .u.func = &add };
	static const char *const cases[][2] = {
		{ "{{ call . 1 2 }} {{ 5 | call . 4 }}", "3 9" },
		{ "{{ call . 1 }}",
		    "template: :1:3: executing \"\" at <call . 1>: error calling call: "
		    "wrong number of args for .: got 1 want 2" },
		{ "{{ call . 1 \"x\" }}",
		    "template: :1:3: executing \"\" at <call . 1 \"x\">: error calling call: "
		    "arg 1: value has type string; should be int" },
		{ "{{ . }}", "template: :1:3: executing \"\" at <{{.}}>: can't print {{.}} of type func()" },
		{ "{{ eq . . }}",
		    "template: :1:3: executing \"\" at <eq . .>: error calling eq: "
		    "non-comparable type %!s(func()=0xc000000000): func()" },
		{ "{{ toJson . }}",
		    "template: :1:3: executing \"\" at <toJson .>: error calling toJson: "
		    "json: unsupported type: func()" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_str_eq(render(false, cases[i][0], f), cases[i][1]);
}
END_TEST

/* A tree prints as source that means the same. */
START_TEST(trees_print)
{
	static const char *const sources[][2] = {
		{ "a{{ if .x }}b{{ else if not 1 }}c{{ else }}d{{ end }}",
		    "a{{if .x}}b{{else}}{{if not 1}}c{{else}}d{{end}}{{end}}" },
		{ "{{ range $i, $v := .l }}{{ break }}{{ continue }}{{ end }}",
		    "{{range $i, $v := .l}}{{break}}{{continue}}{{end}}" },
		{ "{{ with $x := (len .a.b | print nil) }}{{ $x = true }}{{ template \"t\\n\" (index . 0).y }}{{ end }}",
		    "{{with $x := (len .a.b | print nil)}}{{$x = true}}{{template \"t\\n\" (index . 0).y}}{{end}}" },
		{ "{{ template `q` }}{{ 'x' }} {{ 0x1F }}{{ $.a.b }}", "{{template \"q\"}}{{'x'}} {{0x1F}}{{$.a.b}}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		struct tree_map trees = { 0 };
		struct sbuf b = SBUF_INIT(4096);
		ck_assert(parse_source(STR("x"), str_from(sources[i][0]), true, &trees, arena, &error));
		node_print(&b, tree_map_find(&trees, STR("x"))->root);
		ck_assert_str_eq(sbuf_cstr(&b), sources[i][1]);
		sbuf_reset(&b);
		node_print(&b, node_copy(tree_map_find(&trees, STR("x"))->root, arena));
		ck_assert_str_eq(sbuf_cstr(&b), sources[i][1]);
		sbuf_fini(&b);
		tree_map_fini(&trees);
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, maps);
	tcase_add_test(tc, lists);
	tcase_add_test(tc, numbers);
	tcase_add_test(tc, truth);
	tcase_add_test(tc, times);
	tcase_add_test(tc, trusted_strings);
	tcase_add_test(tc, objects);
	tcase_add_test(tc, functions);
	tcase_add_test(tc, trees_print);
}

int
main(void)
{
	return run_suite("tmpl values", add);
}
