/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nflog.h"
#include "lib_core.h"

static struct log_entry
entry(uint32_t index, int64_t timestamp, int64_t expires)
{
	static const uint64_t firing[] = { 1, 2, 3 };
	static const uint64_t resolved[] = { 4 };

	return (struct log_entry){
		.key = { STR("{}:{}"), STR("ops"), STR("hook"), index },
		.timestamp = { timestamp, 0, 0 }, .expires = { expires, 0, 0 },
		.firing = firing, .firing_n = 3, .resolved = resolved, .resolved_n = 1,
	};
}

static const struct log_entry *
find(const struct nflog *l, uint32_t index)
{
	return nflog_find(l, &(struct log_key){ STR("{}:{}"), STR("ops"), STR("hook"), index });
}

START_TEST(newest_wins)
{
	struct nflog *l = nflog_new();
	struct log_entry e = entry(0, 10, 100);

	ck_assert_ptr_null(find(l, 0));
	ck_assert_ptr_nonnull(nflog_set(l, &e));
	ck_assert_ptr_null(find(l, 1));
	ck_assert_ptr_null(nflog_find(l, &(struct log_key){ STR("{}:{}"), STR("ops"), STR("mail"), 0 }));
	e = entry(0, 9, 200);
	ck_assert_ptr_null(nflog_set(l, &e));
	ck_assert_int_eq(find(l, 0)->expires.s, 100);
	e = entry(0, 10, 300);
	e.firing_n = 2;
	ck_assert_ptr_nonnull(nflog_set(l, &e));
	ck_assert_int_eq(find(l, 0)->expires.s, 300);
	ck_assert_uint_eq(find(l, 0)->firing_n, 2);
	ck_assert_uint_eq(find(l, 0)->firing[1], 2);
	ck_assert_uint_eq(nflog_count(l), 1);
	nflog_free(&l);
	ck_assert_ptr_null(l);
}
END_TEST

START_TEST(keeps_copies)
{
	struct nflog *l = nflog_new();
	char key[] = "thread_ts", value[] = "123.456", phone[] = "+90";
	uint64_t doubtful[] = { 5 };
	const struct str to = { phone, 3 };
	struct receiver_value v[] = {
		{ .key = { key, 9 }, .type = RECEIVER_STR, .s = { value, 7 } },
		{ .key = STR("n"), .type = RECEIVER_INT, .i = 7 },
	};
	struct log_entry e = entry(0, 10, 100);
	const struct log_entry *held;

	e.data = (struct receiver_data){ v, 2 };
	e.doubtful = doubtful;
	e.doubtful_n = 1;
	e.partly = (struct partly_told){ .content = 9, .to = &to, .n = 1 };
	held = nflog_set(l, &e);
	doubtful[0] = 0;
	phone[0] = 'x';
	ck_assert_uint_eq(held->doubtful[0], 5);
	ck_assert(held->partly.n == 1 && str_is(held->partly.to[0], "+90"));
	memset(key, 'x', 9);
	memset(value, 'x', 7);
	ck_assert_ptr_eq(held, find(l, 0));
	ck_assert(str_is(held->data.v[0].key, "thread_ts"));
	ck_assert(str_is(held->data.v[0].s, "123.456"));
	ck_assert_int_eq(held->data.v[1].i, 7);
	nflog_free(&l);
}
END_TEST

/* It would date what is told once the clock is set back to it. */
START_TEST(the_time_of_doubts_is_forgotten_with_them)
{
	static const uint64_t hash = 5;
	struct nflog *l = nflog_new();
	struct log_entry e = entry(0, 10, 100);

	e.doubted = (struct wall){ 20, 0, 0 };
	e.doubtful = e.doubtful_ends = e.claimed = &hash;
	for (unsigned kinds = 0; kinds < 8; kinds++) {
		e.doubtful_n = kinds & 1;
		e.doubtful_ends_n = kinds >> 1 & 1;
		e.claimed_n = kinds >> 2;
		ck_assert_int_eq(wall_cmp(nflog_set(l, &e)->doubted, kinds == 0 ? WALL_ZERO : e.doubted), 0);
	}
	nflog_free(&l);
}
END_TEST

static void
count(void *arg, const struct log_entry *e)
{
	*(uint32_t *)arg += e->key.index;
}

START_TEST(gc_drops_expired)
{
	struct nflog *l = nflog_new();
	struct hmap_cursor at = { 0 };
	struct hmap_node *node;
	struct work w = { 20 };
	uint32_t sum = 0;

	for (uint32_t i = 0; i < 100; i++) {
		struct log_entry e = entry(i, 1, 1000 + i);

		nflog_set(l, &e);
	}
	for (int slices = 0; !nflog_gc_some(l, (struct wall){ 1009, 0, 0 }, &at, &w, count, &sum); w.left = 20)
		ck_assert_int_lt(slices++, 100);
	ck_assert_uint_eq(sum, 45);
	ck_assert_uint_eq(nflog_count(l), 90);
	ck_assert_ptr_null(find(l, 9));
	ck_assert_ptr_nonnull(find(l, 10));
	sum = 0;
	at = (struct hmap_cursor){ 0 };
	while (nflog_next_bucket(l, &at, &node))
		for (; node != NULL; node = node->next)
			count(&sum, CONTAINER_OF(node, struct log_entry, node));
	ck_assert_uint_eq(sum, 4950 - 45);
	nflog_free(&l);
}
END_TEST

int
main(void)
{
	return RUN("nflog", newest_wins, keeps_copies, the_time_of_doubts_is_forgotten_with_them, gc_drops_expired);
}
