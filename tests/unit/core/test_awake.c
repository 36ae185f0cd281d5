/* SPDX-License-Identifier: Apache-2.0 */
/* A member that stood still while others, who are played here, went on. */
#include "lib_peer_tells.h"

static struct fake_world w;
static struct work spent;

static void
others(bool on)
{
	engine_cluster(w.engine, &(struct cluster_state){ .on = on, .settled = true, .members = 2 }, w.now);
}

static void
post(const char *alert)
{
	world_post(&w, alert, wall_add(w.now.wall, -SPAN_S), wall_add(w.now.wall, 4 * SPAN_MIN));
}

/* A, which fires, has been told of at 11 s. */
static void
begin(bool clustered)
{
	struct config *c = must_config("receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=30s repeat=1h\n");

	world_init(&w);
	world_start(&w, c);
	config_unref(c);
	spent = (struct work){ 0 };
	others(clustered);
	post("A");
	world_run(&w, 11 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
}

/* Until then; what is due meanwhile is seen late. */
static void
stand_still(span until)
{
	w.now = world_at(&w, until);
	world_settle(&w);
}

/* So long ago; firing may be NULL. */
static void
peer_told(const char *firing, const char *resolved, span ago)
{
	struct peer_tells t = { .firing = firing, .resolved = resolved, .at = wall_add(w.now.wall, -ago), .lasts = SPAN_HOUR };

	ck_assert_int_eq(world_peer_tells(&w, &t, &spent), MERGED_TAKEN);
}

static void
is_silent(span until)
{
	size_t n = w.sent.n;

	world_run(&w, until);
	ck_assert_uint_eq(w.sent.n, n);
}

/* Its flush was due at 40 s, with one more alert, of which others have told. */
START_TEST(others_are_heard_first)
{
	begin(true);
	post("A{n=2}");
	stand_still(50 * SPAN_S);
	world_run(&w, 50 * SPAN_S + 100 * SPAN_MS);
	ck_assert_uint_eq(w.sent.n, 1);
	peer_told("A", "A{n=2}", 5 * SPAN_S);
	is_silent(52 * SPAN_S);
	world_fini(&w);
}
END_TEST

/* Nobody has told it: it is told a moment later. */
START_TEST(then_it_goes_on)
{
	begin(true);
	post("A{n=2}");
	stand_still(50 * SPAN_S);
	world_run(&w, 52 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A A{n=2}] new alerts added");
	world_fini(&w);
}
END_TEST

/* Attempts that are due, first ones or others, wait with the rest. */
START_TEST(attempts_wait_too)
{
	static const struct fake_answer away = { .outcome = { .retry = true, .error = STR("503") } }, ok = { .outcome = { .ok = true } };
	size_t n;

	begin(true);
	world_script(&w, "*", &away, 1);
	post("A{n=2}");
	world_run(&w, 42 * SPAN_S);
	n = w.sent.n;
	ck_assert_uint_gt(n, 1);
	world_script(&w, "*", &ok, 1);
	stand_still(50 * SPAN_S);
	world_run(&w, 50 * SPAN_S + 100 * SPAN_MS);
	ck_assert_uint_eq(w.sent.n, n);
	peer_told("A", "A{n=2}", 5 * SPAN_S);
	is_silent(52 * SPAN_S);
	world_fini(&w);
}
END_TEST

/* A post that waited to be read, from before the end that others have told since. */
START_TEST(a_post_that_waited_is_not_newer_than_an_end)
{
	begin(true);
	world_run(&w, 15 * SPAN_S);
	stand_still(50 * SPAN_S);
	peer_told(NULL, "A", 20 * SPAN_S);
	post("A");
	is_silent(2 * SPAN_MIN);
	/* It fires again. */
	post("A");
	world_run(&w, 3 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A] first notification");
	world_fini(&w);
}
END_TEST

/* Nor after a crash, nor when it has stood still once more. */
START_TEST(a_post_that_waited_stays_so)
{
	for (int crash = 0; crash < 2; crash++) {
		begin(true);
		world_run(&w, 15 * SPAN_S);
		stand_still(50 * SPAN_S);
		peer_told(NULL, "A", 20 * SPAN_S);
		post("A");
		world_run(&w, 52 * SPAN_S);
		if (crash) {
			world_restart(&w);
			others(true);
		}
		stand_still(56 * SPAN_S);
		is_silent(2 * SPAN_MIN);
		world_fini(&w);
	}
}
END_TEST

/* The end was told before it stood still: the post is newer in any case. */
START_TEST(a_post_that_waited_is_newer_than_what_was_before)
{
	begin(true);
	world_run(&w, 15 * SPAN_S);
	peer_told(NULL, "A", 0);
	stand_still(50 * SPAN_S);
	post("A");
	world_run(&w, 52 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

/* An instance that had little to do did not stand still. */
START_TEST(nobody_stood_still_who_was_idle)
{
	begin(true);
	world_run(&w, 3 * SPAN_MIN);
	post("A{n=2}");
	world_run(&w, 3 * SPAN_MIN + 30 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_int_eq(wall_sub(w.sent.v[1].at.wall, w.sent.v[0].at.wall) % (30 * SPAN_S), 0);
	world_fini(&w);
}
END_TEST

/* A lone instance has nobody to hear. */
START_TEST(a_lone_instance_goes_on_at_once)
{
	begin(false);
	post("A{n=2}");
	stand_still(50 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("awake", others_are_heard_first, then_it_goes_on, attempts_wait_too, a_post_that_waited_is_not_newer_than_an_end, a_post_that_waited_stays_so,
	    a_post_that_waited_is_newer_than_what_was_before, nobody_stood_still_who_was_idle, a_lone_instance_goes_on_at_once);
}
