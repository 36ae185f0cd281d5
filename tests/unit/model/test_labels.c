/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib_model.h"
#include "model/label_find.h"
#include "model/label_texts.h"
#include "model/labels.h"

START_TEST(interned_strings_are_shared)
{
	size_t count, bytes;
	struct istr *a = istr_get(STR("alpha")), *b = istr_get(STR("alpha")), *empty = istr_get(STR_NONE);

	ck_assert_ptr_eq(a, b);
	ck_assert_uint_eq(a->refs, 2);
	ck_assert_str_eq(a->bytes, "alpha");
	ck_assert_ptr_eq(istr_find(STR("alpha")), a);
	ck_assert_ptr_null(istr_find(STR("beta")));
	ck_assert_ptr_eq(istr_find(STR("")), empty);
	istr_usage(&count, &bytes);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_gt(bytes, 5);
	istr_unref(a);
	istr_unref(b);
	istr_unref(empty);
	istr_unref(NULL);
	ck_assert_ptr_null(istr_find(STR("alpha")));
	istr_usage(&count, &bytes);
	ck_assert_uint_eq(count, 0);
	ck_assert_uint_eq(bytes, 0);
}
END_TEST

static const struct {
	const char *labels;
	uint64_t fingerprint;
} fingerprints[] = {
	{ "", 0xcbf29ce484222325 },
	{ "alertname=A", 0xd2c6efc389df0927 },
	{ "a=b", 0xd2b371819297f98a },
	{ "i=1 alertname=A", 0xcaaaffbd9ccf039f },
};

START_TEST(fingerprint_vectors)
{
	struct labels *l = lib_labels(fingerprints[_i].labels);
	struct label_pair pairs[8];

	ck_assert_uint_eq(labels_fingerprint(l), fingerprints[_i].fingerprint);
	for (size_t i = 0; i < labels_n(l); i++)
		pairs[i] = (struct label_pair){ istr_str(labels_name(l, i)), istr_str(labels_value(l, i)) };
	ck_assert_uint_eq(labels_fingerprint_of(pairs, labels_n(l)), labels_fingerprint(l));
	labels_unref(l);
}
END_TEST

START_TEST(hash_is_xxh64_of_the_same_bytes)
{
	struct labels *empty = labels_empty(), *l = lib_labels("a=b");

	ck_assert_uint_eq(labels_hash(empty), 0xef46db3751d8e999);
	ck_assert_uint_ne(labels_hash(l), labels_hash(empty));
	labels_unref(empty);
	labels_unref(l);
}
END_TEST

START_TEST(sorted_and_last_of_a_name_wins)
{
	struct labels *l = lib_labels("c=1 a=2 b=3 a=4 c= b=5 aa=6");

	lib_expect_labels(l, "{a=\"4\", aa=\"6\", b=\"5\", c=\"\"}");
	labels_unref(l);
}
END_TEST

START_TEST(many_unsorted_labels)
{
	enum { N = 5000 };
	struct label_pair *pairs = calloc(2 * N, sizeof(*pairs));
	char (*names)[16] = calloc(N, sizeof(*names));
	struct labels *l, *again;

	for (size_t i = 0; i < N; i++) {
		snprintf(names[i], sizeof(names[i]), "n%05zu", (i * 7919) % N);
		pairs[i] = (struct label_pair){ str_from(names[i]), STR("old") };
		pairs[N + i] = (struct label_pair){ str_from(names[i]), STR("new") };
	}
	l = labels_new(pairs, 2 * N);
	ck_assert_uint_eq(labels_n(l), N);
	for (size_t i = 0; i < N; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%05zu", i);
		ck_assert_str_eq(labels_name(l, i)->bytes, name);
		ck_assert_str_eq(labels_value(l, i)->bytes, "new");
	}
	/* The pairs are tidy now. */
	again = labels_new(pairs, N);
	ck_assert_ptr_eq(l, again);
	ck_assert(str_is(labels_get(l, STR("n04999")), "new"));
	labels_unref(l);
	labels_unref(again);
	free(pairs);
	free(names);
}
END_TEST

START_TEST(equal_sets_are_one)
{
	struct labels *a = lib_labels("x=1 y=2"), *b = lib_labels("y=2 x=1"), *c = lib_labels("x=1 y=3");

	ck_assert(labels_eq(a, b));
	ck_assert(!labels_eq(a, c));
	ck_assert_uint_eq(a->refs, 2);
	labels_unref(a);
	labels_unref(b);
	labels_unref(c);
	labels_unref(NULL);
}
END_TEST

START_TEST(gets)
{
	struct labels *l = lib_labels("a=1 e= z=3");

	ck_assert(str_is(labels_get(l, STR("a")), "1"));
	ck_assert(str_is(labels_get(l, STR("z")), "3"));
	ck_assert_ptr_nonnull(labels_get(l, STR("e")).p);
	ck_assert_uint_eq(labels_get(l, STR("e")).n, 0);
	ck_assert_ptr_null(labels_get(l, STR("b")).p);
	labels_unref(l);
}
END_TEST

/* Each of few and of many is found, and none between them. */
START_TEST(finds)
{
	struct label_pair pairs[200];
	char texts[200][8];

	for (size_t n = 1; n <= ARRAY_LEN(pairs); n += n < 70 ? 1 : 43) {
		struct istr *other = istr_get(STR("l1000x"));
		struct labels *l;

		for (size_t i = 0; i < n; i++) {
			snprintf(texts[i], sizeof(texts[i]), "l%zu", 1000 + i);
			pairs[i] = (struct label_pair){ str_from(texts[i]), STR("v") };
		}
		l = labels_new(pairs, n);
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(label_find(l, labels_name(l, i)), i);
		ck_assert_uint_eq(label_find(l, other), n);
		istr_unref(other);
		labels_unref(l);
	}
}
END_TEST

static const struct {
	const char *a, *b;
	int order;
} orders[] = {
	{ "", "", 0 },
	{ "", "a=1", -1 },
	{ "z=1", "a=1 b=1", -1 },
	{ "b=1", "a=1", -1 },
	{ "a=1 c=1", "a=1 b=9", -1 },
	{ "a=1 c=1", "a=2 b=1", -1 },
	{ "a=1 b=2", "a=1 b=3", -1 },
	{ "a=1 b=2", "a=1 b=2", 0 },
};

START_TEST(order_of_sets)
{
	struct labels *a = lib_labels(orders[_i].a), *b = lib_labels(orders[_i].b);
	int ab = labels_cmp(a, b), ba = labels_cmp(b, a);

	ck_assert_int_eq((ab > 0) - (ab < 0), orders[_i].order);
	ck_assert_int_eq((ba > 0) - (ba < 0), -orders[_i].order);
	labels_unref(a);
	labels_unref(b);
}
END_TEST

START_TEST(format_quotes_values)
{
	struct label_pair pairs[] = {
		{ STR("b c"), STR("x\"y\nz") },
		{ STR("a"), STR("\xc3\xa9\\") },
	};
	struct labels *l = labels_new(pairs, 2);

	lib_expect_labels(l, "{a=\"\xc3\xa9\\\\\", b c=\"x\\\"y\\nz\"}");
	labels_unref(l);
	l = labels_empty();
	lib_expect_labels(l, "{}");
	labels_unref(l);
}
END_TEST

START_TEST(select_takes_what_is_there)
{
	const struct str names[] = { STR("z"), STR("a"), STR("none"), STR("a") };
	struct labels *l = lib_labels("a=1 b=2 z=3"), *s = labels_select(l, names, ARRAY_LEN(names));

	lib_expect_labels(s, "{a=\"1\", z=\"3\"}");
	labels_unref(s);
	s = labels_select(l, NULL, 0);
	lib_expect_labels(s, "{}");
	labels_unref(s);
	labels_unref(l);
}
END_TEST

static const struct {
	const char *name;
	bool utf8, classic;
} names[] = {
	{ "", false, false },
	{ "a", true, true },
	{ "_a0", true, true },
	{ "__name__", true, true },
	{ "0a", true, false },
	{ "a:b", true, false },
	{ "a b", true, false },
	{ "\xc3\xa9", true, false },
	{ "\xff", false, false },
};

START_TEST(valid_names)
{
	struct str s = str_from(names[_i].name);

	ck_assert_int_eq(label_name_valid(s, NAMING_UTF8), names[_i].utf8);
	ck_assert_int_eq(label_name_valid(s, NAMING_CLASSIC), names[_i].classic);
}
END_TEST

START_TEST(check_names_and_values)
{
	struct labels *l = lib_labels("a=1 b-c=2");
	struct label_pair bad = { STR("a"), STR("\xff") };
	struct err e = { 0 };

	ck_assert(labels_check(l, NAMING_UTF8, false, &e));
	ck_assert(labels_check(l, NAMING_UTF8, false, &e));
	ck_assert(!labels_check(l, NAMING_CLASSIC, false, &e));
	ck_assert_str_eq(e.text, "invalid name \"b-c\"");
	labels_unref(l);
	err_clear(&e);
	l = labels_new(&bad, 1);
	ck_assert(!labels_check(l, NAMING_UTF8, false, &e));
	ck_assert_str_eq(e.text, "invalid value \"\\xff\"");
	labels_unref(l);
	/* Names are looked at all the same where values need not be. */
	err_clear(&e);
	l = lib_labels("b-c=3");
	ck_assert(labels_check(l, NAMING_UTF8, true, &e));
	ck_assert(!labels_check(l, NAMING_CLASSIC, true, &e));
	ck_assert_str_eq(e.text, "invalid name \"b-c\"");
	labels_unref(l);
}
END_TEST

/* Texts that begin like the last one, are as long, longer or shorter, and longer than what is kept of it. */
START_TEST(fingerprints_one_after_the_other)
{
	static char value[1200];

	memset(value, 'v', sizeof(value));
	for (size_t n = 1; n < sizeof(value); n += n < 80 ? 1 : 113)
		for (size_t at = 0; at < n; at += 7) {
			struct label_pair pairs[] = { { STR("a"), { value, n } }, { STR("b"), STR("1") } };
			struct labels *l;

			value[at] = (char)('a' + at % 26);
			l = labels_of_tidy(pairs, 1 + at % 2, true);
			ck_assert_uint_eq(labels_fingerprint(l), labels_fingerprint_of(pairs, 1 + at % 2));
			labels_unref(l);
		}
}
END_TEST

/* A set that is made of another one and what is different is the one that its pairs make. */
START_TEST(sets_that_are_alike)
{
	struct labels *like = lib_labels("a=1 b=2 c=3");
	/* Those that are the same need not be there. */
	struct label_pair pairs[3] = { [1] = { STR("b"), STR("new") } };
	struct labels *l = labels_of_like((struct labels_like){ like, 5 }, pairs, true), *same = lib_labels("a=1 b=new c=3");

	ck_assert_ptr_eq(l, same);
	labels_unref(l);
	labels_unref(same);
	l = labels_of_like((struct labels_like){ like, 7 }, NULL, true);
	ck_assert_ptr_eq(l, like);
	labels_unref(l);
	l = labels_of_like((struct labels_like){ like, 7 }, NULL, false);
	ck_assert(l != like && labels_cmp(l, like) == 0);
	labels_unref(l);
	labels_unref(like);
	like = labels_empty();
	l = labels_of_like((struct labels_like){ like, 0 }, NULL, true);
	ck_assert_ptr_eq(l, like);
	labels_unref(l);
	labels_unref(like);
}
END_TEST

/* Those found last are found by a few of their bytes: of as many, and of others where those are the same. */
START_TEST(strings_alike_at_both_ends)
{
	static const char *const alike[] = { "", "a", "aba", "aca", "abca", "acba", "12345678", "12345678x12345678",
		"12345678y12345678", "12345678xx12345678" };
	struct istr *held[ARRAY_LEN(alike)];

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
			ck_assert_ptr_null(istr_find(str_from(alike[i])));
			held[i] = istr_get(str_from(alike[i]));
		}
		for (int again = 0; again < 3; again++)
			for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
				struct istr *same = istr_get(str_from(alike[i]));

				ck_assert_ptr_eq(same, held[i]);
				ck_assert_ptr_eq(istr_find(str_from(alike[i])), same);
				ck_assert_str_eq(same->bytes, alike[i]);
				istr_unref(same);
			}
		for (size_t i = 0; i < ARRAY_LEN(alike); i++) {
			istr_unref(held[i]);
			ck_assert_ptr_null(istr_find(str_from(alike[i])));
		}
	}
}
END_TEST

START_TEST(annotations_are_sets_of_their_own)
{
	struct label_pair p = { STR("a"), STR("b") };
	struct labels *notes = labels_new_unhashed(&p, 1), *same = labels_new_unhashed(&p, 1), *l = labels_new(&p, 1);

	ck_assert_ptr_eq(same, notes);
	ck_assert_ptr_ne(l, notes);
	ck_assert(!notes->hashed);
	ck_assert_uint_eq(labels_fingerprint(l), UINT64_C(0xd2b371819297f98a));
	ck_assert_int_eq(labels_cmp(l, notes), 0);
	labels_unref(same);
	labels_unref(l);
	labels_unref(notes);
}
END_TEST

START_TEST(names_are_shared)
{
	struct labels *none = labels_empty(), *a = lib_labels("x=1 y=2"), *b = lib_labels("y=3 x=4"), *c = lib_labels("x=1 z=2");
	struct labels *first, *second;
	struct istr *name = istr_find(STR("x"));
	size_t before, strings, bytes;

	ck_assert_ptr_eq(a->names, b->names);
	ck_assert_ptr_ne(a->names, c->names);
	ck_assert_uint_eq(labels_n(none), 0);
	ck_assert_str_eq(labels_value_of(b, name)->bytes, "4");
	ck_assert_ptr_null(labels_value_of(none, name));
	/* They stay as long as one of the sets. */
	labels_unref(a);
	lib_expect_labels(b, "{x=\"4\", y=\"3\"}");
	labels_unref(b);
	labels_unref(c);
	ck_assert_ptr_null(istr_find(STR("x")));
	istr_usage(&before, &bytes);
	/* As strangers, too. */
	first = lib_labels("x=1 y=2");
	second = lib_labels("x=2 y=2");
	labels_unref(none);
	interned_leave();
	first = labels_adopt(first);
	lib_expect_labels(first, "{x=\"1\", y=\"2\"}");
	second = labels_adopt(second);
	ck_assert_ptr_eq(first->names, second->names);
	labels_unref(first);
	lib_expect_labels(second, "{x=\"2\", y=\"2\"}");
	labels_unref(second);
	istr_usage(&strings, &bytes);
	ck_assert_uint_eq(strings, before);
}
END_TEST

START_TEST(sets_are_known_by_their_last_text)
{
	struct hash128 first = label_text_hash(LABEL_TEXT_LABELS, STR("{\"a\":\"b\"}"));
	struct hash128 second = label_text_hash(LABEL_TEXT_LABELS, STR("{ \"a\":\"b\"}"));
	struct hash128 other = label_text_hash(LABEL_TEXT_ANNOTATIONS, STR("{\"a\":\"b\"}"));
	struct labels *l = lib_labels("a=b");

	ck_assert_ptr_null(label_text_find(first));
	label_text_set(l, first);
	ck_assert_ptr_eq(label_text_find(first), l);
	ck_assert_ptr_null(label_text_find(second));
	ck_assert_ptr_null(label_text_find(other));
	ck_assert_ptr_null(label_text_find((struct hash128){ first.first, first.second ^ 1 }));
	label_text_set(l, second);
	ck_assert_ptr_null(label_text_find(first));
	ck_assert_ptr_eq(label_text_find(second), l);
	label_text_set(l, second);
	/* It goes with the set. */
	labels_unref(l);
	ck_assert_ptr_null(label_text_find(second));
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("labels");

	tcase_add_test(tc, interned_strings_are_shared);
	tcase_add_loop_test(tc, fingerprint_vectors, 0, ARRAY_LEN(fingerprints));
	tcase_add_test(tc, hash_is_xxh64_of_the_same_bytes);
	tcase_add_test(tc, sorted_and_last_of_a_name_wins);
	tcase_add_test(tc, many_unsorted_labels);
	tcase_add_test(tc, equal_sets_are_one);
	tcase_add_test(tc, gets);
	tcase_add_test(tc, finds);
	tcase_add_loop_test(tc, order_of_sets, 0, ARRAY_LEN(orders));
	tcase_add_test(tc, format_quotes_values);
	tcase_add_test(tc, select_takes_what_is_there);
	tcase_add_loop_test(tc, valid_names, 0, ARRAY_LEN(names));
	tcase_add_test(tc, check_names_and_values);
	tcase_add_test(tc, sets_that_are_alike);
	tcase_add_test(tc, fingerprints_one_after_the_other);
	tcase_add_test(tc, strings_alike_at_both_ends);
	tcase_add_test(tc, annotations_are_sets_of_their_own);
	tcase_add_test(tc, names_are_shared);
	tcase_add_test(tc, sets_are_known_by_their_last_text);
	return lib_run("labels", tc);
}
