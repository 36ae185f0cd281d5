/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "lib_core.h"
#include "silence_lists.h"

static struct wall
sec(int64_t s)
{
	return (struct wall){ s, 0, 0 };
}

static struct silence *
random_silence(struct rand *r, int i)
{
	struct silence *s = silence_new();

	snprintf(s->id, sizeof(s->id), "s%d", i);
	s->starts = sec((int64_t)rand_below(r, 20));
	s->ends = wall_add(s->starts, (span)rand_below(r, 20) * SPAN_S + (span)rand_below(r, 3));
	s->updated = sec((int64_t)rand_below(r, 5));
	/* For good, or from the beginning of time on. */
	if (rand_below(r, 8) == 0)
		s->ends = sec(WALL_LAST_S - (int64_t)rand_below(r, 3));
	if (rand_below(r, 8) == 0)
		s->starts = sec(WALL_ZERO.s + (int64_t)rand_below(r, 3));
	if (rand_below(r, 8) == 0)
		s->updated = sec(WALL_LAST_S - (int64_t)rand_below(r, 2));
	return s;
}

/* Both show the same silences in the same order, in each state. */
static void
check_same(struct silence_lists *a, struct silence_lists *b, struct wall now)
{
	static const bool all[3] = { true, true, true };
	struct silence_cursor x, y;
	struct work w = { INT64_MAX };
	const struct silence *s;

	silence_list_begin(&x, a, all, now);
	silence_list_begin(&y, b, all, now);
	while ((s = silence_list_next(&x, &w)) != NULL)
		ck_assert_ptr_eq(silence_list_next(&y, &w), s);
	ck_assert_ptr_null(silence_list_next(&y, &w));
	silence_list_end(&x);
	silence_list_end(&y);
}

/* Put in order at once, whatever goes or is edited before that, and whatever was there before. */
START_TEST(many_at_once_are_as_each)
{
	enum { N = 900, BEFORE = 100 };
	static struct silence *s[N];
	static struct silence_version *each[N], *once[N];
	struct silence_lists a = { 0 }, b = { 0 };
	struct rand r;

	rand_seed(&r, 3);
	for (int round = 0; round < 2; round++) {
		int before = round == 0 ? 0 : BEFORE;

		for (int i = 0; i < N; i++) {
			s[i] = random_silence(&r, i);
			if (i == before)
				silence_lists_begin_many(&b, N);
			each[i] = silence_lists_add(&a, s[i], sec(100));
			once[i] = silence_lists_add(&b, s[i], sec(100));
			if (i % 10 == 9) {
				silence_lists_remove(&a, each[i - 3]);
				silence_lists_remove(&b, once[i - 3]);
				each[i - 3] = NULL;
			}
		}
		silence_lists_end_many(&b);
		for (int64_t t = 0; t < 45; t += 5)
			check_same(&a, &b, sec(t));
		check_same(&a, &b, sec(WALL_LAST_S - 1));
		ck_assert_uint_eq(a.bytes, b.bytes);
		for (int i = 0; i < N; i++) {
			if (each[i] != NULL) {
				silence_lists_remove(&a, each[i]);
				silence_lists_remove(&b, once[i]);
			}
			silence_unref(s[i]);
		}
		silence_lists_fini(&a);
		silence_lists_fini(&b);
		memset(&a, 0, sizeof(a));
		memset(&b, 0, sizeof(b));
	}
}
END_TEST

int
main(void)
{
	return RUN("silence_lists", many_at_once_are_as_each);
}
