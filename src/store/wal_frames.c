/* SPDX-License-Identifier: Apache-2.0 */
/* Source of the format: sqlite.org/fileformat2.html, "The Write-Ahead Log". */
#include "wal_frames.h"

#include <string.h>

uint32_t
wal_get(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

void
wal_put(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

void
wal_sum_put(unsigned char *p, struct wal_sum s)
{
	wal_put(p, s.a);
	wal_put(p + 4, s.b);
}

uint32_t
wal_word(const unsigned char *p, bool big_endian)
{
	if (big_endian)
		return wal_get(p);
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

struct wal_sum
wal_sum_add(struct wal_sum s, const unsigned char *p, size_t n, bool big_endian)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		s.a += wal_word(p + i, big_endian) + s.b;
		s.b += wal_word(p + i + 4, big_endian) + s.a;
	}
	return s;
}

bool
wal_sum_eq(struct wal_sum x, struct wal_sum y)
{
	return x.a == y.a && x.b == y.b;
}

struct wal_sum
wal_sum_at(const unsigned char *p)
{
	return (struct wal_sum){ wal_get(p), wal_get(p + 4) };
}

unsigned char *
wal_frame(const struct wal *w, size_t i)
{
	return w->p + WAL_HEADER + i * (WAL_FRAME_HEAD + w->page);
}

struct wal_sum
wal_sum_said(const struct wal *w, size_t i)
{
	return wal_sum_at(wal_frame(w, i) + 16);
}

struct wal_sum
wal_sum_of(const struct wal *w, size_t i, struct wal_sum before)
{
	return wal_sum_add(wal_sum_add(before, wal_frame(w, i), 8, w->big_endian), wal_frame(w, i) + WAL_FRAME_HEAD, w->page, w->big_endian);
}

static bool
right_salts(const struct wal *w, size_t i)
{
	return memcmp(wal_frame(w, i) + 8, w->p + WAL_SALTS_AT, 8) == 0;
}

bool
wal_is_whole(const struct wal *w, size_t i, struct wal_sum before)
{
	return right_salts(w, i) && wal_sum_eq(wal_sum_of(w, i, before), wal_sum_said(w, i));
}
