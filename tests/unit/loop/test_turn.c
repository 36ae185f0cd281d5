/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/sbuf.h"
#include "loop/clock_real.h"
#include "loop/turn.h"
#include "suite.h"

static struct sbuf logged;

static void
on_log(void *arg, const char *line, size_t n)
{
	(void)arg;
	sbuf_put(&logged, line, n);
}

static int64_t
now(void)
{
	return clock_real()->now(clock_real()).mono.ns;
}

/* As long as it says, by the clock that is measured with. */
static void
hold(span time)
{
	int64_t until = now() + time;

	while (now() < until)
		;
}

static uint64_t
above(const struct turn_figures *f, const struct turn_times *t, double bound)
{
	uint64_t n = 0;

	for (size_t i = 0; i <= TURN_BOUNDS; i++)
		if (i == TURN_BOUNDS || f->bounds[i] > bound)
			n += t->counts[i];
	return n;
}

START_TEST(the_outermost_counts)
{
	struct turn_figures before, after;

	turn_figures(&before);
	turn_begin("outer");
	hold(3 * SPAN_MS);
	turn_begin("inner");
	hold(3 * SPAN_MS);
	turn_end();
	turn_end();
	turn_begin("short");
	turn_end();
	turn_figures(&after);
	ck_assert_uint_eq(above(&after, &after.wall, .005) - above(&before, &before.wall, .005), 1);
	ck_assert_uint_eq(above(&after, &after.wall, 0) - above(&before, &before.wall, 0), 2);
	ck_assert_uint_eq(above(&after, &after.cpu, 0) - above(&before, &before.cpu, 0), 2);
	ck_assert(after.wall.sum >= before.wall.sum + .006);
	ck_assert_str_eq(after.wall.longest_name, "outer");
	ck_assert_int_ge(after.wall.longest, 6 * SPAN_MS);
}
END_TEST

/* Until the thread has had so much of the processor. */
static void
work(span time)
{
	int64_t until = clock_real_cpu().ns + time;

	while (clock_real_cpu().ns < until)
		;
}

START_TEST(waiting_is_the_machines)
{
	struct turn_figures before, after;
	struct timespec pause = { .tv_nsec = 30 * SPAN_MS };

	turn_figures(&before);
	turn_begin("waits");
	ck_assert_int_eq(nanosleep(&pause, NULL), 0);
	turn_end();
	turn_begin("works");
	work(8 * SPAN_MS);
	turn_end();
	turn_figures(&after);
	ck_assert(after.wall.sum - before.wall.sum >= .038);
	ck_assert_uint_eq(above(&after, &after.cpu, .025) - above(&before, &before.cpu, .025), 0);
	ck_assert_uint_eq(above(&after, &after.cpu, .005) - above(&before, &before.cpu, .005), 1);
	ck_assert_str_eq(after.cpu.longest_name, "works");
	ck_assert_int_ge(after.cpu.longest, 8 * SPAN_MS);
}
END_TEST

START_TEST(a_long_one_is_told_once_in_a_while)
{
	struct log log = { .clock = clock_real(), .write = on_log };

	logged.max = SBUF_UNLIMITED;
	turn_log(&log);
	turn_begin("culprit");
	hold(12 * SPAN_MS);
	turn_part(STR("large"), 4711);
	turn_end();
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&logged), "The loop was held"));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&logged), "culprit"));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&logged), "part=large part_size=4711"));
	turn_begin("another");
	hold(12 * SPAN_MS);
	turn_end();
	ck_assert_ptr_null(strstr(sbuf_cstr(&logged), "another"));
	turn_log(NULL);
	sbuf_fini(&logged);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, the_outermost_counts);
	tcase_add_test(tc, waiting_is_the_machines);
	tcase_add_test(tc, a_long_one_is_told_once_in_a_while);
}

int
main(void)
{
	return run_suite("turn", add);
}
