/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of HTTP/1 by their bytes: in one piece and in the smallest ones they are read alike. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "http_answer.h"
#include "suite.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define HINT "HTTP/1.1 103 Hints\r\nLocation: /elsewhere\r\n\r\n"
#define WANTED 10	/* bytes of a body */

static const struct {
	const char *bytes;
	enum answer_got got;
	int status;
	const char *body;
	int rest;	/* bytes behind the answer, in one piece */
	bool keep, ends;
} table[] = {
	{ OK "Content-Length: 2\r\n\r\nok", ANSWER_COMPLETE, 200, "ok", 0, true, false },
	{ OK "content-length:2\r\n\r\nokHTTP", ANSWER_COMPLETE, 200, "ok", 4, true, false },
	{ "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", ANSWER_COMPLETE, 200, "", 0, true, false },
	{ "HTTP/1.1 200 \nContent-Length: 1\n\nx", ANSWER_COMPLETE, 200, "x", 0, true, false },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", ANSWER_COMPLETE, 200, "ok", 0, false, false },
	{ OK "Connection: x, Close\r\nContent-Length: 0\r\n\r\n", ANSWER_COMPLETE, 200, "", 0, false, false },
	{ OK "Connection: keep-alive\r\nContent-Length: 0\r\n\r\n", ANSWER_COMPLETE, 200, "", 0, true, false },
	{ OK "Content-Length: 2\r\ncontent-length: 2\r\n\r\nok", ANSWER_COMPLETE, 200, "ok", 0, true, false },
	{ OK "X: a\r\n b: c\r\n\td\r\nContent-Length: 1\r\n\r\nx", ANSWER_COMPLETE, 200, "x", 0, true, false },
	{ "HTTP/1.1 204 No Content\r\n\r\n", ANSWER_COMPLETE, 204, "", 0, true, false },
	{ "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", ANSWER_COMPLETE, 304, "", 0, true, false },
	{ OK "\r\nall", ANSWER_MORE, 200, "all", 0, true, true },
	{ OK "\r\n01234567890", ANSWER_CUT, 200, "0123456789", 0, true, true },
	{ OK "Content-Length: 11\r\n\r\n01234567890", ANSWER_CUT, 200, "0123456789", 0, true, false },
	{ OK "Content-Length: 43\r\n\r\n0", ANSWER_MORE, 200, "0", 0, true, false },
	{ OK "Content-Length: 44\r\n\r\n", ANSWER_CUT, 200, "", 0, true, false },
	{ OK "Content-Length: 999999999999999999\r\n\r\n", ANSWER_CUT, 200, "", 0, true, false },
	/* Chunks, with what may stand behind their sizes and after the last one. */
	{ OK "Transfer-Encoding: Chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", ANSWER_COMPLETE, 200, "abc", 0, true, false },
	{ OK "Transfer-Encoding: chunked\r\n\r\n0A ; x=\"y\"\r\n0123456789\n0\nT: x\r\nU: y\n\nrest", ANSWER_COMPLETE, 200, "0123456789", 4, true, false },
	{ OK "Transfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n1\r\nx", ANSWER_CUT, 200, "0123456789", 0, true, false },
	{ OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n01", ANSWER_MORE, 200, "01", 0, true, false },
	{ OK "Transfer-Encoding: chunked\r\n\r\n0000000000000001", ANSWER_CUT, 200, "", 0, true, false },
	{ OK "Transfer-Encoding: chunked\r\n\r\n-1\r\n", ANSWER_CUT, 200, "", 3, true, false },
	{ OK "Transfer-Encoding: chunked\r\n\r\n\r\n", ANSWER_CUT, 200, "", 1, true, false },
	{ OK "Transfer-Encoding: chunked\r\n\r\n1\r\nabc", ANSWER_CUT, 200, "a", 1, true, false },
	/* Two lengths: whoever believes the other one would see another next answer. */
	{ OK "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", ANSWER_COMPLETE, 200, "a", 0, false, false },
	{ OK "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\na", ANSWER_COMPLETE, 200, "a", 0, true, false },
	/* Behind others, of which nothing is kept. */
	{ "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\nx", ANSWER_COMPLETE, 200, "x", 0, true, false },
	{ "HTTP/1.1 103 Hints\nContent-Length: 5\nConnection: close\n\n" HINT HINT HINT HINT OK "Content-Length: 0\r\n\r\nx",
		ANSWER_COMPLETE, 200, "", 1, true, false },
	{ "HTTP/1.1 100 Continue\r\n\r\n", ANSWER_MORE, 0, "", 0, false, false },
	/* Those that are none. */
	{ HINT HINT HINT HINT HINT HINT, ANSWER_MALFORMED, 0, "", 0, false, false },
	{ HINT "SSH-2.0", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ "HTTP/1.1 101 Other\r\nUpgrade: x\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ "SSH-2.0", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ "\r\n" OK "\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ "HTTP/2.0 200 OK\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ "HTTP/1.1 20\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ "HTTP/1.1 2000 OK\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ "HTTP/1.1 099 OK\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ "HTTP/1.1\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ OK "no colon\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ OK "a b: c\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ OK ": c\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ OK "Content-Length: -1\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ OK "Content-Length:\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ OK "Content-Length: 1000000000000000000\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	{ OK "Transfer-Encoding: gzip, chunked\r\n\r\n", ANSWER_MALFORMED, 0, "", 0, false, false },
	/* Those that have not all come. */
	{ "H", ANSWER_MORE, 0, "", 0, false, false },
	{ OK "Content-Length: 1\r\n\r", ANSWER_MORE, 0, "", 0, false, false },
	{ OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", ANSWER_MORE, 200, "a", 0, true, false },
};

static struct arena *arena;

static struct http_hop
hop_of(size_t wanted)
{
	return (struct http_hop){ .arena = arena, .body = SBUF_INIT(wanted) };
}

/* Returns the verdict on the last piece that was taken. */
static enum answer_got
take_in_pieces(struct answer *a, struct http_hop *hop, struct str bytes, size_t piece)
{
	enum answer_got got = ANSWER_MORE;

	while (bytes.n > 0 && got == ANSWER_MORE) {
		/* On the heap, so that nothing beyond it can be looked at unnoticed. */
		struct str s = str_sub(bytes, 0, piece);
		char *copy = mem_strndup(s.p, s.n);

		got = answer_take(a, hop, (struct str){ copy, s.n });
		mem_free(copy);
		bytes = str_sub(bytes, piece, bytes.n);
	}
	return got;
}

START_TEST(answers_are_what_they_say)
{
	struct str bytes = str_from(table[_i].bytes);

	arena = arena_new();
	for (size_t piece = 1; piece <= bytes.n; piece++) {
		struct http_hop hop = hop_of(WANTED);
		struct answer a = { 0 };

		ck_assert_int_eq(take_in_pieces(&a, &hop, bytes, piece), table[_i].got);
		ck_assert_int_eq(hop.status, table[_i].status);
		ck_assert_str_eq(sbuf_cstr(&hop.body), table[_i].body);
		ck_assert(answer_has_head(&a) == (table[_i].status != 0));
		if (table[_i].status != 0)
			ck_assert(a.keep == table[_i].keep);
		ck_assert(answer_ends(&a) == table[_i].ends);
		if (piece == bytes.n && table[_i].got == ANSWER_COMPLETE)
			ck_assert_uint_eq(a.rest, table[_i].rest);
		answer_fini(&a);
		sbuf_fini(&hop.body);
	}
	arena_free(&arena);
}
END_TEST

START_TEST(headers_that_matter_are_kept)
{
	static const char bytes[] = OK "content-TYPE:  a/b; c=d \r\nRetry-After:7\r\nLocation: /x:y\r\nlocation: /z\r\n"
	    "Content-Length: 0\r\nX-Other: v\r\n\r\n";

	arena = arena_new();
	for (size_t piece = 1; piece < sizeof(bytes); piece++) {
		struct http_hop hop = hop_of(WANTED);
		struct answer a = { 0 };

		ck_assert_int_eq(take_in_pieces(&a, &hop, str_from(bytes), piece), ANSWER_COMPLETE);
		ck_assert(str_is(hop.content_type, "a/b; c=d"));
		ck_assert(str_is(hop.retry_after, "7"));
		ck_assert(str_is(hop.location, "/x:y"));
		answer_fini(&a);
		sbuf_fini(&hop.body);
	}
	arena_free(&arena);
}
END_TEST

/* Nobody sends without end: heads, lines of chunks and trailers have their bound. */
START_TEST(what_surrounds_a_body_is_bounded)
{
	static const char *const begins[] = { OK "X: ", OK "Transfer-Encoding: chunked\r\n\r\n1;", OK "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " };
	char waste[1000];

	memset(waste, 'x', sizeof(waste));
	arena = arena_new();
	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		struct http_hop hop = hop_of(WANTED);
		struct answer a = { 0 };
		enum answer_got got = answer_take(&a, &hop, str_from(begins[i]));
		size_t n = 0;

		for (; got == ANSWER_MORE; n += sizeof(waste))
			got = answer_take(&a, &hop, (struct str){ waste, sizeof(waste) });
		ck_assert_int_eq(got, i == 0 ? ANSWER_MALFORMED : ANSWER_CUT);
		ck_assert_uint_ge(n, 100000);
		ck_assert_uint_le(n, 400000);
		answer_fini(&a);
		sbuf_fini(&hop.body);
	}
	arena_free(&arena);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, answers_are_what_they_say, 0, ARRAY_LEN(table));
	tcase_add_test(tc, headers_that_matter_are_kept);
	tcase_add_test(tc, what_surrounds_a_body_is_bounded);
}

int
main(void)
{
	return run_suite("answer_bytes", add);
}
