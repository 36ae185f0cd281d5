/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/interval.h - named sets of times: weekdays, days, hours, months, years.
 */
#ifndef MODEL_INTERVAL_H
#define MODEL_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"

struct zone;

/* Inclusive; for times: minutes of the day, end exclusive. */
struct interval_range {
	int begin, end;
};

/* A list of alternatives. Absent: no condition. Present and empty: never true. */
struct interval_ranges {
	bool present;
	struct interval_range *r;
	size_t n;
};

struct interval {
	struct interval_ranges times, weekdays, days_of_month, months, years;
	const struct zone *location;	/* NULL: UTC */
};

struct time_interval {
	struct str name;
	struct interval *intervals;	/* alternatives */
	size_t n;
};

/* One element of each key as text ("monday:friday", "-3:-1", "may:august"); error texts as Alertmanager's timeinterval. */
/* 0, which is "sunday", to 6. */
const char *interval_weekday_name(int day);
bool interval_parse_weekdays(struct str s, struct interval_range *out, struct err *e) MUST_CHECK;
bool interval_parse_days_of_month(struct str s, struct interval_range *out, struct err *e) MUST_CHECK;
bool interval_parse_months(struct str s, struct interval_range *out, struct err *e) MUST_CHECK;
bool interval_parse_years(struct str s, struct interval_range *out, struct err *e) MUST_CHECK;
bool interval_parse_times(struct str start, struct str end, struct interval_range *out, struct err *e) MUST_CHECK;
/* Is t inside one of the intervals? */
bool time_interval_contains(const struct time_interval *ti, struct wall t);

#endif
