/* SPDX-License-Identifier: Apache-2.0 */
/* A text that parses is formatted and parses to the same again. */
#include <assert.h>
#include <stdint.h>

#include "base/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = { (const char *)data, size };
	struct err e = { 0 };
	struct wall w, back;
	char text[RFC3339_MAX];

	if (!rfc3339_parse(s, &w, &e))
		assert(e.kind == ERR_INVALID && e.text[0] != '\0');
	if (!strfmt_time_parse(s, &w, &e)) {
		assert(!rfc3339_parse(s, &w, NULL));
		return 0;
	}
	rfc3339_format(w, text);
	/* An offset can carry a time out of the years that have four digits. */
	if (!rfc3339_parse(str_from(text), &back, NULL)) {
		int64_t year = wall_civil(w).year;

		assert(year < 0 || year > 9999);
		return 0;
	}
	assert(wall_cmp(w, back) == 0 && w.offset == back.offset);
	strfmt_time_format(w, text);
	assert(strfmt_time_parse(str_from(text), &back, NULL) && back.s == w.s);
	return 0;
}
