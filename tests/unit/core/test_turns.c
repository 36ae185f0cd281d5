/* SPDX-License-Identifier: Apache-2.0 */
/* However much there is to look at, no call works longer than a turn, and what goes on later is not lost. */
#include "base/mem.h"
#include "engine_state.h"
#include "lib_core.h"

#define TURN 2000
/* The cost that the last step of a call may have beside: a flush of a few alerts is sent. */
#define STEP 8000
/* And, for each alert of a great group, deciding, and sending it. */
#define DECIDE 10
#define SENT 110

static const char one_group[] = "receiver ops hook\nroute receiver=ops by=[job] wait=10s interval=1m\n";

static struct wall
in(const struct fake_world *w, span after)
{
	return wall_add(w->now.wall, after);
}

static void
begin(struct fake_world *w, const char *config, int64_t turn)
{
	struct config *c = must_config(config);

	world_init(w);
	w->options.turn_work = turn;
	world_start(w, c);
	config_unref(c);
}

static void
post(struct fake_world *w, int i)
{
	char alert[64];

	snprintf(alert, sizeof(alert), "A{i=%d,job=x}", i);
	world_post(w, alert, w->now.wall, in(w, SPAN_HOUR));
}

static void
silence(struct fake_world *w, const char *matchers, char id[SILENCE_ID_MAX])
{
	struct err e = { 0 };

	ck_assert_msg(world_silence(w, "", matchers, w->now.wall, in(w, SPAN_HOUR), id, &e), "%s", e.text);
}

static bool
busy(const struct fake_world *w)
{
	struct mono next;

	return engine_next(w->engine, &next) && next.ns <= w->now.mono.ns;
}

/* One tick, which keeps within its turn. */
static void
tick(struct fake_world *w, int64_t step)
{
	engine_tick(w->engine, w->now);
	ck_assert_int_ge(w->engine->work.left, -step);
}

static size_t
ticks(struct fake_world *w, int64_t step)
{
	size_t n = 0;

	for (; busy(w); n++)
		tick(w, step);
	return n;
}

START_TEST(silences_times_alerts)
{
	enum { SILENCES = 1000, ALERTS = 2000 };
	struct fake_world w;
	char id[SILENCE_ID_MAX];

	begin(&w, one_group, TURN);
	/* None of them can be found by its values; one of a thousand matches. */
	for (int i = 0; i < SILENCES; i++) {
		char matchers[64];

		snprintf(matchers, sizeof(matchers), i == 700 ? "i!~\"x|1\"" : "i=~\"(?i)x+%d|y.*z\"", i);
		silence(&w, matchers, id);
	}
	for (int i = 0; i < ALERTS; i++)
		post(&w, i);
	ck_assert_uint_gt(ticks(&w, STEP), 10);
	w.now = world_at(&w, 10 * SPAN_S);
	/* The sum is thousands of turns, and each of them is one: a match costs some 20 units, as memory is far away. */
	ck_assert_uint_gt(ticks(&w, STEP + DECIDE * ALERTS), 20 * SILENCES * (ALERTS / TURN));
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_str_eq(w.sent.v[0].text, " firing [A{i=1,job=x}] first notification");
	world_settle(&w);
	world_fini(&w);
}
END_TEST

START_TEST(sweeps_are_sliced)
{
	enum { ALERTS = 3000, SILENCES = 3000 };
	struct fake_world w;
	struct err e = { 0 };

	begin(&w, one_group, TURN);
	w.options.retention = SPAN_HOUR;
	for (int i = 0; i < ALERTS; i++)
		post(&w, i);
	for (int i = 0; i < SILENCES; i++) {
		char id[SILENCE_ID_MAX];

		silence(&w, "i=~\"x.*\"", id);
		if (i % 2 == 0)
			ck_assert(engine_silence_expire(w.engine, str_from(id), w.now, &e));
	}
	ticks(&w, STEP);
	w.engine->silences.retention = SPAN_HOUR;
	for (int hour = 1; hour < 130; hour++) {
		w.now = world_at(&w, hour * SPAN_HOUR);
		while (busy(&w)) {
			tick(&w, STEP + SENT * ALERTS);
			world_settle(&w);
		}
	}
	ck_assert_uint_eq(view_alerts_count(w.engine), 0);
	ck_assert_uint_eq(w.engine->alerts.entries.n, 0);
	ck_assert_uint_eq(w.engine->groups.n, 0);
	ck_assert_uint_eq(w.engine->silences.by_id.n, 0);
	world_fini(&w);
}
END_TEST

/* Ten alerts, of which the flush has looked at some. */
static void
half_filtered(struct fake_world *w, char id[SILENCE_ID_MAX])
{
	begin(w, one_group, 100);
	/* Others enough that all else is done before the flush is. */
	for (int i = 0; i < 100; i++)
		silence(w, "i=~\"(?i)x+\"", id);
	silence(w, "i=~\"[0-4]\"", id);
	for (int i = 0; i < 10; i++)
		post(w, i);
	ticks(w, STEP);
	w->now = world_at(w, 10 * SPAN_S);
	while (w->events[EVENT_MUTED] < 3)
		tick(w, STEP);
	ck_assert_uint_eq(w->sent.n, 0);
}

START_TEST(silence_ends_meanwhile)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	half_filtered(&w, id);
	ck_assert(engine_silence_expire(w.engine, str_from(id), w.now, &e));
	world_step_wall(&w, SPAN_S);
	w.now.mono.ns += SPAN_S;
	ticks(&w, STEP);
	/* An alert looked at before stays silenced until the next flush. */
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_ptr_null(strstr(w.sent.v[0].text, "i=2,"));
	ck_assert_ptr_nonnull(strstr(w.sent.v[0].text, "i=4,"));
	ck_assert_ptr_nonnull(strstr(w.sent.v[0].text, "i=9,"));
	world_run(&w, 71 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_ptr_nonnull(strstr(w.sent.v[1].text, "i=2,"));
	world_fini(&w);
}
END_TEST

START_TEST(silence_comes_meanwhile)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];

	half_filtered(&w, id);
	silence(&w, "i=~\"[8-9]\"", id);
	ticks(&w, STEP);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_ptr_nonnull(strstr(w.sent.v[0].text, "i=7,"));
	ck_assert_ptr_null(strstr(w.sent.v[0].text, "i=8,"));
	world_settle(&w);
	world_fini(&w);
}
END_TEST

/* A flush that goes on over a reload is filtered by the rules of the new configuration. */
START_TEST(reload_meanwhile)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct config *c;

	half_filtered(&w, id);
	c = must_config("receiver ops hook\ninhibit source=i=\"0\" target=i=~\"7|8\"\n"
			"route receiver=ops by=[job] wait=10s interval=1m\n");
	engine_apply(w.engine, c, w.now);
	ck_assert(engine_applying(w.engine));
	ck_assert_ptr_ne(view_config(w.engine), c);
	ticks(&w, STEP);
	ck_assert(!engine_applying(w.engine));
	ck_assert_ptr_eq(view_config(w.engine), c);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_ptr_nonnull(strstr(w.sent.v[0].text, "i=9,"));
	world_run(&w, 71 * SPAN_S);
	ck_assert_str_eq(world_status(&w, "A{i=9,job=x}"), "active");
	ck_assert_ptr_nonnull(strstr(world_status(&w, "A{i=8,job=x}"), "inhibited"));
	config_unref(c);
	world_fini(&w);
}
END_TEST

/* A flush whose group ends with its route tells nothing. */
START_TEST(reload_ends_the_group)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct config *c, *other;

	half_filtered(&w, id);
	c = must_config("receiver dev hook\nroute receiver=dev by=[i] wait=10s interval=1m\n");
	other = must_config("receiver test hook\nroute receiver=test by=[job] wait=10s interval=1m\n");
	/* The second takes the place of the first, which is never in force. */
	engine_apply(w.engine, c, w.now);
	engine_apply(w.engine, other, w.now);
	ticks(&w, STEP);
	ck_assert_ptr_eq(view_config(w.engine), other);
	world_run(&w, 21 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_str_eq(w.sent.v[0].to, "test/hook[0]");
	config_unref(c);
	config_unref(other);
	world_fini(&w);
}
END_TEST

/* Twenty groups, of which the first ten go on under a configuration that has come into force a slice ago. */
static struct config *
half_settled(struct fake_world *w)
{
	struct config *c = must_config("receiver ops hook\nroute receiver=ops by=[job] wait=10s interval=1m\n"
				       "  route match=half=\"a\" receiver=ops by=[i] wait=10s interval=1m\n"
				       "  route match=half=\"b\" receiver=ops by=[i] wait=20s interval=1m\n");

	begin(w, "receiver ops hook\nroute receiver=ops by=[job] wait=10s interval=1m\n"
		 "  route match=half=\"a\" receiver=ops by=[i] wait=10s interval=1m\n"
		 "  route match=half=\"b\" receiver=ops by=[i] wait=10s interval=1m\n", 100);
	for (int i = 0; i < 20; i++) {
		char alert[64];

		snprintf(alert, sizeof(alert), "A{i=%d,half=%s}", i, i < 10 ? "a" : "b");
		world_post(w, alert, w->now.wall, in(w, SPAN_HOUR));
	}
	ticks(w, STEP);
	world_run(w, 5 * SPAN_S);
	engine_apply(w->engine, c, w->now);
	while (w->engine->settle.stage != SETTLE_ALERTS)
		tick(w, STEP);
	for (int i = 0; i < 5; i++)
		tick(w, STEP);
	ck_assert_int_eq(w->engine->settle.stage, SETTLE_ALERTS);
	ck_assert(engine_applying(w->engine) && view_groups_settle(w->engine));
	ck_assert_ptr_eq(view_config(w->engine), c);
	return c;
}

/* Each is told once: those that go on at their time, those that are made anew at theirs. */
static void
all_told_once(struct fake_world *w)
{
	world_run(w, 16 * SPAN_S);
	ck_assert_uint_eq(w->sent.n, 10);
	world_run(w, 40 * SPAN_S);
	ck_assert_uint_eq(w->sent.n, 20);
	ck_assert_uint_eq(w->engine->retired.n, 0);
}

START_TEST(what_comes_while_groups_settle)
{
	struct fake_world w;
	struct config *c = half_settled(&w);
	char id[SILENCE_ID_MAX];

	/* Stored at once, but in no group yet. */
	world_post(&w, "A{i=50,job=x}", w.now.wall, in(&w, SPAN_HOUR));
	ck_assert_uint_eq(w.changes[CHANGE_ALERT], 21);
	ck_assert_uint_eq(w.engine->posted.rows[POSTED_FEW].taken - w.engine->posted.rows[POSTED_FEW].done, 1);
	/* Those that have passed, or not, and are posted again. */
	world_post(&w, "A{i=0,half=a}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{i=19,half=b}", w.now.wall, in(&w, SPAN_HOUR));
	silence(&w, "i=\"50\"", id);
	ticks(&w, STEP);
	all_told_once(&w);
	ck_assert_uint_eq(w.engine->groups.n, 21);
	ck_assert_uint_eq(w.stored_groups.n, 21);
	config_unref(c);
	world_fini(&w);
}
END_TEST

/* A restart in the midst of it finds what was before. */
START_TEST(restart_while_groups_settle)
{
	struct fake_world w;
	struct config *c = half_settled(&w);

	ck_assert_uint_eq(w.stored_groups.n, 20);
	config_unref(w.config);
	w.config = config_ref(c);
	world_restart(&w);
	ticks(&w, STEP);
	all_told_once(&w);
	ck_assert_uint_eq(w.stored_groups.n, 20);
	config_unref(c);
	world_fini(&w);
}
END_TEST

START_TEST(saved_whole_while_groups_settle)
{
	struct fake_world w;
	struct config *c = half_settled(&w);

	engine_save_all(w.engine, w.now);
	ck_assert(!engine_applying(w.engine));
	ck_assert_uint_eq(w.stored_groups.n, 20);
	ticks(&w, STEP);
	all_told_once(&w);
	config_unref(c);
	world_fini(&w);
}
END_TEST

/* The next one takes its turn when the groups are as this one has them. */
START_TEST(reload_while_groups_settle)
{
	struct fake_world w;
	struct config *c = half_settled(&w);
	struct config *next = must_config(one_group);

	engine_apply(w.engine, next, w.now);
	ck_assert_ptr_eq(view_config(w.engine), c);
	ticks(&w, STEP);
	ck_assert_ptr_eq(view_config(w.engine), next);
	ck_assert_uint_eq(w.engine->groups.n, 1);
	ck_assert_uint_eq(w.stored_groups.n, 1);
	world_run(&w, 21 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	config_unref(c);
	config_unref(next);
	world_fini(&w);
}
END_TEST

START_TEST(posted_again_while_it_waits)
{
	struct fake_world w;
	char alert[] = "A{i=9,job=x}";

	begin(&w, one_group, 100);
	for (int i = 0; i < 10; i++)
		post(&w, i);
	ck_assert(busy(&w));
	ck_assert_uint_eq(w.changes[CHANGE_ALERT], 10);
	world_post(&w, alert, w.now.wall, w.now.wall);
	world_post(&w, alert, w.now.wall, in(&w, 2 * SPAN_HOUR));
	ticks(&w, STEP);
	world_run(&w, 11 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_ptr_nonnull(strstr(w.sent.v[0].text, "i=9,"));
	world_run(&w, 90 * SPAN_MIN);
	ck_assert_ptr_nonnull(strstr(w.sent.v[w.sent.n - 1].text, "resolved [A{i=0,"));
	ck_assert_ptr_null(strstr(w.sent.v[w.sent.n - 1].text, "i=9,job=x} A{i=9"));
	world_fini(&w);
}
END_TEST

/* A restart with alerts that wait: they are stored, and the next process looks at all of them before it flushes. */
START_TEST(restart_while_alerts_wait)
{
	struct fake_world w;

	begin(&w, one_group, 100);
	for (int i = 0; i < 10; i++)
		post(&w, i);
	ck_assert(busy(&w));
	world_restart(&w);
	ck_assert(engine_applying(w.engine));
	world_run(&w, 11 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_ptr_nonnull(strstr(w.sent.v[0].text, "i=0,"));
	ck_assert_ptr_nonnull(strstr(w.sent.v[0].text, "i=9,"));
	world_fini(&w);
}
END_TEST

/* The source was posted before the target's flush was due, and waits: the flush waits for it. */
START_TEST(a_flush_sees_what_came_before)
{
	struct fake_world w;

	begin(&w, "receiver ops hook\ninhibit source=i=\"50\" target=i=\"1\"\n"
		  "route receiver=ops by=[i] wait=10s interval=1m\n", 100);
	post(&w, 1);
	ticks(&w, STEP);
	w.now = world_at(&w, 10 * SPAN_S);
	for (int i = 2; i <= 50; i++)
		post(&w, i);
	ck_assert(busy(&w));
	ticks(&w, STEP);
	ck_assert_uint_eq(w.sent.n, 0);
	world_settle(&w);
	world_fini(&w);
}
END_TEST

/* A{i=0,job=…} and so on, in one go. */
static void
post_many(struct fake_world *w, int n, const char *job)
{
	struct alert **alerts = mem_calloc((size_t)n, sizeof(alerts[0]));

	for (int i = 0; i < n; i++) {
		char text[64];

		snprintf(text, sizeof(text), "A{i=%d,job=%s}", i, job);
		alerts[i] = must_alert(text, w->now.wall);
	}
	engine_ingest(w->engine, alerts, (size_t)n, w->now);
	for (int i = 0; i < n; i++)
		alert_unref(alerts[i]);
	mem_free(alerts);
}

/* A tick, a millisecond later. */
static void
later_tick(struct fake_world *w)
{
	w->now.mono = mono_add(w->now.mono, SPAN_MS);
	w->now.wall = wall_add(w->now.wall, SPAN_MS);
	tick(w, STEP + 200 * 100);
}

/* Until something is told or that many ticks have passed. */
static int
ticks_until_told(struct fake_world *w, int most)
{
	int n = 0;

	for (; n < most && w->sent.n == 0; n++)
		later_tick(w);
	return n;
}

static const char at_once[] = "receiver ops hook\ninhibit source=i=\"2999\" target=i=\"5000\"\n"
			      "route receiver=ops by=[job] wait=1h interval=2h\n"
			      "  route match=job=\"x\" receiver=ops by=[job] wait=0s interval=1h\n";

/* A client that posts thousands keeps nobody else waiting: not for routes, and for the flush not long. */
START_TEST(few_do_not_wait_for_many)
{
	struct fake_world w;

	begin(&w, at_once, 1000);
	post_many(&w, 3000, "many");
	tick(&w, STEP);
	world_post(&w, "A{i=4000,job=x}", w.now.wall, in(&w, SPAN_HOUR));
	ck_assert_int_le(ticks_until_told(&w, 400), 260);
	ck_assert_str_eq(w.sent.v[0].text, " firing [A{i=4000,job=x}] first notification");
	/* Nearly all of those are still waiting. */
	ck_assert_uint_lt(w.engine->posted.rows[POSTED_MANY].done, 2500);
	ticks(&w, STEP);
	ck_assert_uint_eq(w.engine->posted.rows[POSTED_MANY].taken, w.engine->posted.rows[POSTED_MANY].done);
	ck_assert_uint_eq(w.engine->groups.n, 2);
	world_settle(&w);
	world_fini(&w);
}
END_TEST

/* The source waits behind thousands. The flush, that does not wait for all of them to be routed, knows it all the same. */
START_TEST(sources_are_looked_for_ahead)
{
	struct fake_world w;

	begin(&w, at_once, 1000);
	post_many(&w, 3000, "many");
	tick(&w, STEP);
	world_post(&w, "A{i=5000,job=x}", w.now.wall, in(&w, SPAN_HOUR));
	for (int n = 0; n < 1000 && w.events[EVENT_MUTED] == 0; n++)
		later_tick(&w);
	ck_assert_uint_eq(w.events[EVENT_MUTED], 1);
	ck_assert_uint_eq(w.sent.n, 0);
	ck_assert_uint_lt(w.engine->posted.rows[POSTED_MANY].done, 2500);
	ticks(&w, STEP);
	ck_assert_uint_eq(w.sent.n, 0);
	world_settle(&w);
	world_fini(&w);
}
END_TEST

/* Alerts that are posted in one go are told in one go, though the first of them made the group due. */
START_TEST(posted_at_once_is_told_at_once)
{
	struct fake_world w;

	begin(&w, at_once, 400);
	post_many(&w, 100, "x");
	ck_assert_int_le(ticks_until_told(&w, 240), 200);
	ck_assert_ptr_nonnull(strstr(w.sent.v[0].text, "i=0,"));
	ck_assert_ptr_nonnull(strstr(w.sent.v[0].text, "i=99,"));
	world_settle(&w);
	world_fini(&w);
}
END_TEST

/* The ticks that groups take which are due at once, with a label of so many bytes each. */
static size_t
ticks_of_groups(size_t label)
{
	enum { GROUPS = 40 };
	char *text = mem_alloc(label + 64);
	struct fake_world w;
	size_t n;

	begin(&w, "receiver ops hook\nroute receiver=ops by=[g] wait=10s interval=1m\n", WORK_TURN);
	for (int i = 0; i < GROUPS; i++) {
		int at = snprintf(text, 64, "A{g=%d", i);

		memset(text + at, 'g', label);
		memcpy(text + at + label, "}", 2);
		world_post(&w, text, w.now.wall, in(&w, SPAN_HOUR));
	}
	ticks(&w, STEP);
	w.now = world_at(&w, 10 * SPAN_S);
	n = ticks(&w, STEP + 2 * (int64_t)label);
	ck_assert_uint_eq(w.sent.n, GROUPS);
	world_settle(&w);
	world_fini(&w);
	mem_free(text);
	return n;
}

/* A megabyte of label is dear: few such groups are told in one turn. */
START_TEST(groups_with_long_labels_take_more_turns)
{
	ck_assert_uint_le(ticks_of_groups(10), 4);
	ck_assert_uint_ge(ticks_of_groups(100000), 8);
}
END_TEST

static size_t saved_members;
static void (*keep)(struct port *p, const struct change *c);

static void
on_persist(struct port *p, const struct change *c)
{
	if (c->kind == CHANGE_GROUP)
		saved_members = c->group->alerts_n;
	keep(p, c);
}

/* An alert that comes while the members are gathered, in front of those that were, is in the store soon. */
START_TEST(a_great_group_is_saved_in_slices)
{
	enum { ALERTS = 1000 };
	struct fake_world w;

	begin(&w, one_group, TURN);
	keep = w.port.persist;
	w.port.persist = on_persist;
	post_many(&w, ALERTS, "x");
	ticks(&w, STEP);
	w.now = world_at(&w, 2 * SPAN_S);
	while (w.engine->saving.group == NULL) {
		ck_assert(busy(&w));
		tick(&w, STEP);
	}
	ck_assert_uint_lt(w.engine->saving.fingerprints.n, ALERTS);
	world_post(&w, "A{a=0,i=1000,job=x}", w.now.wall, in(&w, SPAN_HOUR));
	ticks(&w, STEP);
	world_run(&w, 5 * SPAN_S);
	ck_assert_uint_eq(saved_members, ALERTS + 1);
	/* And the flush, which begins with saving it, tells all of them once. */
	w.now = world_at(&w, 11 * SPAN_S);
	ticks(&w, STEP + (DECIDE + SENT) * (ALERTS + 1));
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_ptr_null(w.engine->saving.group);
	ck_assert_uint_eq(saved_members, ALERTS + 1);
	world_settle(&w);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("turns", silences_times_alerts, sweeps_are_sliced, silence_ends_meanwhile, silence_comes_meanwhile,
	    reload_meanwhile, reload_ends_the_group, posted_again_while_it_waits, restart_while_alerts_wait,
	    what_comes_while_groups_settle, restart_while_groups_settle, saved_whole_while_groups_settle,
	    reload_while_groups_settle,
	    a_flush_sees_what_came_before, few_do_not_wait_for_many, sources_are_looked_for_ahead,
	    posted_at_once_is_told_at_once, groups_with_long_labels_take_more_turns, a_great_group_is_saved_in_slices);
}
