/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers to plain requests: the first byte is the size of pieces. In pieces and at once they are read alike, and no
 * more is kept than is wanted.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "http_answer.h"

#define WANTED 100

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum answer_got
read_all(struct answer *a, struct http_hop *hop, struct str bytes, size_t piece)
{
	enum answer_got got = ANSWER_MORE;

	while (bytes.n > 0 && got == ANSWER_MORE) {
		struct str s = str_sub(bytes, 0, piece);
		char *copy = mem_strndup(s.p, s.n);

		got = answer_take(a, hop, (struct str){ copy, s.n });
		mem_free(copy);
		bytes = str_sub(bytes, piece, bytes.n);
	}
	return got;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena;
	struct http_hop hops[2];
	struct answer answers[2] = { 0 };
	enum answer_got got[2];
	struct str bytes = { (const char *)data + 1, size - 1 };

	if (size < 2)
		return 0;
	arena = arena_new();
	for (int i = 0; i < 2; i++) {
		hops[i] = (struct http_hop){ .arena = arena, .body = SBUF_INIT(WANTED) };
		got[i] = read_all(&answers[i], &hops[i], bytes, i == 0 ? bytes.n : (size_t)data[0] + 1);
		assert(hops[i].body.n <= WANTED && !hops[i].body.overflow);
		assert((hops[i].status != 0) == answer_has_head(&answers[i]));
		assert(hops[i].status == 0 || (hops[i].status >= 200 && hops[i].status <= 999));
	}
	assert(got[0] == got[1] && hops[0].status == hops[1].status && answers[0].keep == answers[1].keep);
	assert(str_eq(sbuf_get(&hops[0].body), sbuf_get(&hops[1].body)));
	assert(str_eq(hops[0].location, hops[1].location) && str_eq(hops[0].content_type, hops[1].content_type));
	for (int i = 0; i < 2; i++) {
		answer_fini(&answers[i]);
		sbuf_fini(&hops[i].body);
	}
	arena_free(&arena);
	return 0;
}
