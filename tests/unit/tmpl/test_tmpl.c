/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Template sets: definitions and their order, the cache, bounds, syntax checks.
 */
#include <check.h>
#include <stdlib.h>

#include "lib_data.h"
#include "tmpl/tmpl.h"

static struct tmpl_set *set;
static struct arena *arena;
static struct err error;
static const struct tmpl_env plain_env;

static void
setup(void)
{
	set = tmpl_set_new();
	arena = arena_new();
	error = (struct err){ 0 };
}

static void
teardown(void)
{
	tmpl_set_free(&set);
	arena_free(&arena);
}

static void
add(const char *name, const char *text)
{
	ck_assert_msg(tmpl_set_add_file(set, str_from(name), str_from(text), &error), "%s", error.text);
}

static const char *
render(const char *source, struct value data, const struct tmpl_env *env)
{
	struct str out;

	error = (struct err){ 0 };
	bool ok = tmpl_text(set, str_from(source), data, arena, env, &out, &error);
	ck_assert(ok == (error.text[0] == '\0'));
	return out.p;
}

static const char *
render_html(const char *source, struct value data)
{
	struct str out;

	error = (struct err){ 0 };
	bool ok = tmpl_html(set, str_from(source), data, arena, &plain_env, &out, &error);
	ck_assert(ok == (error.text[0] == '\0'));
	return out.p;
}

static void
renders(const char *source, const char *expected)
{
	ck_assert_str_eq(render(source, VALUE_NIL, &plain_env), expected);
	ck_assert_str_eq(error.text, "");
}

START_TEST(later_definition_wins)
{
	add("", "{{ define \"a\" }}builtin{{ end }}{{ define \"b\" }}{{ template \"a\" }}!{{ end }}");
	renders("{{ template \"b\" }}", "builtin!");
	add("user.tmpl", "text{{ define \"a\" }}user{{ end }}");
	renders("{{ template \"b\" }}", "user!");
	renders("{{ template \"user.tmpl\" }}", "text");
	add("empty.tmpl", "{{ define \"a\" }} \n {{ end }}");
	renders("{{ template \"b\" }}", "user!");
	/* for this string alone */
	renders("{{ define \"a\" }}mine{{ end }}{{ template \"b\" }}", "mine!");
	renders("{{ define \"a\" }} {{ end }}{{ template \"b\" }}", "user!");
	renders("{{ template \"b\" }}", "user!");
}
END_TEST

START_TEST(file_errors)
{
	ck_assert(!tmpl_set_add_file(set, STR("x.tmpl"), STR("a\n{{ nope }}"), &error));
	ck_assert_str_eq(error.text, "template: x.tmpl:2: function \"nope\" not defined");
	error = (struct err){ 0 };
	ck_assert(!tmpl_set_add_file(set, STR("x.tmpl"), STR("{{ if .x }}\n\n"), &error));
	ck_assert_str_eq(error.text, "template: x.tmpl:3: unexpected EOF");
}
END_TEST

START_TEST(output_before_an_error)
{
	ck_assert_str_eq(render("before {{ index . 5 }} after", VALUE_NIL, &plain_env), "before ");
	ck_assert_str_eq(error.text,
	    "template: :1:10: executing \"\" at <index . 5>: error calling index: index of untyped nil");
	ck_assert_str_eq(render("before {{ if }}", VALUE_NIL, &plain_env), "");
	ck_assert_str_eq(error.text, "template: :1: missing value for if");
	ck_assert_str_eq(render_html("<p {{ 1 }}", VALUE_NIL), "");
	ck_assert_str_eq(render_html("a{{ index . 5 }}", VALUE_NIL), "a");
}
END_TEST

START_TEST(same_source_again)
{
	for (int i = 0; i < 3; i++) {
		renders("{{ $x := 1 }}{{ $x }}", "1");
		ck_assert_str_eq(render_html("<a title=\"{{ . }}\">{{ . }}", value_cstr("<&")),
		    "<a title=\"&lt;&amp;\">&lt;&amp;");
		ck_assert_str_eq(render("<a title=\"{{ . }}\">{{ . }}", value_cstr("<&"), &plain_env),
		    "<a title=\"<&\"><&");
		render("{{ if }}", VALUE_NIL, &plain_env);
		ck_assert_str_eq(error.text, "template: :1: missing value for if");
		render_html("<p>{{ if . }}<a {{ end }}", VALUE_NIL);
		ck_assert_ptr_nonnull(strstr(error.text, "branches end in different contexts"));
	}
	renders("", "");
	renders(" \n", " \n");
}
END_TEST

/* The engines share a template's tree; escaping must not show in text. */
START_TEST(engines_do_not_mix)
{
	add("f", "{{ define \"link\" }}<a href=\"{{ . }}\">{{ . }}</a><!-- c -->{{ end }}");
	struct value v = value_cstr("javascript:<");
	ck_assert_str_eq(render_html("{{ template \"link\" . }}", v),
	    "<a href=\"#ZgotmplZ\">javascript:&lt;</a>");
	ck_assert_str_eq(render("{{ template \"link\" . }}", v, &plain_env),
	    "<a href=\"javascript:<\">javascript:<</a><!-- c -->");
	ck_assert_str_eq(render_html("<b title='{{ template \"link\" . }}'>", v),
	    "<b title='<a href=\"javascript:&lt;\">javascript:&lt;</a><!-- c -->'>");
}
END_TEST

START_TEST(check_syntax)
{
	ck_assert(tmpl_check_syntax(STR("{{ .x | toUpper }}{{ template \"unknown\" }}"), true, &error));
	ck_assert(tmpl_check_syntax(STR("plain"), false, &error));
	ck_assert(tmpl_check_syntax(STR("{{ eq .a .b | print }}"), false, &error));
	ck_assert(!tmpl_check_syntax(STR("{{ .x | toUpper }}"), false, &error));
	ck_assert_str_eq(error.text, "template: :1: function \"toUpper\" not defined");
	ck_assert(!tmpl_check_syntax(STR("{{ end }}"), true, &error));
	ck_assert_str_eq(error.text, "template: :1: unexpected {{end}}");
	ck_assert(!tmpl_check_syntax(STR("{{ _html_template_htmlescaper 1 }}"), true, NULL));
}
END_TEST

/* Each of these would take for ever, or all memory, or the stack. */
START_TEST(bounds)
{
	static const char *const programs[] = {
		"{{ range 1000000000 }}{{ end }}",
		"{{ range 100000 }}{{ range 100000 }}x{{ end }}{{ end }}",
		"{{ define \"r\" }}{{ template \"r\" . }}{{ template \"r\" . }}{{ end }}{{ template \"r\" . }}",
		"{{ $x := \"a\" }}{{ range 100 }}{{ $x = print $x $x }}{{ end }}{{ len $x }}",
		"{{ $x := list 1 }}{{ range 100 }}{{ $x = list $x $x }}{{ end }}{{ $x }}",
		"{{ $x := list 1 }}{{ range 100 }}{{ $x = list $x $x }}{{ end }}{{ toJson $x | len }}",
		"{{ $x := list 1 }}{{ range 100000 }}{{ $x = list $x }}{{ end }}{{ $x }}",
		"{{ $x := list 1 }}{{ range 100000 }}{{ $x = list $x }}{{ end }}{{ eq $x $x }}",
		"{{ $x := list 1 }}{{ range 100000 }}{{ $x = append $x 1 1 1 1 1 1 1 }}{{ end }}",
		"{{ range 100000 }}{{ $x := printf \"%1000000d\" 1 }}{{ end }}",
		"{{ range 10000 }}{{ printf \"%1000000d\" 1 }}{{ end }}",
		"{{ printf \"%*d%*d%*d\" 1000000 1 1000000 1 1000000 1 | len }}"
		"{{ range 100000 }}{{ printf \"%1000000.1000000f\" 1.0 | len }}{{ end }}",
		"{{ range 1000000 }}{{ reReplaceAll \"(a*)*b\" \"$1$1$1\" \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac\" }}{{ end }}",
		"{{ $s := \"aaaaaaaa\" }}{{ range 20 }}{{ $s = print $s $s }}{{ end }}{{ range 100000 }}{{ html $s | len }}{{ end }}",
		"{{ range 1000000 }}{{ match (print \"x\" .) \"a\" }}{{ end }}",
	};

	for (size_t i = 0; i < ARRAY_LEN(programs); i++) {
		render(programs[i], VALUE_NIL, &plain_env);
		ck_assert_msg(error.text[0] != '\0', "%s", programs[i]);
		arena_reset(arena);
	}
	const struct tmpl_env small = { .max_steps = 50, .max_output = 10 };
	ck_assert_str_eq(render("123456789{{ 0 }}{{ 1 }}", VALUE_NIL, &small), "1234567890");
	ck_assert_ptr_nonnull(strstr(error.text, "output is larger than 10 bytes"));
	render("{{ range 100 }}{{ end }}", VALUE_NIL, &small);
	ck_assert_ptr_nonnull(strstr(error.text, "too many steps"));
}
END_TEST

/* Work that takes long is dear, however few calls it is: a step is worth some 30 ns. */
START_TEST(steps_are_worth_their_time)
{
	static const char big[] = "{{ $s := \"aaaaaaaaaaaaaaaa\" }}{{ range 10 }}{{ $s = print $s $s }}{{ end }}"
				  "{{ $t := print $s \"\" }}{{ $f := list 1.5 2.5e-300 }}";
	static const struct {
		const char *program;
		uint64_t at_least, at_most;
	} prices[] = {
		{ "{{ range 100 }}{{ $x := lt $s $t }}{{ end }}", 100 * 500, 100 * 2000 },
		{ "{{ range 100 }}{{ $x := eq $s $t }}{{ end }}", 100 * 500, 100 * 2000 },
		{ "{{ range 100 }}{{ $x := toUpper $s }}{{ end }}", 100 * 10000, 100 * 30000 },
		{ "{{ range 100 }}{{ $x := title $s }}{{ end }}", 100 * 20000, 100 * 60000 },
		{ "{{ range 100 }}{{ $x := trimSpace $s }}{{ end }}", 100 * 4000, 100 * 10000 },
		{ "{{ range 100 }}{{ $x := print $f }}{{ end }}", 100 * 60, 100 * 300 },
		{ "{{ range 100 }}{{ $x := toJson $f }}{{ end }}", 100 * 60, 100 * 300 },
		{ "{{ range 100 }}{{ $x := printf \"%.300f\" 1.5 }}{{ end }}", 100 * 1000, 100 * 5000 },
		{ "{{ range 100 }}{{ 1.5 }}{{ end }}", 100 * 20, 100 * 60 },
		{ "{{ range 100 }}{{ $x := date \"15:04\" now }}{{ end }}", 100 * 60, 100 * 200 },
		/* One search that would be long if it went back, one that looks again and again, one that finds at once. */
		{ "{{ $x := match \"^(a|aa)+$\" \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\" }}", 100, 25000 },
		{ "{{ $x := reReplaceAll \"a\" \"bb\" $s }}", 16384 * 3, 16384 * 20 },
		{ "{{ range 100 }}{{ $x := match \"a+b\" \"xxaaab\" }}{{ end }}", 100 * 10, 100 * 50 },
		/* Common work stays cheap. */
		{ "{{ range 100 }}{{ $x := toUpper \"label\" }}{{ end }}", 100, 100 * 20 },
		{ "{{ range 100 }}{{ $x := printf \"%s on %s\" \"alert\" \"host\" }}{{ end }}", 100, 100 * 20 },
		{ "{{ range 100 }}{{ if eq \"a\" \"b\" }}{{ end }}{{ end }}", 100, 100 * 20 },
	};
	uint64_t base = 0, used;
	struct tmpl_env env = plain_env;

	env.steps_used = &base;
	render(big, VALUE_NIL, &env);
	env.steps_used = &used;
	for (size_t i = 0; i < ARRAY_LEN(prices); i++) {
		struct sbuf program = SBUF_INIT(4096);

		used = 0;
		sbuf_puts(&program, big);
		sbuf_puts(&program, prices[i].program);
		render(sbuf_cstr(&program), VALUE_NIL, &env);
		ck_assert_str_eq(error.text, "");
		ck_assert_msg(used - base >= prices[i].at_least && used - base <= prices[i].at_most, "%s: %llu",
		    prices[i].program, (unsigned long long)(used - base));
		sbuf_fini(&program);
		arena_reset(arena);
	}
}
END_TEST

START_TEST(several_share_a_budget)
{
	uint64_t used = 0;
	const struct tmpl_env env = { .max_steps = 300, .steps_used = &used };

	ck_assert_str_eq(render("{{ range 50 }}x{{ end }}y", VALUE_NIL, &env) + 50, "y");
	ck_assert_str_eq(error.text, "");
	ck_assert_uint_gt(used, 50);
	for (int i = 0; i < 6; i++)
		render("{{ range 50 }}x{{ end }}y", VALUE_NIL, &env);
	ck_assert_ptr_nonnull(strstr(error.text, "too many steps"));
	ck_assert_uint_le(used, 300);
}
END_TEST

static void
repeat(struct sbuf *b, const char *s, int n)
{
	for (int i = 0; i < n; i++)
		sbuf_puts(b, s);
}

START_TEST(deep_sources)
{
	static const char *const nests[][3] = {
		{ "{{ if 1 }}", "x", "{{ end }}" }, { "{{ with 1 }}", "x", "{{ end }}" },
		{ "{{ range 1 }}", "x", "{{ end }}" }, { "{{ block \"a\" 1 }}", "x", "{{ end }}" },
		{ "{{ if 0 }}{{ else if 0 }}", "x", "{{ end }}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(nests); i++)
		for (int n = 100; n <= 100000; n *= 10) {
			struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
			repeat(&b, nests[i][0], n);
			sbuf_puts(&b, nests[i][1]);
			repeat(&b, nests[i][2], n);
			render(sbuf_cstr(&b), VALUE_NIL, &plain_env);
			if (n > 1000)
				ck_assert_ptr_nonnull(strstr(error.text, "nested too deeply"));
			render_html(sbuf_cstr(&b), VALUE_NIL);
			sbuf_fini(&b);
		}
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	sbuf_puts(&b, "{{");
	repeat(&b, "(", 100000);
	render(sbuf_cstr(&b), VALUE_NIL, &plain_env);
	ck_assert_str_eq(error.text, "template: :1: nested too deeply");
	sbuf_fini(&b);
}
END_TEST

/* Many conditions in one string are no nesting. */
START_TEST(long_sources)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	repeat(&b, "{{ if . }}a{{ else }}b{{ end }}{{ (print (print 1)) }}", 2000);
	ck_assert_uint_eq(strlen(render(sbuf_cstr(&b), VALUE_NIL, &plain_env)), 4000);
	ck_assert_str_eq(error.text, "");
	sbuf_fini(&b);
}
END_TEST

START_TEST(pointers)
{
	struct value data = test_data_load(arena, TEST_GOLDEN_DIR "/tmpl/data.json");
	struct value p = value_object(&test_data_ptr_type, data.u.object);

	ck_assert_str_eq(render("{{ .Status }} {{ len .Alerts.Firing }}", p, &plain_env), "firing 2");
	ck_assert_str_eq(render("{{ printf \"%T\" . }}", p, &plain_env), "*template.Data");
	render("{{ .Nope }}", p, &plain_env);
	ck_assert_str_eq(error.text,
	    "template: :1:3: executing \"\" at <.Nope>: can't evaluate field Nope in type *template.Data");
	render("{{ .Status }}", value_object(&test_data_ptr_type, NULL), &plain_env);
	ck_assert_str_eq(error.text,
	    "template: :1:3: executing \"\" at <.Status>: nil pointer evaluating *template.Data.Status");
	ck_assert_str_eq(render("{{ eq . . }} {{ printf \"%v\" .GroupLabels }}", p, &plain_env),
	    "true alertname=High <load>, job=a b");
	/* A pointer prints as what it points to, and printf puts & in front. */
	struct str plain = arena_str(arena, str_from(render("{{ . }}", data, &plain_env)));
	ck_assert_str_eq(render("{{ . }}", p, &plain_env), plain.p);
	ck_assert_int_eq(render("{{ printf \"%v\" . }}", p, &plain_env)[0], '&');
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tmpl");
	TCase *t = tcase_create("set");
	SRunner *sr = srunner_create(s);

	tcase_set_timeout(t, 0);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, later_definition_wins);
	tcase_add_test(t, file_errors);
	tcase_add_test(t, output_before_an_error);
	tcase_add_test(t, same_source_again);
	tcase_add_test(t, engines_do_not_mix);
	tcase_add_test(t, check_syntax);
	tcase_add_test(t, bounds);
	tcase_add_test(t, steps_are_worth_their_time);
	tcase_add_test(t, several_share_a_budget);
	tcase_add_test(t, deep_sources);
	tcase_add_test(t, long_sources);
	tcase_add_test(t, pointers);
	suite_add_tcase(s, t);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
