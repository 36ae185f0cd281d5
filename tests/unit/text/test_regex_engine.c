/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The automaton against itself and against PCRE2: by states and by sets of
 * places, at once and in parts, and where groups begin and end.
 */
#include "base/compiler.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "lib_pcre.h"
#include "lib_text.h"
#include "regex_private.h"
#include "regex_submatch.h"

#define PAIRS 10000

static uint64_t seed;

static uint32_t
below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}

static const char *
one_of(const char *const *v, size_t n)
{
	return v[below((uint32_t)n)];
}

#define ONE_OF(...) one_of((const char *const[]){ __VA_ARGS__ }, ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

static void
put_pattern(struct sbuf *b, int depth)
{
	switch (depth > 0 ? below(9) : below(4)) {
	case 0:
	case 1:
		sbuf_puts(b, ONE_OF("a", "b", "c", "ab", "é", "-", "\\.", "aa", " "));
		break;
	case 2:
		sbuf_puts(b, ONE_OF(".", "[ab]", "[^a]", "\\w", "\\W", "\\d", "[a-cé]", "\\s", "(?s:.)", "(?i:A)", "(?i:[b-c])",
		    "\\pL", "[^\\pL]", "\\S"));
		break;
	case 3:
		sbuf_puts(b, ONE_OF("^", "$", "\\b", "\\B", "\\A", "\\z", "(?m:^)", "(?m:$)", "", "x"));
		break;
	case 4:
	case 5:
		put_pattern(b, depth - 1);
		put_pattern(b, depth - 1);
		break;
	case 6:
		sbuf_puts(b, ONE_OF("(", "(?:", "(?i:", "(?s:", "(?m:", "(?U:"));
		put_pattern(b, depth - 1);
		sbuf_putc(b, '|');
		put_pattern(b, depth - 1);
		sbuf_putc(b, ')');
		break;
	default:
		sbuf_puts(b, ONE_OF("(", "(?:"));
		put_pattern(b, depth - 1);
		sbuf_putc(b, ')');
		sbuf_puts(b, ONE_OF("*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}"));
		break;
	}
}

static void
put_subject(struct sbuf *b)
{
	for (uint32_t n = below(12); n > 0; n--)
		sbuf_puts(b, ONE_OF("a", "b", "c", "a", "b", "é", "-", " ", "\n", "A", "1", "x", ".", "_"));
}

/* By places only. */
static bool
match_by_places(struct regex *re, struct str s)
{
	struct work w = { INT64_MAX };
	struct rx_machine *lent = NULL;
	struct rx_place place = { 0 };

	regex_machine(re, &lent, &w)->no_dfa = 1;
	return rx_scan(regex_machine(re, &lent, &w), s, &place, &w) == REGEX_YES;
}

/* With so much at a time, others being served between. */
static bool
match_in_parts(const struct regex *re, struct str s, int64_t units, bool forgetful)
{
	struct regex_run *run = NULL;
	enum regex_result r;

	do {
		struct work w = { units };
		r = regex_match_some(re, s, &run, &w);
		if (forgetful)
			rx_machine_free(&((struct regex *)(uintptr_t)re)->machine);
	} while (r == REGEX_LATER);
	ck_assert_ptr_null(run);
	return r == REGEX_YES;
}

static void
compare_groups(struct regex *re, struct str pattern, struct str s, const size_t *want)
{
	struct work w = { INT64_MAX };
	struct rx_machine *lent = NULL;
	int n = 2 * re->captures + 2;
	size_t *got = mem_calloc((size_t)n, sizeof(*got));
	struct rx_submatch *m = rx_submatch_new(regex_machine(re, &lent, &w)->prog, n);

	ck_assert_msg(rx_submatch_find(m, s, 0, got, &w), "%.*s on %.*s", STR_ARG(pattern), STR_ARG(s));
	for (int i = 0; i < n && want != NULL; i++)
		ck_assert_msg(got[i] == want[i], "%.*s on %.*s: slot %d is %zu, not %zu", STR_ARG(pattern), STR_ARG(s), i, got[i],
		    want[i]);
	rx_submatch_free(&m);
	mem_free(got);
}

/* The expression matches s, whatever its marks say. */
static void
check_marks(const struct regex *re, struct str s)
{
	const struct text_mark *v;
	size_t n = regex_marks(re, &v);
	bool found = n == 0;

	for (size_t i = 0; i < n && !found; i++)
		found = text_mark_fits(&v[i], s);
	ck_assert_msg(found, "no mark: %.*s on %.*s", STR_ARG(regex_pattern(re)), STR_ARG(s));
}

static void
one_pair(struct str pattern, struct str s, int *answered)
{
	struct regex *re = regex_compile(pattern, REGEX_SEARCH, NULL);
	struct regex *whole = regex_compile(pattern, REGEX_ANCHORED, NULL);
	struct pcre *other = pcre_new(pattern);
	const size_t *groups = NULL;

	ck_assert_msg(re != NULL && whole != NULL && other != NULL, "%.*s", STR_ARG(pattern));
	bool yes = regex_match(re, s);
	ck_assert_msg(yes == match_by_places(re, s), "by places: %.*s on %.*s", STR_ARG(pattern), STR_ARG(s));
	for (int64_t units = 1; units < 40; units = units * 2 + 1) {
		bool parts = match_in_parts(re, s, units, false);
		ck_assert_msg(yes == parts, "in parts: %.*s on %.*s", STR_ARG(pattern), STR_ARG(s));
	}
	ck_assert_msg(yes == match_in_parts(re, s, 3, true), "made anew: %.*s on %.*s", STR_ARG(pattern), STR_ARG(s));
	enum pcre_answer answer = pcre_match(other, s, &groups);
	if (answer != PCRE_GAVE_UP) {
		ck_assert_msg(yes == (answer == PCRE_YES), "PCRE2: %.*s on %.*s", STR_ARG(pattern), STR_ARG(s));
		++*answered;
		if (yes)
			compare_groups(re, pattern, s, groups);
	}
	pcre_free(&other);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	sbuf_printf(&b, "^(?:%.*s)$", STR_ARG(pattern));
	other = pcre_new(sbuf_get(&b));
	answer = other != NULL ? pcre_match(other, s, &groups) : PCRE_GAVE_UP;
	if (answer == PCRE_YES)
		check_marks(whole, s);
	if (answer != PCRE_GAVE_UP)
		ck_assert_msg(regex_match(whole, s) == (answer == PCRE_YES), "whole: %.*s on %.*s", STR_ARG(pattern), STR_ARG(s));
	ck_assert(regex_match(whole, s) == match_in_parts(whole, s, 2, true));
	pcre_free(&other);
	regex_free(&re);
	regex_free(&whole);
	sbuf_fini(&b);
}

START_TEST(random_pairs)
{
	struct sbuf pattern = SBUF_INIT(SBUF_UNLIMITED), subject = SBUF_INIT(SBUF_UNLIMITED);
	int answered = 0;

	seed = 20231128;
	for (int i = 0; i < PAIRS; i++) {
		sbuf_reset(&pattern);
		sbuf_reset(&subject);
		put_pattern(&pattern, 1 + (int)below(4));
		put_subject(&subject);
		one_pair(sbuf_get(&pattern), sbuf_get(&subject), &answered);
	}
	ck_assert_int_gt(answered, PAIRS * 99 / 100);
	sbuf_fini(&pattern);
	sbuf_fini(&subject);
}
END_TEST

static struct regex *
compile(const char *pattern, enum regex_mode mode)
{
	struct err e = { 0 };
	struct regex *re = regex_compile(str_from(pattern), mode, &e);

	ck_assert_msg(re != NULL, "%s: %s", pattern, e.text);
	return re;
}

/* Patterns that would take for ever, or were given up, where one backtracks; units are bounded, too. */
START_TEST(takes_linear_time)
{
	static const struct {
		const char *pattern;
		char fill, last;
		size_t n;
		bool yes;
	} cases[] = {
		{ "a+", 'a', 'a', 1 << 20, true },
		{ "(?:a|b)+", 'a', 'b', 1 << 20, true },
		{ "(?:a|b)+", 'a', 'c', 1 << 20, false },
		{ ".*ab|x", 'a', 'b', 1 << 20, true },
		{ "(?s).*(?:x|y).*", 'a', 'y', 1 << 20, true },
		{ "(a+)+[bc][d-e]{0,30}", 'a', '!', 100000, false },
		{ "(a+)+[bc][d-e]{0,30}", 'a', 'c', 100000, true },
		{ "(?:a|aa|a[ab])+[bc]x[bc]", 'a', 'x', 100000, false },
		{ "(x+x+)+y|z", 'x', 'y', 100000, true },
		{ "(?:(?:a?){200}a{200})*", 'a', 'a', 400, true },
		/* States that do not pay: 2^20 of them. */
		{ "[ab]*a[ab]{20}", 'a', 'b', 20000, true },
		{ "(?:a|b|ab|ba)*[ab]{300}c", 'a', 'c', 3000, true },
	};
	struct sbuf s = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct regex *re = compile(cases[i].pattern, REGEX_ANCHORED);
		struct regex_run *run = NULL;
		enum regex_result r;
		int64_t spent = 0;
		sbuf_reset(&s);
		for (size_t k = 1; k < cases[i].n; k++)
			sbuf_putc(&s, k % 7 == 0 && cases[i].fill == 'a' && cases[i].n == 20000 ? 'b' : cases[i].fill);
		sbuf_putc(&s, cases[i].last);
		do {
			struct work w = { 10000 };
			r = regex_match_some(re, sbuf_get(&s), &run, &w);
			spent += 10000 - w.left;
		} while (r == REGEX_LATER);
		ck_assert_msg((r == REGEX_YES) == cases[i].yes, "%s", cases[i].pattern);
		ck_assert_msg(spent < (int64_t)cases[i].n * 1000, "%s: %lld units", cases[i].pattern, (long long)spent);
		regex_free(&re);
	}
	sbuf_fini(&s);
}
END_TEST

/* No slice is much longer than what was given for it. */
START_TEST(stops_when_it_is_told)
{
	struct regex *re = compile("(?:a|b|c|d|é){0,1000}", REGEX_ANCHORED);
	struct sbuf s = SBUF_INIT(SBUF_UNLIMITED);
	struct regex_run *run = NULL;
	enum regex_result r;
	int slices = 0;

	for (int i = 0; i < 1001; i++)
		sbuf_puts(&s, i % 3 == 0 ? "é" : "a");
	do {
		struct work w = { 1000 };
		r = regex_match_some(re, sbuf_get(&s), &run, &w);
		/* The first makes the program of 10,000 steps. */
		ck_assert_int_gt(w.left, slices == 0 ? -40000 : -20000);
		slices++;
	} while (r == REGEX_LATER);
	ck_assert_int_eq(r, REGEX_NO);
	ck_assert_int_gt(slices, 3);
	/* Given up in the middle. */
	struct work w = { 10 };
	ck_assert_int_eq(regex_match_some(re, sbuf_get(&s), &run, &w), REGEX_LATER);
	regex_run_free(&run);
	regex_run_free(&run);
	regex_free(&re);
	sbuf_fini(&s);
}
END_TEST

/* Together the machines stay within their bound, and those that had to go are made again. */
START_TEST(machines_are_bounded)
{
	enum { N = 2000 };
	struct regex *re[N];
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	rx_machines_bound(100000);
	for (int i = 0; i < N; i++) {
		sbuf_reset(&b);
		sbuf_printf(&b, "[a-f]+%d[xyz]*", i);
		re[i] = compile(sbuf_cstr(&b), REGEX_ANCHORED);
	}
	ck_assert_uint_eq(rx_machines_bytes(), 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < N; i++) {
			sbuf_reset(&b);
			sbuf_printf(&b, "cafe%dx", i);
			ck_assert(regex_match(re[i], sbuf_get(&b)));
			ck_assert(!regex_match(re[(i + 1) % N], sbuf_get(&b)));
			ck_assert_uint_le(rx_machines_bytes(), 110000);
		}
	}
	for (int i = 0; i < N; i++)
		regex_free(&re[i]);
	ck_assert_uint_eq(rx_machines_bytes(), 0);
	rx_machines_bound(0);
	sbuf_fini(&b);
}
END_TEST

/* Patterns that would become too much memory are refused, as Go refuses larger ones. */
START_TEST(programs_are_bounded)
{
	struct err e = { 0 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	ck_assert_ptr_null(regex_compile(STR("(?:[ab]{10}){101}"), REGEX_SEARCH, &e));
	for (int i = 0; i < 300; i++)
		sbuf_puts(&b, "[ab]{1000}");
	ck_assert_ptr_null(regex_compile(sbuf_get(&b), REGEX_ANCHORED, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "expression too large"));
	sbuf_reset(&b);
	for (int i = 0; i < 9000; i++)
		sbuf_puts(&b, "\\pL");
	struct regex *re = compile(sbuf_cstr(&b), REGEX_ANCHORED);
	ck_assert(!regex_match(re, STR("aé")));
	regex_free(&re);
	sbuf_reset(&b);
	for (int i = 0; i < 1000; i++)
		sbuf_printf(&b, "[\\pL%d]", i);
	ck_assert_ptr_null(regex_compile(sbuf_get(&b), REGEX_ANCHORED, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "expression too large"));
	sbuf_fini(&b);
}
END_TEST

/* A step is counted once: 32 of these are within the bound, and words are counted once as well. */
START_TEST(what_is_large_but_not_too_large)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (int i = 0; i < 32; i++)
		sbuf_puts(&b, "[ab]{1000}");
	struct regex *re = compile(sbuf_cstr(&b), REGEX_ANCHORED);
	ck_assert(!regex_match(re, STR("ab")));
	regex_free(&re);
	sbuf_reset(&b);
	for (int i = 0; i < 9900; i++)
		sbuf_printf(&b, "instance%d|", i);
	sbuf_puts(&b, "x+");
	/* Silences ask for this, too. */
	re = compile(sbuf_cstr(&b), REGEX_SEARCH);
	regex_free(&re);
	re = compile(sbuf_cstr(&b), REGEX_ANCHORED);
	ck_assert(regex_match(re, STR("instance9876")));
	ck_assert(regex_match(re, STR("xxx")));
	ck_assert(!regex_match(re, STR("instance99999")));
	regex_free(&re);
	sbuf_fini(&b);
}
END_TEST

START_TEST(more_is_too_large)
{
	static const struct {
		const char *unit;
		int times;
	} row[] = { { "x|", 10000 }, { "x+", 5000 }, { "[ab]{1000}", 33 }, { "xxxxxxxxxx", 26300 },
		{ "(?i)[^\\pL\\pN]", 100 }, { "(?i:[\\x{0}-\\x{10ffff}])", 100 } };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		sbuf_reset(&b);
		for (int k = 0; k < row[i].times; k++)
			sbuf_puts(&b, row[i].unit);
		ck_assert_ptr_null(regex_compile(sbuf_get(&b), REGEX_ANCHORED, &e));
		ck_assert_ptr_nonnull(strstr(e.text, "expression too large"));
	}
	sbuf_fini(&b);
}
END_TEST

/* The units are those of base/work.h, some 10 ns each: a set of 600 ranges is not made for a few of them. */
START_TEST(making_a_machine_is_paid_for)
{
	static const struct {
		const char *pattern;
		int64_t least, most;
	} row[] = {
		{ "abc+", 300, 2000 },
		{ "[\\pL]+", 8000, 50000 },
		{ "(?i)[\\pL]+x", 20000, 80000 },
		{ "[ab]{1000}", 2000, 5000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct regex *re = compile(row[i].pattern, REGEX_ANCHORED);
		struct regex_run *run = NULL;
		struct work w = { 1000000 };
		ck_assert(regex_match_some(re, STR("abcc"), &run, &w) != REGEX_LATER);
		ck_assert_int_ge(1000000 - w.left, row[i].least);
		ck_assert_int_le(1000000 - w.left, row[i].most);
		regex_free(&re);
	}
}
END_TEST

/* A template's work has an end. */
START_TEST(replacing_is_paid_for)
{
	struct regex *re = compile("a.*b|a", REGEX_SEARCH);
	struct sbuf s = SBUF_INIT(SBUF_UNLIMITED), out = SBUF_INIT(SBUF_UNLIMITED);
	struct work little = { 100000 }, plenty = { INT64_C(1) << 40 };

	for (int i = 0; i < 3000; i++)
		sbuf_putc(&s, 'a');
	ck_assert(!regex_replace_all(re, STR("x"), sbuf_get(&s), &out, &little));
	ck_assert(work_used_up(&little));
	sbuf_reset(&out);
	ck_assert(regex_replace_all(re, STR("x"), sbuf_get(&s), &out, &plenty));
	ck_assert_uint_eq(out.n, 3000);
	ck_assert(out.p[0] == 'x' && out.p[2999] == 'x');
	regex_free(&re);
	sbuf_fini(&s);
	sbuf_fini(&out);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, random_pairs);
	tcase_add_test(tc, takes_linear_time);
	tcase_add_test(tc, stops_when_it_is_told);
	tcase_add_test(tc, machines_are_bounded);
	tcase_add_test(tc, programs_are_bounded);
	tcase_add_test(tc, what_is_large_but_not_too_large);
	tcase_add_test(tc, more_is_too_large);
	tcase_add_test(tc, making_a_machine_is_paid_for);
	tcase_add_test(tc, replacing_is_paid_for);
}

int
main(void)
{
	return run_suite("regex_engine", add);
}
