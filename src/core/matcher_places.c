/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher_places.h"

/* The first and the last so many windows of a text are places. */
#define WINDOWS 8
/* A value has many windows. To go through them costs as much for one item as for all, so it is no part of this. */
#define WITHIN_PRICE 2

struct matcher_place
matcher_place_of_value(const struct istr *value)
{
	return (struct matcher_place){ PLACE_VALUE, 1, (uintptr_t)value };
}

struct matcher_place
matcher_place_of_bytes(enum matcher_place_kind kind, struct str s)
{
	uint64_t what = 0;

	for (size_t i = 0; i < s.n; i++)
		what = what << 8 | (unsigned char)s.p[i];
	return (struct matcher_place){ kind, (unsigned)s.n, what };
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
	size_t n = 0, len = s.n < PLACE_WITHIN_MAX ? s.n : PLACE_WITHIN_MAX, windows = s.n - len + 1;

	if (start.n > 0)
		out[n++] = matcher_place_of_bytes(PLACE_START, str_sub(start, 0, start.n < PLACE_EDGE_MAX ? start.n : PLACE_EDGE_MAX));
	if (end.n > 0)
		out[n++] = matcher_place_of_bytes(PLACE_END, str_sub(end, end.n < PLACE_EDGE_MAX ? 0 : end.n - PLACE_EDGE_MAX, end.n));
	for (size_t i = 0; i < windows; i++)
		if (i < WINDOWS || i + WINDOWS >= windows)
			out[n++] = matcher_place_of_bytes(PLACE_WITHIN, str_sub(s, i, i + len));
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
