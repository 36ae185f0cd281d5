/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/compiler.h"
#include "base/sbuf.h"
#include "loop/tasks.h"
#include "suite.h"

struct fake_clock {
	struct clock clock;
	struct mono at;
};

struct piece {
	struct task task;
	char name;
	int left;		/* slices that it wants */
	span takes;		/* each, on the clock */
	struct piece *kills;
};

static struct {
	struct event_base *base;
	struct fake_clock clock;
	struct tasks *tasks;
	struct sbuf log;	/* who had a slice */
} w;

static struct moment
fake_now(struct clock *self)
{
	return (struct moment){ .mono = CONTAINER_OF(self, struct fake_clock, clock)->at };
}

static void
run(struct task *t, struct work *work, struct moment now)
{
	struct piece *p = CONTAINER_OF(t, struct piece, task);

	ck_assert_int_eq(work->left, TASK_SLICE);
	ck_assert_int_eq(now.mono.ns, w.clock.at.ns);
	sbuf_putc(&w.log, p->name);
	w.clock.at.ns += p->takes;
	if (p->kills != NULL)
		task_cancel(w.tasks, &p->kills->task);
	if (--p->left > 0)
		task_ready(w.tasks, t);
}

static void
begin(void)
{
	w.base = event_base_new();
	w.clock = (struct fake_clock){ .clock.now = fake_now };
	w.tasks = tasks_new(w.base, &w.clock.clock, "test");
	w.log = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
}

static void
end(void)
{
	tasks_free(&w.tasks);
	sbuf_fini(&w.log);
	event_base_free(w.base);
}

static void
turn(void)
{
	sbuf_putc(&w.log, '|');
	event_base_loop(w.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

START_TEST(all_have_a_slice_a_turn)
{
	struct piece a = { .task.run = run, .name = 'a', .left = 3 };
	struct piece b = { .task.run = run, .name = 'b', .left = 1 };
	struct piece c = { .task.run = run, .name = 'c', .left = 2 };

	begin();
	task_ready(w.tasks, &a.task);
	task_ready(w.tasks, &b.task);
	task_ready(w.tasks, &a.task);
	task_ready(w.tasks, &c.task);
	for (int i = 0; i < 4; i++)
		turn();
	ck_assert_str_eq(sbuf_cstr(&w.log), "|abc|ac|a|");
	end();
}
END_TEST

START_TEST(a_turn_ends_and_the_next_goes_on)
{
	struct piece p[5];

	begin();
	for (int i = 0; i < 5; i++) {
		p[i] = (struct piece){ .task.run = run, .name = (char)('a' + i), .left = 2, .takes = 2 * SPAN_MS };
		task_ready(w.tasks, &p[i].task);
	}
	for (int i = 0; i < 6; i++)
		turn();
	ck_assert_str_eq(sbuf_cstr(&w.log), "|ab|cd|ea|bc|de|");
	end();
}
END_TEST

START_TEST(what_is_cancelled_does_not_run)
{
	struct piece a = { .task.run = run, .name = 'a', .left = 2 };
	struct piece b = { .task.run = run, .name = 'b', .left = 1 };
	struct piece c = { .task.run = run, .name = 'c', .left = 1 };

	begin();
	a.kills = &c;
	task_ready(w.tasks, &a.task);
	task_ready(w.tasks, &b.task);
	task_ready(w.tasks, &c.task);
	turn();
	turn();
	task_ready(w.tasks, &b.task);
	task_cancel(w.tasks, &b.task);
	task_cancel(w.tasks, &b.task);
	turn();
	ck_assert_str_eq(sbuf_cstr(&w.log), "|ab|a|");
	end();
}
END_TEST

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	char c;

	(void)what;
	(void)arg;
	ck_assert_int_eq(read(fd, &c, 1), 1);
	sbuf_putc(&w.log, '!');
}

START_TEST(others_have_their_turn_in_between)
{
	struct piece a = { .task.run = run, .name = 'a', .left = 1000 };
	struct event *ev;
	int fds[2];

	begin();
	ck_assert_int_eq(pipe(fds), 0);
	ev = event_new(w.base, fds[0], EV_READ, on_readable, NULL);
	event_add(ev, NULL);
	task_ready(w.tasks, &a.task);
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	while (strchr(sbuf_cstr(&w.log), '!') == NULL)
		event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_uint_le(w.log.n, 3);
	task_cancel(w.tasks, &a.task);
	event_free(ev);
	close(fds[0]);
	close(fds[1]);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, all_have_a_slice_a_turn);
	tcase_add_test(tc, a_turn_ends_and_the_next_goes_on);
	tcase_add_test(tc, what_is_cancelled_does_not_run);
	tcase_add_test(tc, others_have_their_turn_in_between);
}

int
main(void)
{
	return run_suite("tasks", add);
}
