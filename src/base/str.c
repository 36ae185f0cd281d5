/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/ascii.h"

int
str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n != 0 ? memcmp(a.p, b.p, n) : 0;

	if (d != 0)
		return d;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n &&
	    (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

size_t
str_chr(struct str s, char c)
{
	const char *at = s.n != 0 ? memchr(s.p, c, s.n) : NULL;

	return at != NULL ? (size_t)(at - s.p) : s.n;
}

/* Looked through by comparing: no more, as that takes time in proportion to both. */
#define FIND_IN_MAX 512
#define FIND_MAX 64

#ifdef __SSE2__
/* A bit for each of 16 places where the first and the last byte of `what` are as they should be. */
static inline unsigned
likely_places(const char *p, struct str what)
{
	__m128i first = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i last = _mm_loadu_si128((const __m128i *)(const void *)(p + what.n - 1));

	return (unsigned)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(first, _mm_set1_epi8(what.p[0])),
	    _mm_cmpeq_epi8(last, _mm_set1_epi8(what.p[what.n - 1]))));
}

/* The C library prepares for long texts, which short ones do not repay. s has 16 places at least. */
static size_t
find_in_short(struct str s, struct str what)
{
	size_t places = s.n - what.n + 1;

	for (size_t i = 0; i < places; i += 16) {
		/* The last 16 places may have been looked at in part. */
		size_t from = i + 16 <= places ? i : places - 16;

		for (unsigned bits = likely_places(s.p + from, what); bits != 0; bits &= bits - 1) {
			size_t at = from + (size_t)__builtin_ctz(bits);

			if (memcmp(s.p + at, what.p, what.n) == 0)
				return at;
		}
	}
	return s.n;
}
#endif

size_t
str_find(struct str s, struct str what)
{
	const char *at;

	if (what.n == 0)
		return 0;
#ifdef __SSE2__
	if (s.n <= FIND_IN_MAX && what.n <= FIND_MAX && s.n >= what.n + 15)
		return find_in_short(s, what);
#endif
	at = s.n >= what.n ? memmem(s.p, s.n, what.p, what.n) : NULL;
	return at != NULL ? (size_t)(at - s.p) : s.n;
}

struct str
str_sub(struct str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct str){ s.p != NULL ? s.p + from : NULL, to - from };
}

struct str
str_split(struct str *rest, char c)
{
	struct str all = *rest;
	size_t n = str_chr(all, c);

	*rest = str_sub(all, n + 1, all.n);
	return str_sub(all, 0, n);
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str
str_trim(struct str s)
{
	while (s.n != 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n != 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
str_casesame(const char *a, const char *b, size_t n)
{
	/* Mostly they do not differ in case either. */
	if (ascii_lower(a[0]) != ascii_lower(b[0]))
		return false;
	if (memcmp(a, b, n) == 0)
		return true;
	for (size_t i = 1; i < n; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

int
str_qsort(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}
