/* SPDX-License-Identifier: Apache-2.0 */
/* The drive under an engine of this test's own making and a clock it winds itself. */
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/engine.h"
#include "loop/clock_real.h"
#include "loop/drive.h"
#include "suite.h"

struct engine {
	int due[8];		/* milliseconds, ascending */
	int n, done;
	int ticks;
	struct event_base *base;
	span slow;		/* what a tick costs on the clock */
};

struct fake_clock {
	struct clock clock;
	struct mono at;
};

static struct fake_clock the_clock;

static struct moment
fake_now(struct clock *self)
{
	(void)self;
	return (struct moment){ .mono = the_clock.at };
}

bool
engine_next(const struct engine *e, struct mono *at_out)
{
	if (e->done == e->n)
		return false;
	at_out->ns = e->due[e->done] * SPAN_MS;
	return true;
}

void
engine_tick(struct engine *e, struct moment now)
{
	ck_assert(e->done < e->n && e->due[e->done] * SPAN_MS <= now.mono.ns);
	e->done++;
	e->ticks++;
	the_clock.at = mono_add(the_clock.at, e->slow);
	if (e->done == e->n)
		event_base_loopbreak(e->base);
}

struct engine_part
engine_longest_part(const struct engine *e)
{
	return (struct engine_part){ "ticks", e->ticks };
}

static void
wind(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	the_clock.at.ns += *(span *)arg;
}

START_TEST(ticks_when_due)
{
	struct event_base *base = event_base_new();
	struct engine e = { .due = { 0, 5, 5, 9 }, .n = 4, .base = base };
	span step = SPAN_MS;
	struct event *winder = event_new(base, -1, EV_PERSIST, wind, &step);
	struct timeval ms = { 0, 1000 };
	struct drive *d;

	the_clock = (struct fake_clock){ .clock = { fake_now } };
	d = drive_new(base, &e, &the_clock.clock);
	ck_assert_int_eq(e.ticks, 0);
	event_add(winder, &ms);
	event_base_dispatch(base);
	ck_assert_int_eq(e.ticks, 4);
	ck_assert(the_clock.at.ns >= 9 * SPAN_MS);
	drive_free(&d);
	ck_assert_ptr_null(d);
	event_free(winder);
	event_base_free(base);
}
END_TEST

START_TEST(rearm_takes_an_earlier_deadline)
{
	struct event_base *base = event_base_new();
	struct engine e = { .due = { 3600 * 1000 }, .n = 1, .base = base };
	struct drive *d;

	the_clock = (struct fake_clock){ .clock = { fake_now } };
	d = drive_new(base, &e, &the_clock.clock);
	e.due[0] = 0;
	drive_rearm(d);
	event_base_dispatch(base);
	ck_assert_int_eq(e.ticks, 1);
	drive_free(&d);
	event_base_free(base);
}
END_TEST

static int io_turns;
static void
on_io(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	io_turns++;
}

START_TEST(io_has_its_turn_between_slow_ticks)
{
	struct event_base *base = event_base_new();
	struct engine e = { .n = 8, .base = base, .slow = 3 * SPAN_MS };
	struct event *io;
	struct drive *d;
	int ends[2];

	the_clock = (struct fake_clock){ .clock = { fake_now } };
	io_turns = 0;
	ck_assert_int_eq(pipe(ends), 0);
	/* An empty pipe can be written to all the time. */
	io = event_new(base, ends[1], EV_WRITE | EV_PERSIST, on_io, NULL);
	event_add(io, NULL);
	d = drive_new(base, &e, &the_clock.clock);
	event_base_dispatch(base);
	ck_assert_int_eq(e.ticks, 8);
	ck_assert_int_ge(io_turns, 3);
	drive_free(&d);
	event_free(io);
	close(ends[0]);
	close(ends[1]);
	event_base_free(base);
}
END_TEST

START_TEST(the_real_clock_moves_on)
{
	struct clock *c = clock_real();
	struct moment a = c->now(c), b = c->now(c);

	ck_assert(b.mono.ns >= a.mono.ns);
	ck_assert(a.wall.s > 1700000000);
	ck_assert(a.wall.ns >= 0 && a.wall.ns < SPAN_S);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, ticks_when_due);
	tcase_add_test(tc, rearm_takes_an_earlier_deadline);
	tcase_add_test(tc, io_has_its_turn_between_slow_ticks);
	tcase_add_test(tc, the_real_clock_moves_on);
}

int
main(void)
{
	return run_suite("drive", add);
}
