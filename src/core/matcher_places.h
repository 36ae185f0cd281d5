/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/matcher_places.h - places in an index of matchers (matcher_index.h): what can be asked of a label's value.
 */
#ifndef CORE_MATCHER_PLACES_H
#define CORE_MATCHER_PLACES_H

#include <stddef.h>
#include <stdint.h>

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
	char before, behind;	/* the bytes that stand beside them; 0: whatever does. They are no part of the place, but of what is filed there. */
	uint64_t what;		/* the bytes, the last one lowest; the address of an interned value; 0 */
};

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
