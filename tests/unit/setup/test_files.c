/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup/files.h"
#include "suite.h"

static struct arena *arena;
static char dir[32], path[64];

static void
setup(void)
{
	arena = arena_new();
	snprintf(dir, sizeof(dir), "/tmp/tocsin-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/f", dir);
}

static void
teardown(void)
{
	unlink(path);
	rmdir(dir);
	arena_free(&arena);
}

static void
put(const char *text)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static bool
find(const char *pattern, struct path_bounds *left, struct str_list *out, struct err *e)
{
	return files_glob(arena_printf(arena, "%s/%s", dir, pattern).p, left, arena, out, e);
}

START_TEST(patterns_have_bounds)
{
	struct path_bounds left = { 100, 10 };
	struct str_list found = { 0 };
	struct err e = { 0 };

	put("");
	ck_assert(find("*", &left, &found, &e));
	ck_assert_uint_eq(found.n, 1);
	ck_assert_str_eq(found.v[0].p, path);
	ck_assert_uint_eq(left.files, 9);
	/* One for the pattern and one for the entry. */
	ck_assert_uint_eq(left.entries, 98);
	left.files = 0;
	ck_assert(!find("*", &left, &found, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(e.text, "too many files (allowed: 10000 for all patterns)"));
	left = (struct path_bounds){ 1, 10 };
	ck_assert(!find("*", &left, &found, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "too much to look at (allowed: 200000 entries"));
	/* Patterns that find nothing are not for nothing either: there may be many patterns. */
	left = (struct path_bounds){ 0, 10 };
	ck_assert(!find("f", &left, &found, &e));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, patterns_have_bounds);
}

int
main(void)
{
	return run_suite("files", add);
}
