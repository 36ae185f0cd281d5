/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/quote.h - Go's double-quoted string literals, and what its time package has instead.
 */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include <stdbool.h>

#include "base/sbuf.h"
#include "base/str.h"

/* Appends s as strconv.Quote does (with the quotes). */
void quote_go(struct sbuf *b, struct str s);
/* Appends s as errors of Go's time package show it: byte by byte, what is not printable ASCII as \xNN. Long ones are cut. */
void quote_time(struct sbuf *b, struct str s);
/*
 * Undoes a Go literal: s includes its quotes, which are " or ` . Appends the
 * value to b. False when s is no valid literal (strconv.Unquote).
 */
bool unquote_go(struct sbuf *b, struct str s);

#endif
