/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/varint.h (private) - numbers of 7 bits a byte, the lowest first (LEB128).
 */
#ifndef HISTORY_VARINT_H
#define HISTORY_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"

#define VARINT_MAX 10

/* At p, where there is room for VARINT_MAX bytes; returns what follows. */
static inline char *
varint_write(char *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (char)(v | 0x80);
	*p++ = (char)v;
	return p;
}

static inline void
varint_put(struct sbuf *b, uint64_t v)
{
	char bytes[VARINT_MAX];

	sbuf_put(b, bytes, (size_t)(varint_write(bytes, v) - bytes));
}

/* As a number that is small when v is, whatever its sign. */
static inline uint64_t
varint_unsigned(int64_t v)
{
	return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

/* Small ones of both signs are short. */
static inline void
varint_put_signed(struct sbuf *b, int64_t v)
{
	varint_put(b, varint_unsigned(v));
}

/* Reads at *at; false: there is no whole one. */
static inline bool
varint_get(struct str s, size_t *at, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && *at < s.n; shift += 7) {
		unsigned char c = (unsigned char)s.p[(*at)++];

		v |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			*out = v;
			return true;
		}
	}
	return false;
}

static inline bool
varint_get_signed(struct str s, size_t *at, int64_t *out)
{
	uint64_t v;

	if (!varint_get(s, at, &v))
		return false;
	*out = (int64_t)(v >> 1 ^ (~(v & 1) + 1));
	return true;
}

#endif
