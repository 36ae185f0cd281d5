/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

#define ASCII_8 UINT64_C(0x8080808080808080)

/*
 * Length of the well-formed sequence at p, 0 if there is none (Unicode
 * table 3-7). At least one byte is there.
 */
static inline size_t
sequence(const unsigned char *p, size_t n)
{
	unsigned char c = p[0];

	if (c < 0x80)
		return 1;
	if (c < 0xC2 || c > 0xF4 || n < 2)
		return 0;
	if (c < 0xE0)
		return (p[1] & 0xC0) == 0x80 ? 2 : 0;
	if (c < 0xF0) {
		unsigned char lo = c == 0xE0 ? 0xA0 : 0x80, hi = c == 0xED ? 0x9F : 0xBF;

		return n >= 3 && p[1] >= lo && p[1] <= hi && (p[2] & 0xC0) == 0x80 ? 3 : 0;
	}
	unsigned char lo = c == 0xF0 ? 0x90 : 0x80, hi = c == 0xF4 ? 0x8F : 0xBF;

	return n >= 4 && p[1] >= lo && p[1] <= hi && (p[2] & 0xC0) == 0x80 &&
	    (p[3] & 0xC0) == 0x80 ? 4 : 0;
}

size_t
utf8_decode(struct str s, uint32_t *rune)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n;

	*rune = RUNE_ERROR;
	if (s.n == 0)
		return 0;
	n = sequence(p, s.n);
	switch (n) {
	case 1:
		*rune = p[0];
		return 1;
	case 2:
		*rune = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
		return 2;
	case 3:
		*rune = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
		return 3;
	case 4:
		*rune = (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 |
		    (p[3] & 0x3Fu);
		return 4;
	default:
		return 1;
	}
}

size_t
utf8_encode(uint32_t rune, char out[4])
{
	if (rune > 0x10FFFF || (rune >= 0xD800 && rune <= 0xDFFF))
		rune = RUNE_ERROR;
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		out[0] = (char)(0xC0 | rune >> 6);
		out[1] = (char)(0x80 | (rune & 0x3F));
		return 2;
	}
	if (rune < 0x10000) {
		out[0] = (char)(0xE0 | rune >> 12);
		out[1] = (char)(0x80 | (rune >> 6 & 0x3F));
		out[2] = (char)(0x80 | (rune & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | rune >> 18);
	out[1] = (char)(0x80 | (rune >> 12 & 0x3F));
	out[2] = (char)(0x80 | (rune >> 6 & 0x3F));
	out[3] = (char)(0x80 | (rune & 0x3F));
	return 4;
}

/* Bytes at the start of p that are plain ASCII, in steps of 8 and then singly. */
static inline size_t
ascii_run(const unsigned char *p, size_t n)
{
	size_t i = 0;
	uint64_t word;

	for (; i + 8 <= n; i += 8) {
		memcpy(&word, p + i, 8);
		if (word & ASCII_8)
			break;
	}
	while (i < n && p[i] < 0x80)
		i++;
	return i;
}

bool
utf8_valid(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = s.n;

	while (n != 0) {
		size_t k = *p < 0x80 ? ascii_run(p, n) : sequence(p, n);

		if (k == 0)
			return false;
		p += k;
		n -= k;
	}
	return true;
}

size_t
utf8_count(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t count = 0;

	for (size_t i = 0; i < s.n; count++) {
		size_t k = sequence(p + i, s.n - i);

		i += k != 0 ? k : 1;
	}
	return count;
}

size_t
utf8_fit(struct str s, size_t most)
{
	size_t at = 0, n;
	uint32_t rune;

	while (at < s.n && (n = utf8_decode(str_sub(s, at, s.n), &rune)) <= most - at)
		at += n;
	return at;
}

size_t
utf8_prefix(struct str s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	for (; n != 0 && i < s.n; n--) {
		size_t k = sequence(p + i, s.n - i);

		i += k != 0 ? k : 1;
	}
	return i;
}
