/* SPDX-License-Identifier: Apache-2.0 */
/* How exact it is a busy machine cannot show: that it fires, when it must not, and in which order. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "loop/clock_real.h"
#include "loop/exact_timer.h"
#include "suite.h"

struct alarm {
	struct exact_timer timer;
	char name;
	struct mono due;
	int again;		/* how often it sets itself anew */
};

static struct event_base *base;
static char fired[16];

static void
set(struct alarm *a, span wait)
{
	a->due = mono_add(clock_real_mono(), wait);
	exact_timer_in(&a->timer, wait);
}

static void
on_alarm(void *arg)
{
	struct alarm *a = arg;
	size_t n = strlen(fired);

	ck_assert(clock_real_mono().ns >= a->due.ns);
	fired[n] = a->name;
	if (a->again-- > 0)
		set(a, SPAN_MS);
	else
		exact_timer_fini(&a->timer);
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

static void
make(struct alarm *a, char name)
{
	*a = (struct alarm){ .name = name };
	exact_timer_init(&a->timer, base, "alarm", on_alarm, a);
}

START_TEST(in_order_and_from_the_loop)
{
	struct alarm late, soon, past;

	make(&late, 'l');
	make(&soon, 's');
	make(&past, 'p');
	set(&late, 20 * SPAN_MS);
	set(&soon, SPAN_US);
	set(&past, -SPAN_HOUR);
	ck_assert_str_eq(fired, "");
	while (strlen(fired) < 3)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_int_eq(fired[2], 'l');
}
END_TEST

START_TEST(set_anew_and_by_itself)
{
	struct alarm a;

	make(&a, 'a');
	set(&a, SPAN_HOUR);
	set(&a, SPAN_MS);
	a.again = 2;
	while (a.timer.ev != NULL)
		event_base_loop(base, EVLOOP_ONCE);
	ck_assert_str_eq(fired, "aaa");
}
END_TEST

START_TEST(ended_before_it_was_due)
{
	struct alarm never;

	make(&never, 'n');
	set(&never, 0);
	exact_timer_stop(&never.timer);
	event_base_loop(base, EVLOOP_NONBLOCK);
	set(&never, SPAN_US);
	exact_timer_fini(&never.timer);
	exact_timer_fini(&never.timer);
	event_base_dispatch(base);
	ck_assert_str_eq(fired, "");
}
END_TEST

/* It goes by libevent's clock then. */
START_TEST(without_a_descriptor)
{
	struct rlimit had, none;
	struct alarm a;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &had), 0);
	none = (struct rlimit){ 0, had.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	make(&a, 'a');
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &had), 0);
	ck_assert_int_lt(a.timer.fd, 0);
	/* Its clock stands still within a round, and is behind ours. */
	a.due = clock_real_mono();
	exact_timer_in(&a.timer, SPAN_MS);
	event_base_dispatch(base);
	ck_assert_str_eq(fired, "a");
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, in_order_and_from_the_loop);
	tcase_add_test(tc, set_anew_and_by_itself);
	tcase_add_test(tc, ended_before_it_was_due);
	tcase_add_test(tc, without_a_descriptor);
}

int
main(void)
{
	return run_suite("loop/exact_timer", add);
}
