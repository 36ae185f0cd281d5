/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of connections with TLS, as Alertmanager writes and reads them. */
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "suite.h"

START_TEST(the_bytes_of_alertmanager)
{
	static const char stream[] = "\x08\0\0\0\x0a\x06v0.1.0";
	static const char packet[] = "\x1c\0\0\0\x0a\x06v0.1.0\x10\x01\x1a\x0b"
				     "127.0.0.1:9\"\x03"
				     "abc";
	struct sbuf b = SBUF_INIT(1000);
	struct frame f = { .kind = FRAME_STREAM };

	frame_put(&b, &f);
	ck_assert(str_eq(sbuf_get(&b), (struct str){ stream, sizeof(stream) - 1 }));
	b.n = 0;
	f = (struct frame){ FRAME_PACKET, STR("127.0.0.1:9"), STR("abc") };
	frame_put(&b, &f);
	ck_assert_uint_eq(b.n, sizeof(packet) - 1);
	ck_assert(str_eq(sbuf_get(&b), (struct str){ packet, sizeof(packet) - 1 }));
	sbuf_fini(&b);
}
END_TEST

START_TEST(what_was_put_is_got)
{
	struct sbuf b = SBUF_INIT(1000);
	struct frame f = { FRAME_PACKET, STR("[::]:9094"), { "a\0b", 3 } }, got;
	struct err e = { 0 };

	frame_put(&b, &f);
	ck_assert_uint_eq(frame_length((const unsigned char *)b.p), b.n - FRAME_HEAD);
	ck_assert(frame_get(str_sub(sbuf_get(&b), FRAME_HEAD, b.n), &got, &e));
	ck_assert(got.kind == FRAME_PACKET && str_eq(got.from, f.from) && str_eq(got.packet, f.packet));
	for (size_t n = FRAME_HEAD; n < b.n; n++) {
		/* Cut short it may be another frame, but nothing outside is looked at. */
		char *copy = malloc(n - FRAME_HEAD + 1);

		memcpy(copy, b.p + FRAME_HEAD, n - FRAME_HEAD);
		(void)!frame_get((struct str){ copy, n - FRAME_HEAD }, &got, &e);
		free(copy);
	}
	sbuf_fini(&b);
}
END_TEST

static const struct {
	const char *bytes;
	size_t n;
	const char *error;
} bad[] = {
	{ "", 0, "tls memberlist message version incompatible" },
	{ "\x0a\x06v0.2.0", 8, "tls memberlist message version incompatible" },
	{ "\x0a\xff", 2, "a malformed frame" },
	{ "\x0a\x06v0.1.0\x10\x02", 10, "a frame that is neither a stream nor a packet" },
};

START_TEST(others_are_refused)
{
	struct err e = { 0 };
	struct frame f;

	ck_assert(!frame_get((struct str){ bad[_i].bytes, bad[_i].n }, &f, &e));
	ck_assert_str_eq(e.text, bad[_i].error);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, the_bytes_of_alertmanager);
	tcase_add_test(tc, what_was_put_is_got);
	tcase_add_loop_test(tc, others_are_refused, 0, ARRAY_LEN(bad));
}

int
main(void)
{
	return run_suite("peer/frames", add);
}
