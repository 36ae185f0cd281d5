/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "lib_tls.h"
#include "suite.h"
#include "tls/store.h"

static struct arena *arena;

/* A file that was parsed once is the same object ever after. */
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

/* How many certificates the system has, and whether of that name. */
static int
system_has(const char *name)
{
	X509_STORE *s = tls_store_system();
	STACK_OF(X509_OBJECT) *all = X509_STORE_get0_objects(s);
	int found = 0;

	for (int i = 0; i < sk_X509_OBJECT_num(all); i++) {
		char *subject = X509_NAME_oneline(X509_get_subject_name(X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i))), NULL, 0);

		found += strstr(subject, name) != NULL;
		OPENSSL_free(subject);
	}
	X509_STORE_free(s);
	return found;
}

/* As in Go: one file, and directories of files of any name. */
START_TEST(the_environment_names_other_authorities)
{
	char *pem, *key, *file, *elsewhere, dir[] = "/tmp/storeXXXXXX", in_dir[100], by_hash[100], link_out[100], dirs[100];
	FILE *f;

	test_certificate("of-the-file.example", false, &pem, &key);
	file = test_file(pem);
	mem_free(pem);
	mem_free(key);
	test_certificate("of-the-directory.example", false, &pem, &key);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(in_dir, sizeof(in_dir), "%s/our.crt", dir);
	snprintf(dirs, sizeof(dirs), "/nowhere:%s", dir);
	ck_assert_ptr_nonnull(f = fopen(in_dir, "we"));
	fputs(pem, f);
	fclose(f);
	/* Names by hash, as OpenSSL has them, and what is a link to another place. */
	snprintf(by_hash, sizeof(by_hash), "%s/0123abcd.0", dir);
	snprintf(link_out, sizeof(link_out), "%s/linked.crt", dir);
	ck_assert_int_eq(symlink("our.crt", by_hash), 0);
	mem_free(pem);
	mem_free(key);
	test_certificate("of-the-link.example", false, &pem, &key);
	elsewhere = test_file(pem);
	ck_assert_int_eq(symlink(elsewhere, link_out), 0);
	ck_assert_int_eq(system_has("of-the"), 0);
	setenv("SSL_CERT_FILE", file, 1);
	ck_assert_int_eq(system_has("of-the-file.example"), 1);
	setenv("SSL_CERT_DIR", dirs, 1);
	setenv("SSL_CERT_FILE", "/dev/zero", 1);
	ck_assert_int_eq(system_has("of-the-directory.example"), 1);
	ck_assert_int_eq(system_has("of-the-link.example"), 1);
	ck_assert_int_eq(system_has(""), 2);
	unsetenv("SSL_CERT_FILE");
	unsetenv("SSL_CERT_DIR");
	unlink(by_hash);
	unlink(link_out);
	unlink(in_dir);
	rmdir(dir);
	unlink(elsewhere);
	mem_free(elsewhere);
	unlink(file);
	mem_free(file);
	mem_free(pem);
	mem_free(key);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, authorities_are_parsed_once);
	tcase_add_test(tc, marks_tell_sets_apart);
	tcase_add_test(tc, the_sets_kept_are_bounded);
	tcase_add_test(tc, those_of_the_system_are_read_once);
	tcase_add_test(tc, the_environment_names_other_authorities);
}

int
main(void)
{
	int status;

	arena = arena_new();
	status = run_suite("tls_store", add);
	arena_free(&arena);
	return status;
}
