/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/same.h - whether a few bytes are the same, for which a call would take longer than the looking.
 */
#ifndef BASE_SAME_H
#define BASE_SAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline uint64_t
same_8(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
same_4(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

#ifdef __SSE2__
static inline __m128i
same_16(const char *p, const char *q)
{
	return _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_loadu_si128((const __m128i *)(const void *)q));
}
#endif

/* Are the n bytes at p those at q? */
static inline bool
same_bytes(const char *p, const char *q, size_t n)
{
#ifdef __SSE2__
	if (n >= 16) {
		__m128i same = same_16(p + n - 16, q + n - 16);

		for (size_t i = 0; i + 16 < n; i += 16)
			same = _mm_and_si128(same, same_16(p + i, q + i));
		return _mm_movemask_epi8(same) == 0xffff;
	}
#endif
	/* Both ends, which may overlap. */
	if (n >= 8) {
		uint64_t differ = same_8(p + n - 8) ^ same_8(q + n - 8);

		for (size_t i = 0; i + 8 < n; i += 8)
			differ |= same_8(p + i) ^ same_8(q + i);
		return differ == 0;
	}
	if (n >= 4)
		return ((same_4(p) ^ same_4(q)) | (same_4(p + n - 4) ^ same_4(q + n - 4))) == 0;
	return n == 0 || (p[0] == q[0] && p[n / 2] == q[n / 2] && p[n - 1] == q[n - 1]);
}

#endif
