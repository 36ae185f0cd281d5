/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/layout.h - times in and out of text by Go's reference layouts.
 *
 * A layout shows how the time Mon Jan 2 15:04:05 2006 -0700 MST would look.
 * Source: Go time/format.go.
 */
#ifndef BASE_LAYOUT_H
#define BASE_LAYOUT_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/tz.h"

enum layout_code {
	LAYOUT_NONE,
	LAYOUT_LONG_MONTH,	/* January */
	LAYOUT_MONTH,		/* Jan */
	LAYOUT_NUM_MONTH,	/* 1 */
	LAYOUT_ZERO_MONTH,	/* 01 */
	LAYOUT_LONG_WEEKDAY,	/* Monday */
	LAYOUT_WEEKDAY,		/* Mon */
	LAYOUT_DAY,		/* 2 */
	LAYOUT_UNDER_DAY,	/* _2 */
	LAYOUT_ZERO_DAY,	/* 02 */
	LAYOUT_UNDER_YEARDAY,	/* __2 */
	LAYOUT_ZERO_YEARDAY,	/* 002 */
	LAYOUT_HOUR,		/* 15 */
	LAYOUT_HOUR12,		/* 3 */
	LAYOUT_ZERO_HOUR12,	/* 03 */
	LAYOUT_MINUTE,		/* 4 */
	LAYOUT_ZERO_MINUTE,	/* 04 */
	LAYOUT_SECOND,		/* 5 */
	LAYOUT_ZERO_SECOND,	/* 05 */
	LAYOUT_LONG_YEAR,	/* 2006 */
	LAYOUT_YEAR,		/* 06 */
	LAYOUT_PM,		/* PM */
	LAYOUT_LOWER_PM,	/* pm */
	LAYOUT_TZ,		/* MST */
	LAYOUT_OFFSET,		/* -0700 and its variants: see struct layout_chunk */
	LAYOUT_FRACTION_0,	/* .000 */
	LAYOUT_FRACTION_9,	/* .999 */
};

/* One element of a layout. */
struct layout_chunk {
	struct str prefix;	/* literal text before it */
	enum layout_code code;	/* LAYOUT_NONE: the rest is literal */
	struct str text;	/* the element as the layout has it */
	struct str suffix;	/* what follows */
	/* LAYOUT_OFFSET: */
	bool zulu;		/* Z for UTC */
	bool colon, minutes, seconds;
	/* LAYOUT_FRACTION_*: */
	int digits;
	char point;
};

struct layout_chunk layout_next(struct str layout);

/* January to December, Sunday to Saturday. */
extern const char *const layout_months[12], *const layout_weekdays[7];

/* Appends t as the layout shows it (Time.Format). */
void layout_format(struct sbuf *b, struct str layout, const struct zoned_time *t);
/*
 * Reads s (time.ParseInLocation with UTC), down to Go's leniency and its words for errors. The abbreviation
 * of out is a part of s. e may be NULL.
 */
bool layout_parse(struct str layout, struct str s, struct zoned_time *out, struct err *e) MUST_CHECK;

#endif
