/* SPDX-License-Identifier: Apache-2.0 */
/* A segment of label sets as a damaged disk may hold it: its directory, and a column whose sum happens to be right. */
#include <stdlib.h>

#include "base/mem.h"
#include "segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_column(struct str part, const struct segment_entry *e, uint32_t n)
{
	struct column c;

	if (!column_open(&c, part, e, n))
		return;
	for (uint32_t i = 0; i < n; i++)
		if (c.form == 8)
			(void)column_fingerprint(&c, i);
		else if (column_cell(&c, i) > c.values_n)
			abort();
	for (uint32_t i = 0; i < c.values_n; i++)
		if (c.values[i].n > part.n)
			abort();
	column_close(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str all = { (const char *)data, size };
	uint32_t n = size > 0 ? data[0] : 0;
	size_t values = size > 1 ? data[1] : 0, entries_n;
	struct str part = str_sub(all, 2, size);
	struct segment_entry *entries;
	struct segment_entry e = { .name = size % 2 != 0 ? STR("name") : STR(""), .values_n = size > 2 ? data[2] : 0,
		.values = values < part.n ? values : part.n };

	e.cells = part.n - e.values;
	e.sum = segment_sum(part);
	read_column(part, &e, n);
	if (!segment_directory(part, 3, &entries, &entries_n))
		return 0;
	if (entries_n == 0 || entries[0].name.n != 0)
		abort();
	for (size_t i = 0; i < entries_n; i++)
		if (entries[i].part >= 3)
			abort();
	mem_free(entries);
	return 0;
}
