/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tzif.h - the bytes of a zone file as tables (RFC 8536), and the rule for
 * the time behind the last table entry (POSIX TZ strings with the extensions
 * of RFC 8536 section 3.3.1).
 */
#ifndef TZIF_H
#define TZIF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/str.h"

struct tz_kind {
	int32_t offset;		/* seconds east of UTC */
	bool dst;
	struct str abbreviation;
};

struct tz_change {
	int64_t when;		/* seconds since 1970-01-01T00:00:00Z */
	const struct tz_kind *kind;
};

/* A day of the year, and the local time at which something changes on it. */
struct tz_day {
	enum { TZ_JULIAN, TZ_DAY_OF_YEAR, TZ_MONTH_WEEK_DAY } type;
	int month, week, day;
	int64_t second;		/* may be below 0 or beyond a day */
};

struct tz_rule {
	struct tz_kind std, dst;
	bool has_dst;
	struct tz_day start, end;	/* of dst */
};

struct tz_table {
	struct tz_kind *kinds;
	size_t kinds_n;
	struct tz_change *changes;	/* ascending */
	size_t changes_n;
	struct tz_rule rule;
	bool has_rule;
};

/* The offset at a moment, and in [start, end) around it. */
struct tz_period {
	const struct tz_kind *kind;
	int64_t start, end;
};

/* All memory is the arena's; false when the bytes are no zone file. */
bool tzif_parse(struct arena *a, struct str bytes, struct tz_table *out) MUST_CHECK;
/* "CET-1CEST,M3.5.0,M10.5.0/3" */
bool tz_rule_parse(struct arena *a, struct str s, struct tz_rule *out) MUST_CHECK;
struct tz_period tz_lookup(const struct tz_table *t, int64_t s);

#endif
