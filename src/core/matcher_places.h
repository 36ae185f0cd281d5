/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/matcher_places.h - places in an index of matchers (matcher_index.h): what can be asked of a label's value.
 */
#ifndef CORE_MATCHER_PLACES_H
#define CORE_MATCHER_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"
#include "base/text_mark.h"

enum matcher_place_kind {
	PLACE_VALUE,	/* that it is this one */
	PLACE_START,	/* its first bytes */
	PLACE_END,	/* its last ones */
	PLACE_WITHIN,	/* some in a row */
	PLACE_LONG,	/* nothing: those of PLACE_WITHIN once more, for values that are too long to go through */
	PLACE_NAME,	/* nothing, but that the label is there */
	PLACE_KINDS,
};

/* Bytes that are asked for at most, at either end of a value and within. */
#define PLACE_EDGE_MAX 8
#define PLACE_WITHIN_MAX 4

struct matcher_place {
	enum matcher_place_kind kind;
	uint8_t len;		/* of the bytes; 1 for what has none */
	uint16_t beside;	/* of the bytes before and behind, and of the first and last of the whole: matcher_beside. No part of the place, but of what is filed there. */
	uint64_t what;		/* the bytes, the last one lowest; the address of an interned value; 0 */
};

/*
 * Four bytes, of which each has four bits: 0 is that there is none, of which nothing is asked. Most bytes that are met in values differ there, as
 * digits do.
 */
static ALWAYS_INLINE uint16_t
matcher_beside(bool has_before, char before, bool has_behind, char behind, bool has_first, char first, bool has_last, char last)
{
	unsigned v = has_before ? 1 + (unsigned char)before % 15u : 0;

	v = v << 4 | (has_behind ? 1 + (unsigned char)behind % 15u : 0);
	v = v << 4 | (has_first ? 1 + (unsigned char)first % 15u : 0);
	return (uint16_t)(v << 4 | (has_last ? 1 + (unsigned char)last % 15u : 0));
}

/* A bit for each of the four that is not 0. */
static ALWAYS_INLINE unsigned
matcher_beside_set(unsigned v)
{
	return (v | v >> 1 | v >> 2 | v >> 3) & 0x1111u;
}

/* Is all there that is asked for? */
static ALWAYS_INLINE bool
matcher_beside_fits(unsigned asked, unsigned there)
{
	return (matcher_beside_set(asked) & matcher_beside_set(asked ^ there)) == 0;
}

struct istr;
/* value may be NULL, for the price of one. */
struct matcher_place matcher_place_of_value(const struct istr *value);
struct matcher_place matcher_place_of_bytes(enum matcher_place_kind kind, struct str bytes);
/* All places where what has this mark, which is not empty, can be filed: each would do. Their number, above 0. */
#define MATCHER_PLACES_MAX 18
size_t matcher_places(const struct text_mark *m, struct matcher_place *out);
/* As many items more as that would be candidates in vain: those that ask for less are found under more values. */
size_t matcher_place_price(struct matcher_place p);

#endif
