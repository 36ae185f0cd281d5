/* SPDX-License-Identifier: Apache-2.0 */
/* A store that begins anew is told all there is, however much that is, in slices. */
#include "engine_state.h"
#include "lib_core.h"

#define TURN 2000
/* Its last step may save a silence and a group. */
#define STEP 3000

static struct fake_world w;

static void
post(int i)
{
	char alert[64];

	snprintf(alert, sizeof(alert), "A{i=%d,job=x}", i);
	world_post(&w, alert, w.now.wall, wall_add(w.now.wall, SPAN_HOUR));
}

static void
silence(const char *matchers)
{
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	ck_assert_msg(world_silence(&w, "", matchers, w.now.wall, wall_add(w.now.wall, SPAN_HOUR), id, &e), "%s", e.text);
}

START_TEST(all_is_saved_in_slices)
{
	enum { ALERTS = 2000, SILENCES = 200 };
	struct config *c = must_config("receiver ops hook\nroute receiver=ops by=[job] wait=10s interval=1m\n");
	struct engine_saving s = { 0 };
	struct work work = { TURN };
	size_t slices = 1, before;

	world_init(&w);
	world_start(&w, c);
	config_unref(c);
	for (int i = 0; i < ALERTS; i++)
		post(i);
	for (int i = 0; i < SILENCES; i++)
		silence("i=\"x\"");
	world_settle(&w);
	before = w.changes[CHANGE_ALERT];
	w.changes[CHANGE_SILENCE] = w.changes[CHANGE_GROUP] = 0;
	for (; !engine_save_some(w.engine, &s, &work, w.now); slices++) {
		ck_assert_int_ge(work.left, -STEP);
		work.left = TURN;
		/* This one comes meanwhile. */
		if (slices == 3)
			silence("i=\"y\"");
	}
	ck_assert_uint_gt(slices, (ALERTS * 60 + SILENCES * 400) / TURN);
	ck_assert_uint_ge(w.changes[CHANGE_ALERT], before + ALERTS);
	ck_assert_uint_ge(w.changes[CHANGE_SILENCE], SILENCES + 1);
	ck_assert_uint_eq(w.changes[CHANGE_GROUP], 1);
	world_fini(&w);
}
END_TEST

/* Groups are not whole while a configuration settles: it waits for that. */
START_TEST(it_waits_for_groups_that_settle)
{
	struct config *c = must_config("receiver ops hook\nroute receiver=ops by=[job] wait=10s interval=1m\n");
	struct engine_saving s = { 0 };
	struct work work = { INT64_MAX };

	world_init(&w);
	w.options.turn_work = TURN;
	world_start(&w, c);
	config_unref(c);
	for (int i = 0; i < 500; i++)
		post(i);
	world_settle(&w);
	c = must_config("receiver ops hook\nroute receiver=ops by=[i] wait=10s interval=1m\n");
	engine_apply(w.engine, c, w.now);
	while (!settling(w.engine))
		engine_tick(w.engine, w.now);
	config_unref(w.config);
	w.config = c;
	w.changes[CHANGE_ALERT] = 0;
	ck_assert(!engine_save_some(w.engine, &s, &work, w.now));
	ck_assert_uint_eq(w.changes[CHANGE_ALERT], 0);
	world_settle(&w);
	work.left = INT64_MAX;
	ck_assert(engine_save_some(w.engine, &s, &work, w.now));
	ck_assert_uint_eq(w.changes[CHANGE_ALERT], 500);
	ck_assert_uint_ge(w.changes[CHANGE_GROUP], 500);
	world_fini(&w);
}
END_TEST

/* A group that changes while its members are gone through is saved again, but nobody waits for that. */
START_TEST(it_ends_though_a_large_group_changes_all_the_time)
{
	enum { ALERTS = 2000 };
	struct config *c = must_config("receiver ops hook\nroute receiver=ops by=[job] wait=10s interval=1m\n");
	struct engine_saving s = { 0 };
	struct work work = { TURN };
	int slices = 0;

	world_init(&w);
	world_start(&w, c);
	config_unref(c);
	for (int i = 0; i < ALERTS; i++)
		post(i);
	world_settle(&w);
	w.changes[CHANGE_GROUP] = 0;
	for (; !engine_save_some(w.engine, &s, &work, w.now); work.left = TURN) {
		ck_assert_int_lt(slices, ALERTS);
		post(ALERTS + slices++);
	}
	ck_assert_uint_eq(w.changes[CHANGE_GROUP], 1);
	world_run(&w, 2 * SPAN_S);
	ck_assert_uint_gt(w.changes[CHANGE_GROUP], 1);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("save_all", all_is_saved_in_slices, it_waits_for_groups_that_settle,
	    it_ends_though_a_large_group_changes_all_the_time);
}
