/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/hex.h - bytes in lower-case hexadecimal.
 */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

/* Writes 2 * n digits and a NUL to out. */
void hex_encode(const void *p, size_t n, char *out);
/* Reads 2 * n digits; capitals are none, as in trace contexts. False, with what is at out undefined, for anything else. */
bool hex_decode(const char *p, size_t n, void *out) MUST_CHECK;

#endif
