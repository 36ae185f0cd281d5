/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/vec.h"
#include "suite.h"

START_TEST(nothing_is_null)
{
	void *a = mem_alloc(0), *b = mem_calloc(0, 8), *c = mem_realloc(NULL, 0, 8);

	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_nonnull(c);
	mem_free(a);
	mem_free(b);
	mem_free(c);
	mem_free(NULL);
}
END_TEST

START_TEST(copies_of_strings)
{
	char *a = mem_strdup("tocsin"), *b = mem_strndup("tocsin", 3), *c = mem_strndup(NULL, 0);

	ck_assert_str_eq(a, "tocsin");
	ck_assert_str_eq(b, "toc");
	ck_assert_str_eq(c, "");
	mem_free(a);
	mem_free(b);
	mem_free(c);
}
END_TEST

START_TEST(vector_grows)
{
	VEC(int) v = { 0 };

	for (int i = 0; i < 1000; i++)
		VEC_PUSH(&v, i);
	ck_assert_uint_eq(v.n, 1000);
	ck_assert_int_eq(v.v[0], 0);
	ck_assert_int_eq(v.v[999], 999);
	VEC_FINI(&v);
	ck_assert_ptr_null(v.v);
}
END_TEST

START_TEST(texts_in_texts_are_replaced)
{
	struct arena *a = arena_new();
	struct str text = STR("5551 and 5551, not 555");

	ck_assert(str_is(arena_replace(a, text, STR("5551"), STR("...1")), "...1 and ...1, not 555"));
	ck_assert(str_is(arena_replace(a, text, STR("555"), STR_NONE), "1 and 1, not "));
	ck_assert(str_is(arena_replace(a, STR("aaa"), STR("aa"), STR("bcd")), "bcda"));
	ck_assert_ptr_eq(arena_replace(a, text, STR("x"), STR("y")).p, text.p);
	ck_assert_uint_eq(arena_replace(a, STR_NONE, STR("x"), STR("y")).n, 0);
	arena_free(&a);
}
END_TEST

START_TEST(arena_gives_zeroed_aligned_memory)
{
	struct arena *a = arena_new();

	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 3000; size += 7) {
			unsigned char *p = arena_alloc(a, size);

			ck_assert_uint_eq((uintptr_t)p % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < size; i++) {
				if (p[i] != 0)
					ck_abort_msg("%zu of %zu", i, size);
				p[i] = 0xAA;
			}
		}
		ck_assert_uint_gt(arena_used(a), 100000);
		arena_reset(a);
		ck_assert_uint_eq(arena_used(a), 0);
	}
	arena_free(&a);
	ck_assert_ptr_null(a);
	arena_free(&a);
}
END_TEST

START_TEST(arena_large_block_then_small)
{
	struct arena *a = arena_new();
	char *big = arena_alloc(a, 3000000), *small = arena_strdup(a, "x");

	big[2999999] = 'y';
	ck_assert_str_eq(small, "x");
	arena_free(&a);
}
END_TEST

START_TEST(arena_strings)
{
	struct arena *a = arena_new();
	struct str s = arena_str(a, (struct str){ "a\0b", 3 });
	struct str none = arena_str(a, STR_NONE);
	struct str printed = arena_printf(a, "%s-%d", "n", 42);
	struct str wide = arena_printf(a, "%0700d|%s", 7, "end");

	ck_assert_uint_eq(s.n, 3);
	ck_assert_mem_eq(s.p, "a\0b", 4);
	ck_assert_uint_eq(none.n, 0);
	ck_assert_int_eq(none.p[0], '\0');
	ck_assert(str_is(printed, "n-42"));
	ck_assert_uint_eq(wide.n, 704);
	ck_assert_str_eq(wide.p + 699, "7|end");
	arena_free(&a);
}
END_TEST

START_TEST(arena_grow_keeps_contents)
{
	struct arena *a = arena_new();
	int *v = arena_grow(a, NULL, 0, 3, sizeof(*v)), *w, *in_place;

	for (int i = 0; i < 3; i++)
		v[i] = i + 1;
	in_place = arena_grow(a, v, 3, 50, sizeof(*v));
	ck_assert_ptr_eq(in_place, v);
	ck_assert_int_eq(in_place[2], 3);
	for (int i = 3; i < 50; i++)
		ck_assert_int_eq(in_place[i], 0);
	ck_assert_ptr_nonnull(arena_strdup(a, "in the way"));
	w = arena_grow(a, in_place, 50, 5000, sizeof(*w));
	ck_assert_ptr_ne(w, v);
	ck_assert_int_eq(w[0], 1);
	ck_assert_int_eq(w[2], 3);
	ck_assert_int_eq(w[4999], 0);
	ck_assert_ptr_eq(arena_grow(a, w, 5000, 10, sizeof(*w)), w);
	arena_free(&a);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, nothing_is_null);
	tcase_add_test(tc, copies_of_strings);
	tcase_add_test(tc, vector_grows);
	tcase_add_test(tc, texts_in_texts_are_replaced);
	tcase_add_test(tc, arena_gives_zeroed_aligned_memory);
	tcase_add_test(tc, arena_large_block_then_small);
	tcase_add_test(tc, arena_strings);
	tcase_add_test(tc, arena_grow_keeps_contents);
}

int
main(void)
{
	return run_suite("memory", add);
}
