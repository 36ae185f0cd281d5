/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "lib_text.h"
#include "text/glob.h"

/* The table of Go's path/filepath tests, in our words: pattern, name, match, malformed. */
static const struct {
	const char *pattern, *name;
	bool match, bad;
} cases[] = {
	{ "abc", "abc", true, false },
	{ "*", "abc", true, false },
	{ "*c", "abc", true, false },
	{ "a*", "a", true, false },
	{ "a*", "ab/c", false, false },
	{ "a*/b", "abc/b", true, false },
	{ "a*/b", "a/c/b", false, false },
	{ "a*b*c*d*e*/f", "axbxcxdxe/f", true, false },
	{ "a*b*c*d*e*/f", "axbxcxdxexxx/f", true, false },
	{ "a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false, false },
	{ "a*b?c*x", "abxbbxdbxebxczzx", true, false },
	{ "a*b?c*x", "abxbbxdbxebxczzy", false, false },
	{ "ab[c]", "abc", true, false },
	{ "ab[b-d]", "abc", true, false },
	{ "ab[e-g]", "abc", false, false },
	{ "ab[^c]", "abc", false, false },
	{ "ab[^e-g]", "abc", true, false },
	{ "a\\*b", "a*b", true, false },
	{ "a\\*b", "ab", false, false },
	{ "a?b", "a☺b", true, false },
	{ "a[^a]b", "a☺b", true, false },
	{ "a???b", "a☺b", false, false },
	{ "[a-ζ]*", "α", true, false },
	{ "*[a-ζ]", "A", false, false },
	{ "a?b", "a/b", false, false },
	{ "a*b", "a/b", false, false },
	{ "[\\]a]", "]", true, false },
	{ "[\\-x]", "-", true, false },
	{ "[x\\-]", "z", false, false },
	{ "[]a]", "]", false, true },
	{ "[-]", "-", false, true },
	{ "[x-]", "x", false, true },
	{ "[a-b-c]", "a", false, true },
	{ "[", "a", false, true },
	{ "[^", "a", false, true },
	{ "[^bc", "a", false, true },
	{ "a[", "a", false, true },
	{ "a[", "ab", false, true },
	{ "a[", "x", false, true },
	{ "a/b[", "x", false, true },
	{ "\\", "a", false, true },
	{ "*x", "xxx", true, false },
	{ "", "", true, false },
	{ "", "a", false, false },
	{ "*", "", true, false },
	{ "*.tmpl", "default.tmpl", true, false },
	{ "*.tmpl", ".tmpl", true, false },
	{ "*.tmpl", "x.tmp", false, false },
};

START_TEST(matches_like_go)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		struct str p = exact_copy(str_from(cases[i].pattern)), n = exact_copy(str_from(cases[i].name));
		bool match = false;
		bool ok = glob_match(p, n, &match, &e);
		ck_assert_msg(ok == !cases[i].bad && match == cases[i].match, "%s on %s", cases[i].pattern,
		    cases[i].name);
		if (!ok)
			ck_assert_str_eq(e.text, "syntax error in pattern");
		free((char *)(uintptr_t)p.p);
		free((char *)(uintptr_t)n.p);
	}
}
END_TEST

START_TEST(knows_meta)
{
	ck_assert(glob_has_meta(STR("a*")) && glob_has_meta(STR("?")) && glob_has_meta(STR("[")));
	ck_assert(glob_has_meta(STR("\\")) && !glob_has_meta(STR("a/b.c")) && !glob_has_meta(STR_NONE));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, matches_like_go);
	tcase_add_test(tc, knows_meta);
}

int
main(void)
{
	return run_suite("glob", add);
}
