/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "known_head.h"
#include "suite.h"

#define HEAD(length) "POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nContent-Length: " length "\r\nX: y \r\nEmpty:\r\n\r\n"

static struct arena *arena;
static struct known_head *known;

static void
setup(void)
{
	arena = arena_new();
	known = NEW(struct known_head);
}

static void
teardown(void)
{
	mem_free(known);
	arena_free(&arena);
}

static struct str
part(struct str text, const char *what)
{
	size_t at = str_find(text, str_from(what));

	ck_assert_uint_lt(at, text.n);
	return str_sub(text, at, at + strlen(what));
}

static void
remember(struct str head)
{
	struct http_header headers[] = {
		{ part(head, "Host"), part(head, "x") }, { part(head, "Content-Length"), part(head, "17") }, { part(head, "X"), part(head, "y") },
		{ part(head, "Empty"), str_sub(head, head.n - 4, head.n - 4) },
	};
	struct http_request r = { .method = STR("POST"), .path = part(head, "/a/b"), .query = part(head, "c=d"), .headers = headers,
		.headers_n = ARRAY_LEN(headers) };

	known_head_set(known, head, &r);
}

static size_t
reads(const char *text, struct http_request *out, uint64_t *length)
{
	char *copy = mem_strdup(text);
	size_t n;

	*out = (struct http_request){ .arena = arena };
	n = known_head_read(known, str_from(copy), out, length);
	/* It has copies. */
	memset(copy, '?', strlen(copy));
	mem_free(copy);
	return n;
}

static void
expect(const char *text, const char *length, size_t n)
{
	static const char *const names[] = { "Host", "Content-Length", "X", "Empty" };
	const char *values[] = { "x", length, "y", "" };
	struct http_request r;
	uint64_t got;
	char digits[32];

	ck_assert_uint_eq(reads(text, &r, &got), n);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)got);
	ck_assert_str_eq(digits, length + strspn(length, "0") - (strspn(length, "0") == strlen(length)));
	ck_assert(str_is(r.method, "POST") && str_is(r.path, "/a/b") && str_is(r.query, "c=d"));
	ck_assert_uint_eq(r.headers_n, ARRAY_LEN(names));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		ck_assert(str_is(r.headers[i].name, names[i]));
		ck_assert(str_is(r.headers[i].value, values[i]));
	}
}

START_TEST(the_length_may_be_another)
{
	struct http_request r;
	uint64_t length;

	ck_assert_uint_eq(reads(HEAD("17"), &r, &length), 0);
	remember(STR(HEAD("17")));
	expect(HEAD("17"), "17", strlen(HEAD("17")));
	expect(HEAD("17") "body", "17", strlen(HEAD("17")));
	expect(HEAD("5") "\r\n\r\n", "5", strlen(HEAD("5")));
	expect(HEAD("0"), "0", strlen(HEAD("0")));
	expect(HEAD("0050"), "0050", strlen(HEAD("0050")));
	expect(HEAD("123456789012345678"), "123456789012345678", strlen(HEAD("123456789012345678")));
}
END_TEST

START_TEST(nothing_else_may)
{
	char text[] = HEAD("17");
	struct http_request r;
	uint64_t length;

	remember(STR(HEAD("17")));
	for (size_t i = 0; i < strlen(text); i++) {
		char c = text[i];

		if (c == '1' && text[i + 1] == '7')
			i += 2;
		text[i] ^= 0x20;
		ck_assert_uint_eq(reads(text, &r, &length), 0);
		text[i] ^= 0x20;
	}
	for (size_t i = 0; i < strlen(text); i++) {
		char *some = mem_strndup(text, i);

		ck_assert_uint_eq(reads(some, &r, &length), 0);
		mem_free(some);
	}
	ck_assert_uint_eq(reads(HEAD(""), &r, &length), 0);
	ck_assert_uint_eq(reads(HEAD("+7"), &r, &length), 0);
	ck_assert_uint_eq(reads(HEAD(" 17"), &r, &length), 0);
	ck_assert_uint_eq(reads(HEAD("17 "), &r, &length), 0);
	ck_assert_uint_eq(reads(HEAD("0x7"), &r, &length), 0);
	ck_assert_uint_eq(reads(HEAD("1234567890123456789"), &r, &length), 0);
}
END_TEST

START_TEST(some_are_not_remembered)
{
	struct http_header twice[] = { { STR("content-length"), STR("1") }, { STR("Content-Length"), STR("1") } };
	struct http_request r = { .method = STR("POST"), .path = STR("/"), .headers = twice }, out;
	char *text = mem_alloc(2 * KNOWN_HEAD_MAX);
	uint64_t length;

	for (r.headers_n = 0; r.headers_n <= 2; r.headers_n += 2) {
		remember(STR(HEAD("17")));
		known_head_set(known, STR(HEAD("17")), &r);
		ck_assert_uint_eq(known->n, 0);
		ck_assert_uint_eq(reads(HEAD("17"), &out, &length), 0);
	}
	snprintf(text, 2 * KNOWN_HEAD_MAX, "%s%0*d", HEAD("17"), KNOWN_HEAD_MAX, 0);
	remember(str_from(text));
	ck_assert_uint_eq(known->n, 0);
	mem_free(text);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_length_may_be_another);
	tcase_add_test(tc, nothing_else_may);
	tcase_add_test(tc, some_are_not_remembered);
}

int
main(void)
{
	return run_suite("known_head", add);
}
