/* SPDX-License-Identifier: Apache-2.0 */
/* The map of numbered objects against a plain array, under random operations. Some are in slabs, if no sanitizer watches over them, the others on the heap. */
#include "base/nmap.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/mem.h"
#include "base/numbered.h"
#include "base/rand.h"
#include "base/slab.h"

#define MANY 20000

/* Asked a million times: check's own would take longer than all else. */
#define CHECK(x)                          \
	do {                              \
		if (!(x))                 \
			ck_abort_msg(#x); \
	} while (0)

struct thing {
	size_t number;
	bool in;
	unsigned seen;
};

struct both {
	struct nmap map;
	struct thing **things;	/* the model: which of them are in */
	size_t n;		/* that are */
	struct rand rand;
};

/* Some share their hash with others, some are close together, and some at either end of all hashes. */
static uint32_t
hash_of(size_t i)
{
	switch (i % 512) {
	case 1:
		return UINT32_MAX - (uint32_t)i;
	case 2:
		return (uint32_t)i;
	default:
		return (uint32_t)(i % 8 == 0 ? i / 160 : i) * UINT32_C(0x9E3779B9);
	}
}

static struct both *
both_new(uint64_t seed)
{
	struct both *b = NEW(struct both);

	b->things = mem_calloc(MANY, sizeof(struct thing *));
	for (size_t i = 0; i < MANY; i++) {
		b->things[i] = numbered_alloc(sizeof(struct thing));
		*b->things[i] = (struct thing){ .number = i };
	}
	rand_seed(&b->rand, seed);
	return b;
}

static void
both_free(struct both *b)
{
	nmap_fini(&b->map);
	for (size_t i = 0; i < MANY; i++)
		numbered_free(b->things[i]);
	mem_free(b->things);
	mem_free(b);
}

/* How often: all of its hash are looked at, each of which is in and has that hash. */
static unsigned
found(const struct both *b, size_t i)
{
	unsigned times = 0;

	nmap_fetch(&b->map, hash_of(i));
	nmap_fetch_object(&b->map, hash_of(i));
	for (struct thing *t = nmap_first(&b->map, hash_of(i)); t != NULL; t = nmap_next(&b->map, t, hash_of(i))) {
		CHECK(t->in && hash_of(t->number) == hash_of(i));
		times += t->number == i;
	}
	return times;
}

static void
toggle(struct both *b, size_t i)
{
	struct thing *t = b->things[i];

	CHECK(found(b, i) == t->in);
	if (t->in)
		nmap_remove(&b->map, t, hash_of(i));
	else
		nmap_insert(&b->map, t, hash_of(i));
	t->in = !t->in;
	b->n += t->in ? 1 : (size_t)-1;
	CHECK(b->map.n == b->n);
}

static void
check_all(struct both *b)
{
	size_t n = 0;

	for (size_t i = 0; i < MANY; i++) {
		CHECK(found(b, i) == b->things[i]->in);
		n += b->things[i]->in;
	}
	ck_assert_uint_eq(n, b->n);
}

static size_t
any(struct both *b, size_t most)
{
	return (size_t)rand_below(&b->rand, most);
}

static void
shrink(struct both *b, int64_t slice)
{
	struct work w = { slice };

	while (!nmap_shrink_some(&b->map, &w))
		w.left = slice;
}

/* Slots that are there, with those of a table that is being emptied. */
static size_t
slots(const struct both *b)
{
	return ((size_t)b->map.now.ready + b->map.old.lines - (b->map.old.lines != 0 ? b->map.emptied : 0)) * 8;
}

START_TEST(as_a_plain_array)
{
	struct both *b = both_new((uint64_t)_i + 1);

	for (int round = 0; round < 12; round++) {
		/* Mostly few, then many, and few again. */
		size_t most = (size_t)1 << (4 + any(b, 11)), steps = any(b, 6000);

		if (round % 4 == 3)
			most = MANY;
		for (size_t i = 0; i < steps; i++)
			toggle(b, any(b, most));
		check_all(b);
		if (any(b, 2) == 0) {
			shrink(b, 1 + (int64_t)any(b, 100));
			check_all(b);
		}
		if (any(b, 4) == 0) {
			nmap_reserve(&b->map, any(b, MANY));
			check_all(b);
		}
	}
	both_free(b);
}
END_TEST

/* All go again while it shrinks, and come again. */
START_TEST(comes_and_goes_while_it_shrinks)
{
	struct both *b = both_new(1);
	struct work w = { 0 };

	for (size_t i = 0; i < MANY; i++)
		toggle(b, i);
	for (size_t i = 0; i < MANY; i++) {
		toggle(b, i);
		if (i % 64 == 0) {
			w.left = 800;
			(void)nmap_shrink_some(&b->map, &w);
		}
	}
	ck_assert_uint_le(slots(b), MANY / 2);
	check_all(b);
	for (size_t i = 0; i < MANY; i++)
		toggle(b, i);
	check_all(b);
	both_free(b);
}
END_TEST

/* Nothing is moved all at once, there is never much more room than for what is there, and it is given back. */
START_TEST(grows_by_little_and_gives_back)
{
	struct both *b = both_new(1);

	for (size_t i = 0; i < MANY; i++) {
		uint32_t before = b->map.emptied;

		toggle(b, i);
		/* Those of one hash, and of the ends, fill some lines. */
		CHECK(b->map.emptied <= before + 100);
		CHECK(slots(b) <= b->map.n * 2 + 8192);
	}
	for (size_t i = 0; i < MANY - 10; i++)
		toggle(b, i);
	ck_assert_uint_ge(slots(b), MANY);
	shrink(b, 1000);
	ck_assert_uint_le(slots(b), 64);
	ck_assert_uint_le(b->map.now.ready, 32);
	check_all(b);
	both_free(b);
}
END_TEST

START_TEST(shrinks_in_slices)
{
	struct both *b = both_new(1);
	struct work w = { 10 };
	size_t before;

	for (size_t i = 0; i < 2 * 5000; i++)
		toggle(b, i % 5000);
	before = b->map.now.lines;
	ck_assert(!nmap_shrink_some(&b->map, &w));
	ck_assert_uint_gt(b->map.old.lines - b->map.emptied, before / 2);
	both_free(b);
}
END_TEST

/* Room that was reserved is there: nothing moves until then, in a map that had something, and in one that had nothing. */
START_TEST(room_that_was_reserved)
{
	struct both *b = both_new(1);

	for (int part = 0; part < 2; part++) {
		size_t from = part * (MANY / 2), to = from + MANY / 2;
		uint32_t lines;

		nmap_reserve(&b->map, to);
		check_all(b);
		lines = b->map.now.lines;
		for (size_t i = from; i < to; i++)
			toggle(b, i);
		ck_assert_uint_eq(b->map.now.lines, lines);
		ck_assert_uint_eq(b->map.old.lines, 0);
	}
	check_all(b);
	both_free(b);
}
END_TEST

static void
see(void *arg, void *object)
{
	struct thing *t = object;

	(void)arg;
	CHECK(t->in);
	t->seen++;
}

/* Those that are in all the while are visited once each, whatever comes and goes between two steps. */
START_TEST(some_at_a_time_while_it_changes)
{
	struct both *b = both_new((uint64_t)_i + 100);
	uint64_t from = 0;

	for (size_t i = 0; i < 3000; i++)
		toggle(b, i);
	while (nmap_next_some(&b->map, &from, see, NULL)) {
		size_t some = any(b, 40);
		struct work w = { 100 };

		for (size_t i = 0; i < some; i++)
			toggle(b, 3000 + any(b, MANY - 3000));
		if (any(b, 50) == 0)
			(void)nmap_shrink_some(&b->map, &w);
	}
	for (size_t i = 0; i < 3000; i++)
		ck_assert_uint_eq(b->things[i]->seen, 1);
	both_free(b);
}
END_TEST

static _Alignas(4096) char slabs[(size_t)512 << 10];

static void
drop(void *part, size_t n)
{
	memset(part, 0xA5, n);
}

int
main(void)
{
	Suite *s = suite_create("nmap");
	TCase *tc = tcase_create("nmap");
	SRunner *sr;
	int failed;

	slab_begin(slabs, sizeof(slabs), drop);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, as_a_plain_array, 0, 10);
	tcase_add_loop_test(tc, some_at_a_time_while_it_changes, 0, 5);
	tcase_add_test(tc, comes_and_goes_while_it_shrinks);
	tcase_add_test(tc, grows_by_little_and_gives_back);
	tcase_add_test(tc, shrinks_in_slices);
	tcase_add_test(tc, room_that_was_reserved);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
