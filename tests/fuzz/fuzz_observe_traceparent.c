/* SPDX-License-Identifier: Apache-2.0 */
/* A place in a trace as clients name it: what is taken is the same when it is written and read again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "observe/span_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace_place p, again;
	char text[TRACEPARENT_MAX];

	if (!traceparent_parse((struct str){ (const char *)data, size }, &p))
		return 0;
	traceparent_format(&p, text);
	if (!traceparent_parse(str_from(text), &again) || memcmp(p.trace, again.trace, sizeof(p.trace)) != 0 ||
	    memcmp(p.span, again.span, sizeof(p.span)) != 0)
		abort();
	return 0;
}
