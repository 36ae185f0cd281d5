/* SPDX-License-Identifier: Apache-2.0 */
/* Label sets go into a segment and come out of it; damage is noticed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rand.h"
#include "segment.h"
#include "suite.h"

#define NAMES 12

/* Sets with some of a few names, and now and then one that nobody else has. */
static struct labels *
random_set(struct rand *r, uint64_t values)
{
	struct label_pair p[NAMES + 1];
	char texts[NAMES + 1][32], names[NAMES + 1][16];
	size_t n = 0;

	for (size_t i = 0; i < NAMES; i++) {
		if (rand_below(r, i + 1) > 1)
			continue;
		p[n].name = (struct str){ names[n], (size_t)snprintf(names[n], 16, "name%zu", i) };
		p[n].value = (struct str){ texts[n],
			(size_t)snprintf(texts[n], 32, "v%llu", (unsigned long long)rand_below(r, i < 3 ? values : 4)) };
		n++;
	}
	if (rand_below(r, 50) == 0) {
		p[n].name = (struct str){ names[n], (size_t)snprintf(names[n], 16, "own%d", (int)rand_below(r, 1000)) };
		p[n++].value = STR("\xc3\xa4\"\n");
	}
	return labels_new(p, n);
}

/* A segment's columns, read again. */
struct read {
	struct segment_entry *entries;
	size_t n;
	struct column *columns;
};

static bool
read_made(struct read *r, const struct segment_made *made, uint32_t n)
{
	*r = (struct read){ 0 };
	if (!segment_directory(sbuf_get(&made->directory), (uint32_t)made->parts.n, &r->entries, &r->n))
		return false;
	r->columns = mem_calloc(r->n, sizeof(r->columns[0]));
	for (size_t i = 0; i < r->n; i++)
		if (!column_open(&r->columns[i], sbuf_get(&made->parts.v[r->entries[i].part]), &r->entries[i], n))
			return false;
	return true;
}

static void
read_fini(struct read *r)
{
	for (size_t i = 0; i < r->n && r->columns != NULL; i++)
		column_close(&r->columns[i]);
	mem_free(r->columns);
	mem_free(r->entries);
}

static void
same_set(const struct read *r, uint32_t at, const struct labels *l)
{
	uint32_t n = 0;

	ck_assert_uint_eq(column_fingerprint(&r->columns[0], at), labels_fingerprint(l));
	for (size_t i = 1; i < r->n; i++) {
		uint32_t value = column_cell(&r->columns[i], at);

		if (value == 0)
			continue;
		ck_assert(str_eq(labels_get(l, r->entries[i].name), r->columns[i].values[value - 1]));
		n++;
	}
	ck_assert_uint_eq(n, labels_n(l));
}

struct sets {
	struct labels **v;
	uint32_t n;
};

static struct sets
some_sets(struct rand *r, uint32_t n, uint64_t values)
{
	struct sets s = { mem_calloc(n, sizeof(s.v[0])), n };

	for (uint32_t i = 0; i < n; i++)
		s.v[i] = random_set(r, values);
	return s;
}

static void
sets_fini(struct sets *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		labels_unref(s->v[i]);
	mem_free(s->v);
}

static void
made_of(struct segment_maker *m, const struct sets *s, struct segment_made *out)
{
	for (uint32_t i = 0; i < s->n; i++)
		segment_add_labels(m, s->v[i]);
	segment_make(m, out);
	segment_maker_clear(m);
}

START_TEST(what_goes_in_comes_out)
{
	static const uint32_t sizes[] = { 1, 2, 17, 300, 5000 };
	struct segment_maker m = { 0 };
	struct rand r;

	rand_seed(&r, 3);
	for (size_t k = 0; k < 2 * ARRAY_LEN(sizes); k++) {
		struct sets s = some_sets(&r, sizes[k / 2], k % 2 == 0 ? 5 : 100000);
		struct segment_made made;
		struct read read;

		made_of(&m, &s, &made);
		ck_assert(read_made(&read, &made, s.n));
		for (uint32_t i = 0; i < s.n; i++)
			same_set(&read, i, s.v[i]);
		read_fini(&read);
		segment_made_fini(&made);
		sets_fini(&s);
	}
	segment_maker_fini(&m);
}
END_TEST

START_TEST(many_values_take_wide_cells)
{
	struct segment_maker m = { 0 };
	struct segment_made made;
	struct read read;
	char text[16];

	for (uint32_t i = 0; i < SEGMENT_SETS; i++) {
		uint32_t column;

		segment_add(&m, i + 1);
		column = segment_column(&m, STR("host"));
		snprintf(text, sizeof(text), "%x", i);
		segment_cell(&m, column, segment_value(&m, column, str_from(text)));
	}
	ck_assert(segment_maker_is_full(&m));
	segment_make(&m, &made);
	ck_assert(read_made(&read, &made, SEGMENT_SETS));
	ck_assert_uint_eq(read.columns[1].form, 4);
	for (uint32_t i = 0; i < SEGMENT_SETS; i += 997) {
		snprintf(text, sizeof(text), "%x", i);
		ck_assert(str_is(read.columns[1].values[column_cell(&read.columns[1], i) - 1], text));
	}
	read_fini(&read);
	segment_made_fini(&made);
	segment_maker_fini(&m);
}
END_TEST

START_TEST(two_become_one)
{
	struct segment_maker m = { 0 };
	struct segment_made made[2], all;
	struct sets s[2];
	struct read read;
	struct rand r;

	rand_seed(&r, 5);
	for (size_t i = 0; i < 2; i++) {
		s[i] = some_sets(&r, 400, 300);
		made_of(&m, &s[i], &made[i]);
	}
	for (size_t i = 0; i < 2; i++) {
		uint32_t base = m.n;

		ck_assert(read_made(&read, &made[i], s[i].n));
		for (size_t k = 0; k < read.n; k++)
			segment_add_column(&m, base, read.entries[k].name, &read.columns[k]);
		read_fini(&read);
	}
	segment_make(&m, &all);
	ck_assert(read_made(&read, &all, 800));
	for (uint32_t i = 0; i < 800; i++)
		same_set(&read, i, s[i / 400].v[i % 400]);
	read_fini(&read);
	for (size_t i = 0; i < 2; i++) {
		segment_made_fini(&made[i]);
		sets_fini(&s[i]);
	}
	segment_made_fini(&all);
	segment_maker_fini(&m);
}
END_TEST

static void
hurt(struct rand *r, struct sbuf *b)
{
	if (rand_below(r, 3) == 0)
		sbuf_cut(b, rand_below(r, b->n));
	else
		b->p[rand_below(r, b->n)] ^= (char)(1 + rand_below(r, 255));
}

START_TEST(damage_is_noticed)
{
	struct segment_maker m = { 0 };
	struct rand r;

	rand_seed(&r, 11);
	for (int round = 0; round < 500; round++) {
		struct sets s = some_sets(&r, 1 + (uint32_t)rand_below(&r, 40), 10);
		bool directory = rand_below(&r, 2) == 0;
		struct segment_made made;
		struct read read;
		uint64_t sum;

		made_of(&m, &s, &made);
		sum = segment_sum(sbuf_get(&made.directory));
		hurt(&r, directory ? &made.directory : &made.parts.v[0]);
		/* A directory has its sum beside it; columns have theirs in it. */
		if (directory)
			ck_assert_uint_ne(segment_sum(sbuf_get(&made.directory)), sum);
		ck_assert(!read_made(&read, &made, s.n) || directory);
		read_fini(&read);
		segment_made_fini(&made);
		sets_fini(&s);
	}
	segment_maker_fini(&m);
}
END_TEST

/* Numbers that stand nowhere in a column are refused also where the sum is right. */
START_TEST(impossible_columns_are_refused)
{
	static const struct {
		struct str bytes;
		size_t values;
		uint32_t values_n;
		bool ok;
	} cases[] = {
		{ STR("\x01" "a" "\x01\x01\x00"), 2, 1, true },
		{ STR("\x01" "a" "\x01\x02\x00"), 2, 1, false },	/* value 2 of 1 */
		{ STR("\x01" "a" "\x01\x01"), 2, 1, false },		/* a cell is missing */
		{ STR("\x09" "a" "\x01\x01\x00"), 2, 1, false },	/* longer than there is */
		{ STR("\x01" "a" "\x03\x01\x00"), 2, 1, false },	/* no such form */
		{ STR("\x01" "a" "\x00\x02\x01"), 2, 1, true },
		{ STR("\x01" "a" "\x00\x03\x01"), 2, 1, false },	/* set 2 of 2 */
		{ STR("\x01" "a" "\x00\x01\x00"), 2, 1, false },	/* none is not written */
		{ STR("\x01" "a" "\x00\x00\x01"), 2, 1, false },
		{ STR("\x01" "a"), 2, 1, false },
		{ STR("\x01" "a" "\x01\x01\x00"), 2, 100, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct segment_entry e = { .name = STR("n"), .values_n = cases[i].values_n, .values = cases[i].values,
			.cells = cases[i].bytes.n - cases[i].values, .sum = segment_sum(cases[i].bytes) };
		struct column c;

		ck_assert_msg(column_open(&c, cases[i].bytes, &e, 2) == cases[i].ok, "case %zu", i);
		column_close(&c);
	}
}
END_TEST

static void
add(TCase *tc)
{
	const TTest *const tests[] = { what_goes_in_comes_out, many_values_take_wide_cells, two_become_one,
		damage_is_noticed, impossible_columns_are_refused };

	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tc, tests[i]);
}

int
main(void)
{
	return run_suite("segment", add);
}
