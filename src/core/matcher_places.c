/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher_places.h"

/* The first and the last so many windows of a text are places. */
#define WINDOWS 8
/* A value has many windows. To go through them costs as much for one item as for all, so it is no part of this. */
#define WITHIN_PRICE 2

struct matcher_place
matcher_place_of_value(const struct istr *value)
{
	return (struct matcher_place){ .kind = PLACE_VALUE, .len = 1, .what = (uintptr_t)value };
}

/* The number of the most bytes that a place within has, in one go. */
_Static_assert(PLACE_WITHIN_MAX == 4, "as four says");
static inline uint64_t
four(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The n bytes from `at` on, of a text that is in the value as a whole, which has the mark m. */
static inline struct matcher_place
place_of(enum matcher_place_kind kind, const struct text_mark *m, struct str text, size_t at, size_t n)
{
	bool has_before = at > 0, has_behind = at + n < text.n, has_first = m->start.n > 0, has_last = m->end.n > 0;
	const char *p = text.p + at;
	uint64_t what = 0;
	size_t i = 0;

	for (; i + 4 <= n; i += 4)
		what = what << 32 | four(p + i);
	for (; i < n; i++)
		what = what << 8 | (unsigned char)p[i];
	return (struct matcher_place){
		.kind = kind,
		.len = (uint8_t)n,
		.beside = matcher_beside(has_before, has_before ? text.p[at - 1] : '\0', has_behind, has_behind ? text.p[at + n] : '\0',
		    has_first, has_first ? m->start.p[0] : '\0', has_last, has_last ? m->end.p[m->end.n - 1] : '\0'),
		.what = what,
	};
}

struct matcher_place
matcher_place_of_bytes(enum matcher_place_kind kind, struct str s)
{
	static const struct text_mark none;

	return place_of(kind, &none, s, 0, s.n);
}

static inline size_t
at_most(size_t n, size_t most)
{
	return n < most ? n : most;
}

static struct str
longest_of(const struct text_mark *m)
{
	struct str s = m->start.n >= m->end.n ? m->start : m->end;

	return s.n >= m->within.n ? s : m->within;
}

size_t
matcher_places(const struct text_mark *m, struct matcher_place *out)
{
	struct str s = longest_of(m), start = m->start, end = m->end;
	size_t n = 0, len = at_most(s.n, PLACE_WITHIN_MAX), windows = s.n - len + 1, edge;

	if ((edge = at_most(start.n, PLACE_EDGE_MAX)) > 0)
		out[n++] = place_of(PLACE_START, m, start, 0, edge);
	if ((edge = at_most(end.n, PLACE_EDGE_MAX)) > 0)
		out[n++] = place_of(PLACE_END, m, end, end.n - edge, edge);
	for (size_t i = 0; i < windows; i++) {
		if (i == WINDOWS && windows > 2 * WINDOWS)
			i = windows - WINDOWS;
		out[n++] = place_of(PLACE_WITHIN, m, s, i, len);
	}
	return n;
}

size_t
matcher_place_price(struct matcher_place p)
{
	static const size_t prices[PLACE_WITHIN_MAX] = { 64, 16, 4, 1 };

	if (p.kind == PLACE_VALUE)
		return 1;
	if (p.kind == PLACE_NAME)
		return 1024;
	return prices[p.len < PLACE_WITHIN_MAX ? p.len - 1 : PLACE_WITHIN_MAX - 1] * (p.kind == PLACE_WITHIN ? WITHIN_PRICE : 1);
}
