/* SPDX-License-Identifier: Apache-2.0 */
/* A process that has given up what it does not need, as a child of the test. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/sandbox.h"
#include "suite.h"

static char dir[32], inside[64], outside[64];

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "/tmp/tocsin-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(inside, sizeof(inside), "%s/in", dir);
	snprintf(outside, sizeof(outside), "%s/out", dir);
	ck_assert_int_eq(mkdir(inside, 0700), 0);
}

static void
teardown(void)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/b", inside);
	unlink(path);
	unlink(outside);
	rmdir(inside);
	rmdir(dir);
}

static bool
has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

/* The result of `act`, below 100, in a child within the sandbox. */
static int
in_sandbox(bool starts_itself, int (*act)(void))
{
	const char *const writable[] = { inside, "/nowhere/at/all" };
	struct sandbox s = { .writable = writable, .writable_n = 2, .starts_itself = starts_itself };
	struct err e = { 0 };
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (!sandbox_enter(&s, &e))
			_exit(100);
		_exit(s.calls && s.files == has_landlock() ? act() : 101);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
write_inside(void)
{
	char a[80], b[80], text[8] = { 0 };
	int fd;

	snprintf(a, sizeof(a), "%s/a", inside);
	snprintf(b, sizeof(b), "%s/b", inside);
	fd = open(a, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || write(fd, "text", 4) != 4 || ftruncate(fd, 3) != 0 || close(fd) != 0 || rename(a, b) != 0)
		return 1;
	fd = open(b, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text)) != 3)
		return 2;
	close(fd);
	fd = open("/dev/null", O_RDWR);
	return fd < 0 ? 3 : close(fd);
}

START_TEST(its_own_directory_is_as_before)
{
	ck_assert_int_eq(in_sandbox(true, write_inside), 0);
	ck_assert_int_eq(in_sandbox(false, write_inside), 0);
}
END_TEST

static int
write_outside(void)
{
	return open(outside, O_RDWR | O_CREAT, 0600) < 0 && errno == EACCES && open("/proc/self/status", O_RDONLY) >= 0 ? 0 : 1;
}

START_TEST(nothing_else_is_written_and_all_is_read)
{
	if (has_landlock())
		ck_assert_int_eq(in_sandbox(true, write_outside), 0);
}
END_TEST

static int
start_another(void)
{
	char name[] = "true", *argv[] = { name, NULL }, *envp[] = { NULL };

	execve("/bin/true", argv, envp);
	return errno == EACCES || errno == EPERM ? 0 : 1;
}

/* This test's program, with a test's name that there is none of. */
static int
start_itself(void)
{
	char name[] = "unit_loop", none[] = "--none", *argv[] = { name, none, NULL }, *envp[] = { NULL };
	pid_t pid = fork();
	int status, quiet;

	if (pid == 0) {
		quiet = open("/dev/null", O_RDWR);
		dup2(quiet, STDOUT_FILENO);
		dup2(quiet, STDERR_FILENO);
		execve("/proc/self/exe", argv, envp);
		_exit(errno == EPERM || errno == EACCES ? 77 : 78);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return 2;
	return WEXITSTATUS(status) == 77 ? 1 : WEXITSTATUS(status) == 78 ? 2 : 0;
}

START_TEST(other_programs_are_not_started)
{
	if (has_landlock())
		ck_assert_int_eq(in_sandbox(true, start_another), 0);
	ck_assert_int_eq(in_sandbox(false, start_another), 0);
	ck_assert_int_eq(in_sandbox(true, start_itself), 0);
	ck_assert_int_eq(in_sandbox(false, start_itself), 1);
}
END_TEST

static int
call(void)
{
	struct rlimit core;

	if (syscall(SYS_setns, -1, 0) == 0 || errno != EPERM)
		return 1;
	if (syscall(SYS_memfd_create, "x", 0) >= 0 || errno != EPERM)
		return 2;
	if (syscall(SYS_bpf, 0, NULL, 0) >= 0 || errno != EPERM)
		return 3;
	if (mount("x", "/", "tmpfs", 0, NULL) == 0 || errno != EPERM)
		return 4;
	if (getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_max != 0)
		return 5;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 6;
}

START_TEST(calls_of_no_use_are_refused)
{
	ck_assert_int_eq(in_sandbox(true, call), 0);
	ck_assert_int_eq(in_sandbox(false, call), 0);
}
END_TEST

/* Its first version lets no file move, so it cannot be had with spools. */
START_TEST(kernels_forbid_what_they_can)
{
	ck_assert_uint_eq(sandbox_handles(-1, false), 0);
	ck_assert_uint_eq(sandbox_handles(1, true), 0);
	ck_assert_uint_ne(sandbox_handles(1, false), 0);
	ck_assert_uint_eq(sandbox_handles(1, false) & UINT64_C(3) << 13, 0);
	ck_assert_uint_eq(sandbox_handles(2, true) & UINT64_C(3) << 13, UINT64_C(1) << 13);
	ck_assert_uint_eq(sandbox_handles(9, true) & UINT64_C(3) << 13, UINT64_C(3) << 13);
	ck_assert_uint_eq(sandbox_handles(9, true), sandbox_handles(3, false));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, its_own_directory_is_as_before);
	tcase_add_test(tc, nothing_else_is_written_and_all_is_read);
	tcase_add_test(tc, other_programs_are_not_started);
	tcase_add_test(tc, calls_of_no_use_are_refused);
	tcase_add_test(tc, kernels_forbid_what_they_can);
}

int
main(void)
{
	return run_suite("sandbox", add);
}
