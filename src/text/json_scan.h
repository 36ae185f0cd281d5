/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan.h - runs of bytes that mean nothing special inside of a JSON string.
 */
#ifndef TEXT_JSON_SCAN_H
#define TEXT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bytes that a string cannot hold as they are, and those that Go escapes for HTML's sake. */
#define JSON_SPECIAL 1
#define JSON_SPECIAL_HTML 2
extern const uint8_t json_special[256];

#ifdef __SSE2__
/* A bit for each of 16 bytes that is a quote, a backslash, a control character or not ASCII. */
static inline unsigned
json_scan_16(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	/* Signed: bytes from 0x80 on are below the blank as well. */
	__m128i hit = _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)),
	    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')), _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));

	return (unsigned)_mm_movemask_epi8(hit);
}

/* The same, and < > & with them. */
static inline unsigned
json_scan_html_16(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	/* < and > differ in the bit of value 2 alone. */
	__m128i angle = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(2)), _mm_set1_epi8('>'));
	__m128i hit = _mm_or_si128(angle, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));

	return json_scan_16(p) | (unsigned)_mm_movemask_epi8(hit);
}
#endif

/* So many bytes behind the text may be read by json_scan_padded. */
#define JSON_SCAN_PADDING 16

/* Is there none that is special, for HTML's sake either, among the n bytes at p? Those of the padding do not count. */
static inline bool
json_scan_padded(const char *p, size_t n)
{
#ifdef __SSE2__
	for (; n > 16; n -= 16, p += 16)
		if (json_scan_html_16(p) != 0)
			return false;
	return (json_scan_html_16(p) & (0xffffu >> (16 - n))) == 0;
#else
	for (size_t i = 0; i < n; i++)
		if (json_special[(unsigned char)p[i]] != 0)
			return false;
	return true;
#endif
}

/* The first byte in [p, end) that is special; end when there is none. */
static inline const char *
json_scan_string(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		unsigned mask = json_scan_16(p);
		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && (json_special[(unsigned char)*p] & JSON_SPECIAL) == 0)
		p++;
	return p;
}

static inline const char *
json_scan_html(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		unsigned mask = json_scan_html_16(p);
		if (mask != 0)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && json_special[(unsigned char)*p] == 0)
		p++;
	return p;
}

#endif
