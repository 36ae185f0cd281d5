/* SPDX-License-Identifier: Apache-2.0 */
/* A block as a damaged disk may hold it: its rows, its strings and its sets, whatever the bytes. */
#include <stdlib.h>

#include "base/mem.h"
#include "block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = { (const char *)data, size };
	size_t words_at = size > 0 ? data[0] : 0;
	struct block_view v = { .first = 1, .words = str_sub(all, 1, 1 + words_at), .rows = str_sub(all, 1 + words_at, size) };
	struct set_reader sets = { 0 };
	struct row_reader r;
	struct str *words;
	size_t words_n, n = 0;
	struct row row;

	while (block_next_set(v.rows, &sets))
		n++;
	if (n > v.rows.n)
		abort();
	if (!block_words(v.words, &words, &words_n))
		return 0;
	row_reader_init(&r, &v, words, words_n);
	for (n = 0; row_reader_next(&r, &row) == 1; n++)
		if (kind_word(row.kind) == NULL || row.sets_n > ROW_SETS_MAX || row.to_n > ROW_RECIPIENTS_MAX || n > v.rows.n)
			abort();
	row_reader_fini(&r);
	mem_free(words);
	return 0;
}
