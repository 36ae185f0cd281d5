/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "suite.h"
#include "text/gzip.h"

/* The result of gzip_compress for `in` comes back the same. */
static void
round_trip(struct str in)
{
	struct sbuf packed = SBUF_INIT(SBUF_UNLIMITED);
	char *out = mem_alloc(in.n + 1);
	z_stream z = { 0 };

	gzip_compress(&packed, in);
	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (unsigned char *)packed.p;
	z.avail_in = (uInt)packed.n;
	z.next_out = (unsigned char *)out;
	z.avail_out = (uInt)in.n + 1;
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.total_out, in.n);
	ck_assert(in.n == 0 || memcmp(out, in.p, in.n) == 0);
	inflateEnd(&z);
	mem_free(out);
	sbuf_fini(&packed);
}

START_TEST(comes_back)
{
	char *big = mem_alloc(300000);

	for (size_t i = 0; i < 300000; i++)
		big[i] = (char)(i * 2654435761U >> 13);
	round_trip(STR(""));
	round_trip(STR("a"));
	round_trip(STR("# HELP x y\n# TYPE x gauge\nx 1\n"));
	round_trip((struct str){ big, 300000 });
	mem_free(big);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, comes_back);
}

int
main(void)
{
	return run_suite("gzip", add);
}
