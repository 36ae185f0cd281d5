/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/rand.h"
#include "lib_core.h"
#include "order.h"

/* A thing with rank and a number within it. */
struct thing {
	uint64_t rank;
	int n;
	bool in;
};

static int
by_number(const void *key, const void *item)
{
	int a = *(const int *)key, b = ((const struct thing *)item)->n;

	return (a > b) - (a < b);
}

static void
insert(struct order *o, struct thing *t)
{
	order_insert(o, t->rank, &t->n, t, by_number);
	t->in = true;
}

static void
take_out(struct order *o, struct thing *t)
{
	order_remove(o, t->rank, &t->n, by_number);
	t->in = false;
}

/* The things stand sorted in `things`: what is behind place i is the next one that is in. */
static struct thing *
next_in(struct thing *things, size_t n, size_t i)
{
	while (++i < n)
		if (things[i].in)
			return &things[i];
	return NULL;
}

static void
check_all(const struct order *o, struct thing *things, size_t n)
{
	struct order_cursor c;
	struct thing *want = things[0].in ? &things[0] : next_in(things, n, 0);
	size_t count = 0;

	for (struct thing *t = order_first(o, &c); t != NULL; t = order_next(o, &c)) {
		ck_assert_ptr_eq(t, want);
		want = next_in(things, n, (size_t)(t - things));
		count++;
	}
	ck_assert_ptr_null(want);
	ck_assert_uint_eq(count, o->n);
}

static void
check_at(const struct order *o, struct thing *things, size_t n, size_t i)
{
	struct thing *t = &things[i];
	size_t first = i, behind = 0;

	/* Asking for memory ahead changes nothing. */
	order_fetch(o, t->rank);
	order_fetch_more(o, t->rank);
	ck_assert_ptr_eq(order_find(o, t->rank, &t->n, by_number), t->in ? t : NULL);
	ck_assert_ptr_eq(order_after(o, t->rank, &t->n, by_number), next_in(things, n, i));
	for (size_t k = i + 1; k < n; k++)
		behind += things[k].in;
	ck_assert_uint_eq(order_behind(o, t->rank, &t->n, by_number), behind);
	while (first > 0 && things[first - 1].rank == t->rank)
		first--;
	ck_assert_ptr_eq(order_from(o, t->rank), things[first].in ? &things[first] : next_in(things, n, first));
}

START_TEST(empty)
{
	struct order o = { 0 };
	struct order_cursor c;
	int key = 1;

	ck_assert_ptr_null(order_first(&o, &c));
	ck_assert_ptr_null(order_from(&o, 0));
	ck_assert_ptr_null(order_after(&o, 1, &key, by_number));
	ck_assert_ptr_null(order_find(&o, 1, &key, by_number));
	order_fini(&o);
}
END_TEST

/* Grows, stays, shrinks and empties, and is at each time what a sorted array is. */
static void
change_at_random(int of_one_rank)
{
	enum { N = 6000 };
	static struct thing things[N];
	struct order o = { 0 };
	struct rand r;

	rand_seed(&r, (uint64_t)of_one_rank);
	for (int i = 0; i < N; i++)
		things[i] = (struct thing){ .rank = (uint64_t)(i / of_one_rank), .n = i };
	for (int phase = 0; phase < 4; phase++) {
		static const uint64_t likely[] = { 90, 50, 10, 0 };

		for (int k = 0; k < 4 * N; k++) {
			struct thing *t = &things[rand_below(&r, N)];
			bool want = rand_below(&r, 100) < likely[phase];

			if (want != t->in && want)
				insert(&o, t);
			else if (want != t->in)
				take_out(&o, t);
			if (k % 16 == 0)
				check_at(&o, things, N, rand_below(&r, N));
		}
		check_all(&o, things, N);
	}
	for (int i = 0; i < N; i++)
		if (things[i].in)
			take_out(&o, &things[i]);
	ck_assert_uint_eq(o.n, 0);
	ck_assert_uint_eq(o.chunks_n, 0);
	order_fini(&o);
}

START_TEST(like_a_sorted_array)
{
	change_at_random(1);
	change_at_random(7);
	change_at_random(3000);
}
END_TEST

/* Items that come in order fill their chunks; items that go give them back. */
START_TEST(takes_little_room)
{
	enum { N = 100 * ORDER_CHUNK };
	static struct thing things[N];
	struct order o = { 0 };

	for (int i = 0; i < N; i++) {
		things[i] = (struct thing){ .rank = 5, .n = i };
		insert(&o, &things[i]);
	}
	ck_assert_uint_le(o.chunks_n, 101);
	check_all(&o, things, N);
	for (int i = 0; i < N; i++)
		if (i % 100 != 0)
			take_out(&o, &things[i]);
	ck_assert_uint_le(o.chunks_n, 8);
	check_all(&o, things, N);
	order_fini(&o);
}
END_TEST

START_TEST(appended)
{
	enum { N = 3 * ORDER_CHUNK + 7 };
	static struct thing things[N];
	struct order o = { 0 };

	for (int i = 0; i < N; i++) {
		things[i] = (struct thing){ .rank = (uint64_t)i / 5, .n = i, .in = i % 9 != 0 };
		if (things[i].in)
			order_append(&o, things[i].rank, &things[i]);
	}
	check_all(&o, things, N);
	for (size_t i = 0; i < N; i += 9) {
		check_at(&o, things, N, i);
		insert(&o, &things[i]);
	}
	check_all(&o, things, N);
	order_fini(&o);
}
END_TEST

/* A list goes on behind what it wrote last, though that one and its neighbours have gone. */
START_TEST(goes_on_behind_what_has_gone)
{
	struct order o = { 0 };
	struct thing t[5];

	for (int i = 0; i < 5; i++) {
		t[i] = (struct thing){ .rank = 1, .n = 10 * i };
		insert(&o, &t[i]);
	}
	take_out(&o, &t[1]);
	take_out(&o, &t[2]);
	ck_assert_ptr_eq(order_after(&o, 1, &t[1].n, by_number), &t[3]);
	insert(&o, &t[2]);
	ck_assert_ptr_eq(order_after(&o, 1, &t[1].n, by_number), &t[2]);
	ck_assert_ptr_null(order_after(&o, 1, &t[4].n, by_number));
	ck_assert_ptr_null(order_after(&o, 2, &t[0].n, by_number));
	ck_assert_ptr_eq(order_after(&o, 0, &t[4].n, by_number), &t[0]);
	order_fini(&o);
}
END_TEST

/* A walk that fetches ahead sees what will come, though it stands in the next chunk. */
START_TEST(looks_ahead)
{
	enum { THINGS = 3 * ORDER_CHUNK, AHEAD = 32 };
	static struct thing t[THINGS];
	struct order o = { 0 };
	struct order_cursor c;

	for (int i = 0; i < THINGS; i++) {
		t[i] = (struct thing){ .rank = (uint64_t)i };
		insert(&o, &t[i]);
	}
	ck_assert_ptr_eq(order_first(&o, &c), &t[0]);
	for (int i = 0; i < THINGS; i++) {
		ck_assert_ptr_eq(order_peek(&o, &c, AHEAD), i + AHEAD < THINGS ? &t[i + AHEAD] : NULL);
		order_next(&o, &c);
	}
	order_fini(&o);
}
END_TEST

START_TEST(one_thing_needs_no_memory_of_its_own)
{
	struct thing one = { .rank = 7, .n = 1 }, other = { .rank = 7, .n = 2 }, *const both[] = { &one, &other };
	struct order o = { 0 };
	struct order_cursor c;

	for (int round = 0; round < 3; round++) {
		struct thing *left = both[round % 2], *gone = both[1 - round % 2];

		insert(&o, &one);
		ck_assert_ptr_eq(o.only.item, &one);
		ck_assert_ptr_eq(order_find(&o, 7, &one.n, by_number), &one);
		ck_assert_ptr_null(order_find(&o, 7, &other.n, by_number));
		ck_assert_ptr_eq(order_from(&o, 0), &one);
		ck_assert_ptr_null(order_from(&o, 8));
		ck_assert_uint_eq(order_behind(&o, 6, &other.n, by_number), 1);
		ck_assert_uint_eq(order_behind(&o, 7, &one.n, by_number), 0);
		ck_assert_ptr_eq(order_first(&o, &c), &one);
		ck_assert_uint_eq(order_rank(&o, &c), 7);
		ck_assert_ptr_eq(order_peek(&o, &c, 0), &one);
		ck_assert_ptr_null(order_peek(&o, &c, 1));
		ck_assert_ptr_null(order_next(&o, &c));
		order_fetch(&o, 7);
		order_fetch_more(&o, 7);
		insert(&o, &other);
		ck_assert_ptr_eq(order_after(&o, 7, &one.n, by_number), &other);
		take_out(&o, gone);
		ck_assert_ptr_eq(o.only.item, left);
		ck_assert_uint_eq(o.only.rank, 7);
		if (round == 2)
			break;
		take_out(&o, left);
		ck_assert_uint_eq(o.n, 0);
		ck_assert_ptr_null(order_first(&o, &c));
	}
	order_fini(&o);
	order_append(&o, 3, &one);
	order_append(&o, 3, &other);
	ck_assert_ptr_eq(order_first(&o, &c), &one);
	ck_assert_ptr_eq(order_next(&o, &c), &other);
	order_fini(&o);
}
END_TEST

int
main(void)
{
	return RUN("order", empty, like_a_sorted_array, takes_little_room, appended, goes_on_behind_what_has_gone, looks_ahead,
	    one_thing_needs_no_memory_of_its_own);
}
