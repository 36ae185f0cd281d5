/* SPDX-License-Identifier: Apache-2.0 */
#include "text/gzip.h"

#include <assert.h>
#include <zlib.h>

#include "base/mem.h"

#define WINDOW_GZIP (15 + 16)	/* zlib.h: 16 more is a gzip wrapper */
#define MEMORY_LEVEL 8
#define SLICE 16384

static void *
allocate(void *arg, uInt n, uInt size)
{
	(void)arg;
	return mem_calloc(n, size);
}

static void
release(void *arg, void *p)
{
	(void)arg;
	mem_free(p);
}

void
gzip_compress(struct sbuf *out, struct str in)
{
	unsigned char slice[SLICE];
	z_stream z = { .zalloc = allocate, .zfree = release };
	int rc = deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);

	assert(rc == Z_OK);
	do {
		/* avail_in is of 32 bits. */
		size_t some = in.n < (1U << 30) ? in.n : 1U << 30;

		z.next_in = (unsigned char *)(uintptr_t)in.p;
		z.avail_in = (uInt)some;
		in = str_sub(in, some, in.n);
		do {
			z.next_out = slice;
			z.avail_out = sizeof(slice);
			rc = deflate(&z, in.n == 0 ? Z_FINISH : Z_NO_FLUSH);
			assert(rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR);
			sbuf_put(out, slice, sizeof(slice) - z.avail_out);
		} while (z.avail_out == 0);
	} while (in.n > 0);
	deflateEnd(&z);
}
