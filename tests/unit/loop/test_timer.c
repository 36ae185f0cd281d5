/* SPDX-License-Identifier: Apache-2.0 */
/* In which round of the loop timers fire, and behind what. */
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "loop/timer.h"
#include "suite.h"

static struct event_base *base;
static char fired[16];

struct mark {
	struct timer timer;
	char name;
	struct mark *in_round, *later;	/* set when it fires */
};

static void
on_mark(void *arg)
{
	struct mark *m = arg;

	fired[strlen(fired)] = m->name;
	if (m->later != NULL)
		timer_in(&m->later->timer, 0);
	if (m->in_round != NULL)
		timer_in_round(&m->in_round->timer);
}

static void
make(struct mark *m, char name)
{
	*m = (struct mark){ .name = name };
	timer_init(&m->timer, base, "test", on_mark, m);
}

START_TEST(a_round_ends_with_what_is_set_in_it)
{
	struct mark a, b, c, d;

	base = event_base_new();
	memset(fired, 0, sizeof(fired));
	make(&a, 'a');
	make(&b, 'b');
	make(&c, 'c');
	make(&d, 'd');
	a.later = &d;
	a.in_round = &c;
	timer_in_round(&a.timer);
	timer_in_round(&b.timer);
	ck_assert(timer_is_set(&a.timer) && !timer_is_set(&c.timer));
	event_base_loop(base, EVLOOP_ONCE);
	ck_assert_str_eq(fired, "abc");
	ck_assert(timer_is_set(&d.timer) && !timer_is_set(&c.timer));
	event_base_loop(base, EVLOOP_ONCE);
	ck_assert_str_eq(fired, "abcd");
	timer_in_round(&b.timer);
	timer_stop(&b.timer);
	ck_assert(!timer_is_set(&b.timer));
	timer_in(&b.timer, SPAN_HOUR);
	timer_in_round(&b.timer);
	event_base_loop(base, EVLOOP_NONBLOCK);
	ck_assert_str_eq(fired, "abcdb");
	timer_fini(&a.timer);
	timer_fini(&b.timer);
	timer_fini(&c.timer);
	timer_fini(&d.timer);
	timer_in_round(&a.timer);
	event_base_free(base);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_round_ends_with_what_is_set_in_it);
}

int
main(void)
{
	return run_suite("timer", add);
}
