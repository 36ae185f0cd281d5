/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/aio.h"
#include "suite.h"

#define MOST 8

static struct aio aio;
static int ours[MOST], theirs[MOST];

static void
setup(void)
{
	/* As the server does. */
	signal(SIGPIPE, SIG_IGN);
	ck_assert(aio_init(&aio, MOST));
	for (int i = 0; i < MOST; i++) {
		int both[2];

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, both), 0);
		ours[i] = both[0];
		theirs[i] = both[1];
	}
}

static void
teardown(void)
{
	aio_fini(&aio);
	aio_fini(&aio);
	for (int i = 0; i < MOST; i++) {
		close(ours[i]);
		if (theirs[i] >= 0)
			close(theirs[i]);
	}
}

static struct iocb
write_of(int fd, const void *p, size_t n, size_t data)
{
	return (struct iocb){ .aio_data = data, .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_fildes = (uint32_t)fd, .aio_buf = (uintptr_t)p, .aio_nbytes = n };
}

/* Writes a byte to each socket; results by their number. */
static void
write_to_all(int64_t results[MOST])
{
	struct iocb each[MOST], *all[MOST];
	struct io_event e;
	bool seen[MOST] = { false };

	for (size_t i = 0; i < MOST; i++) {
		each[i] = write_of(ours[i], "x", 1, i);
		all[i] = &each[i];
	}
	ck_assert_uint_eq(aio_submit(&aio, all, MOST), MOST);
	for (int i = 0; i < MOST; i++) {
		ck_assert(aio_next(&aio, &e));
		ck_assert_uint_lt(e.data, MOST);
		ck_assert(!seen[e.data]);
		seen[e.data] = true;
		results[e.data] = e.res;
	}
	ck_assert(!aio_next(&aio, &e));
}

/* Also more of them, in all, than the kernel's memory has places. */
START_TEST(many_are_written_with_one_call)
{
	int64_t results[MOST];
	char c;

	for (int round = 0; round < 1000; round++) {
		write_to_all(results);
		for (int i = 0; i < MOST; i++) {
			ck_assert_int_eq(results[i], 1);
			ck_assert_int_eq(read(theirs[i], &c, 1), 1);
		}
	}
}
END_TEST

START_TEST(each_has_its_own_result)
{
	static char much[1 << 16];
	int64_t results[MOST];

	close(theirs[1]);
	theirs[1] = -1;
	while (write(ours[2], much, sizeof(much)) > 0)
		;
	while (write(ours[2], much, 1) > 0)
		;
	write_to_all(results);
	for (int i = 0; i < MOST; i++)
		ck_assert_int_eq(results[i], i == 1 ? -EPIPE : i == 2 ? -EAGAIN : 1);
}
END_TEST

START_TEST(what_is_no_file_ends_the_list)
{
	struct iocb good = write_of(ours[0], "x", 1, 0), bad = write_of(-1, "x", 1, 1), *all[] = { &good, &bad, &good };
	struct io_event e;

	ck_assert_uint_eq(aio_submit(&aio, all, 3), 1);
	ck_assert(aio_next(&aio, &e));
	ck_assert(!aio_next(&aio, &e));
	ck_assert_uint_eq(aio_submit(&aio, all + 1, 2), 0);
	ck_assert(!aio_next(&aio, &e));
}
END_TEST

START_TEST(one_can_wait)
{
	char path[] = "/tmp/tocsin-test-XXXXXX", text[] = "hello";
	int fd = mkstemp(path);
	struct iocb one = write_of(fd, text, 5, 3), *all[] = { &one };
	struct io_event e;

	ck_assert_int_ge(fd, 0);
	unlink(path);
	ck_assert_uint_eq(aio_submit(&aio, all, 1), 1);
	ck_assert(aio_wait(&aio, &e));
	ck_assert_int_eq(e.res, 5);
	ck_assert_uint_eq(e.data, 3);
	ck_assert(!aio_next(&aio, &e));
	ck_assert_int_eq(pread(fd, text, 5, 0), 5);
	close(fd);
}
END_TEST

START_TEST(without_the_kernel_nothing_is_taken)
{
	struct iocb one = write_of(ours[0], "x", 1, 0), *all[] = { &one };
	struct io_event e;

	aio_fini(&aio);
	ck_assert_uint_eq(aio_submit(&aio, all, 1), 0);
	ck_assert(!aio_next(&aio, &e));
	ck_assert(!aio_wait(&aio, &e));
	/* More than any system has. */
	ck_assert(!aio_init(&aio, 0x7fffffff));
	ck_assert_uint_eq(aio_submit(&aio, all, 1), 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, many_are_written_with_one_call);
	tcase_add_test(tc, each_has_its_own_result);
	tcase_add_test(tc, what_is_no_file_ends_the_list);
	tcase_add_test(tc, one_can_wait);
	tcase_add_test(tc, without_the_kernel_nothing_is_taken);
}

int
main(void)
{
	return run_suite("aio", add);
}
