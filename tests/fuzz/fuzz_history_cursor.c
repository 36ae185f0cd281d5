/* SPDX-License-Identifier: Apache-2.0 */
/* A cursor as a client may make it up: only what this history gave out is taken, and means what it meant. */
#include <stdlib.h>
#include <string.h>

#include "history_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct history h = { .key = { UINT64_C(0x0123456789abcdef), UINT64_C(0xfedcba9876543210) } };
	char made[CURSOR_MAX];
	uint64_t before = 0, back = 0;

	if (cursor_parse(&h, (struct str){ (const char *)data, size }, &before)) {
		cursor_format(&h, before, made);
		if (before == 0 || size != CURSOR_MAX - 1)
			abort();
	}
	memcpy(&before, data, size < sizeof(before) ? size : sizeof(before));
	cursor_format(&h, before, made);
	if (cursor_parse(&h, str_from(made), &back) != (before != 0) || back != before)
		abort();
	/* With another digit anywhere it is none any more. */
	if (before != 0 && size > 8) {
		made[data[8] % (CURSOR_MAX - 1)] = made[data[8] % (CURSOR_MAX - 1)] == '0' ? '1' : '0';
		if (cursor_parse(&h, str_from(made), &back))
			abort();
	}
	return 0;
}
