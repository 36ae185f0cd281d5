/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slabs as they are without sanitizers, in which they stand back: the source is compiled into the test, and its names are the
 * test's own. Objects are told apart by what is written into them.
 */
#undef __SANITIZE_ADDRESS__
#define slab_begin tested_begin
#define slab_alloc tested_alloc
#define slab_zeroed tested_zeroed
#define slab_free tested_free
#define slab_page tested_page
#define slab_try tested_try
#define slab_range tested_range
#include "slab.c"

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/rand.h"

#define ROOM ((size_t)8 << 20)
#define OBJECTS 20000

static size_t dropped;

/* As if the pages were taken away; garbage, not zeroes: nobody may count on those. */
static void
drop(void *part, size_t n)
{
	memset(part, 0xA5, n);
	dropped += n;
}

static char *
begin(void)
{
	char *memory = calloc(1, ROOM);

	ck_assert_ptr_nonnull(memory);
	dropped = 0;
	slab_begin(memory, ROOM, drop);
	return memory;
}

struct object {
	unsigned char *p;
	size_t n;
	unsigned char mark;
};

static void
make(struct object *o, struct rand *r, size_t most)
{
	o->n = 1 + rand_below(r, most);
	o->mark = (unsigned char)rand_below(r, 256);
	o->p = slab_alloc(o->n);
	ck_assert_uint_eq((uintptr_t)o->p % GRAIN, 0);
	memset(o->p, o->mark, o->n);
}

static void
end(struct object *o)
{
	for (size_t i = 0; i < o->n; i++)
		ck_assert_uint_eq(o->p[i], o->mark);
	slab_free(o->p);
	o->p = NULL;
}

/* Objects of all sizes come and go; none is written to by another, and in the end the memory has been given back. */
START_TEST(objects_are_apart)
{
	static struct object objects[OBJECTS];
	struct rand r;
	char *memory = begin();

	rand_seed(&r, (uint64_t)_i);
	for (int round = 0; round < 4; round++) {
		for (size_t i = 0; i < OBJECTS; i++)
			if (objects[i].p == NULL && rand_below(&r, 4) > 0)
				make(&objects[i], &r, _i % 2 == 0 ? 300 : 600);
		for (size_t i = 0; i < OBJECTS; i++)
			if (objects[i].p != NULL && (round == 3 || rand_below(&r, 2) == 0))
				end(&objects[i]);
	}
	ck_assert_uint_gt(dropped, (size_t)1 << 20);
	ck_assert_uint_eq(slabs.spare_n, SPARE);
	for (size_t i = 0; i < ARRAY_LEN(slabs.rooms); i++)
		ck_assert_ptr_null(slabs.rooms[i]);
	free(memory);
}
END_TEST

/* Blocks that were given back are used again before those that never were. */
START_TEST(memory_comes_again)
{
	static void *objects[OBJECTS];
	uintptr_t fresh = 0;
	char *memory = begin();

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < OBJECTS; i++)
			memset(objects[i] = slab_zeroed(200), 1, 200);
		if (round == 0)
			fresh = slabs.fresh;
		ck_assert_uint_eq(slabs.fresh, fresh);
		for (size_t i = 0; i < OBJECTS; i++)
			slab_free(objects[i]);
	}
	free(memory);
}
END_TEST

/* When all is used, the heap has more; it takes back what is its own. */
START_TEST(full)
{
	static void *objects[4 * OBJECTS];
	char *memory = begin();
	size_t here = 0;

	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		objects[i] = slab_zeroed(400);
		here += is_here(objects[i]);
	}
	ck_assert_uint_gt(here, ROOM / 400 * 9 / 10);
	ck_assert_uint_lt(here, ARRAY_LEN(objects));
	for (size_t i = 0; i < ARRAY_LEN(objects); i++)
		slab_free(objects[i]);
	slab_free(NULL);
	free(memory);
}
END_TEST

/* Pages lie in lines of the cache, go back when they are freed, and come again. */
START_TEST(pages)
{
	static void *some[2 * SPARE];
	char *memory = begin();
	uintptr_t fresh = 0;
	void *small = NULL;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_LEN(some); i++) {
			some[i] = slab_page();
			ck_assert(is_here(some[i]));
			ck_assert_uint_eq((uintptr_t)some[i] % 64, 0);
			memset(some[i], (int)i, SLAB_PAGE);
		}
		if (round == 0) {
			small = slab_zeroed(64);
			fresh = slabs.fresh;
		}
		ck_assert_uint_eq(slabs.fresh, fresh);
		for (size_t i = 0; i < ARRAY_LEN(some); i++) {
			ck_assert_uint_eq(((unsigned char *)some[i])[SLAB_PAGE - 1], i);
			slab_free(some[i]);
		}
		ck_assert_uint_eq(*(unsigned char *)small, 0);
	}
	ck_assert_uint_ge(dropped, SPARE * BLOCK);
	free(memory);
}
END_TEST

static void *
free_half(void *arg)
{
	void **objects = arg;

	for (size_t i = 0; i < OBJECTS; i += 2)
		slab_free(objects[i]);
	objects[0] = slab_alloc(100);
	return NULL;
}

/* Another thread's objects are of the heap; what it frees of ours is ours again. */
START_TEST(freed_elsewhere)
{
	static void *objects[OBJECTS];
	char *memory = begin();
	uintptr_t fresh;
	pthread_t t;

	for (size_t i = 0; i < OBJECTS; i++)
		objects[i] = slab_alloc(100);
	ck_assert_int_eq(pthread_create(&t, NULL, free_half, objects), 0);
	for (size_t i = 1; i < OBJECTS; i += 2)
		slab_free(objects[i]);
	ck_assert_int_eq(pthread_join(t, NULL), 0);
	ck_assert(!is_here(objects[0]));
	slab_free(objects[0]);
	fresh = slabs.fresh;
	for (size_t i = 0; i < OBJECTS; i++)
		objects[i] = slab_alloc(100);
	ck_assert_uint_eq(slabs.fresh, fresh);
	free(memory);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("slab");
	TCase *tc = tcase_create("slab");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, objects_are_apart, 0, 4);
	tcase_add_test(tc, memory_comes_again);
	tcase_add_test(tc, full);
	tcase_add_test(tc, pages);
	tcase_add_test(tc, freed_elsewhere);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
