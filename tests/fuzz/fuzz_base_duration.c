/* SPDX-License-Identifier: Apache-2.0 */
/* A text that parses is formatted and parses to the same again. */
#include <assert.h>
#include <stdint.h>

#include "base/duration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = { (const char *)data, size };
	struct err e = { 0 };
	char text[DURATION_MAX];
	span d, back;

	if (duration_parse(s, &d, &e)) {
		assert(d >= 0 && d % SPAN_MS == 0);
		assert(duration_format(d, text) < DURATION_MAX);
		assert(duration_parse(str_from(text), &back, NULL) && back == d);
	} else {
		assert(e.kind == ERR_INVALID && e.text[0] != '\0');
	}
	if (duration_parse_go(s, &d, &e)) {
		assert(duration_format_go(d, text) < DURATION_MAX);
		assert(duration_parse_go(str_from(text), &back, NULL) && back == d);
		assert(duration_format(d, text) < DURATION_MAX);
		/* Flags take all that Go takes but the very least. */
		assert(duration_parse_flag(s, &back, NULL) ? back == d : d == INT64_MIN);
	}
	if (!duration_parse_flag(s, &d, &e))
		assert(e.kind == ERR_INVALID && e.text[0] != '\0');
	return 0;
}
