/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>

#include "base/work.h"
#include "lib_model.h"
#include "model/matcher.h"

static struct matchers
parse(const char *text)
{
	struct matchers ms = { 0 };
	struct err e = { 0 };
	bool ok = matchers_parse(str_from(text), MATCHER_UTF8, NULL, &ms, &e);

	ck_assert_msg(ok, "%s: %s", text, e.text);
	return ms;
}

static void
expect_format(const struct matchers *ms, const char *text)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	matchers_format(ms, &b);
	ck_assert_str_eq(sbuf_cstr(&b), text);
	sbuf_fini(&b);
}

static const struct {
	const char *matchers, *labels;
	bool matches;
} matches[] = {
	{ "", "a=b", true },
	{ "", "", true },
	{ "a=b", "a=b", true },
	{ "a=b", "a=c", false },
	{ "a=b", "b=b", false },
	{ "a=\"\"", "b=b", true },
	{ "a=\"\"", "a=b", false },
	{ "a=\"\"", "a=", true },
	{ "a!=b", "a=b", false },
	{ "a!=b", "a=c", true },
	{ "a!=b", "", true },
	{ "a!=\"\"", "", false },
	{ "a!=\"\"", "a=", false },
	{ "a!=\"\"", "a=x", true },
	{ "a=unheard_of", "b=c", false },
	{ "a!=unheard_of", "b=c", true },
	{ "a=~\".*\"", "", true },
	{ "a=~\".+\"", "", false },
	{ "a=~\".+\"", "a=x", true },
	{ "a=~\"b|c\"", "a=c", true },
	{ "a=~\"b|c\"", "a=cc", false },
	{ "a=~\"b|c\"", "a=bc", false },
	{ "a=~b", "a=B", false },
	{ "a=~\"(?i)b\"", "a=B", true },
	{ "a!~x", "", true },
	{ "a!~\".*\"", "", false },
	{ "a!~\"x.*\"", "a=xy", false },
	{ "a!~\"x.*\"", "a=yx", true },
	{ "a=~\"5..\"", "a=503", true },
	{ "a=~\"5..\"", "a=5033", false },
	{ "a=b,c=d", "a=b c=d e=f", true },
	{ "a=b,c=d", "a=b c=e", false },
	{ "a=b,c!=d,e=~f", "a=b c=e e=f", true },
};

START_TEST(matching)
{
	struct matchers ms = parse(matches[_i].matchers);
	struct labels *l = lib_labels(matches[_i].labels);
	bool all = true;

	ck_assert_msg(matchers_match(&ms, l) == matches[_i].matches, "%s on %s", matches[_i].matchers,
	    matches[_i].labels);
	for (size_t i = 0; i < ms.n; i++)
		all = all && matcher_matches_value(&ms.m[i], labels_get(l, istr_str(ms.m[i].name)));
	ck_assert_int_eq(all, matches[_i].matches);
	labels_unref(l);
	matchers_fini(&ms);
}
END_TEST

/* However little there is at a time, the answer is the same. */
START_TEST(matching_a_little_at_a_time)
{
	struct matchers ms = parse(matches[_i].matchers);
	struct labels *l = lib_labels(matches[_i].labels);
	enum match all = matches[_i].matches ? MATCH_YES : MATCH_NO, got = MATCH_LATER;
	struct match_run run = { 0 };

	for (int n = 0; got == MATCH_LATER; n++) {
		struct work w = { 1 };
		ck_assert_int_lt(n, 1000);
		got = matchers_match_some(&ms, l, &run, &w);
	}
	ck_assert_int_eq(got, all);
	ck_assert(run.at == 0 && run.re == NULL);
	/* Given up in the middle, and begun anew. */
	struct work none = { 0 }, plenty = { WORK_TURN };
	if (ms.n > 0)
		ck_assert_int_eq(matchers_match_some(&ms, l, &run, &none), MATCH_LATER);
	match_run_reset(&run);
	ck_assert_int_eq(matchers_match_some(&ms, l, &run, &plenty), all);
	ck_assert(ms.n == 0 || plenty.left < WORK_TURN);
	labels_unref(l);
	matchers_fini(&ms);
}
END_TEST

START_TEST(dot_is_no_newline)
{
	struct matchers ms = parse("a=~\"x.y\"");

	ck_assert(!matcher_matches_value(&ms.m[0], STR("x\ny")));
	ck_assert(matcher_matches_value(&ms.m[0], STR("x-y")));
	ck_assert(!matcher_matches_value(&ms.m[0], STR("x-y\n")));
	matchers_fini(&ms);
}
END_TEST

static const struct {
	const char *name, *value;
	enum matcher_op op;
	const char *text;
} formats[] = {
	{ "a", "b", MATCH_EQ, "{a=\"b\"}" },
	{ "a", "", MATCH_NE, "{a!=\"\"}" },
	{ "a", "b\\c\"d\ne\tf", MATCH_EQ, "{a=\"b\\\\c\\\"d\\ne\tf\"}" },
	{ "a.b-c:d", "x", MATCH_RE, "{a.b-c:d=~\"x\"}" },
	{ "\xc3\xa9", "\xc3\xa9", MATCH_NRE, "{\xc3\xa9!~\"\xc3\xa9\"}" },
	{ "a b", "c\td", MATCH_EQ, "{\"a b\"=\"c\\td\"}" },
	{ "a\xc2\xa0" "b", "c", MATCH_NE, "{\"a\\u00a0b\"!=\"c\"}" },
	{ "a,b", "c", MATCH_EQ, "{\"a,b\"=\"c\"}" },
	{ "a'b", "c", MATCH_EQ, "{\"a'b\"=\"c\"}" },
};

START_TEST(format)
{
	struct matchers ms = { 0 };
	struct matcher m;
	struct err e = { 0 };

	ck_assert(matcher_init(&m, formats[_i].op, str_from(formats[_i].name), str_from(formats[_i].value), &e));
	matchers_append(&ms, &m);
	expect_format(&ms, formats[_i].text);
	matchers_fini(&ms);
}
END_TEST

START_TEST(sort_by_name_value_operator)
{
	struct matchers ms = parse("b=1,a!~1,a=2,a=~1,a!=1,a=1,aa=0");

	expect_format(&ms, "{b=\"1\",a!~\"1\",a=\"2\",a=~\"1\",a!=\"1\",a=\"1\",aa=\"0\"}");
	matchers_sort(&ms);
	expect_format(&ms, "{a=\"1\",a!=\"1\",a=~\"1\",a!~\"1\",a=\"2\",aa=\"0\",b=\"1\"}");
	matchers_fini(&ms);
	ms = parse("{}");
	matchers_sort(&ms);
	expect_format(&ms, "{}");
	matchers_fini(&ms);
}
END_TEST

START_TEST(copies_and_equality)
{
	struct matchers a = parse("x=1,y=~\"2|3\""), b, c = parse("y=~\"2|3\",x=1"), d = parse("x=1,y!~\"2|3\"");
	struct labels *l = lib_labels("x=1 y=3");

	matchers_copy(&b, &a);
	ck_assert(matchers_eq(&a, &b));
	ck_assert(!matchers_eq(&a, &c));
	ck_assert(!matchers_eq(&a, &d));
	ck_assert(!matcher_eq(&a.m[0], &a.m[1]));
	matchers_fini(&a);
	ck_assert(!matchers_eq(&a, &b));
	ck_assert(matchers_match(&b, l));
	matchers_fini(&b);
	matchers_fini(&c);
	matchers_fini(&d);
	labels_unref(l);
}
END_TEST

START_TEST(parse_appends)
{
	struct matchers ms = parse("a=1");
	struct err e = { 0 };

	ck_assert(matchers_parse(STR("b=2,c=3"), MATCHER_FALLBACK, NULL, &ms, &e));
	ck_assert(matchers_parse(STR(""), MATCHER_FALLBACK, NULL, &ms, &e));
	expect_format(&ms, "{a=\"1\",b=\"2\",c=\"3\"}");
	/* A mistake leaves what was there. */
	ck_assert(!matchers_parse(STR("d=4,e"), MATCHER_CLASSIC, NULL, &ms, &e));
	ck_assert_str_eq(e.text, "bad matcher format: e");
	ck_assert_int_eq(e.kind, ERR_INVALID);
	ck_assert(!matchers_parse(STR("d=4,e"), MATCHER_UTF8, NULL, &ms, NULL));
	expect_format(&ms, "{a=\"1\",b=\"2\",c=\"3\"}");
	matchers_fini(&ms);
}
END_TEST

START_TEST(lists_have_a_bound)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct matchers ms = { 0 };
	struct matcher one;
	struct err e = { 0 };

	for (int i = 0; i <= MATCHERS_MAX; i++)
		sbuf_puts(&b, i > 0 ? ",a=b" : "a=b");
	for (int mode = MATCHER_FALLBACK; mode <= MATCHER_UTF8; mode++) {
		ck_assert(!matchers_parse(sbuf_get(&b), (enum matcher_mode)mode, NULL, &ms, &e));
		ck_assert_msg(strstr(e.text, "more than 1000 matchers") != NULL, "%s", e.text);
		matchers_fini(&ms);
	}
	ck_assert(!matcher_parse(sbuf_get(&b), MATCHER_UTF8, NULL, &one, &e));
	sbuf_cut(&b, b.n - 4);
	ck_assert(matchers_parse(sbuf_get(&b), MATCHER_FALLBACK, NULL, &ms, &e));
	ck_assert_uint_eq(ms.n, MATCHERS_MAX);
	matchers_fini(&ms);
	sbuf_fini(&b);
}
END_TEST

START_TEST(values_that_can_match)
{
	struct matchers ms = parse("a=b,a=~\"x|y\",a=~\".*\",a!=b,a!~\"x|y\"");
	const size_t counts[] = { 1, 2, 0, 0, 0 };

	for (size_t i = 0; i < ms.n; i++) {
		struct str one;
		const struct str *v = NULL;
		size_t n = matcher_values(&ms.m[i], &one, &v);

		ck_assert_uint_eq(n, counts[i]);
		for (size_t k = 0; k < n; k++)
			ck_assert(matcher_matches_value(&ms.m[i], v[k]));
	}
	matchers_fini(&ms);
}
END_TEST

START_TEST(bad_pattern)
{
	struct matcher m;
	struct err e = { 0 };

	ck_assert(!matcher_init(&m, MATCH_RE, STR("a"), STR("["), &e));
	ck_assert_str_eq(e.text, "error parsing regexp: missing closing ]: `[)$`");
}
END_TEST

START_TEST(invalid_utf8)
{
	struct matchers ms = { 0 };
	struct err e = { 0 };
	struct matcher m;

	/* A list has its malformed bytes replaced, a single one is refused: as in the classic parser. */
	ck_assert(matchers_parse(STR("a=b\xff"), MATCHER_CLASSIC, NULL, &ms, &e));
	expect_format(&ms, "{a=\"b\xef\xbf\xbd\"}");
	matchers_fini(&ms);
	ck_assert(!matcher_parse(STR("a=b\xff"), MATCHER_CLASSIC, NULL, &m, &e));
	ck_assert_str_eq(e.text, "matcher value not valid UTF-8: b\xff");
	ck_assert(matcher_parse(STR("a=b\xff"), MATCHER_UTF8, NULL, &m, &e));
	ck_assert(str_eq(istr_str(m.value), STR("b\xff")));
	matcher_fini(&m);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("matcher");

	tcase_add_loop_test(tc, matching, 0, ARRAY_LEN(matches));
	tcase_add_loop_test(tc, matching_a_little_at_a_time, 0, ARRAY_LEN(matches));
	tcase_add_test(tc, dot_is_no_newline);
	tcase_add_loop_test(tc, format, 0, ARRAY_LEN(formats));
	tcase_add_test(tc, sort_by_name_value_operator);
	tcase_add_test(tc, copies_and_equality);
	tcase_add_test(tc, parse_appends);
	tcase_add_test(tc, lists_have_a_bound);
	tcase_add_test(tc, values_that_can_match);
	tcase_add_test(tc, bad_pattern);
	tcase_add_test(tc, invalid_utf8);
	return lib_run("matcher", tc);
}
