/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/mem.h"
#include "loop/clock_real.h"
#include "loop/workers.h"
#include "suite.h"

struct thing {
	struct job job;
	struct event_base *base;
	struct workers *work;
	pthread_t ran_in;
	sem_t *gate;		/* waited for in run */
	int number, *order, *order_n;
	int stop_after;		/* leave the loop when so many are home */
	int again;		/* submits itself so many times more */
};

static void
run(struct job *j)
{
	struct thing *t = (struct thing *)j;

	if (t->gate != NULL)
		sem_wait(t->gate);
	t->ran_in = pthread_self();
}

static void
done(struct job *j)
{
	struct thing *t = (struct thing *)j;

	ck_assert(!pthread_equal(t->ran_in, pthread_self()));
	t->order[(*t->order_n)++] = t->number;
	if (t->again-- > 0)
		ck_assert(workers_submit(t->work, &t->job));
	else if (*t->order_n == t->stop_after)
		event_base_loopbreak(t->base);
}

START_TEST(jobs_come_home_in_order)
{
	struct event_base *base = event_base_new();
	struct err e = { 0 };
	struct workers *w = workers_new(base, 1, 1000, "test", &e);
	struct thing things[500];
	int order[500], n = 0;

	ck_assert_ptr_nonnull(w);
	for (int i = 0; i < 500; i++) {
		things[i] = (struct thing){ .job = { NULL, run, done }, .base = base, .number = i,
		    .order = order, .order_n = &n, .stop_after = 500 };
		ck_assert(workers_submit(w, &things[i].job));
	}
	event_base_dispatch(base);
	ck_assert_int_eq(n, 500);
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(order[i], i);
	ck_assert_uint_eq(workers_pending(w), 0);
	workers_stop(&w);
	ck_assert_ptr_null(w);
	event_base_free(base);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
	struct event_base *base = event_base_new();
	struct err e = { 0 };
	struct workers *w = workers_new(base, 2, 3, "test", &e);
	struct thing things[4];
	int order[4], n = 0;
	sem_t gate;

	sem_init(&gate, 0, 0);
	for (int i = 0; i < 4; i++) {
		things[i] = (struct thing){ .job = { NULL, run, done }, .base = base, .number = i, .gate = &gate,
		    .order = order, .order_n = &n, .stop_after = 3 };
		ck_assert(workers_submit(w, &things[i].job) == (i < 3));
	}
	ck_assert_uint_eq(workers_pending(w), 3);
	for (int i = 0; i < 3; i++)
		sem_post(&gate);
	event_base_dispatch(base);
	ck_assert_int_eq(n, 3);
	/* There is room again. */
	things[3].stop_after = 4;
	sem_post(&gate);
	ck_assert(workers_submit(w, &things[3].job));
	event_base_dispatch(base);
	ck_assert_int_eq(n, 4);
	workers_stop(&w);
	sem_destroy(&gate);
	event_base_free(base);
}
END_TEST

/* Its end takes longer than a turn has for all of them. */
struct dear {
	struct job job;
	int *done_n;
};

static void
dear_run(struct job *j)
{
	(void)j;
}

static void
dear_done(struct job *j)
{
	struct clock *c = clock_real();
	struct mono since = c->now(c).mono;

	while (mono_sub(c->now(c).mono, since) < 4 * SPAN_MS)
		;
	++*CONTAINER_OF(j, struct dear, job)->done_n;
}

/* Many that come home at once do not hold the loop. */
START_TEST(they_come_home_in_turns)
{
	struct event_base *base = event_base_new();
	struct err e = { 0 };
	struct workers *w = workers_new(base, 1, 100, "test", &e);
	struct dear jobs[12];
	int n = 0;

	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		jobs[i] = (struct dear){ { .run = dear_run, .done = dear_done }, &n };
		ck_assert(workers_submit(w, &jobs[i].job));
	}
	for (int before = 0; n < (int)ARRAY_LEN(jobs); before = n) {
		event_base_loop(base, EVLOOP_ONCE);
		ck_assert_int_le(n, before + 1);
	}
	ck_assert_uint_eq(workers_pending(w), 0);
	workers_stop(&w);
	event_base_free(base);
}
END_TEST

START_TEST(stop_drains)
{
	struct event_base *base = event_base_new();
	struct err e = { 0 };
	struct workers *w = workers_new(base, 3, 100, "test", &e);
	struct thing things[50];
	int order[50], n = 0;

	for (int i = 0; i < 50; i++) {
		things[i] = (struct thing){ .job = { NULL, run, done }, .base = base, .number = i,
		    .order = order, .order_n = &n, .stop_after = -1 };
		ck_assert(workers_submit(w, &things[i].job));
	}
	workers_stop(&w);
	ck_assert_int_eq(n, 50);
	event_base_free(base);
}
END_TEST

START_TEST(done_may_submit_again)
{
	struct event_base *base = event_base_new();
	struct err e = { 0 };
	struct workers *w = workers_new(base, 1, 1, "test", &e);
	int order[200], n = 0;
	struct thing t = { .job = { NULL, run, done }, .base = base, .work = w, .order = order, .order_n = &n,
		.stop_after = 101, .again = 100 };

	ck_assert(workers_submit(w, &t.job));
	event_base_dispatch(base);
	ck_assert_int_eq(n, 101);
	workers_stop(&w);
	workers_stop(&w);
	event_base_free(base);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, jobs_come_home_in_order);
	tcase_add_test(tc, a_full_queue_refuses);
	tcase_add_test(tc, stop_drains);
	tcase_add_test(tc, done_may_submit_again);
	tcase_add_test(tc, they_come_home_in_turns);
}

int
main(void)
{
	return run_suite("work", add);
}
