/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of label sets, as the writer remembers them. */
#include "lib_history.h"
#include "suite.h"

#include <event2/event.h>
#include <stdio.h>

static struct rig r;

#define ALERTS 9000

static void
condition(int i, bool on)
{
	char labels[64];

	snprintf(labels, sizeof(labels), "alertname=A,host=h%d", i);
	rig_condition(&r, labels, ALERT_FIRES, on);
}

/* As if a minute had gone by: the writer looks for something to be tidied. */
static void
look(void)
{
	timer_stop(&r.h->soon);
	timer_in(&r.h->soon, 0);
	do
		event_base_loop(r.base, EVLOOP_ONCE);
	while (r.h->under_way || r.h->writer.more);
}

static size_t
places(void)
{
	size_t n = 0;

	for (size_t i = 0; i < KNOWN_PARTS; i++)
		n += r.h->writer.sets.known[i].n;
	return n;
}

static uint64_t
written(void)
{
	const struct sets *s = &r.h->writer.sets;
	uint64_t n = 0;

	for (size_t i = 0; i < s->all.n; i++)
		n += s->all.v[i].n;
	return n;
}

/* Sets of alerts that have ended go when nothing happens; those that last, or began again, keep their numbers. */
START_TEST(a_burst_is_forgotten)
{
	size_t before;

	rig_init(&r);
	rig_start(&r);
	for (int i = 0; i < ALERTS; i++)
		condition(i, true);
	rig_settle(&r, 0);
	before = places();
	ck_assert_uint_ge(before, ALERTS);
	look();
	ck_assert_uint_eq(places(), before);
	for (int i = 0; i < ALERTS; i++) {
		if (i % 50 != 0)
			condition(i, false);
		if (i % 100 == 1)
			condition(i, true);
	}
	rig_settle(&r, 0);
	ck_assert_uint_eq(places(), before);
	look();
	ck_assert_uint_lt(places(), before / 4);
	ck_assert_uint_eq(written(), ALERTS);
	for (int i = 0; i < ALERTS; i++)
		if (i % 50 == 0 || i % 100 == 1)
			condition(i, false);
	rig_settle(&r, 0);
	ck_assert_uint_eq(written(), ALERTS);
	condition(2, true);
	rig_settle(&r, 0);
	ck_assert_uint_eq(written(), ALERTS + 1);
	rig_fini(&r);
}
END_TEST

/* A small table stays: it costs little, and alerts come again. */
START_TEST(a_few_are_remembered)
{
	rig_init(&r);
	rig_start(&r);
	for (int i = 0; i < 100; i++) {
		condition(i, true);
		condition(i, false);
	}
	rig_settle(&r, 0);
	look();
	for (int i = 0; i < 100; i++)
		condition(i, true);
	rig_settle(&r, 0);
	ck_assert_uint_eq(written(), 100);
	rig_fini(&r);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_burst_is_forgotten);
	tcase_add_test(tc, a_few_are_remembered);
}

int
main(void)
{
	return run_suite("sets", add);
}
