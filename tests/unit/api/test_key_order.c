/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs that are read in the order of earlier ones are what reading and sorting them would find. */
#include <string.h>

#include "base/compiler.h"
#include "base/sbuf.h"
#include "key_order.h"
#include "model/labels.h"
#include "suite.h"

#define MANY 40

/* Pair by pair, from behind the brace. */
static size_t
read_pairs(struct json_reader *r, struct label_pair *out)
{
	size_t n = 0;

	while (json_next_plain_pair(r, &out[n].name, &out[n].value))
		n++;
	return n;
}

static void
begin(struct json_reader *r, const char *text)
{
	json_reader_init(r, str_from(text), JSON_DOCUMENT);
	ck_assert_int_eq(json_next(r), JSON_T_OBJECT_BEGIN);
}

static void
note(struct key_order *o, const char *text)
{
	struct label_pair pairs[MANY + 1];
	struct json_reader r;

	begin(&r, text);
	key_order_note(o, pairs, read_pairs(&r, pairs), str_from(text));
}

/* The set of what was read: the pairs that are the same as the example's are those. */
static void
expect_like(struct labels_like like, const struct label_pair *in_order, const struct label_pair *pairs, size_t n)
{
	struct labels *l = labels_of_like(like, in_order, true), *wanted = labels_of_tidy(pairs, n, true);

	ck_assert_ptr_eq(l, wanted);
	for (size_t i = 0; i < n; i++)
		ck_assert((like.same >> i & 1) == 0 || labels_value(like.set, (uint32_t)i) == labels_value(l, (uint32_t)i));
	labels_unref(l);
	labels_unref(wanted);
}

static bool
reads(const struct key_order *o, const char *text)
{
	struct labels_like like;
	struct label_pair in_order[MANY + 1], pairs[MANY + 1];
	struct json_reader r, again;
	size_t n;

	begin(&r, text);
	begin(&again, text);
	n = label_pairs_tidy(pairs, read_pairs(&again, pairs));
	if (!key_order_read(o, &r, in_order, &like))
		return false;
	ck_assert_uint_eq(o->n, n);
	if (like.set != NULL)
		expect_like(like, in_order, pairs, n);
	for (size_t i = 0; like.set == NULL && i < n; i++) {
		ck_assert_ptr_eq(in_order[i].name.p, pairs[i].name.p);
		ck_assert_uint_eq(in_order[i].name.n, pairs[i].name.n);
		ck_assert_ptr_eq(in_order[i].value.p, pairs[i].value.p);
		ck_assert_uint_eq(in_order[i].value.n, pairs[i].value.n);
	}
	labels_unref(like.set);
	ck_assert_int_eq(json_next(&r), JSON_T_END);
	return true;
}

START_TEST(orders_are_found_again)
{
	static const struct { const char *first, *second; bool same; } rows[] = {
		{ "{\"a\":\"1\"}", "{\"a\":\"2\"}", true },
		{ "{\"b\":\"1\",\"a\":\"2\"}", "{\"b\":\"\",\"a\":\"another one\"}", true },
		{ "{\"ab\":\"1\",\"a\":\"2\",\"B\":\"\",\"aa\":\"3\",\"\":\"4\"}", "{\"ab\":\"5\",\"a\":\"6\",\"B\":\"7\",\"aa\":\"8\",\"\":\"9\"}", true },
		/* No order: nothing, a name twice, blanks in keys. */
		{ "{}", "{}", false },
		{ "{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}", "{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}", false },
		{ "{\"a\" :\"1\"}", "{\"a\" :\"1\"}", false },
		/* Another one. */
		{ "{\"b\":\"1\",\"a\":\"2\"}", "{\"a\":\"1\",\"b\":\"2\"}", false },
		{ "{\"a\":\"1\",\"b\":\"2\"}", "{\"a\":\"1\"}", false },
		{ "{\"a\":\"1\"}", "{\"a\":\"1\",\"b\":\"2\"}", false },
		{ "{\"a\":\"1\"}", "{\"a\":\"\\u0041\"}", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct key_order o = { 0 };

		note(&o, rows[i].first);
		ck_assert_msg(reads(&o, rows[i].second) == rows[i].same, "%s %s", rows[i].first, rows[i].second);
	}
}
END_TEST

static uint32_t
same_as_example(const struct key_order *o, const char *text)
{
	struct label_pair pairs[MANY];
	struct labels_like like;
	struct json_reader r;

	begin(&r, text);
	ck_assert(key_order_read(o, &r, pairs, &like));
	ck_assert((like.set != NULL) == (o->like != NULL && strstr(text, "\"\"") == NULL));
	labels_unref(like.set);
	return like.same;
}

static void
made(struct key_order *o, const char *a, const char *b, const char *c)
{
	struct label_pair pairs[] = { { STR("a"), str_from(a) }, { STR("b"), str_from(b) }, { STR("c"), str_from(c) } };
	struct labels *l = labels_of_tidy(pairs, c[0] != '\0' ? 3 : 2, true);

	key_order_made(o, l);
	labels_unref(l);
}

/* Values that are an example's, bit by bit of names as they are sorted; those that moved are not expected any more. */
START_TEST(examples)
{
	struct key_order o = { 0 };

	made(&o, "1", "2", "3");
	ck_assert_ptr_null(o.like);
	note(&o, "{\"c\":\"3\",\"a\":\"1\",\"b\":\"2\"}");
	ck_assert_uint_eq(same_as_example(&o, "{\"c\":\"3\",\"a\":\"1\",\"b\":\"2\"}"), 0);
	/* A set of other names is no example. */
	made(&o, "1", "2", "");
	ck_assert_ptr_null(o.like);
	made(&o, "1", "2", "3");
	ck_assert_uint_eq(same_as_example(&o, "{\"c\":\"3\",\"a\":\"1\",\"b\":\"2\"}"), 7);
	ck_assert_uint_eq(same_as_example(&o, "{\"c\":\"4\",\"a\":\"1\",\"b\":\"2\"}"), 3);
	ck_assert_uint_eq(same_as_example(&o, "{\"c\":\"3\",\"a\":\"11\",\"b\":\"2\"}"), 6);
	ck_assert_uint_eq(same_as_example(&o, "{\"c\":\"3\",\"a\":\"\",\"b\":\"2\"}"), 0);
	ck_assert(reads(&o, "{\"c\":\"3\",\"a\":\"11\",\"b\":\"2\"}") && reads(&o, "{\"c\":\"3\",\"a\":\"\",\"b\":\"2\"}"));
	/* The next example, after a while: b was another. */
	for (int i = 0; i < 64; i++)
		made(&o, "1", "5", "3");
	ck_assert_uint_eq(same_as_example(&o, "{\"c\":\"3\",\"a\":\"1\",\"b\":\"5\"}"), 5);
	ck_assert(reads(&o, "{\"c\":\"3\",\"a\":\"1\",\"b\":\"5\"}"));
	for (int i = 0; i < 64; i++)
		made(&o, "2", "5", "3");
	ck_assert_uint_eq(same_as_example(&o, "{\"c\":\"3\",\"a\":\"2\",\"b\":\"5\"}"), 6);
	/* Another order has none. */
	note(&o, "{\"a\":\"1\",\"b\":\"2\"}");
	ck_assert_ptr_null(o.like);
	key_order_fini(&o);
}
END_TEST

/* Pairs that are longer than there is room for are read, not compared. */
START_TEST(long_values_are_no_examples)
{
	struct key_order o = { 0 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), text = SBUF_INIT(SBUF_UNLIMITED);

	for (int i = 0; i < KEY_ORDER_PAIRS; i++)
		sbuf_putc(&b, 'x');
	sbuf_printf(&text, "{\"a\":\"%s\",\"b\":\"2\",\"c\":\"3\"}", sbuf_cstr(&b));
	note(&o, sbuf_cstr(&text));
	made(&o, sbuf_cstr(&b), "2", "3");
	ck_assert_uint_eq(same_as_example(&o, sbuf_cstr(&text)), 6);
	ck_assert(reads(&o, sbuf_cstr(&text)));
	key_order_fini(&o);
	sbuf_fini(&b);
	sbuf_fini(&text);
}
END_TEST

/* A text with quotes and backslashes in it may be that of other pairs, which are read as what they are. */
START_TEST(escaped_values_are_no_examples)
{
	static const char order[] = "{\"a\":\"1\",\"b\":\"2\",\"c\":\"3\"}";
	struct key_order o = { 0 };

	note(&o, order);
	made(&o, "1\",\"x\":\"y", "2", "3");
	ck_assert(!reads(&o, "{\"a\":\"1\",\"x\":\"y\",\"b\":\"2\",\"c\":\"3\"}"));
	ck_assert_uint_eq(same_as_example(&o, order), 6);
	key_order_fini(&o);
	note(&o, order);
	made(&o, "\\n", "2", "3");
	ck_assert(!reads(&o, "{\"a\":\"\\n\",\"b\":\"2\",\"c\":\"3\"}"));
	ck_assert(reads(&o, order));
	key_order_fini(&o);
}
END_TEST

/* A name that came with an escape stands elsewhere than in the text. */
START_TEST(escaped_names_are_no_order)
{
	static const char text[] = "{\"\\u0061\":\"1\"}";
	struct label_pair pair = { STR("a"), STR("1") };
	struct key_order o = { 0 };

	key_order_note(&o, &pair, 1, str_from(text));
	ck_assert_uint_eq(o.n, 0);
}
END_TEST

static void
make(struct sbuf *b, size_t names, size_t longer)
{
	sbuf_reset(b);
	for (size_t i = 0; i < names; i++) {
		sbuf_printf(b, "%s\"%zu", i == 0 ? "{" : ",", (i * 7) % names);
		for (size_t k = 0; k < longer; k++)
			sbuf_putc(b, 'x');
		sbuf_printf(b, "\":\"value %zu\"", i);
	}
	sbuf_putc(b, '}');
}

/* Too many names, or too long ones, are no order, and the one before is forgotten. */
START_TEST(orders_are_bounded)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct key_order o = { 0 };

	make(&b, KEY_ORDER_MAX, 0);
	note(&o, sbuf_cstr(&b));
	ck_assert(reads(&o, sbuf_cstr(&b)));
	make(&b, MANY, 0);
	note(&o, sbuf_cstr(&b));
	ck_assert(!reads(&o, sbuf_cstr(&b)));
	make(&b, 8, KEY_ORDER_BYTES / 8);
	note(&o, sbuf_cstr(&b));
	ck_assert(!reads(&o, sbuf_cstr(&b)));
	make(&b, 8, KEY_ORDER_BYTES / 8 - 4);
	note(&o, sbuf_cstr(&b));
	ck_assert(reads(&o, sbuf_cstr(&b)));
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, orders_are_found_again);
	tcase_add_test(tc, examples);
	tcase_add_test(tc, long_values_are_no_examples);
	tcase_add_test(tc, escaped_values_are_no_examples);
	tcase_add_test(tc, escaped_names_are_no_order);
	tcase_add_test(tc, orders_are_bounded);
}

int
main(void)
{
	return run_suite("key order", add);
}
