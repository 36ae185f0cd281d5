/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/utf8.h - runes in and out of bytes; classes of runes as Go sees them.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define RUNE_ERROR 0xFFFDu

/*
 * Decodes the first rune of s into *rune and returns its length in bytes.
 * A malformed sequence gives RUNE_ERROR and 1, an empty s RUNE_ERROR and 0
 * (Go unicode/utf8 DecodeRune: no surrogates, nothing overlong, max U+10FFFF).
 */
size_t utf8_decode(struct str s, uint32_t *rune);
/* Writes up to 4 bytes; what is no valid rune is written as U+FFFD. */
size_t utf8_encode(uint32_t rune, char out[4]);
bool utf8_valid(struct str s);
/* Runes in s; each malformed byte counts as one. */
size_t utf8_count(struct str s);
/* Bytes, `most` at the most, that the first runes of s take. */
size_t utf8_fit(struct str s, size_t most);
/* Bytes taken by the first n runes of s (s.n when it has fewer). */
size_t utf8_prefix(struct str s, size_t n);

/* Unicode 15.0, independent of the locale; any number may be asked about. */
bool rune_is_space(uint32_t r);		/* White_Space */
bool rune_is_letter(uint32_t r);	/* L* */
bool rune_is_digit(uint32_t r);		/* Nd */
bool rune_is_upper(uint32_t r);		/* Lu */
bool rune_is_print(uint32_t r);		/* L* M* N* P* S* and U+0020: Go unicode.IsPrint, for quoting */
/* Simple case mapping, rune to rune. */
uint32_t rune_upper(uint32_t r);
uint32_t rune_lower(uint32_t r);

#endif
