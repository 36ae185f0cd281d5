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

struct gzip {
	z_stream z;
};

struct gzip *
gzip_new(void)
{
	struct gzip *g = NEW(struct gzip);
	int rc;

	g->z = (z_stream){ .zalloc = allocate, .zfree = release };
	rc = deflateInit2(&g->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
	assert(rc == Z_OK);
	(void)rc;
	return g;
}

void
gzip_free(struct gzip **g)
{
	if (*g == NULL)
		return;
	deflateEnd(&(*g)->z);
	mem_free(*g);
	*g = NULL;
}

void
gzip_put(struct gzip *g, struct sbuf *out, struct str in, bool last)
{
	unsigned char slice[SLICE];

	g->z.next_in = (unsigned char *)(uintptr_t)in.p;
	g->z.avail_in = (uInt)in.n;
	do {
		int rc;

		g->z.next_out = slice;
		g->z.avail_out = sizeof(slice);
		rc = deflate(&g->z, last ? Z_FINISH : Z_NO_FLUSH);
		assert(rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR);
		(void)rc;
		sbuf_put(out, slice, sizeof(slice) - g->z.avail_out);
	} while (g->z.avail_out == 0);
}

/* The library counts in 32 bits. */
#define AT_ONCE ((size_t)1 << 29)

void
gzip_compress(struct sbuf *out, struct str in)
{
	struct gzip *g = gzip_new();

	for (; in.n > AT_ONCE; in = str_sub(in, AT_ONCE, in.n))
		gzip_put(g, out, str_sub(in, 0, AT_ONCE), false);
	gzip_put(g, out, in, true);
	gzip_free(&g);
}
