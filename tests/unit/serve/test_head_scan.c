/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "head_scan.h"
#include "suite.h"

static const struct {
	const char *text;
	size_t n;
	size_t end;	/* bytes of the head; 0: it does not end */
	bool bad;
} heads[] = {
#define HEAD(text, end, bad) { text, sizeof(text) - 1, end, bad }
	HEAD("GET / HTTP/1.1\r\nHost: x\r\n\r\nrest", 27, false),
	HEAD("GET / HTTP/1.1\nHost: x\n\nrest", 24, false),
	HEAD("GET / HTTP/1.1\r\n\n", 17, false),
	HEAD("GET / HTTP/1.1\n\r\n", 17, false),
	HEAD("GET / HTTP/1.1\r\nHost: x\r\n", 0, false),
	HEAD("GET / HTTP/1.1\r\nHost: x\r\n\r", 0, false),
	HEAD("GET / HTTP/1.1\r\r\n\r\n", 19, false),
	HEAD("GET / HTTP/1.1\r\n\r\r\n\r\n", 21, false),	/* a line that is a lone CR is none of evhttp's blank lines */
	HEAD("GET / HTTP/1.1\r\n X: y\r\n\r\n", 25, true),
	HEAD("GET / HTTP/1.1\r\nA: b\r\n\tX: y\r\n\r\n", 31, true),
	HEAD("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 26, true),
	HEAD("GET / HTTP/1.1\r\n\0\r\n\r\n", 21, true),
	HEAD("G T / HTTP/1.1\r\n\r\n", 18, false),
	HEAD("G(T / HTTP/1.1\r\n\r\n", 18, true),
	HEAD(" GET / HTTP/1.1\r\n\r\n", 19, true),
	HEAD("GET\r\n\r\n", 7, true),
};

START_TEST(heads_end_where_they_end)
{
	/* In one piece, and byte by byte. */
	for (size_t step = 1; step <= heads[_i].n; step += heads[_i].n - 1) {
		struct head_scan h = { 0 };
		size_t at = 0;
		bool ended = false;

		while (at < heads[_i].n && !ended) {
			ended = head_scan(&h, heads[_i].text + at, step < heads[_i].n - at ? step : heads[_i].n - at);
			at += step;
		}
		ck_assert_int_eq(ended, heads[_i].end > 0);
		ck_assert_uint_eq(h.n, ended ? heads[_i].end : heads[_i].n);
		ck_assert_int_eq(h.bad, heads[_i].bad);
	}
}
END_TEST

START_TEST(blank_lines_before_requests_are_counted)
{
	ck_assert_uint_eq(head_blank("\r\n\nGET", 6), 3);
	ck_assert_uint_eq(head_blank("\r", 1), 0);
	ck_assert_uint_eq(head_blank("\rGET", 4), 0);
	ck_assert_uint_eq(head_blank("\n\r\n\r", 4), 3);
	ck_assert_uint_eq(head_blank("GET", 3), 0);
	ck_assert_uint_eq(head_blank("", 0), 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, heads_end_where_they_end, 0, ARRAY_LEN(heads));
	tcase_add_test(tc, blank_lines_before_requests_are_counted);
}

int
main(void)
{
	return run_suite("head_scan", add);
}
