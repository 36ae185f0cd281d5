/* SPDX-License-Identifier: Apache-2.0 */
/* Changes on their way into one transaction. */
#include "batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/rand.h"
#include "suite.h"

static void
put(struct batch *b, const char *key, bool fresh)
{
	batch_put(b, TABLE_INTENT, str_from(key), STR("x"), fresh);
}

/* The disk has of a record what it had before the first op that it has not written. */
START_TEST(fresh_as_of_the_first_op)
{
	struct batch current = { 0 }, lost = { 0 };

	put(&current, "new", true);
	put(&current, "new", false);
	ck_assert(batch_has_fresh(&current, TABLE_INTENT, STR("new")));
	batch_drop(&current, TABLE_INTENT, STR("old"));
	put(&current, "old", true);
	ck_assert(!batch_has_fresh(&current, TABLE_INTENT, STR("old")));
	ck_assert(!batch_has_fresh(&current, TABLE_INTENT, STR("other")));
	lost = current;
	current = (struct batch){ 0 };
	put(&current, "new", false);
	put(&current, "old", true);
	batch_keep(&current, &lost);
	ck_assert(batch_has_fresh(&current, TABLE_INTENT, STR("new")));
	ck_assert(!batch_has_fresh(&current, TABLE_INTENT, STR("old")));
	batch_clear(&current);
}
END_TEST

#define KEYS 60

/* The op of each record: its number, 0 if there is none, and whether the disk had nothing before it. */
struct side {
	struct batch b;
	int op[KEYS];
	bool fresh[KEYS];
};

static struct str
key_of(int i, char text[8])
{
	snprintf(text, 8, "k%d.", i);
	return str_from(text);
}

static void
fill(struct side *s, struct rand *r, uint64_t ops, int first)
{
	*s = (struct side){ 0 };
	for (uint64_t i = 0; i < ops; i++) {
		int at = (int)rand_below(r, KEYS), number = first + (int)i;
		bool fresh = rand_below(r, 2) == 0;
		char key[8], body[8];

		snprintf(body, sizeof(body), "%d.", number);
		batch_put(&s->b, TABLE_INTENT, key_of(at, key), str_from(body), fresh);
		s->fresh[at] = s->op[at] != 0 ? s->fresh[at] : fresh;
		s->op[at] = number;
	}
}

static void
check(const struct side *s)
{
	const struct op **v = batch_sorted(&s->b);
	size_t n = 0, bytes = 0;

	for (int i = 0; i < KEYS; i++)
		n += s->op[i] != 0;
	ck_assert_uint_eq(s->b.ops.n, n);
	for (size_t k = 0; k < n; k++) {
		int at = (int)strtol(v[k]->key.p + 1, NULL, 10);

		ck_assert_int_eq((int)strtol(v[k]->body.p, NULL, 10), s->op[at]);
		ck_assert_int_eq(v[k]->fresh, s->fresh[at]);
		bytes += sizeof(struct op) + v[k]->key.n + v[k]->body.n;
	}
	ck_assert_uint_eq(s->b.bytes, bytes);
	mem_free(v);
}

/* Whichever of the two has more, the newer op of a record stays. */
START_TEST(the_newer_is_kept)
{
	struct side older, newer;
	struct rand r;

	rand_seed(&r, 1);
	for (int round = 0; round < 200; round++) {
		fill(&older, &r, rand_below(&r, 40), 1);
		fill(&newer, &r, rand_below(&r, 40), 1000);
		for (int i = 0; i < KEYS; i++) {
			if (older.op[i] == 0)
				continue;
			newer.fresh[i] = older.fresh[i];
			if (newer.op[i] == 0)
				newer.op[i] = older.op[i];
		}
		batch_keep(&newer.b, &older.b);
		check(&newer);
		ck_assert_uint_eq(older.b.ops.n + older.b.bytes, 0);
		batch_clear(&newer.b);
	}
}
END_TEST

int
main(void)
{
	return RUN("batch", fresh_as_of_the_first_op, the_newer_is_kept);
}
