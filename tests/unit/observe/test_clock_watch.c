/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "fake_config.h"
#include "fake_world.h"
#include "observe/clock_watch.h"
#include "suite.h"
#include "text/expo.h"

static struct fake_world w;
static struct sbuf lines;
static struct clock_watch *watch;

static struct moment
now(struct clock *self)
{
	(void)self;
	return w.now;
}

static struct clock at_hand = { now };

static void
write_line(void *arg, const char *line, size_t n)
{
	(void)arg;
	sbuf_put(&lines, line, n);
}

static struct log logger = { .level = LOG_INFO, .format = LOG_LOGFMT, .clock = &at_hand, .write = write_line };

static void
begin(void)
{
	struct err e = { 0 };
	struct config *c;

	lines = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	world_init(&w);
	c = fake_config(STR("receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=5m repeat=12h\n"), w.now.wall, &e);
	ck_assert_ptr_nonnull(c);
	world_start(&w, c);
	config_unref(c);
	watch = clock_watch_new(NULL, &at_hand, &logger, w.engine);
}

static void
end(void)
{
	clock_watch_free(&watch);
	ck_assert_ptr_null(watch);
	world_fini(&w);
	sbuf_fini(&lines);
}

/* Looks after so much time; whether a line was written. */
static bool
look(span passed, span step)
{
	w.now.mono = mono_add(w.now.mono, passed);
	w.now.wall = wall_add(w.now.wall, passed + step);
	sbuf_reset(&lines);
	clock_watch_look(watch);
	return sbuf_get(&lines).n > 0;
}

/* Whether a line of the metrics reads so. */
static bool
shown(const char *l)
{
	struct expo x;
	struct sbuf out = SBUF_INIT(SBUF_UNLIMITED);
	bool has;

	expo_init(&x, &out, EXPO_TEXT);
	clock_watch_expose(watch, &x, w.now);
	expo_end(&x);
	has = strstr(sbuf_cstr(&out), l) != NULL;
	sbuf_fini(&out);
	return has;
}

START_TEST(jumps_are_told_of)
{
	begin();
	ck_assert(!look(10 * SPAN_S, 0));
	ck_assert(!look(10 * SPAN_S, CLOCK_JUMP));
	ck_assert(!look(10 * SPAN_S, -CLOCK_JUMP));
	ck_assert(look(10 * SPAN_S, -60 * SPAN_S));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&lines), "by=-1m"));
	ck_assert(look(10 * SPAN_S, 60 * SPAN_S));
	ck_assert(!look(10 * SPAN_S, 0));
	ck_assert(shown("\ntocsin_clock_jumps_total 2\n"));
	end();
}
END_TEST

START_TEST(alerts_from_the_future_are_told_of)
{
	begin();
	world_post(&w, "A", wall_add(w.now.wall, SPAN_MIN), WALL_ZERO);
	ck_assert(!look(10 * SPAN_S, 0));
	world_post(&w, "B", wall_add(w.now.wall, 2 * SPAN_MIN), WALL_ZERO);
	world_post(&w, "C", wall_add(w.now.wall, 2 * SPAN_MIN), WALL_ZERO);
	ck_assert(look(10 * SPAN_S, 0));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&lines), "alerts=2"));
	/* Not all the time, and none is forgotten. */
	world_post(&w, "D", wall_add(w.now.wall, 2 * SPAN_MIN), WALL_ZERO);
	ck_assert(!look(10 * SPAN_S, 0));
	ck_assert(look(CLOCK_AHEAD_EVERY, 0));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&lines), "alerts=1"));
	ck_assert(!look(CLOCK_AHEAD_EVERY, 0));
	ck_assert(shown("\ntocsin_clock_alerts_ahead_total 3\n"));
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, jumps_are_told_of);
	tcase_add_test(tc, alerts_from_the_future_are_told_of);
}

int
main(void)
{
	return run_suite("clock_watch", add);
}
