/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "chunk_scan.h"
#include "suite.h"

static const struct {
	const char *text;
	size_t bad;	/* the place of the first byte that should not be there; SIZE_MAX: there is none */
	bool over;	/* the last chunk is */
} bodies[] = {
	{ "0\r\n\r\nGET", SIZE_MAX, true },
	{ "2\r\nab\r\n00\r\nX: y\n\n", SIZE_MAX, true },
	{ "aB\r\n", SIZE_MAX, false },
	{ "2  \r\n\r\n\r\n1\r\n0\r\n0\r\n", SIZE_MAX, true },
	{ "000000000000001\r\nx\r\n", SIZE_MAX, false },
	{ "0000000000000001\r\n", 15, false },
	{ "0x2\r\n", 1, false },
	{ "+2\r\n", 0, false },
	{ "-2\r\n", 0, false },
	{ " 2\r\n", 0, false },
	{ "\r\n2\r\n", 0, false },
	{ "2;a\r\n", 1, false },
	{ "2 3\r\n", 2, false },
	{ "2\t\r\n", 1, false },
	{ "2\nab", 1, false },
	{ "2\rab", 2, false },
	{ "2\r\nabc", 5, false },
	{ "2\r\nab\n", 5, false },
	{ "2\r\nab\rx", 6, false },
};

START_TEST(chunks_are_as_they_should_be)
{
	size_t n = strlen(bodies[_i].text);

	/* In one piece, and byte by byte. */
	for (size_t step = 1; step <= n; step += n - 1) {
		struct chunk_scan s = { .state = CHUNK_SIZE };
		size_t at = 0, bad = SIZE_MAX;

		while (at < n && bad == SIZE_MAX) {
			size_t part = step < n - at ? step : n - at, good = chunk_scan(&s, bodies[_i].text + at, part);

			if (good < part)
				bad = at + good;
			at += part;
		}
		ck_assert_msg(bad == bodies[_i].bad, "%s: %zu", bodies[_i].text, bad);
		if (bad == SIZE_MAX)
			ck_assert_int_eq(s.state == CHUNK_NONE, bodies[_i].over);
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, chunks_are_as_they_should_be, 0, ARRAY_LEN(bodies));
}

int
main(void)
{
	return run_suite("chunk_scan", add);
}
