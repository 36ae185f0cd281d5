/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/str.h - a borrowed run of bytes.
 *
 * A struct str owns nothing: who hands one out says how long it stays valid.
 * It may hold any byte, NUL too, and has no NUL behind it unless its origin
 * promises one (arena_str and istr do). The empty string may have p == NULL.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_NONE ((struct str){ NULL, 0 })
/* For printf: "%.*s", STR_ARG(s) */
#define STR_ARG(s) (int)(s).n, (s).p != NULL ? (s).p : ""

static inline struct str
str_from(const char *s)
{
	return (struct str){ s, s != NULL ? strlen(s) : 0 };
}

static inline bool
str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
str_is(struct str a, const char *b)
{
	return str_eq(a, str_from(b));
}

/* Byte order, as strcmp. */
int str_cmp(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of the first c, or s.n when there is none. */
size_t str_chr(struct str s, char c);
/* Index of the first `what`, or s.n when there is none. */
size_t str_find(struct str s, struct str what);
/* Bytes from `from` (clamped) up to, not with, `to` (clamped). */
struct str str_sub(struct str s, size_t from, size_t to);
/* The part before the first c, or all; *rest becomes the part behind that c, or nothing. */
struct str str_split(struct str *rest, char c);
/* Without ASCII blanks (space \t \r \n \v \f) at both ends. */
struct str str_trim(struct str s);
/* Whether n bytes, one at least, are the same but for ASCII case. */
bool str_casesame(const char *a, const char *b, size_t n);
/* ASCII case is ignored. */
static inline bool
str_caseeq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || str_casesame(a.p, b.p, a.n));
}

/* For qsort over struct str. */
int str_qsort(const void *a, const void *b);

#endif
