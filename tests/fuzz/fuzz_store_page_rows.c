/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages as a damaged disk may hand them out, of every size: nothing beyond
 * them is read.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "page_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input, from both ends of the page: its head and pointers, and its cells. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t page = 512, front;
	unsigned char *p;

	if (size < 2)
		return 0;
	page <<= data[0] % 8;
	front = (size_t)data[1] * 2;
	data += 2;
	size -= 2;
	if (size > page)
		size = page;
	if (front > size)
		front = size;
	p = calloc(page, 1);
	if (p == NULL)
		return 0;
	memcpy(p, data, front);
	memcpy(p + page - (size - front), data + front, size - front);
	page_rows_judge(p, page);
	free(p);
	return 0;
}
