/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan.h - runs of bytes that mean nothing special inside of a JSON string.
 */
#ifndef TEXT_JSON_SCAN_H
#define TEXT_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * The first byte in [p, end) that is a quote, a backslash, a control character
 * or not ASCII; end when there is none.
 */
static inline const char *
json_scan_string(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
	const __m128i blank = _mm_set1_epi8(0x20);

	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		/* Signed: bytes from 0x80 on are below the blank as well. */
		__m128i hit = _mm_or_si128(_mm_cmplt_epi8(v, blank),
		    _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)));
		int mask = _mm_movemask_epi8(hit);
		if (mask != 0)
			return p + __builtin_ctz((unsigned)mask);
	}
#else
	const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);

	for (; end - p >= 8; p += 8) {
		uint64_t v;
		memcpy(&v, p, 8);
		uint64_t q = v ^ (ones * '"'), s = v ^ (ones * '\\');
		uint64_t hit = (v - ones * 0x20) | (q - ones) | (s - ones) | v;
		/* A false hit behind a true one does no harm: the bytes are looked at below. */
		if ((hit & high) != 0)
			break;
	}
#endif
	for (; p < end; p++) {
		unsigned char c = (unsigned char)*p;
		if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
			break;
	}
	return p;
}

#endif
