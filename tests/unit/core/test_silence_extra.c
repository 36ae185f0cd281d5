/* SPDX-License-Identifier: Apache-2.0 */
/* Silences that end with their alerts, silences that come again. */
#include "lib_silence.h"

#include "base/mem.h"
#include "model/schedule.h"

START_TEST(lasts_for_ever)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	world_begin_plain(&w);
	world_post(&w, "A", w.now.wall, world_in(&w, 20 * SPAN_MIN));
	ck_assert_msg(world_set(&w, "", "alertname=A", extra_with_alert(false), INT64_MAX, id, &e), "%s", e.text);
	world_run(&w, 22 * SPAN_MIN);
	ck_assert(!world_is_active(&w, id));
	world_fini(&w);
}
END_TEST

/* Made before there is anything to silence. */
START_TEST(waits_for_its_alert)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	world_begin_plain(&w);
	world_post(&w, "Other", w.now.wall, world_in(&w, SPAN_HOUR));
	ck_assert(world_set(&w, "", "{alertname=\"A\"}", extra_with_alert(true), 10 * SPAN_HOUR, id, &e));
	world_run(&w, SPAN_HOUR);
	ck_assert(world_is_active(&w, id));
	world_post(&w, "Other", w.now.wall, world_in(&w, SPAN_HOUR));
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, 5 * SPAN_MIN));
	world_settle(&w);
	ck_assert(world_get(&w, id)->covered);
	world_post(&w, "A{i=y}", w.now.wall, world_in(&w, 7 * SPAN_MIN));
	world_run(&w, SPAN_HOUR + 6 * SPAN_MIN);
	ck_assert(world_is_active(&w, id));
	world_run(&w, SPAN_HOUR + 7 * SPAN_MIN + SPAN_S);
	ck_assert(!world_is_active(&w, id));
	world_fini(&w);
}
END_TEST

/* Its alert ended while nothing ran: it is over, too. */
START_TEST(has_covered_something_before_a_crash)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	world_begin_plain(&w);
	w.durable = true;
	ck_assert(world_set(&w, "", "alertname=A", extra_with_alert(true), 10 * SPAN_HOUR, id, &e));
	world_post(&w, "A", w.now.wall, world_in(&w, 5 * SPAN_MIN));
	world_settle(&w);
	ck_assert(world_get(&w, id)->covered);
	world_restart(&w);
	ck_assert(world_get(&w, id)->covered);
	world_run(&w, SPAN_HOUR);
	ck_assert(!world_is_active(&w, id));
	world_fini(&w);
}
END_TEST

START_TEST(comes_again)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };
	struct wall start, midnight;

	world_begin_plain(&w);
	w.durable = true;
	midnight = w.now.wall;
	ck_assert(world_set(&w, "", "{alertname=\"A\"}", extra_daily(60, 180), 0, id, &e));
	start = world_get(&w, id)->starts;
	ck_assert_int_eq(wall_sub(start, midnight), SPAN_HOUR);
	world_post(&w, "A", w.now.wall, world_in(&w, 40 * SPAN_HOUR));
	world_run(&w, 50 * SPAN_MIN);
	ck_assert_str_eq(world_status(&w, "A"), "active");
	world_run(&w, 90 * SPAN_MIN);
	ck_assert_int_eq(strncmp(world_status(&w, "A"), "silenced", 8), 0);
	world_run(&w, 181 * SPAN_MIN);
	ck_assert_str_eq(world_status(&w, "A"), "active");
	ck_assert_int_eq(wall_sub(world_get(&w, id)->starts, midnight), 25 * SPAN_HOUR);
	ck_assert_uint_eq(w.events[EVENT_SILENCE_UPDATED], 1);
	world_run(&w, 26 * SPAN_HOUR);
	ck_assert_int_eq(strncmp(world_status(&w, "A"), "silenced", 8), 0);
	/* The clock was a day ahead. */
	world_step_wall(&w, 24 * SPAN_HOUR);
	world_post(&w, "A", w.now.wall, world_in(&w, 40 * SPAN_HOUR));
	world_run(&w, 26 * SPAN_HOUR + SPAN_S);
	ck_assert_int_eq(strncmp(world_status(&w, "A"), "silenced", 8), 0);
	world_step_wall(&w, -24 * SPAN_HOUR);
	world_post(&w, "A", w.now.wall, world_in(&w, 40 * SPAN_HOUR));
	world_run(&w, 26 * SPAN_HOUR + 2 * SPAN_S);
	ck_assert_int_eq(strncmp(world_status(&w, "A"), "silenced", 8), 0);
	world_fini(&w);
}
END_TEST

/* It had found nothing before the clock went back; what comes before its start then ends it all the same. */
START_TEST(looks_again_when_it_begins_anew)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	world_begin_plain(&w);
	world_run(&w, SPAN_HOUR);
	ck_assert(world_set(&w, "", "{alertname=\"A\"}", extra_with_alert(true), 2 * SPAN_HOUR, id, &e));
	world_run(&w, SPAN_HOUR + SPAN_MIN);
	world_step_wall(&w, -20 * SPAN_MIN);
	world_settle(&w);
	ck_assert(!world_is_active(&w, id));
	world_post(&w, "A", w.now.wall, world_in(&w, 4 * SPAN_HOUR));
	world_run(&w, SPAN_HOUR + 30 * SPAN_MIN);
	ck_assert(world_is_active(&w, id));
	ck_assert(world_get(&w, id)->covered);
	world_post(&w, "A", world_in(&w, -SPAN_MIN), w.now.wall);
	world_run(&w, SPAN_HOUR + 31 * SPAN_MIN);
	ck_assert(!world_is_active(&w, id));
	world_fini(&w);
}
END_TEST

START_TEST(comes_again_after_downtime)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };
	struct wall midnight;

	world_begin_plain(&w);
	w.durable = true;
	midnight = w.now.wall;
	ck_assert(world_set(&w, "", "{alertname=\"A\"}", extra_daily(60, 180), 0, id, &e));
	/* Longer than what has ended is remembered. */
	w.now.mono = mono_add(w.now.mono, 300 * SPAN_HOUR);
	w.now.wall = wall_add(w.now.wall, 300 * SPAN_HOUR);
	world_restart(&w);
	world_settle(&w);
	ck_assert_ptr_nonnull(world_get(&w, id));
	ck_assert_int_eq(wall_sub(world_get(&w, id)->starts, midnight), 313 * SPAN_HOUR);
	/* Expired is over for good. */
	ck_assert(engine_silence_expire(w.engine, str_from(id), w.now, &e));
	world_settle(&w);
	ck_assert(silence_schedule(world_get(&w, id)) != NULL);
	world_restart(&w);
	world_settle(&w);
	ck_assert_int_eq(wall_cmp(world_get(&w, id)->ends, w.now.wall), 0);
	ck_assert_uint_eq(w.events[EVENT_SILENCE_EXPIRED], 1);
	world_fini(&w);
}
END_TEST

START_TEST(comes_to_an_end)
{
	struct fake_world w;
	struct silence_extra *x = extra_daily(60, 180);
	char id[SILENCE_ID_MAX], same[SILENCE_ID_MAX];
	struct err e = { 0 };

	world_begin_plain(&w);
	x->schedule->until = world_in(&w, 2 * SPAN_HOUR);
	ck_assert(world_set(&w, "", "{alertname=\"A\"}", x, 0, id, &e));
	world_run(&w, 90 * SPAN_MIN);
	/* An edit of the present window keeps the id. */
	ck_assert(world_set(&w, id, "{alertname=\"A\"}", silence_extra_copy(world_get(&w, id)->extra), 0, same, &e));
	ck_assert_str_eq(id, same);
	world_run(&w, 3 * SPAN_HOUR);
	ck_assert_uint_eq(w.events[EVENT_SILENCE_EXPIRED], 1);
	ck_assert(!world_is_active(&w, id));
	x = extra_daily(60, 180);
	x->schedule->until = w.now.wall;
	ck_assert(!world_set(&w, "", "{alertname=\"A\"}", x, 0, same, &e));
	ck_assert_str_eq(e.text, "invalid silence: the schedule has no window any more");
	x = extra_daily(60, 180);
	x->ends_with_alert = true;
	ck_assert(!world_set(&w, "", "{alertname=\"A\"}", x, 0, same, &e));
	ck_assert_str_eq(e.text, "invalid silence: a silence with a schedule cannot end with its alerts");
	world_fini(&w);
}
END_TEST

/* However many there are, a call does what it may. */
START_TEST(many_are_watched_in_turns)
{
	struct fake_world w;
	struct err e = { 0 };
	char id[SILENCE_ID_MAX], text[64];
	size_t active = 0, n = 0;
	struct arena *a = arena_new();
	struct silence **all;

	world_begin_plain_turns(&w, 2000);
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "A{i=%d}", i);
		world_post(&w, text, w.now.wall, world_in(&w, i % 2 == 0 ? 10 * SPAN_MIN : SPAN_HOUR));
	}
	world_run(&w, SPAN_MIN);
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "{i=\"%d\"}", i);
		ck_assert(world_set(&w, "", text, extra_with_alert(true), 10 * SPAN_HOUR, id, &e));
	}
	world_run(&w, 11 * SPAN_MIN);
	view_silences(w.engine, a, &all, &n);
	for (size_t i = 0; i < n; i++)
		active += silence_state_at(all[i], w.now.wall) == SILENCE_ACTIVE;
	ck_assert_uint_eq(n, 200);
	ck_assert_uint_eq(active, 100);
	arena_free(&a);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("silence extra", lasts_for_ever, waits_for_its_alert, has_covered_something_before_a_crash, comes_again,
	    looks_again_when_it_begins_anew, comes_again_after_downtime, comes_to_an_end,
	    many_are_watched_in_turns);
}
