/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks of a body that evhttp would read otherwise than a proxy in front are refused (chunk_scan.h). */
#include <assert.h>

#include <event2/buffer.h>

#include "http_private.h"

#define PIECES 16

/* Makes evhttp refuse the line that the byte is in, when it comes to it: there its number ends. */
static void
spoil(struct evbuffer *in, size_t place)
{
	struct evbuffer_ptr at;
	struct evbuffer_iovec v;

	if (evbuffer_ptr_set(in, &at, place, EVBUFFER_PTR_SET) == 0 && evbuffer_peek(in, 1, &at, &v, 1) > 0)
		*(char *)v.iov_base = 'z';
}

void
chunks_scan(struct http_conn *c, struct evbuffer *in, size_t n)
{
	size_t length = evbuffer_get_length(in);
	struct evbuffer_iovec v[PIECES];
	struct evbuffer_ptr at;

	while (n > 0 && c->chunks.state != CHUNK_NONE && evbuffer_ptr_set(in, &at, length - n, EVBUFFER_PTR_SET) == 0) {
		int k = evbuffer_peek(in, (ev_ssize_t)n, &at, v, PIECES);

		assert(k > 0);
		for (int i = 0; i < k && i < PIECES && n > 0; i++) {
			size_t part = v[i].iov_len < n ? v[i].iov_len : n, good = chunk_scan(&c->chunks, v[i].iov_base, part);

			if (good < part) {
				/* The line is there from its first byte on: evhttp takes whole ones. */
				spoil(in, length - n + good - c->chunks.back);
				c->chunks.state = CHUNK_NONE;
				return;
			}
			n -= part;
		}
	}
}
