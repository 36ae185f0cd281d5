/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/file.h"
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

START_TEST(files_have_a_bound)
{
	struct err e = { 0 };
	struct str s;

	ck_assert(!file_read_input(path, 10, arena, &s, &e));
	ck_assert_int_eq(e.kind, ERR_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(e.text, "/f: no such file or directory"));
	put("0123456789");
	ck_assert(file_read_input(path, 10, arena, &s, &e));
	ck_assert_str_eq(s.p, "0123456789");
	ck_assert(!file_read_input(path, 9, arena, &s, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "file is larger than 9 bytes"));
	ck_assert(!file_read_input(dir, 9, arena, &s, &e));
	ck_assert_ptr_nonnull(strstr(e.text, ": is a directory"));
}
END_TEST

/* Which would wait for ever where there is no writer. */
START_TEST(pipes_are_read_but_not_waited_for)
{
	struct err e = { 0 };
	struct str s;
	char fd[32];
	int ends[2];

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert(file_read_input(path, 10, arena, &s, &e));
	ck_assert_uint_eq(s.n, 0);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "text", 4), 4);
	close(ends[1]);
	snprintf(fd, sizeof(fd), "/dev/fd/%d", ends[0]);
	ck_assert(file_read_input(fd, 10, arena, &s, &e));
	ck_assert_str_eq(s.p, "text");
	close(ends[0]);
}
END_TEST

/* Which a configuration may name by mistake. */
START_TEST(special_files_are_refused)
{
	struct err e = { 0 };
	struct str s;

	put("0123456789");
	ck_assert(file_read(path, 10, arena, &s, &e));
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert(!file_read(path, 10, arena, &s, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "/f: it is a pipe (wanted: a regular file)"));
	ck_assert(!file_read("/dev/zero", 10, arena, &s, &e));
	ck_assert_str_eq(e.text, "read /dev/zero: it is a device (wanted: a regular file)");
	ck_assert(!file_read(dir, 10, arena, &s, &e));
	ck_assert_ptr_nonnull(strstr(e.text, ": is a directory"));
}
END_TEST

START_TEST(stamps_tell_files_apart)
{
	struct file_stamp none = file_stamp(path), first, longer, other;

	ck_assert_uint_eq(none.ino, 0);
	put("one");
	first = file_stamp(path);
	other = file_stamp(path);
	ck_assert(file_stamp_same(&first, &other) && !file_stamp_same(&first, &none));
	put("longer");
	longer = file_stamp(path);
	ck_assert(file_stamp_same_file(&first, &longer) && !file_stamp_same(&first, &longer));
	other = file_stamp(dir);
	ck_assert(!file_stamp_same_file(&longer, &other));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, files_have_a_bound);
	tcase_add_test(tc, pipes_are_read_but_not_waited_for);
	tcase_add_test(tc, special_files_are_refused);
	tcase_add_test(tc, stamps_tell_files_apart);
}

int
main(void)
{
	return run_suite("file", add);
}
