/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/log_out.h"
#include "suite.h"

static struct moment
now(struct clock *self)
{
	(void)self;
	return (struct moment){ { 0 }, { 0, 0, 0 } };
}

static struct clock clock_still = { now };
static struct log_out out;
static struct log logger;
static int reader;
static char text[1 << 20];

static void
setup(void)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	reader = ends[0];
	out = (struct log_out){ .fd = ends[1], .log = &logger };
	logger = (struct log){ .level = LOG_INFO, .format = LOG_LOGFMT, .clock = &clock_still, .write = log_out_write,
		.arg = &out };
}

static void
teardown(void)
{
	close(reader);
	close(out.fd);
}

/* All that is in the pipe, as a string. */
static const char *
drain(void)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(reader, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	return text;
}

START_TEST(lines_come_out_whole)
{
	static char large[20000];

	memset(large, 'x', sizeof(large));
	large[sizeof(large) - 1] = '\n';
	log_out_write(&out, "one\n", 4);
	log_out_write(&out, large, sizeof(large));
	log_out_write(&out, "two\n", 4);
	drain();
	ck_assert_uint_eq(strlen(text), 8 + sizeof(large));
	ck_assert(strncmp(text, "one\nxxx", 7) == 0);
	ck_assert_str_eq(text + 4 + sizeof(large), "two\n");
}
END_TEST

/* Does not end if the writer waits for the reader, who is this test. */
START_TEST(a_stuck_reader_stops_nothing)
{
	static char line[3000];
	unsigned written = 0;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	while (out.lost < 1000) {
		log_out_write(&out, line, sizeof(line));
		written++;
	}
	ck_assert_uint_gt(written, 1000);
	drain();
	log_out_write(&out, "again\n", 6);
	drain();
	ck_assert_msg(strstr(text, "level=WARN source=log_out.c:") != NULL, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "msg=\"Lines of the log were lost because nobody read them\" lines=1000\nagain\n"));
	ck_assert_uint_eq(out.lost, 0);
}
END_TEST

START_TEST(a_reader_that_is_gone_is_no_error)
{
	close(reader);
	log_out_write(&out, "one\n", 4);
	ck_assert_uint_eq(out.lost, 0);
	reader = -1;
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, lines_come_out_whole);
	tcase_add_test(tc, a_stuck_reader_stops_nothing);
	tcase_add_test(tc, a_reader_that_is_gone_is_no_error);
}

int
main(void)
{
	return run_suite("log_out", add);
}
