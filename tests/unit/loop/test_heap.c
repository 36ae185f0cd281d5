/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "loop/clock_real.h"
#include "loop/heap.h"
#include "suite.h"

#define PARTS 4000
#define PART ((size_t)20 << 10)

static size_t
resident(void)
{
	unsigned long size, pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%lu %lu", &size, &pages), 2);
	fclose(f);
	return (size_t)pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Below something that stays, which is where free() gives nothing back. */
START_TEST(what_is_free_goes_back_in_steps)
{
	struct event_base *base = event_base_new();
	struct heap_keeper *k = heap_keeper_new(base, clock_real());
	static char *parts[PARTS];
	size_t before, full;
	char *above;
	int steps = 0;

	while (heap_keeper_step(k))
		;
	before = resident();
	for (size_t i = 0; i < PARTS; i++)
		memset(parts[i] = mem_alloc(PART), 'x', PART);
	above = mem_alloc(PART);
	memset(above, 'y', PART);
	full = resident();
	ck_assert_uint_ge(full, before + PARTS * PART / 2);
	for (size_t i = 0; i < PARTS; i++)
		mem_free(parts[i]);
	while (heap_keeper_step(k))
		steps++;
	/* Under a sanitizer memory is not the system's malloc's. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	ck_assert_uint_le(resident(), before + (full - before) / 10);
	ck_assert_int_ge(steps, 2);
#endif
	/* Nothing of what is used was touched, and there is as much to be had as before. */
	for (size_t i = 0; i < PART; i++)
		ck_assert_int_eq(above[i], 'y');
	for (size_t i = 0; i < PARTS; i++)
		memset(parts[i] = mem_alloc(PART), 'z', PART);
	for (size_t i = 0; i < PARTS; i++)
		mem_free(parts[i]);
	(void)heap_keeper_step(k);
	mem_free(above);
	heap_keeper_free(&k);
	event_base_free(base);
}
END_TEST

struct full {
	size_t before, full, after;
	bool done;
};

/* In a heap of its own, as threads have them, and again below something that stays. */
static void *
fill_and_give_back(void *arg)
{
	struct full *f = arg;
	static char *parts[PARTS];
	char *above;

	f->before = resident();
	for (size_t i = 0; i < PARTS; i++)
		memset(parts[i] = mem_alloc(PART), 'x', PART);
	above = mem_alloc(PART);
	memset(above, 'y', PART);
	f->full = resident();
	for (size_t i = 0; i < PARTS; i++)
		mem_free(parts[i]);
	f->done = heap_give_back();
	f->after = resident();
	for (size_t i = 0; i < PART; i++)
		ck_assert_int_eq(above[i], 'y');
	mem_free(above);
	return NULL;
}

START_TEST(a_thread_gives_back)
{
	struct event_base *base = event_base_new();
	struct heap_keeper *k = heap_keeper_new(base, clock_real());
	struct full f = { 0 };
	pthread_t t;

	ck_assert_int_eq(pthread_create(&t, NULL, fill_and_give_back, &f), 0);
	ck_assert_int_eq(pthread_join(t, NULL), 0);
	ck_assert(f.done);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	ck_assert_uint_ge(f.full, f.before + PARTS * PART / 2);
	ck_assert_uint_le(f.after, f.before + (f.full - f.before) / 10);
#endif
	heap_keeper_free(&k);
	event_base_free(base);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, what_is_free_goes_back_in_steps);
	tcase_add_test(tc, a_thread_gives_back);
}

int
main(void)
{
	return run_suite("heap", add);
}
