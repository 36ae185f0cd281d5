/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib_tls.h"
#include "tls/store.h"

static struct arena *arena;

/* What is parsed once is the same object ever after. */
START_TEST(authorities_are_parsed_once)
{
	char *pem[2], *key[2];
	X509_STORE *first, *again, *other;
	struct str mark[3];

	for (int i = 0; i < 2; i++)
		test_certificate("ca.example", false, &pem[i], &key[i]);
	first = tls_store_of(str_from(pem[0]), arena, &mark[0]);
	again = tls_store_of(str_from(pem[0]), arena, &mark[1]);
	other = tls_store_of(str_from(pem[1]), arena, &mark[2]);
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_eq(first, again);
	ck_assert_ptr_ne(first, other);
	ck_assert(str_eq(mark[0], mark[1]));
	ck_assert(!str_eq(mark[0], mark[2]));
	ck_assert_ptr_nonnull(strstr(mark[0].p, "-----BEGIN CERTIFICATE-----"));
	ck_assert_ptr_null(tls_store_of(STR("no certificate"), arena, NULL));
	ck_assert_ptr_null(tls_store_of(STR_NONE, arena, NULL));
	X509_STORE_free(first);
	X509_STORE_free(again);
	X509_STORE_free(other);
	for (int i = 0; i < 2; i++) {
		mem_free(pem[i]);
		mem_free(key[i]);
	}
}
END_TEST

/* With the same first certificate, more of them are another set. */
START_TEST(marks_tell_sets_apart)
{
	char *pem[2], *key[2];
	struct str mark[2], both;

	for (int i = 0; i < 2; i++)
		test_certificate("ca.example", false, &pem[i], &key[i]);
	both = arena_printf(arena, "%s%s", pem[0], pem[1]);
	X509_STORE_free(tls_store_of(str_from(pem[0]), arena, &mark[0]));
	X509_STORE_free(tls_store_of(both, arena, &mark[1]));
	ck_assert(!str_eq(mark[0], mark[1]));
	for (int i = 0; i < 2; i++) {
		mem_free(pem[i]);
		mem_free(key[i]);
	}
}
END_TEST

/* More sets than are kept: each can still be had. */
START_TEST(the_sets_kept_are_bounded)
{
	char *pem, *key;

	test_certificate("ca.example", false, &pem, &key);
	for (int i = 0; i < 40; i++) {
		X509_STORE *s = tls_store_of(arena_printf(arena, "%d\n%s", i, pem), arena, NULL);

		ck_assert_ptr_nonnull(s);
		X509_STORE_free(s);
	}
	mem_free(pem);
	mem_free(key);
}
END_TEST

START_TEST(those_of_the_system_are_read_once)
{
	X509_STORE *first = tls_store_system(), *again = tls_store_system();

	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_eq(first, again);
	X509_STORE_free(first);
	X509_STORE_free(again);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tls_store");
	TCase *tc = tcase_create("tls_store");
	SRunner *sr;
	int failed;

	arena = arena_new();
	tcase_add_test(tc, authorities_are_parsed_once);
	tcase_add_test(tc, marks_tell_sets_apart);
	tcase_add_test(tc, the_sets_kept_are_bounded);
	tcase_add_test(tc, those_of_the_system_are_read_once);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	arena_free(&arena);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
