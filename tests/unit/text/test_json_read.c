/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "base/rand.h"
#include "lib_jansson.h"
#include "lib_text.h"
#include "text/float.h"
#include "text/json_tree.h"
#include "text/json_write.h"

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(&arena);
}

static void
rewrite(struct json_writer *w, const struct json *j)
{
	switch (j->kind) {
	case JSON_NULL:
		json_nil(w);
		break;
	case JSON_BOOL:
		json_bool(w, j->b);
		break;
	case JSON_NUMBER:
		json_raw(w, j->s);
		break;
	case JSON_STRING:
		json_str(w, j->s);
		break;
	case JSON_ARRAY:
		json_array_begin(w);
		for (size_t i = 0; i < j->n; i++)
			rewrite(w, &j->v[i]);
		json_array_end(w);
		break;
	case JSON_OBJECT:
		json_object_begin(w);
		for (size_t i = 0; i < j->n; i++) {
			json_key(w, j->keys[i]);
			rewrite(w, &j->v[i]);
		}
		json_object_end(w);
		break;
	}
}

START_TEST(reads_trees)
{
	static const char *const cases[][2] = {
		{ " null ", "null" },
		{ "true", "true" },
		{ "[]", "[]" },
		{ "[1, -0.5e+3,\n\"x\" , {} ]", "[1,-0.5e+3,\"x\",{}]" },
		{ "{\"a\":{\"b\":[false,null]},\"a\":1}", "{\"a\":{\"b\":[false,null]},\"a\":1}" },
		{ "\"\\u00e9\\n\\/\\\"\\\\\\b\\f\\r\\t\"", "\"é\\n/\\\"\\\\\\b\\f\\r\\t\"" },
		{ "\"\\ud83d\\ude00\"", "\"😀\"" },
		{ "\"\\ud83d\\u0041\\ude00\\ud83d\\ud83d\\ude00\"", "\"\uFFFDA\uFFFD\uFFFD😀\"" },
		{ "\"\\ud83d\"", "\"\uFFFD\"" },
		{ "\"\\uD83Dx\"", "\"\uFFFDx\"" },
		{ "\"a\xff\xc3(\xed\xa0\x80\"", "\"a\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFD\"" },
		{ "\"\\u0000\"", "\"\\u0000\"" },
		{ "{\"\\u0061\":0}", "{\"a\":0}" },
		{ "\"0123456789abcdef0123456789é0123456789abcdef\"", "\"0123456789abcdef0123456789é0123456789abcdef\"" },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		struct str in = exact_copy(str_from(cases[i][0]));
		struct json *j = json_parse(arena, in, JSON_DOCUMENT, &e);
		struct json_writer w;
		ck_assert_msg(j != NULL, "%s: %s", cases[i][0], e.text);
		json_writer_init(&w, &b, JSON_HTML_PLAIN);
		rewrite(&w, j);
		ASSERT_BUF(&b, cases[i][1]);
		free((char *)(uintptr_t)in.p);
	}
	sbuf_fini(&b);
}
END_TEST

START_TEST(words_errors_like_go)
{
	static const char *const cases[][2] = {
		{ "", "unexpected end of JSON input" },
		{ "  ", "unexpected end of JSON input" },
		{ "[", "unexpected end of JSON input" },
		{ "{\"a\"", "unexpected end of JSON input" },
		{ "\"x", "unexpected end of JSON input" },
		{ "\"\\", "unexpected end of JSON input" },
		{ "\"\\u12", "unexpected end of JSON input" },
		{ "-", "unexpected end of JSON input" },
		{ "1.", "unexpected end of JSON input" },
		{ "tru", "unexpected end of JSON input" },
		{ "x", "invalid character 'x' looking for beginning of value" },
		{ "[1,]", "invalid character ']' looking for beginning of value" },
		{ "{a:1}", "invalid character 'a' looking for beginning of object key string" },
		{ "{\"a\":1,}", "invalid character '}' looking for beginning of object key string" },
		{ "{\"a\"}", "invalid character '}' after object key" },
		{ "{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair" },
		{ "[1 2]", "invalid character '2' after array element" },
		{ "1 2", "invalid character '2' after top-level value" },
		{ "01", "invalid character '1' after top-level value" },
		{ "[01]", "invalid character '1' after array element" },
		{ "\"\n\"", "invalid character '\\n' in string literal" },
		{ "\"\\q\"", "invalid character 'q' in string escape code" },
		{ "\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape" },
		{ "-x", "invalid character 'x' in numeric literal" },
		{ "1.x", "invalid character 'x' after decimal point in numeric literal" },
		{ "1ex", "invalid character 'x' in exponent of numeric literal" },
		{ "trux", "invalid character 'x' in literal true (expecting 'e')" },
		{ "fXlse", "invalid character 'X' in literal false (expecting 'a')" },
		{ "nul1", "invalid character '1' in literal null (expecting 'l')" },
		{ "'a'", "invalid character '\\'' looking for beginning of value" },
		{ "\xc3\xa9", "invalid character 'Ã' looking for beginning of value" },
		{ "\xEF\xBB\xBF{}", "invalid character 'ï' looking for beginning of value" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		struct str in = exact_copy(str_from(cases[i][0]));
		ck_assert_msg(json_parse(arena, in, JSON_DOCUMENT, &e) == NULL, "%s", cases[i][0]);
		ck_assert_str_eq(e.text, cases[i][1]);
		ck_assert(!json_valid(in));
		free((char *)(uintptr_t)in.p);
	}
	struct err e = { 0 };
	ck_assert_ptr_null(json_parse(arena, STR("{\n\"a\": x"), JSON_DOCUMENT, &e));
	ck_assert_int_eq(e.line, 2);
	ck_assert_int_eq(e.col, 6);
	ck_assert_ptr_null(json_parse(arena, STR("[1"), JSON_FIRST_VALUE, &e));
	ck_assert_str_eq(e.text, "unexpected EOF");
	ck_assert_ptr_null(json_parse(arena, STR(" \n"), JSON_FIRST_VALUE, &e));
	ck_assert_str_eq(e.text, "EOF");
	ck_assert_ptr_nonnull(json_parse(arena, STR("[1]garbage"), JSON_FIRST_VALUE, &e));
	ck_assert_ptr_null(json_parse(arena, BYTES("\0"), JSON_DOCUMENT, &e));
	ck_assert_str_eq(e.text, "invalid character '\\x00' looking for beginning of value");
}
END_TEST

START_TEST(bounds_depth)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };

	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		sbuf_puts(&b, i % 2 == 0 ? "[" : "{\"k\":");
	for (int i = JSON_DEPTH_MAX; i > 0; i--)
		sbuf_puts(&b, i % 2 == 1 ? "]" : i == JSON_DEPTH_MAX ? "1}" : "}");
	ck_assert_msg(json_parse(arena, sbuf_get(&b), JSON_DOCUMENT, &e) != NULL, "%s", e.text);
	sbuf_reset(&b);
	for (int i = 0; i < JSON_DEPTH_MAX + 1; i++)
		sbuf_putc(&b, '[');
	ck_assert_ptr_null(json_parse(arena, sbuf_get(&b), JSON_DOCUMENT, &e));
	ck_assert_str_eq(e.text, "exceeded max depth");
	sbuf_fini(&b);
}
END_TEST

START_TEST(pulls_tokens)
{
	struct str in = STR("[{\"labels\":{\"a\\n\":\"b\"},\"skip\":[1,{\"x\":[]}],\"n\":2}]");
	struct json_reader r;

	json_reader_init(&r, in, JSON_DOCUMENT);
	ck_assert_int_eq(json_next(&r), JSON_T_ARRAY_BEGIN);
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
	ck_assert_int_eq(json_next(&r), JSON_T_KEY);
	ASSERT_STR(r.text, "labels");
	ck_assert(!r.escaped && r.text.p == in.p + 3);
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
	ck_assert_int_eq(json_next(&r), JSON_T_KEY);
	ck_assert(r.escaped);
	ASSERT_STR(json_text(&r, arena), "a\n");
	ck_assert_int_eq(json_next(&r), JSON_T_STRING);
	ASSERT_STR(json_text(&r, arena), "b");
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_END);
	ck_assert_int_eq(json_next(&r), JSON_T_KEY);
	ck_assert(json_skip(&r, JSON_T_KEY));
	ck_assert_int_eq(json_next(&r), JSON_T_KEY);
	ASSERT_STR(r.text, "n");
	ck_assert(json_skip(&r, json_next(&r)));
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_END);
	ck_assert_int_eq(json_next(&r), JSON_T_ARRAY_END);
	ck_assert_int_eq(json_next(&r), JSON_T_END);
	ck_assert_int_eq(json_next(&r), JSON_T_END);
	ck_assert_uint_eq(json_offset(&r), in.n);

	json_reader_init(&r, STR("[[1,"), JSON_DOCUMENT);
	ck_assert_int_eq(json_next(&r), JSON_T_ARRAY_BEGIN);
	ck_assert(!json_skip(&r, json_next(&r)));
	ck_assert_int_eq(json_next(&r), JSON_T_ERROR);
}
END_TEST

START_TEST(gets_members)
{
	struct json *j = json_parse(arena, STR("{\"s\":\"x\",\"i\":-5,\"d\":1.5,\"b\":true,\"n\":null,\"s\":\"y\",\"Fold\":1}"),
	    JSON_DOCUMENT, NULL);
	int64_t i;

	ASSERT_STR(json_get_str(j, "s", STR("-")), "y");
	ASSERT_STR(json_get_str(j, "i", STR("-")), "-");
	ck_assert_int_eq(json_get_int(j, "i", 0), -5);
	ck_assert_int_eq(json_get_int(j, "d", 7), 7);
	ck_assert(json_get_bool(j, "b", false) && json_get_bool(j, "n", true));
	ck_assert_ptr_null(json_get(j, "fold"));
	ck_assert_ptr_nonnull(json_get_fold(j, "fOLD"));
	ck_assert_ptr_null(json_get(NULL, "x"));
	ck_assert_ptr_null(json_get(json_get(j, "s"), "x"));
	ck_assert(json_number_int(STR("-9223372036854775808"), &i) && i == INT64_MIN);
	ck_assert(json_number_int(STR("9223372036854775807"), &i) && i == INT64_MAX);
	ck_assert(!json_number_int(STR("9223372036854775808"), &i) && !json_number_int(STR("1.0"), &i));
	ck_assert(!json_number_int(STR("1e3"), &i) && !json_number_int(STR("-"), &i));
	ck_assert_str_eq(json_kind_name(JSON_ARRAY), "array");
}
END_TEST

/* Equal but for the writing of numbers, and for keys that come again (jansson keeps the last). */
static bool
same(const struct json *a, const struct json *b)
{
	double x, y;

	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return a->b == b->b;
	case JSON_STRING:
		return str_eq(a->s, b->s);
	case JSON_NUMBER:
		return float_parse(a->s, &x) && float_parse(b->s, &y) && x == y;
	case JSON_ARRAY:
		for (size_t i = 0; i < a->n && i < b->n; i++) {
			if (!same(&a->v[i], &b->v[i]))
				return false;
		}
		return a->n == b->n;
	case JSON_OBJECT:
		break;
	}
	for (size_t i = 0; i < a->n; i++) {
		const char *key = arena_str(arena, a->keys[i]).p;
		const struct json *v = json_get(a, key), *w = json_get(b, key);
		if (strlen(key) != a->keys[i].n)
			continue;
		if (w == NULL || (v == &a->v[i] && !same(v, w)))
			return false;
	}
	return a->n >= b->n;
}

/* Texts that jansson reads we read, and alike; mutations of a sample find the edges. */
START_TEST(agrees_with_jansson)
{
	static const char sample[] = "[{\"labels\":{\"alertname\":\"Down\",\"x\":\"\\u00e9\\n\\ud83d\\ude00\"},"
				     "\"v\":[1,-2.5e3,true,false,null,\"é\"],\"o\":{}}, [[]], \"\\\\\"]";
	static const char bytes[] = "[]{}\",:\\u0123456789abcdefnrt-+.eE \n\xc3\xa9";
	struct rand r;
	int accepted = 0;

	rand_seed(&r, 99);
	for (int i = 0; i < 60000; i++) {
		char text[sizeof(sample)];
		memcpy(text, sample, sizeof(sample));
		for (uint64_t k = rand_below(&r, 3) + 1; k > 0; k--)
			text[rand_below(&r, sizeof(sample) - 1)] = bytes[rand_below(&r, sizeof(bytes) - 1)];
		struct str in = exact_copy((struct str){ text, sizeof(sample) - 1 });
		char *theirs = jansson_rewrite(in.p, in.n);
		struct json *ours = json_parse(arena, in, JSON_DOCUMENT, NULL);
		if (theirs != NULL) {
			struct json *again = json_parse(arena, str_from(theirs), JSON_DOCUMENT, NULL);
			ck_assert_msg(ours != NULL && again != NULL && same(ours, again), "%s\n%s", text, theirs);
			accepted++;
		}
		free(theirs);
		arena_reset(arena);
		free((char *)(uintptr_t)in.p);
	}
	ck_assert_int_gt(accepted, 5000);
}
END_TEST

START_TEST(windows)
{
	static const char text[] = " [ 12345678, \"abcdefgh\",true , {\"a\": [ ] } ]       ";
	struct json_reader r;

	/* A text that does not fit is an error, and told from others. */
	for (size_t n = 1; n < 30; n++) {
		enum json_token t;

		json_reader_init(&r, str_from(text), JSON_DOCUMENT);
		do {
			json_reader_window(&r, n);
			t = json_next(&r);
		} while (t != JSON_T_ERROR && t != JSON_T_END);
		ck_assert_int_eq(t, n < 12 ? JSON_T_ERROR : JSON_T_END);
		ck_assert_int_eq(json_reader_is_cut(&r), n < 12);
	}
	json_reader_init(&r, str_from("[1"), JSON_DOCUMENT);
	json_reader_window(&r, 100);
	while (json_next(&r) != JSON_T_ERROR)
		;
	ck_assert(!json_reader_is_cut(&r));
}
END_TEST

START_TEST(bounds_values)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };

	sbuf_putc(&b, '[');
	for (int i = 0; i < JSON_VALUES_MAX - 1; i++)
		sbuf_puts(&b, "0,");
	sbuf_puts(&b, "0]");
	ck_assert(json_parse(arena, sbuf_get(&b), JSON_DOCUMENT, &e) == NULL);
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	ck_assert_str_eq(e.text, "more than 1000000 values");
	ck_assert(json_parse(arena, str_from("[0,0]"), JSON_DOCUMENT, &e) != NULL);
	sbuf_fini(&b);
}
END_TEST

START_TEST(long_blanks)
{
	struct json_reader r;

	json_reader_init(&r, STR("    [  1    ,    2  ]  "), JSON_FIRST_VALUE);
	ck_assert(json_pass_blanks(&r, 2));
	ck_assert(!json_pass_blanks(&r, 3));
	json_reader_window(&r, 1);
	ck_assert_int_eq(json_next(&r), JSON_T_ARRAY_BEGIN);
	ck_assert(!json_pass_blanks(&r, 9));
	json_reader_window(&r, 2);
	ck_assert_int_eq(json_next(&r), JSON_T_NUMBER);
	/* The comma is passed too. */
	ck_assert(json_pass_blanks(&r, 6));
	ck_assert(!json_pass_blanks(&r, 6));
	json_reader_window(&r, 2);
	ck_assert_int_eq(json_next(&r), JSON_T_NUMBER);
	ck_assert(str_is(r.text, "2"));
	ck_assert(!json_pass_blanks(&r, 6));
	json_reader_window(&r, 1);
	ck_assert_int_eq(json_next(&r), JSON_T_ARRAY_END);
	json_reader_init(&r, STR("[1,  ]"), JSON_FIRST_VALUE);
	ck_assert_int_eq(json_next(&r), JSON_T_ARRAY_BEGIN);
	ck_assert_int_eq(json_next(&r), JSON_T_NUMBER);
	ck_assert(!json_pass_blanks(&r, 6));
	ck_assert_int_eq(json_next(&r), JSON_T_ERROR);
}
END_TEST

START_TEST(plain_pairs)
{
	static const struct { const char *in; int pairs; enum json_token then; } rows[] = {
		{ "{\"a\":\"b\"}", 1, JSON_T_OBJECT_END },
		{ " { \"a\" : \"b\" , \"c\":\"\" }", 2, JSON_T_OBJECT_END },
		{ "{}", 0, JSON_T_OBJECT_END },
		{ "{\"a\":\"b\",}", 1, JSON_T_ERROR },
		{ "{,\"a\":\"b\"}", 0, JSON_T_ERROR },
		{ "{\"a\":\"b\" \"c\":\"d\"}", 1, JSON_T_ERROR },
		{ "{\"a\":\"b\",\"c\":1}", 1, JSON_T_KEY },
		{ "{\"a\":\"b\",\"c\":\"\\n\"}", 1, JSON_T_KEY },
		{ "{\"a\":\"b\",\"\\n\":\"c\"}", 1, JSON_T_KEY },
		{ "{\"a\":\"\xc3\xa9\"}", 0, JSON_T_KEY },
		{ "{\"a\":\"b", 0, JSON_T_KEY },
		{ "{\"a\"", 0, JSON_T_ERROR },
		{ "{\"a\":\"b\"", 1, JSON_T_ERROR },
		{ "{\"a\" \"b\"}", 0, JSON_T_ERROR },
		{ "{\"a\":\"\t\"}", 0, JSON_T_KEY },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct json_reader r;
		struct str key, value;
		int n = 0;

		json_reader_init(&r, str_from(rows[i].in), JSON_DOCUMENT);
		ck_assert(!json_next_plain_pair(&r, &key, &value));
		ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
		while (json_next_plain_pair(&r, &key, &value))
			n++;
		ck_assert_msg(n == rows[i].pairs, "%s: %d pairs", rows[i].in, n);
		ck_assert_msg(json_next(&r) == rows[i].then, "%s", rows[i].in);
		if (rows[i].then == JSON_T_OBJECT_END)
			ck_assert_int_eq(json_next(&r), JSON_T_END);
	}
}
END_TEST

START_TEST(known_objects)
{
	/* Keys are "a": and "bc": */
	static const struct { const char *in; bool known; } rows[] = {
		{ "{\"a\":\"1\",\"bc\":\"\"}", true },
		{ "{\"a\":\"a value longer than sixteen bytes\",\"bc\":\"}\"}", true },
		{ "{\"a\":\"1\"}", false },
		{ "{}", false },
		{ "{\"bc\":\"1\",\"a\":\"2\"}", false },
		{ "{\"a\":\"1\",\"bc\":\"2\",\"d\":\"3\"}", false },
		{ "{\"a\":\"1\",\"bd\":\"2\"}", false },
		{ "{ \"a\":\"1\",\"bc\":\"2\"}", false },
		{ "{\"a\" :\"1\",\"bc\":\"2\"}", false },
		{ "{\"a\": \"1\",\"bc\":\"2\"}", false },
		{ "{\"a\":\"1\" ,\"bc\":\"2\"}", false },
		{ "{\"a\":\"1\",\"bc\":\"2\" }", false },
		{ "{\"a\":1,\"bc\":\"2\"}", false },
		{ "{\"a\":null,\"bc\":\"2\"}", false },
		{ "{\"a\":\"\\n\",\"bc\":\"2\"}", false },
		{ "{\"a\":\"\xc3\xa9\",\"bc\":\"2\"}", false },
		{ "{\"a\":\"1\",\"bc\":\"2\"", false },
		{ "{\"a\":\"1\",\"bc\":\"2", false },
		{ "{\"a\":\"1\",\"bc\"", false },
		{ "{\"a\":\"1\",", false },
		{ "{\"a\":\"1\"", false },
		{ "{\"a\":", false },
		{ "{", false },
	};
	static const struct str keys[] = { { "\"a\":", 4 }, { "\"bc\":", 5 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str in = str_from(rows[i].in), values[2];
		uint32_t same;
		/* Without a byte behind it, so that one that is read there is noticed. */
		char *exact = memcpy(malloc(in.n), in.p, in.n);
		struct json_reader r;

		json_reader_init(&r, (struct str){ exact, in.n }, JSON_DOCUMENT);
		ck_assert(!json_known_object(&r, keys, NULL, 2, values, &same));
		ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
		ck_assert_msg(json_known_object(&r, keys, NULL, 2, values, &same) == rows[i].known, "%s", rows[i].in);
		if (rows[i].known) {
			ck_assert_int_eq(json_next(&r), JSON_T_END);
			ck_assert_ptr_eq(values[0].p, exact + strlen("{\"a\":\""));
			ck_assert_ptr_eq(values[1].p, values[0].p + values[0].n + strlen("\",\"bc\":\""));
			ck_assert_ptr_eq(values[1].p + values[1].n, exact + in.n - strlen("\"}"));
		} else {
			/* Nothing was taken. */
			ck_assert_uint_eq(json_offset(&r), 1);
		}
		free(exact);
	}
}
END_TEST

/* Pairs that are there as they are expected, and which those are. */
START_TEST(expected_pairs)
{
	static const struct { const char *in; uint32_t same; bool known; } rows[] = {
		{ "{\"a\":\"1\",\"bc\":\"a longer value\"}", 3, true },
		{ "{\"a\":\"1\",\"bc\":\"a longer one\"}", 1, true },
		{ "{\"a\":\"12\",\"bc\":\"a longer value\"}", 2, true },
		{ "{\"a\":\"\",\"bc\":\"\"}", 0, true },
		{ "{\"a\":\"1\",\"bd\":\"a longer value\"}", 0, false },
		{ "{\"a\":\"1\",\"bc\":\"a longer value\",\"c\":\"\"}", 0, false },
		{ "{\"a\":\"1\",\"bc\":\"a longer value\"", 0, false },
		{ "{\"a\":\"1\",\"bc\":\"a longer value", 0, false },
		{ "{\"a\":\"1\"}", 0, false },
		{ "{\"a\":\"1", 0, false },
	};
	static const struct str keys[] = { { "\"a\":", 4 }, { "\"bc\":", 5 } };
	static const struct str pairs[] = { { "\"a\":\"1\"", 7 }, { "\"bc\":\"a longer value\"", 21 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str in = str_from(rows[i].in), values[2], plain[2];
		char *exact = memcpy(malloc(in.n), in.p, in.n);
		struct json_reader r;
		uint32_t same;

		json_reader_init(&r, (struct str){ exact, in.n }, JSON_DOCUMENT);
		ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
		ck_assert_msg(json_known_object(&r, keys, pairs, 2, values, &same) == rows[i].known, "%s", rows[i].in);
		ck_assert_uint_eq(json_offset(&r), rows[i].known ? in.n : 1);
		if (rows[i].known) {
			ck_assert_msg(same == rows[i].same, "%s: %u", rows[i].in, same);
			json_reader_init(&r, (struct str){ exact, in.n }, JSON_DOCUMENT);
			ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
			ck_assert(json_known_object(&r, keys, NULL, 2, plain, &same));
			ck_assert_uint_eq(same, 0);
			for (int k = 0; k < 2; k++)
				ck_assert(values[k].p == plain[k].p && values[k].n == plain[k].n);
		}
		free(exact);
	}
}
END_TEST

/* Steps that are expected, and what else may stand there. */
START_TEST(expected_members)
{
	static const char text[] = "[{\"a\":{\"b\":\"x\"},\"c\":\"yes\",\"d\":\"\\n\",\"e\":1, \"f\":2}]";
	struct json_reader r;
	struct str value;

	json_reader_init(&r, str_from(text), JSON_DOCUMENT);
	ck_assert(!json_pass_key(&r, STR("\"a\":")) && !json_enter_object(&r) && !json_plain_value(&r, &value));
	ck_assert_int_eq(json_next(&r), JSON_T_ARRAY_BEGIN);
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
	ck_assert(!json_pass_key(&r, STR("\"b\":")));
	ck_assert(json_pass_key(&r, STR("\"a\":")));
	/* The value comes next. */
	ck_assert(!json_pass_key(&r, STR("\"b\":")) && !json_plain_value(&r, &value) && !json_known_value(&r, STR("x")));
	ck_assert(json_enter_object(&r) && json_pass_key(&r, STR("\"b\":")) && !json_enter_object(&r));
	ck_assert(json_plain_value(&r, &value) && str_is(value, "x"));
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_END);
	ck_assert(json_pass_key(&r, STR("\"c\":")));
	ck_assert(!json_known_value(&r, STR("ye")) && !json_known_value(&r, STR("yes!")) && !json_known_value(&r, STR_NONE));
	ck_assert(json_known_value(&r, STR("yes")) && str_is(r.text, "yes") && !r.escaped);
	ck_assert(json_pass_key(&r, STR("\"d\":")) && !json_plain_value(&r, &value));
	ck_assert_int_eq(json_next(&r), JSON_T_STRING);
	ck_assert(r.escaped);
	ck_assert(json_pass_key(&r, STR("\"e\":")));
	ck_assert_int_eq(json_next(&r), JSON_T_NUMBER);
	/* Behind a blank. */
	ck_assert(!json_pass_key(&r, STR("\"f\":")));
	ck_assert_int_eq(json_next(&r), JSON_T_KEY);
	ck_assert_int_eq(json_next(&r), JSON_T_NUMBER);
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_END);
	/* There are no keys in an array. */
	ck_assert(!json_pass_key(&r, STR("\"f\":")));
	ck_assert_int_eq(json_next(&r), JSON_T_ARRAY_END);
	ck_assert_int_eq(json_next(&r), JSON_T_END);
}
END_TEST

/* Texts that end within what is expected. */
START_TEST(expected_members_that_are_cut)
{
	static const char text[] = "{\"a\":\"x\"}";

	for (size_t n = 1; n < strlen(text); n++) {
		char *exact = memcpy(malloc(n), text, n);
		struct json_reader r;

		json_reader_init(&r, (struct str){ exact, n }, JSON_DOCUMENT);
		ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
		ck_assert_int_eq(json_pass_key(&r, STR("\"a\":")), n >= 5);
		ck_assert_int_eq(json_known_value(&r, STR("x")), n >= 8);
		while (n >= 5 && n < 8 && json_next(&r) != JSON_T_ERROR)
			;
		free(exact);
	}
}
END_TEST

START_TEST(objects_as_texts)
{
	struct json_reader r;
	struct str text, key, value;

	json_reader_init(&r, STR("[{\"a\":\"}\"},{\"b\":\"c\"},1,\"x\"]"), JSON_DOCUMENT);
	ck_assert_int_eq(json_next(&r), JSON_T_ARRAY_BEGIN);
	ck_assert_uint_eq(json_object_text(&r).n, 0);
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
	text = json_object_text(&r);
	ck_assert(str_is(text, "{\"a\":\"}"));
	ck_assert(json_next_plain_pair(&r, &key, &value));
	ck_assert_uint_eq(json_object_text(&r).n, 0);
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_END);
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
	text = json_object_text(&r);
	ck_assert(str_is(text, "{\"b\":\"c\"}"));
	json_pass_object(&r, text);
	ck_assert_int_eq(json_next(&r), JSON_T_NUMBER);
	ck_assert_int_eq(json_next(&r), JSON_T_STRING);
	ck_assert_int_eq(json_next(&r), JSON_T_ARRAY_END);
	ck_assert_int_eq(json_next(&r), JSON_T_END);
	json_reader_init(&r, STR("{}"), JSON_DOCUMENT);
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
	json_pass_object(&r, json_object_text(&r));
	ck_assert_int_eq(json_next(&r), JSON_T_END);
	json_reader_init(&r, STR("{\"a\":\"b\""), JSON_DOCUMENT);
	ck_assert_int_eq(json_next(&r), JSON_T_OBJECT_BEGIN);
	ck_assert_uint_eq(json_object_text(&r).n, 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reads_trees);
	tcase_add_test(tc, words_errors_like_go);
	tcase_add_test(tc, bounds_depth);
	tcase_add_test(tc, bounds_values);
	tcase_add_test(tc, windows);
	tcase_add_test(tc, long_blanks);
	tcase_add_test(tc, pulls_tokens);
	tcase_add_test(tc, plain_pairs);
	tcase_add_test(tc, known_objects);
	tcase_add_test(tc, expected_pairs);
	tcase_add_test(tc, expected_members);
	tcase_add_test(tc, expected_members_that_are_cut);
	tcase_add_test(tc, objects_as_texts);
	tcase_add_test(tc, gets_members);
	tcase_add_test(tc, agrees_with_jansson);
}

int
main(void)
{
	return run_suite("json_read", add);
}
