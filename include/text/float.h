/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/float.h - doubles in and out of text, as Go's strconv does it.
 */
#ifndef TEXT_FLOAT_H
#define TEXT_FLOAT_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/sbuf.h"
#include "base/str.h"

/*
 * Appends d as strconv.FormatFloat(d, fmt, prec, 64): fmt is one of e E f F g G;
 * prec -1 means the fewest digits that read back as d; 'g' then turns to an
 * exponent below 1e-4 and from 1e6 on (123456 but 1.234567e+06). Infinities are
 * +Inf and -Inf, and NaN. prec is limited to 1000.
 */
void float_format(struct sbuf *b, double d, char fmt, int prec);
/* Go's encoding/json: exponent below 1e-6 and from 1e21 on. d must be finite. */
void float_format_json(struct sbuf *b, double d);
/*
 * strconv.ParseFloat(s, 64): decimal, hexadecimal with p exponent, inf,
 * infinity and nan in any case with a sign; underscores between digits; nothing
 * around it.
 * False when it is none of these or out of range.
 */
bool float_parse(struct str s, double *out) MUST_CHECK;

#endif
