/* SPDX-License-Identifier: Apache-2.0 */
/* A member that holds for firing what another one, who is played here, has told to have ended. */
#include "core/claim.h"
#include "lib_peer_tells.h"

static struct fake_world w;
static struct work spent;
/* So far its clock is ahead. */
static span clock_of_peer;
/* The age of what it tells. */
static span age;

static void
settled(void)
{
	engine_cluster(w.engine, &(struct cluster_state){ .on = true, .settled = true, .members = 2 }, w.now);
}

/* The first of two members, which is told of nothing before 10 s; A and B fire. */
static void
begin_with(const char *receiver)
{
	char text[256];
	struct config *c;

	snprintf(text, sizeof(text), "receiver ops %s\nroute receiver=ops by=[alertname] wait=10s interval=30s repeat=1h\n", receiver);
	c = must_config(text);
	world_init(&w);
	world_start(&w, c);
	config_unref(c);
	settled();
	spent = (struct work){ 0 };
	clock_of_peer = age = 0;
}

static void
post(const char *alert)
{
	world_post(&w, alert, wall_add(w.now.wall, -SPAN_S), wall_add(w.now.wall, SPAN_HOUR));
}

static void
begin(void)
{
	begin_with("hook");
	post("A");
	world_run(&w, 11 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_str_eq(w.sent.v[0].text, " firing [A] first notification");
}

/* To integration `index`; NULL: nothing. */
static void
peer_tells(size_t index, const char *firing, const char *resolved)
{
	struct peer_tells t = { .integration = index, .firing = firing, .resolved = resolved,
		.at = wall_add(w.now.wall, clock_of_peer), .age = age, .lasts = SPAN_HOUR };

	ck_assert_int_eq(world_peer_tells(&w, &t, &spent), MERGED_TAKEN);
}

/* At the flushes until then nothing is told. */
static void
is_silent(span until)
{
	size_t n = w.sent.n;

	world_run(&w, until);
	ck_assert_uint_eq(w.sent.n, n);
}

START_TEST(what_ended_elsewhere_is_not_told_to_fire)
{
	begin();
	world_run(&w, 20 * SPAN_S);
	peer_tells(0, NULL, "A");
	is_silent(2 * SPAN_MIN);
	/* It truly fires: somebody posts it again. */
	post("A");
	world_run(&w, 3 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A] first notification");
	world_fini(&w);
}
END_TEST

/* The other way round: what this member is posted after the peer told of the end is news. */
START_TEST(what_was_posted_since_is_told)
{
	begin();
	world_run(&w, 20 * SPAN_S);
	peer_tells(0, NULL, "A");
	world_run(&w, 21 * SPAN_S);
	post("A");
	world_run(&w, SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

/* The peer waited for its turn, or tried in vain, while it began to fire again: it tells an end of before. */
START_TEST(what_was_posted_while_another_waited_is_told)
{
	begin();
	world_run(&w, 15 * SPAN_S);
	post("A");
	world_run(&w, 20 * SPAN_S);
	age = 10 * SPAN_S;
	peer_tells(0, NULL, "A");
	world_run(&w, SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

/* And that it fires again comes while this one waits for its turn with what it has left out: it looks once more. */
START_TEST(it_fires_again_elsewhere_meanwhile)
{
	begin();
	world_run(&w, 20 * SPAN_S);
	peer_tells(0, NULL, "A");
	world_wait(&w, 15 * SPAN_S);
	post("A{n=2}");
	world_run(&w, 45 * SPAN_S);
	peer_tells(0, "A", NULL);
	world_run(&w, 100 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A A{n=2}] new alerts added");
	world_fini(&w);
}
END_TEST

/* Ends count from when they were heard of, whatever the clock of whoever told them says. */
START_TEST(a_clock_that_is_ahead_keeps_nobody_from_telling)
{
	begin();
	world_run(&w, 20 * SPAN_S);
	clock_of_peer = SPAN_HOUR;
	peer_tells(0, NULL, "A");
	is_silent(SPAN_MIN);
	post("A");
	world_run(&w, 2 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

/* Our own clock was set back since it was heard of: nothing can be compared, and what may be news is told. */
START_TEST(a_clock_that_was_set_back_keeps_nobody_from_telling)
{
	begin();
	world_run(&w, 20 * SPAN_S);
	peer_tells(0, NULL, "A");
	world_step_wall(&w, -SPAN_HOUR);
	post("A");
	world_run(&w, SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

/* Restarted, it has its alerts from disk, and the log from its peers. */
START_TEST(a_restart_brings_nothing_back)
{
	begin();
	world_run(&w, 15 * SPAN_S);
	w.now = world_at(&w, 60 * SPAN_S);
	w.wait = -1;
	world_restart(&w);
	peer_tells(0, NULL, "A");
	settled();
	is_silent(3 * SPAN_MIN);
	/* And again, with the log from disk too. */
	w.now = world_at(&w, 200 * SPAN_S);
	world_restart(&w);
	settled();
	is_silent(5 * SPAN_MIN);
	post("A");
	world_run(&w, 6 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

/* Others of the group are told of; and the log keeps in mind that the end of A was told. */
START_TEST(others_of_the_group_are_told)
{
	begin();
	world_run(&w, 20 * SPAN_S);
	peer_tells(0, NULL, "A");
	post("A{n=2}");
	world_run(&w, 45 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A{n=2}] first notification");
	is_silent(2 * SPAN_MIN);
	/* The end comes here too, and is known. */
	world_post(&w, "A", wall_add(w.now.wall, -SPAN_HOUR), wall_add(w.now.wall, -SPAN_MIN));
	is_silent(3 * SPAN_MIN);
	world_fini(&w);
}
END_TEST

/* A peer that tells it to fire after that knows best. */
START_TEST(it_fires_again_elsewhere)
{
	begin();
	world_run(&w, 20 * SPAN_S);
	peer_tells(0, NULL, "A");
	is_silent(SPAN_MIN);
	peer_tells(0, "A", NULL);
	post("A{n=2}");
	world_run(&w, 2 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A A{n=2}] new alerts added");
	world_fini(&w);
}
END_TEST

/* The peer has told one integration of two: the other one is owed the end, which this member learns of later. */
START_TEST(an_integration_that_was_not_told_hears_of_the_end)
{
	begin_with("hook hook");
	post("A");
	world_run(&w, 11 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	world_run(&w, 20 * SPAN_S);
	peer_tells(0, NULL, "A");
	post("A{n=2}");
	world_run(&w, 45 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 4);
	world_post(&w, "A", wall_add(w.now.wall, -SPAN_HOUR), wall_add(w.now.wall, -SPAN_MIN));
	world_run(&w, 80 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 5);
	ck_assert_str_eq(w.sent.v[4].to, "ops/hook[1]");
	ck_assert_str_eq(w.sent.v[4].text, " firing [A{n=2}] resolved [A] some alerts resolved");
	world_fini(&w);
}
END_TEST

/* It hears of the end while its own notification waits to be tried again. */
START_TEST(a_retry_is_none_of_it)
{
	static const struct fake_answer away = { .outcome = { .retry = true, .error = STR("503") } }, ok = { .outcome = { .ok = true } };
	size_t n;

	begin_with("hook");
	world_script(&w, "*", &away, 1);
	post("A");
	world_run(&w, 12 * SPAN_S);
	ck_assert_uint_gt(w.sent.n, 0);
	/* By a clock that is behind its own tick. */
	clock_of_peer = -3 * SPAN_S;
	world_run(&w, 13 * SPAN_S);
	post("A{n=2}");
	n = w.sent.n;
	peer_tells(0, NULL, "A");
	world_script(&w, "*", &ok, 1);
	world_run(&w, 3 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, n + 1);
	ck_assert_str_eq(w.sent.v[n].text, " firing [A{n=2}] first notification");
	world_fini(&w);
}
END_TEST

/* Alone, the engine goes by its own alerts, whatever the log says. */
START_TEST(a_lone_instance_tells_what_it_holds)
{
	begin();
	engine_cluster(w.engine, &(struct cluster_state){ 0 }, w.now);
	world_run(&w, 20 * SPAN_S);
	peer_tells(0, NULL, "A");
	world_run(&w, SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

static void
note_time(void *arg, const struct change *c)
{
	ck_assert_int_eq(c->kind, CHANGE_LOG_ENTRY);
	*(struct wall *)arg = c->entry->timestamp;
}

static struct wall
logged(void)
{
	struct share_cursor at = { 0 };
	struct work all = { INT64_MAX };
	struct wall t = WALL_ZERO;

	ck_assert(view_shared_some(w.engine, &at, &all, note_time, &t));
	return t;
}

/* The next flush is due before the first one, which waited for its turn, has told: no clock was set back. */
START_TEST(what_was_told_keeps_its_time)
{
	struct wall told;

	begin_with("hook");
	world_wait(&w, 50 * SPAN_S);
	post("A");
	world_run(&w, 61 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	told = logged();
	world_run(&w, 130 * SPAN_S);
	ck_assert_int_eq(wall_cmp(logged(), told), 0);
	world_fini(&w);
}
END_TEST

/* From and until a time from now by this member's clock. */
static void
post_until(const char *alert, span from, span until)
{
	world_post(&w, alert, wall_add(w.now.wall, from), wall_add(w.now.wall, until));
}

/* This member's clock is behind: the end that it is posted is to come yet. */
START_TEST(an_end_that_is_to_come_here_is_over_where_it_was_told)
{
	begin();
	world_run(&w, 20 * SPAN_S);
	clock_of_peer = 30 * SPAN_S;
	peer_tells(0, NULL, "A");
	world_run(&w, 21 * SPAN_S);
	post_until("A", -SPAN_S, 25 * SPAN_S);
	is_silent(2 * SPAN_MIN);
	/* It fires again. */
	post_until("A", -SPAN_S, 4 * SPAN_MIN);
	world_run(&w, 3 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A] first notification");
	world_fini(&w);
}
END_TEST

/* The end that is merged is that of an earlier post; the one that counts was posted last. */
START_TEST(the_end_that_was_posted_last_counts)
{
	begin_with("hook");
	post_until("A", -SPAN_S, 4 * SPAN_MIN);
	world_run(&w, 11 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	post_until("A", -15 * SPAN_S, 10 * SPAN_S);
	clock_of_peer = 30 * SPAN_S;
	peer_tells(0, NULL, "A");
	world_run(&w, 12 * SPAN_S);
	post_until("A", -15 * SPAN_S, 9 * SPAN_S);
	is_silent(3 * SPAN_MIN);
	world_fini(&w);
}
END_TEST

/* A clock that is wrong by more is no measure: what fires for less is told all the same. */
START_TEST(a_clock_that_is_far_ahead_is_no_measure_of_ends)
{
	begin();
	world_run(&w, 20 * SPAN_S);
	clock_of_peer = 5 * SPAN_MIN;
	peer_tells(0, NULL, "A");
	world_run(&w, 21 * SPAN_S);
	post_until("A", -SPAN_S, 4 * SPAN_MIN);
	world_run(&w, SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

/* This member has told the end itself, and then its clock was set back: it is posted an end that it has told. */
START_TEST(an_end_that_was_told_here_is_over)
{
	begin_with("hook");
	post_until("A", -SPAN_S, 4 * SPAN_MIN);
	world_run(&w, 11 * SPAN_S);
	world_run(&w, 20 * SPAN_S);
	post_until("A", -20 * SPAN_S, -1);
	world_run(&w, 41 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " resolved [A] all alerts resolved");
	world_step_wall(&w, -30 * SPAN_S);
	post_until("A", -11 * SPAN_S, 9 * SPAN_S);
	is_silent(3 * SPAN_MIN);
	post_until("A", -SPAN_S, 4 * SPAN_MIN);
	world_run(&w, 4 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 3);
	world_fini(&w);
}
END_TEST

/* The same, and the clock is set back while the receiver takes its time to answer. */
START_TEST(an_end_that_was_told_while_the_clock_was_set_back_is_over)
{
	static const struct fake_answer slow = { .delay = 2 * SPAN_S, .outcome = { .ok = true } };

	begin_with("hook");
	post_until("A", -SPAN_S, 4 * SPAN_MIN);
	world_run(&w, 20 * SPAN_S);
	world_script(&w, "*", &slow, 1);
	post_until("A", -20 * SPAN_S, -1);
	world_run(&w, 41 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " resolved [A] all alerts resolved");
	world_step_wall(&w, -55 * SPAN_S);
	world_run(&w, 43 * SPAN_S);
	post_until("A", -SPAN_S, 32 * SPAN_S - 1);
	is_silent(3 * SPAN_MIN);
	world_fini(&w);
}
END_TEST

/* A flush waits for its turn, and before it comes this member's clock is set forward, and the end is posted and told by another. */
START_TEST(what_ended_while_it_waited_is_not_told)
{
	begin_with("hook");
	world_wait(&w, 15 * SPAN_S);
	post_until("A", -SPAN_S, 4 * SPAN_MIN);
	world_run(&w, 12 * SPAN_S);
	age = SPAN_S;
	peer_tells(0, NULL, "A");
	world_step_wall(&w, 30 * SPAN_S);
	post_until("A", -SPAN_MIN, -31 * SPAN_S);
	is_silent(2 * SPAN_MIN);
	world_fini(&w);
}
END_TEST

/* The end that another told while it waited is older by that one's clock than all posts, but it has been posted here since, too. */
START_TEST(what_ended_here_too_while_it_waited_is_not_told)
{
	begin_with("hook");
	world_wait(&w, 15 * SPAN_S);
	post_until("A", -SPAN_S, 4 * SPAN_MIN);
	world_run(&w, 12 * SPAN_S);
	clock_of_peer = -30 * SPAN_S;
	peer_tells(0, NULL, "A");
	world_run(&w, 13 * SPAN_S);
	post_until("A", -14 * SPAN_S, -1);
	is_silent(2 * SPAN_MIN);
	world_fini(&w);
}
END_TEST

static void
note_age(void *arg, const struct change *c)
{
	*(span *)arg = c->entry->age;
}

/* Words that follow those of a member whose clock is ahead get a time after them, and are as old as that makes them. */
START_TEST(a_time_that_is_put_after_anothers_is_no_younger)
{
	struct share_cursor at = { 0 };
	struct work all = { INT64_MAX };
	span told = 0;

	begin();
	world_run(&w, 20 * SPAN_S);
	clock_of_peer = SPAN_MIN;
	peer_tells(0, "A", NULL);
	post_until("A", -20 * SPAN_S, -1);
	world_run(&w, 45 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " resolved [A] all alerts resolved");
	ck_assert(view_shared_some(w.engine, &at, &all, note_age, &told));
	/* It flushed at 40 s. */
	ck_assert_int_eq(told, 40 * SPAN_S + 1);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("outdated", what_ended_elsewhere_is_not_told_to_fire, what_was_posted_since_is_told,
	    what_was_posted_while_another_waited_is_told, it_fires_again_elsewhere_meanwhile,
	    a_clock_that_is_ahead_keeps_nobody_from_telling, a_clock_that_was_set_back_keeps_nobody_from_telling,
	    a_restart_brings_nothing_back, others_of_the_group_are_told, it_fires_again_elsewhere,
	    an_integration_that_was_not_told_hears_of_the_end, a_retry_is_none_of_it, a_lone_instance_tells_what_it_holds,
	    what_was_told_keeps_its_time, an_end_that_is_to_come_here_is_over_where_it_was_told, the_end_that_was_posted_last_counts,
	    a_clock_that_is_far_ahead_is_no_measure_of_ends, an_end_that_was_told_here_is_over,
	    an_end_that_was_told_while_the_clock_was_set_back_is_over, what_ended_while_it_waited_is_not_told,
	    what_ended_here_too_while_it_waited_is_not_told,
	    a_time_that_is_put_after_anothers_is_no_younger);
}
