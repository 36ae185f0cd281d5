/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "lib_text.h"
#include "text/json_small.h"

static struct json_t *
parse(struct str s, enum json_mode mode, struct err *e)
{
	struct str in = exact_copy(s);
	struct json_t *j = json_small_parse(in, mode, e);

	free((char *)(uintptr_t)in.p);
	return j;
}

START_TEST(gets_members)
{
	struct json_t *j = parse(STR("{\"s\":\"x\",\"i\":-5,\"d\":1.5,\"b\":true,\"n\":null,\"s\":\"y\",\"Fold\":1,"
	    "\"fOLD\":2,\"a\":[\"p\",{}]}"), JSON_DOCUMENT, NULL), *a = json_small_get(j, "a");

	ASSERT_STR(json_small_str(j, "s", STR("-")), "y");
	ASSERT_STR(json_small_str(j, "i", STR("-")), "-");
	ASSERT_STR(json_small_str(j, "absent", STR("-")), "-");
	ck_assert_int_eq(json_small_int(j, "i", 0), -5);
	ck_assert_int_eq(json_small_int(j, "d", 7), 7);
	ck_assert_int_eq(json_small_int(j, "fold", 0), 2);
	ck_assert(json_small_bool(j, "b", false) && json_small_bool(j, "n", true) && !json_small_bool(j, "s", false));
	ck_assert_uint_eq(json_small_count(a), 2);
	ASSERT_STR(json_small_text(json_small_at(a, 0), STR("-")), "p");
	ASSERT_STR(json_small_text(json_small_at(a, 1), STR("-")), "-");
	ck_assert(json_small_is_object(json_small_at(a, 1)) && !json_small_is_object(a));
	ck_assert_ptr_null(json_small_at(a, 2));
	ck_assert_ptr_null(json_small_get(a, "s"));
	ck_assert_ptr_null(json_small_get(NULL, "s"));
	ck_assert_ptr_null(json_small_at(NULL, 0));
	ck_assert_uint_eq(json_small_count(NULL), 0);
	ck_assert(!json_small_is_object(NULL));
	json_small_free(&j);
	ck_assert_ptr_null(j);
	json_small_free(&j);
}
END_TEST

/* Each makes jansson refuse the whole; the member beside it is read all the same. */
START_TEST(takes_what_go_takes)
{
	static const char *const odd[] = { "\"\xff\xc3(\"", "\"\\ud83d\"", "\"\\udc00\\ud83d\\u0041\"", "\"\\u0000\"",
		"123456789012345678901234567890", "-9223372036854775809", "1e999", "-1E+999", "1e-999", "-0",
		"{\"\\u0000\":{\"a\\u0000b\":[1e999]}}", "{\"\xff\":1,\"\xfe\":2}" };

	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		struct err e = { 0 };
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
		struct json_t *j;

		sbuf_printf(&b, "{\"ok\":true,\"odd\":%s,\"n\":9223372036854775807,\"m\":\"\\u00e9<\\n\\ud83d\\ude00\"}", odd[i]);
		j = parse(sbuf_get(&b), JSON_DOCUMENT, &e);
		ck_assert_msg(j != NULL, "%s: %s", odd[i], e.text);
		ck_assert_int_eq(e.kind, ERR_NONE);
		ck_assert(json_small_bool(j, "ok", false) && json_small_get(j, "odd") != NULL);
		ck_assert_int_eq(json_small_int(j, "n", 0), INT64_MAX);
		ASSERT_STR(json_small_str(j, "m", STR("")), "é<\n😀");
		json_small_free(&j);
		sbuf_fini(&b);
	}
}
END_TEST

START_TEST(odd_values_have_a_meaning)
{
	struct json_t *j = parse(STR("{\"s\":\"a\xff\\ud83db\\u0000c\",\"big\":9223372036854775808,"
	    "\"low\":-9223372036854775808,\"whole\":1.0,\"exp\":1e3,\"zero\":-0}"), JSON_DOCUMENT, NULL);
	struct str want = BYTES("a\uFFFD\uFFFDb\0c");

	ck_assert(str_eq(json_small_str(j, "s", STR("")), want));
	ck_assert_int_eq(json_small_int(j, "big", 7), 7);
	ck_assert_int_eq(json_small_int(j, "low", 7), INT64_MIN);
	ck_assert_int_eq(json_small_int(j, "whole", 7), 7);
	ck_assert_int_eq(json_small_int(j, "exp", 7), 7);
	ck_assert_int_eq(json_small_int(j, "zero", 7), 0);
	json_small_free(&j);
}
END_TEST

START_TEST(refuses_in_gos_words)
{
	static const struct {
		struct str in;
		enum json_mode mode;
		const char *text;
		int col;
	} cases[] = {
		{ { "", 0 }, JSON_DOCUMENT, "unexpected end of JSON input", 1 },
		{ { NULL, 0 }, JSON_FIRST_VALUE, "EOF", 1 },
		{ { "[1", 2 }, JSON_FIRST_VALUE, "unexpected EOF", 3 },
		{ { "{}x", 3 }, JSON_DOCUMENT, "invalid character 'x' after top-level value", 3 },
		{ { "{\"a\":1\0}", 8 }, JSON_FIRST_VALUE, "invalid character '\\x00' after object key:value pair", 7 },
		{ { "{}\0", 3 }, JSON_DOCUMENT, "invalid character '\\x00' after top-level value", 3 },
		{ { "[\"\t\"]", 5 }, JSON_DOCUMENT, "invalid character '\\t' in string literal", 3 },
		{ { "{\"a\xff\":}", 8 }, JSON_DOCUMENT, "invalid character '}' looking for beginning of value", 7 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };

		ck_assert_ptr_null(parse(cases[i].in, cases[i].mode, &e));
		ck_assert_str_eq(e.text, cases[i].text);
		ck_assert_int_eq(e.kind, ERR_INVALID);
		ck_assert_int_eq(e.line, 1);
		ck_assert_int_eq(e.col, cases[i].col);
		ck_assert_ptr_null(json_small_parse(cases[i].in, cases[i].mode, NULL));
	}
}
END_TEST

/* One value is enough where Go's Decoder is used, even if jansson sees no end of it. */
START_TEST(ignores_what_follows_a_first_value)
{
	static const char *const first[] = { "{\"a\":1}", "{\"a\":1} {", "{\"a\":1}\xff", "{\"a\":1}x" };
	static const char *const scalar[] = { "\"s\"x", "01", "truex", "1\xff", "null0" };
	struct str nul = BYTES("{\"a\":1}\0\0");

	for (size_t i = 0; i <= ARRAY_LEN(first); i++) {
		struct json_t *j = parse(i < ARRAY_LEN(first) ? str_from(first[i]) : nul, JSON_FIRST_VALUE, NULL);

		ck_assert_int_eq(json_small_int(j, "a", 0), 1);
		json_small_free(&j);
	}
	for (size_t i = 0; i < ARRAY_LEN(scalar); i++) {
		struct json_t *j = parse(str_from(scalar[i]), JSON_FIRST_VALUE, NULL);

		ck_assert_msg(j != NULL, "%s", scalar[i]);
		json_small_free(&j);
	}
}
END_TEST

static struct json_t *
nested(size_t depth, struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct json_t *j;

	for (size_t i = 1; i < depth; i++)
		sbuf_putc(&b, '[');
	sbuf_puts(&b, "\"\xff\"");
	for (size_t i = 1; i < depth; i++)
		sbuf_putc(&b, ']');
	j = parse(sbuf_get(&b), JSON_DOCUMENT, e);
	sbuf_fini(&b);
	return j;
}

START_TEST(has_bounds)
{
	struct err e = { 0 };
	struct json_t *j = nested(2048, &e);
	char *big = malloc(JSON_SMALL_MAX + 1);

	ck_assert_msg(j != NULL, "%s", e.text);
	json_small_free(&j);
	ck_assert_ptr_null(nested(2049, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	ck_assert_str_eq(e.text, "exceeded max depth");
	ck_assert_ptr_nonnull(big);
	memset(big, ' ', JSON_SMALL_MAX + 1);
	memcpy(big, "[1]", 3);
	j = json_small_parse((struct str){ big, JSON_SMALL_MAX }, JSON_DOCUMENT, &e);
	ck_assert_ptr_nonnull(j);
	json_small_free(&j);
	ck_assert_ptr_null(json_small_parse((struct str){ big, JSON_SMALL_MAX + 1 }, JSON_DOCUMENT, &e));
	ck_assert_str_eq(e.text, "more than 1048576 bytes");
	free(big);
}
END_TEST

static void
add(TCase *tc)
{
	json_small_init();
	tcase_add_test(tc, gets_members);
	tcase_add_test(tc, takes_what_go_takes);
	tcase_add_test(tc, odd_values_have_a_meaning);
	tcase_add_test(tc, refuses_in_gos_words);
	tcase_add_test(tc, ignores_what_follows_a_first_value);
	tcase_add_test(tc, has_bounds);
}

int
main(void)
{
	return run_suite("json_small", add);
}
