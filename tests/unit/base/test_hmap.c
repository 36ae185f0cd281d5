/* SPDX-License-Identifier: Apache-2.0 */
/* The map against a plain array, under random operations. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "base/rand.h"

#define MANY 10000

/* Asked a million times: check's own would take longer than all else. */
#define CHECK(x)                          \
	do {                              \
		if (!(x))                 \
			ck_abort_msg(#x); \
	} while (0)

struct thing {
	struct hmap_node node;
	bool in;
	unsigned seen;
};

struct both {
	struct hmap map;
	struct thing *things;	/* the model: which of them are in */
	size_t n;		/* that are */
	struct rand rand;
};

/* Some share their hash with others, and some differ only in their high half. */
static uint64_t
hash_of(size_t i)
{
	switch (i % 4) {
	case 0:
		return (i / 40) * UINT64_C(0x9E3779B97F4A7C15);
	case 1:
		return (uint64_t)i << 33;
	default:
		return i * UINT64_C(0xBF58476D1CE4E5B9);
	}
}

static struct both *
both_new(uint64_t seed)
{
	struct both *b = NEW(struct both);

	b->things = mem_calloc(MANY, sizeof(b->things[0]));
	rand_seed(&b->rand, seed);
	return b;
}

static void
both_free(struct both *b)
{
	hmap_fini(&b->map);
	mem_free(b->things);
	mem_free(b);
}

static bool
found(const struct both *b, const struct thing *t, uint64_t hash)
{
	hmap_fetch(&b->map, hash);
	hmap_fetch_node(&b->map, hash);
	for (struct hmap_node *n = hmap_first(&b->map, hash); n != NULL; n = hmap_next(n)) {
		CHECK(n->hash == hash);
		if (CONTAINER_OF(n, struct thing, node) == t)
			return true;
	}
	return false;
}

static void
toggle(struct both *b, size_t i)
{
	struct thing *t = &b->things[i];

	CHECK(found(b, t, hash_of(i)) == t->in);
	if (t->in)
		hmap_remove(&b->map, &t->node);
	else
		hmap_insert(&b->map, &t->node, hash_of(i));
	t->in = !t->in;
	b->n += t->in ? 1 : (size_t)-1;
	CHECK(b->map.n == b->n);
}

/* Each node that is in comes once, and nothing else. */
static void
check_each(struct both *b)
{
	size_t n = 0;

	HMAP_EACH(&b->map, node) {
		struct thing *t = CONTAINER_OF(node, struct thing, node);

		CHECK(t->in);
		t->seen++;
	}
	for (size_t i = 0; i < MANY; i++) {
		CHECK(b->things[i].seen == b->things[i].in);
		CHECK(found(b, &b->things[i], hash_of(i)) == b->things[i].in);
		n += b->things[i].in;
		b->things[i].seen = 0;
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

	while (!hmap_shrink_some(&b->map, &w))
		w.left = slice;
}

START_TEST(as_a_plain_array)
{
	struct both *b = both_new((uint64_t)_i + 1);

	for (int round = 0; round < 12; round++) {
		/* Mostly few, then many, and few again. */
		size_t most = (size_t)1 << (4 + any(b, 10)), steps = any(b, 4000);

		if (round % 4 == 3)
			most = MANY;
		for (size_t i = 0; i < steps; i++)
			toggle(b, any(b, most));
		check_each(b);
		if (any(b, 2) == 0) {
			shrink(b, 1 + (int64_t)any(b, 20));
			check_each(b);
		}
	}
	both_free(b);
}
END_TEST

/* A node that is in all the while is visited, whatever comes and goes between two buckets. */
START_TEST(bucket_by_bucket_while_it_changes)
{
	struct both *b = both_new((uint64_t)_i + 100);
	struct hmap_cursor at = { 0 };
	struct hmap_node *node;
	unsigned shrinks = 0;

	for (size_t i = 0; i < 1000; i++)
		toggle(b, i);
	while (hmap_next_bucket(&b->map, &at, &node)) {
		size_t some = any(b, 12);

		for (; node != NULL; node = node->next)
			CONTAINER_OF(node, struct thing, node)->seen++;
		for (size_t i = 0; i < some; i++)
			toggle(b, 1000 + any(b, MANY - 1000));
		if (any(b, 200) == 0 && shrinks++ < 5) {
			struct work w = { 40 };

			(void)hmap_shrink_some(&b->map, &w);
		}
	}
	for (size_t i = 0; i < 1000; i++)
		ck_assert_uint_ge(b->things[i].seen, 1);
	both_free(b);
}
END_TEST

START_TEST(removing_while_iterating)
{
	struct both *b = both_new((uint64_t)_i + 200);
	size_t n = 0;

	for (size_t i = 0; i < MANY; i += 1 + any(b, 5))
		toggle(b, i);
	HMAP_EACH(&b->map, node) {
		struct thing *t = CONTAINER_OF(node, struct thing, node);

		n++;
		if (any(b, 3) != 0)
			toggle(b, (size_t)(t - b->things));
	}
	ck_assert_uint_ge(n, b->n);
	check_each(b);
	HMAP_EACH(&b->map, node)
		toggle(b, (size_t)(CONTAINER_OF(node, struct thing, node) - b->things));
	ck_assert_uint_eq(b->map.n, 0);
	both_free(b);
}
END_TEST

/* Nothing is moved all at once, and there are never many more buckets than nodes. */
START_TEST(grows_by_little_and_gives_back)
{
	struct both *b = both_new(1);
	struct work w = { INT64_MAX };
	struct hmap_line *first = NULL;
	size_t used;

	for (size_t i = 0; i < MANY; i++) {
		used = b->map.used;
		toggle(b, i);
		CHECK(used == 0 || b->map.used <= used + 2);
		/* Buckets of a large one stay where they are. */
		if (b->map.used > 4095 && first == NULL)
			first = b->map.pieces[0];
	}
	ck_assert_ptr_nonnull(first);
	ck_assert_ptr_eq(b->map.pieces[0], first);
	ck_assert_uint_le(b->map.used, MANY + MANY / 2);
	for (size_t i = 0; i < MANY - 10; i++)
		toggle(b, i);
	ck_assert_uint_ge(b->map.used, MANY);
	ck_assert(hmap_shrink_some(&b->map, &w));
	ck_assert_uint_le(b->map.used, 32);
	ck_assert_uint_lt(b->map.mask, 32);
	check_each(b);
	both_free(b);
}
END_TEST

START_TEST(shrinks_in_slices)
{
	struct both *b = both_new(1);
	struct work w = { 10 };
	size_t used;

	for (size_t i = 0; i < 2 * 5000; i++)
		toggle(b, i % 5000);
	used = b->map.used;
	ck_assert(!hmap_shrink_some(&b->map, &w));
	ck_assert_uint_lt(b->map.used, used);
	ck_assert_uint_ge(b->map.used, used - 20);
	both_free(b);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hmap");
	TCase *tc = tcase_create("hmap");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, as_a_plain_array, 0, 10);
	tcase_add_loop_test(tc, bucket_by_bucket_while_it_changes, 0, 10);
	tcase_add_loop_test(tc, removing_while_iterating, 0, 5);
	tcase_add_test(tc, grows_by_little_and_gives_back);
	tcase_add_test(tc, shrinks_in_slices);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
