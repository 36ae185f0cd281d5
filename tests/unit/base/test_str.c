/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/same.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/utf8.h"
#include "suite.h"

#define ck_assert_str(s, want) ck_assert_msg(str_is((s), (want)), "%.*s", STR_ARG(s))

START_TEST(compares_bytes)
{
	ck_assert_int_lt(str_cmp(STR("a"), STR("b")), 0);
	ck_assert_int_lt(str_cmp(STR("a"), STR("ab")), 0);
	ck_assert_int_gt(str_cmp(STR("\xFF"), STR("a")), 0);
	ck_assert_int_eq(str_cmp(STR_NONE, STR("")), 0);
	ck_assert_int_lt(str_cmp(STR_NONE, STR("a")), 0);
	ck_assert(str_eq(STR_NONE, STR("")));
	ck_assert(str_caseeq(STR("TrUe"), STR("tRuE")));
	ck_assert(!str_caseeq(STR("@"), STR("`")));
	ck_assert(!str_caseeq(STR("a"), STR("ab")));
}
END_TEST

/* Each length, each byte that may differ, and no byte behind the end. */
START_TEST(bytes_are_the_same)
{
	for (size_t n = 0; n <= 70; n++) {
		char *p = memset(mem_alloc(n + 1), 'x', n), *q = memset(mem_alloc(n + 1), 'x', n);

		p[n] = 'p';
		q[n] = 'q';
		ck_assert(same_bytes(p, q, n));
		for (size_t i = 0; i < n; i++) {
			q[i] = (char)0x80;
			ck_assert_msg(!same_bytes(p, q, n), "byte %zu of %zu", i, n);
			q[i] = 'x';
		}
		mem_free(p);
		mem_free(q);
	}
}
END_TEST

START_TEST(finds)
{
	struct str s = STR("a:b::c");

	ck_assert_uint_eq(str_chr(s, ':'), 1);
	ck_assert_uint_eq(str_chr(s, 'x'), 6);
	ck_assert_uint_eq(str_chr(STR_NONE, 'x'), 0);
	ck_assert_uint_eq(str_find(s, STR("::")), 3);
	ck_assert_uint_eq(str_find(s, STR(":::")), 6);
	ck_assert_uint_eq(str_find(s, STR("")), 0);
	ck_assert_uint_eq(str_find(STR_NONE, STR("a")), 0);
	ck_assert(str_starts(s, STR("a:")));
	ck_assert(str_starts(s, STR_NONE));
	ck_assert(!str_starts(s, STR(":")));
	ck_assert(str_ends(s, STR(":c")));
	ck_assert(!str_ends(STR("c"), STR(":c")));
}
END_TEST

/* Texts of any length are looked through, and nothing behind them. */
START_TEST(finds_as_by_hand)
{
	struct rand r;

	rand_seed(&r, 3);
	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)rand_below(&r, i % 50 == 0 ? 600 : 60), m = (size_t)rand_below(&r, i % 50 == 0 ? 80 : 6), want;
		char *s = mem_alloc(n + 1), *what = mem_alloc(m + 1);
		char *exact = mem_alloc(n), *exact_what = mem_alloc(m);

		for (size_t k = 0; k < n; k++)
			s[k] = "aab"[rand_below(&r, 3)];
		for (size_t k = 0; k < m; k++)
			what[k] = "aab"[rand_below(&r, 3)];
		s[n] = what[m] = '\0';
		memcpy(exact, s, n);
		memcpy(exact_what, what, m);
		want = strstr(s, what) != NULL ? (size_t)(strstr(s, what) - s) : n;
		ck_assert_uint_eq(str_find((struct str){ exact, n }, (struct str){ exact_what, m }), want);
		mem_free(s);
		mem_free(what);
		mem_free(exact);
		mem_free(exact_what);
	}
}
END_TEST

START_TEST(cuts)
{
	ck_assert_str(str_sub(STR("hello"), 1, 3), "el");
	ck_assert_str(str_sub(STR("hello"), 3, 99), "lo");
	ck_assert_str(str_sub(STR("hello"), 99, 100), "");
	ck_assert_str(str_sub(STR("hello"), 3, 1), "");
	ck_assert_uint_eq(str_sub(STR_NONE, 0, 9).n, 0);
	ck_assert_str(str_trim(STR(" \t\r\n\v\fa b\n ")), "a b");
	ck_assert_str(str_trim(STR(" \n ")), "");
	ck_assert_uint_eq(str_trim(STR_NONE).n, 0);
}
END_TEST

START_TEST(splits)
{
	struct str rest = STR("a,,b,");

	ck_assert_str(str_split(&rest, ','), "a");
	ck_assert_str(str_split(&rest, ','), "");
	ck_assert_str(rest, "b,");
	ck_assert_str(str_split(&rest, ','), "b");
	/* A separator at the end begins nothing. */
	ck_assert_uint_eq(rest.n, 0);
	ck_assert_str(str_split(&rest, ','), "");
	ck_assert_uint_eq(rest.n, 0);
	rest = STR_NONE;
	ck_assert_uint_eq(str_split(&rest, ',').n, 0);
}
END_TEST

START_TEST(sorts)
{
	struct str v[] = { STR("b"), STR("ab"), STR("a"), STR("") };

	qsort(v, 4, sizeof(v[0]), str_qsort);
	ck_assert_str(v[0], "");
	ck_assert_str(v[1], "a");
	ck_assert_str(v[2], "ab");
	ck_assert_str(v[3], "b");
}
END_TEST

START_TEST(buffer_collects)
{
	struct sbuf b = SBUF_INIT(1000);
	size_t n;
	char *p;

	ck_assert_str_eq(sbuf_cstr(&b), "");
	sbuf_puts(&b, "a");
	sbuf_putc(&b, 'b');
	sbuf_put(&b, "c\0d", 3);
	sbuf_str(&b, STR("e"));
	sbuf_str(&b, STR_NONE);
	sbuf_printf(&b, "%d", 12);
	ck_assert_uint_eq(b.n, 8);
	ck_assert_mem_eq(b.p, "abc\0de12", 9);
	sbuf_printf(&b, "%0500d", 1);
	ck_assert_uint_eq(b.n, 508);
	ck_assert_int_eq(b.p[508], '\0');
	sbuf_cut(&b, 2);
	ck_assert_str_eq(sbuf_cstr(&b), "ab");
	sbuf_uint(&b, 0);
	sbuf_uint(&b, UINT64_MAX);
	ck_assert_str_eq(sbuf_cstr(&b), "ab018446744073709551615");
	sbuf_cut(&b, 2);
	p = sbuf_take(&b, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(p, "ab");
	mem_free(p);
	ck_assert_uint_eq(sbuf_get(&b).n, 0);
	p = sbuf_take(&b, NULL);
	ck_assert_str_eq(p, "");
	mem_free(p);
	sbuf_fini(&b);
}
END_TEST

START_TEST(buffer_has_a_cap)
{
	struct sbuf b = SBUF_INIT(10), none = { 0 };

	sbuf_puts(&b, "12345678");
	ck_assert(sbuf_reserve(&b, 2));
	ck_assert(!b.overflow);
	sbuf_puts(&b, "9ab");
	ck_assert(b.overflow);
	ck_assert_str_eq(sbuf_cstr(&b), "12345678");
	sbuf_putc(&b, '9');
	sbuf_printf(&b, "%d", 9);
	ck_assert_str_eq(sbuf_cstr(&b), "12345678");
	ck_assert(!sbuf_reserve(&b, 0));
	sbuf_reset(&b);
	ck_assert(!b.overflow);
	sbuf_printf(&b, "%s", "0123456789");
	ck_assert(!b.overflow);
	sbuf_putc(&b, 'x');
	ck_assert(b.overflow);
	ck_assert_str_eq(sbuf_cstr(&b), "0123456789");
	sbuf_reset(&b);
	sbuf_printf(&b, "%s", "0123456789a");
	ck_assert(b.overflow);
	ck_assert_str_eq(sbuf_cstr(&b), "");
	sbuf_fini(&b);
	sbuf_putc(&none, 'x');
	ck_assert(none.overflow);
	sbuf_fini(&none);
}
END_TEST

START_TEST(errors_have_context)
{
	struct err e = { 0 };

	ck_assert(!err_at(&e, 3, 7, "bad %s", "thing"));
	ck_assert_int_eq(e.kind, ERR_INVALID);
	ck_assert_int_eq(e.line, 3);
	ck_assert_int_eq(e.col, 7);
	ck_assert(!err_ctx(&e, "file %d", 1));
	ck_assert_str_eq(e.text, "file 1: bad thing");
	ck_assert_int_eq(e.line, 3);
	ck_assert(!err_set(&e, ERR_IO, "again: %s", e.text));
	ck_assert_str_eq(e.text, "again: file 1: bad thing");
	ck_assert_int_eq(e.line, 0);
	err_clear(&e);
	ck_assert_int_eq(e.kind, ERR_NONE);
	ck_assert_str_eq(e.text, "");
	ck_assert(!err_set(NULL, ERR_IO, "x"));
	ck_assert(!err_at(NULL, 1, 1, "x"));
	ck_assert(!err_ctx(NULL, "x"));
	err_clear(NULL);
}
END_TEST

START_TEST(long_errors_end_in_an_ellipsis)
{
	static const char *const runes[] = { "x", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x94\x94" };

	for (size_t k = 0; k < 4; k++)
		for (size_t shift = 0; shift < 4; shift++) {
			struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
			struct err e = { 0 };

			for (size_t i = 0; i < shift; i++)
				sbuf_putc(&b, '.');
			while (b.n < 3000)
				sbuf_puts(&b, runes[k]);
			err_set(&e, ERR_INVALID, "%s", sbuf_cstr(&b));
			ck_assert(utf8_valid(str_from(e.text)));
			ck_assert(str_ends(str_from(e.text), STR("\xE2\x80\xA6")));
			ck_assert_uint_ge(strlen(e.text), sizeof(e.text) - 5);
			err_ctx(&e, "in front");
			ck_assert(str_starts(str_from(e.text), STR("in front: ")));
			ck_assert(utf8_valid(str_from(e.text)));
			ck_assert(str_ends(str_from(e.text), STR("\xE2\x80\xA6")));
			err_ctx(&e, "%s", sbuf_cstr(&b));
			ck_assert(utf8_valid(str_from(e.text)));
			sbuf_fini(&b);
		}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, compares_bytes);
	tcase_add_test(tc, bytes_are_the_same);
	tcase_add_test(tc, finds);
	tcase_add_test(tc, finds_as_by_hand);
	tcase_add_test(tc, cuts);
	tcase_add_test(tc, splits);
	tcase_add_test(tc, sorts);
	tcase_add_test(tc, buffer_collects);
	tcase_add_test(tc, buffer_has_a_cap);
	tcase_add_test(tc, errors_have_context);
	tcase_add_test(tc, long_errors_end_in_an_ellipsis);
}

int
main(void)
{
	return run_suite("str", add);
}
