/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/traceparent.h - the header that carries a trace from program to program (W3C Trace Context).
 */
#ifndef TEXT_TRACEPARENT_H
#define TEXT_TRACEPARENT_H

#include <stdbool.h>

#include "base/str.h"

/* Where one is in a trace. */
struct trace_place {
	unsigned char trace[16];
	unsigned char span[8];
	bool sampled;
};

#define TRACEPARENT_MAX 56
/* 00-TRACE-SPAN-01; NUL-terminated. */
void traceparent_format(const struct trace_place *p, char out[TRACEPARENT_MAX]);
/* False: not a valid one; *out is untouched then. */
bool traceparent_parse(struct str s, struct trace_place *out);

#endif
