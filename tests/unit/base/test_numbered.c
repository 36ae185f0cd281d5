/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of what lies in slabs, as they are without sanitizers, and of what does not: the sources are compiled into the test, and
 * their names are the test's own.
 */
#undef __SANITIZE_ADDRESS__
#define slab_begin tried_begin
#define slab_alloc tried_alloc
#define slab_zeroed tried_zeroed
#define slab_free tried_free
#define slab_page tried_page
#define slab_try tried_try
#define slab_range tried_range
#define numbered_alloc tried_numbered_alloc
#define numbered_free tried_numbered_free
#define numbered_alloc_behind tried_numbered_alloc_behind
#define numbered_free_behind tried_numbered_free_behind
#define numbered_on_heap tried_numbered_on_heap
#include "slab.c"

#include "numbered.c"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/rand.h"

#define ROOM ((size_t)1 << 20)
#define OBJECTS 3000
#define THREADS 4

static void
drop(void *part, size_t n)
{
	memset(part, 0xA5, n);
}

struct object {
	unsigned char *p;
	size_t n;
	size_t front;		/* bytes before it */
	uint32_t number;
	unsigned char mark;
};

static void
make(struct object *o, struct rand *r, size_t most)
{
	o->n = 1 + rand_below(r, most);
	o->mark = (unsigned char)rand_below(r, 256);
	o->front = 8 * rand_below(r, 4);
	o->p = o->front > 0 ? numbered_alloc_behind(o->front, o->n) : numbered_alloc(o->n);
	o->number = numbered_of(o->p);
	ck_assert_uint_eq((uintptr_t)o->p % 8, 0);
	ck_assert_uint_ne(o->number, 0);
	memset(o->p, o->mark, o->n);
	/* The last four bytes before it are not the owner's. */
	if (o->front > 0)
		memset(o->p - o->front, o->mark, o->front - 4);
}

static void
free_one(struct object *o)
{
	if (o->front > 0)
		numbered_free_behind(o->front, o->p);
	else
		numbered_free(o->p);
	o->p = NULL;
}

static bool
is_marked(const struct object *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->p[i] != o->mark)
			return false;
	for (size_t i = 0; o->front > 0 && i < o->front - 4; i++)
		if ((o->p - o->front)[i] != o->mark)
			return false;
	return true;
}

static void
check(const struct object *o)
{
	ck_assert_ptr_eq(numbered_at(o->number), o->p);
	ck_assert_uint_eq(numbered_of(o->p), o->number);
	if (!is_marked(o))
		ck_abort_msg("another has written here");
}

static void
come_and_go(struct object *objects, struct rand *r, size_t most)
{
	for (int step = 0; step < 10 * OBJECTS; step++) {
		struct object *o = &objects[rand_below(r, OBJECTS)];

		if (o->p != NULL) {
			check(o);
			free_one(o);
		} else {
			make(o, r, most);
		}
	}
	for (size_t i = 0; i < OBJECTS; i++)
		if (objects[i].p != NULL)
			check(&objects[i]);
}

static size_t
on_heap(const struct object *objects)
{
	size_t n = 0;

	for (size_t i = 0; i < OBJECTS; i++)
		n += objects[i].p != NULL && objects[i].number >= NUMBERED_HEAP;
	return n;
}

static void
free_all(struct object *objects)
{
	for (size_t i = 0; i < OBJECTS; i++)
		if (objects[i].p != NULL)
			free_one(&objects[i]);
}

START_TEST(in_slabs_and_beside_them)
{
	static struct object objects[OBJECTS];
	char *memory = calloc(1, ROOM);
	struct rand r;

	ck_assert_ptr_nonnull(memory);
	slab_begin(memory, ROOM, drop);
	rand_seed(&r, 1);
	come_and_go(objects, &r, 100);
	ck_assert_uint_eq(on_heap(objects), 0);
	/* Some are too large for slabs, and then there is no room for any. */
	come_and_go(objects, &r, 1000);
	ck_assert_uint_gt(on_heap(objects), OBJECTS / 8);
	come_and_go(objects, &r, 512);
	free_all(objects);
	free(memory);
}
END_TEST

static void *
in_thread(void *arg)
{
	struct object *objects = calloc(OBJECTS, sizeof(*objects));
	struct rand r;

	ck_assert_ptr_nonnull(objects);
	rand_seed(&r, (uint64_t)(uintptr_t)arg);
	come_and_go(objects, &r, 100);
	return objects;
}

/* Objects of other threads have numbers that all can read, and anybody can free them. */
START_TEST(of_many_threads)
{
	pthread_t threads[THREADS];
	struct object *objects[THREADS];
	uint32_t numbers = 0;

	for (uintptr_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, in_thread, (void *)(i + 1)), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *all;

		ck_assert_int_eq(pthread_join(threads[i], &all), 0);
		objects[i] = all;
	}
	for (size_t i = 0; i < THREADS; i++) {
		for (size_t k = 0; k < OBJECTS; k++)
			if (objects[i][k].p != NULL)
				check(&objects[i][k]);
		free_all(objects[i]);
		free(objects[i]);
	}
	/* Numbers come again. */
	for (size_t i = 0; i < 10 * OBJECTS; i++) {
		void *p = numbered_alloc(1);

		numbers = numbered_of(p) > numbers ? numbered_of(p) : numbers;
		numbered_free(p);
	}
	ck_assert_uint_le(numbers, NUMBERED_HEAP + THREADS * OBJECTS);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("numbered");
	TCase *tc = tcase_create("numbered");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, in_slabs_and_beside_them);
	tcase_add_test(tc, of_many_threads);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
