/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lzw.h (private) - LZW as memberlist uses it.
 *
 * Codes of 9 to 12 bits, least significant bit first, over bytes: what Go's compress/lzw writes and reads with LSB order and
 * 8 literal bits (the variant of GIF). Any thread.
 */
#ifndef LZW_H
#define LZW_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

/* Appends `in`, compressed. */
void lzw_pack(struct sbuf *out, struct str in);
/* Appends what `in` was; ERR_LIMIT when `out` may not hold it, ERR_INVALID when it is malformed or ends early. */
bool lzw_unpack(struct sbuf *out, struct str in, struct err *e) MUST_CHECK;

#endif
