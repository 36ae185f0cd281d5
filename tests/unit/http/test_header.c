/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields: names, values, lists; answers of one line. */
#include <stdlib.h>

#include "base/compiler.h"
#include "http/header.h"
#include "http/msg.h"
#include "suite.h"

START_TEST(names_are_canonical)
{
	static const char *const cases[][2] = { { "x-foo", "X-Foo" }, { "REPLY-TO", "Reply-To" }, { "a b", "a b" },
		{ "mime-version", "Mime-Version" }, { "x-\xc3\xa9", "x-\xc3\xa9" }, { "1a-_b", "1a-_b" }, { "", "" } };
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_msg(str_is(http_canonical_name(a, str_from(cases[i][0])), cases[i][1]), "%s", cases[i][0]);
	arena_free(&a);
}
END_TEST

START_TEST(tokens_and_values)
{
	ck_assert(http_is_token(STR("X-Foo!")));
	ck_assert(!http_is_token(STR("")));
	ck_assert(!http_is_token(STR("X Foo")));
	ck_assert(!http_is_token(STR("X:")));
	ck_assert(!http_is_token(STR("a\0b")));
	ck_assert(!http_is_token(STR("\xc3\xa9")));
	ck_assert(http_is_header_value(STR("")));
	ck_assert(http_is_header_value(STR("a\tb \xc3\xa9")));
	ck_assert(!http_is_header_value(STR("a\r\nB: c")));
	ck_assert(!http_is_header_value(STR("a\x7f")));
	ck_assert(!http_is_header_value(STR("a\0b")));
}
END_TEST

START_TEST(elements_of_lists)
{
	struct str list = STR(" a,\tb c ,,d,"), element;
	static const char *const wanted[] = { "a", "b c", "", "d" };

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		ck_assert(http_list_next(&list, &element));
		ck_assert(str_is(element, wanted[i]));
	}
	ck_assert(!http_list_next(&list, &element));
}
END_TEST

START_TEST(lines_of_a_head)
{
	struct str head = STR("Host: a\r\nX-Empty:\nNo colon\r\nLast:\t b: c \r\n\r\n");
	static const char *const want[][2] = { { "Host", "a" }, { "X-Empty", "" }, { "No colon", "" }, { "Last", "b: c" },
		{ "", "" } };
	struct http_header h;

	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		ck_assert(http_header_next(&head, &h));
		ck_assert_msg(str_is(h.name, want[i][0]) && str_is(h.value, want[i][1]), "%zu", i);
	}
	ck_assert(!http_header_next(&head, &h));
}
END_TEST

START_TEST(an_answer_of_one_line)
{
	struct http_response r = { .body.max = SBUF_UNLIMITED };

	http_response_text(&r, 404, STR("page not found"));
	ck_assert_int_eq(r.status, 404);
	ck_assert_uint_eq(r.headers_n, 2);
	ck_assert(str_is(r.headers[0].name, "Content-Type"));
	ck_assert(str_is(r.headers[0].value, "text/plain; charset=utf-8"));
	ck_assert(str_is(r.headers[1].name, "X-Content-Type-Options"));
	ck_assert(str_is(sbuf_get(&r.body), "page not found\n"));
	sbuf_fini(&r.body);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, names_are_canonical);
	tcase_add_test(tc, tokens_and_values);
	tcase_add_test(tc, elements_of_lists);
	tcase_add_test(tc, lines_of_a_head);
	tcase_add_test(tc, an_answer_of_one_line);
}

int
main(void)
{
	return run_suite("http/header", add);
}
