/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "loop/timer.h"
#include "loop/turn.h"

struct alarm {
	struct timer timer;
	char name;
	int again;		/* how often it sets itself anew */
};

static struct event_base *base;
static char fired[16];

static void
on_alarm(void *arg)
{
	struct alarm *a = arg;
	size_t n = strlen(fired);

	ck_assert(!timer_is_set(&a->timer));
	fired[n] = a->name;
	if (a->again-- > 0)
		timer_in(&a->timer, 0);
}

static void
begin(void)
{
	base = event_base_new();
	memset(fired, 0, sizeof(fired));
}

static void
end(void)
{
	event_base_free(base);
}

static struct alarm *
make(char name)
{
	struct alarm *a = calloc(1, sizeof(*a));

	a->name = name;
	timer_init(&a->timer, base, "alarm", on_alarm, a);
	return a;
}

static void
drop(struct alarm *a)
{
	timer_fini(&a->timer);
	free(a);
}

static struct timespec
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t;
}

START_TEST(in_order_and_from_the_loop)
{
	struct alarm *late = make('l'), *soon = make('s'), *past = make('p');

	timer_in(&late->timer, 2 * SPAN_MS);
	timer_in(&soon->timer, SPAN_MS);
	timer_in(&past->timer, -SPAN_HOUR);
	ck_assert_str_eq(fired, "");
	ck_assert(timer_is_set(&past->timer));
	event_base_dispatch(base);
	ck_assert_str_eq(fired, "psl");
	drop(late);
	drop(soon);
	drop(past);
}
END_TEST

/* Within a round of the loop its clock stands still, so what is left is exact. */
static void
check_rounding(void *arg)
{
	static const struct {
		span wait;
		int64_t us;
	} cases[] = {
		{ -1, 0 },
		{ 0, 0 },
		{ 1, 1 },
		{ SPAN_US, 1 },
		{ SPAN_US + 1, 2 },
		{ SPAN_S - 1, 1000000 },
		{ SPAN_S, 1000000 },
		{ 3 * SPAN_S + 1, 3000001 },
		{ SPAN_MAX, SPAN_MAX / SPAN_US + 1 },
	};
	struct alarm *a = arg, *other = make('o');

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct timeval round, due;

		timer_in(&other->timer, cases[i].wait);
		ck_assert(event_pending(other->timer.ev, EV_TIMEOUT, &due));
		event_base_gettimeofday_cached(base, &round);
		ck_assert_int_eq((due.tv_sec - round.tv_sec) * INT64_C(1000000) + due.tv_usec - round.tv_usec, cases[i].us);
	}
	drop(other);
	fired[0] = a->name;
}

START_TEST(rounded_up)
{
	struct alarm *a = make('a');

	a->timer.fn = check_rounding;
	timer_in(&a->timer, 0);
	event_base_dispatch(base);
	ck_assert_str_eq(fired, "a");
	drop(a);
}
END_TEST

START_TEST(set_anew_stopped_ended)
{
	struct alarm *a = make('a'), *never = make('n'), *ended = make('e');
	struct timer none = { 0 };

	timer_in(&a->timer, SPAN_HOUR);
	timer_in(&a->timer, 0);
	a->again = 1;
	timer_in(&never->timer, 0);
	timer_stop(&never->timer);
	timer_in(&ended->timer, 0);
	timer_fini(&ended->timer);
	timer_fini(&ended->timer);
	timer_in(&ended->timer, 0);
	ck_assert(!timer_is_set(&ended->timer));
	timer_in(&none, 0);
	timer_stop(&none);
	ck_assert(!timer_is_set(&none));
	timer_fini(&none);
	event_base_dispatch(base);
	ck_assert_str_eq(fired, "aa");
	drop(a);
	drop(never);
	drop(ended);
}
END_TEST

static void
on_last(void *arg)
{
	struct timespec from = now(), t;

	drop(arg);
	do
		t = now();
	while (t.tv_sec == from.tv_sec && t.tv_nsec - from.tv_nsec < 2000000);
}

/* The function may free what the timer is in; and what it took stands under the timer's name. */
START_TEST(a_turn_that_frees_it)
{
	struct alarm *a = make('a');
	struct turn_figures f;

	a->timer.fn = on_last;
	timer_in(&a->timer, 0);
	event_base_dispatch(base);
	turn_figures(&f);
	ck_assert_str_eq(f.wall.longest_name, "alarm");
	ck_assert_int_ge(f.wall.longest, SPAN_MS);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("loop/timer");
	TCase *tc = tcase_create("all");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, in_order_and_from_the_loop);
	tcase_add_test(tc, rounded_up);
	tcase_add_test(tc, set_anew_stopped_ended);
	tcase_add_test(tc, a_turn_that_frees_it);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
