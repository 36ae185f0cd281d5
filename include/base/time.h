/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/time.h - points in time and spans between them.
 *
 * Monotonic time is for deadlines, wall time for what users see; they are
 * distinct structs, so mixing them does not compile. Nothing here reads a
 * clock: the one reading per loop turn is passed down as a struct moment.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds since an arbitrary start. */
struct mono {
	int64_t ns;
};

/*
 * Wall time with the full range of RFC 3339 (years 0 to 9999), as Go's
 * time.Time without its monotonic part. `offset` is only how to show it:
 * seconds east of UTC. Comparisons ignore it.
 */
struct wall {
	int64_t s;	/* since 1970-01-01T00:00:00Z */
	int32_t ns;	/* 0 to 999999999 */
	int32_t offset;
};

/* A length of time in nanoseconds (about ±292 years), as Go's time.Duration. */
typedef int64_t span;

#define SPAN_US INT64_C(1000)
#define SPAN_MS INT64_C(1000000)
#define SPAN_S INT64_C(1000000000)
#define SPAN_MIN (60 * SPAN_S)
#define SPAN_HOUR (3600 * SPAN_S)
#define SPAN_MAX INT64_MAX

/* The time as it is: read once per loop turn and passed by value. */
struct moment {
	struct mono mono;
	struct wall wall;
};

/* Go's zero time, 0001-01-01T00:00:00Z: "not set". */
#define WALL_ZERO ((struct wall){ INT64_C(-62135596800), 0, 0 })

/* 9999-12-31T23:59:59Z, the last second that RFC 3339 and the messages of a cluster can tell. */
#define WALL_LAST_S INT64_C(253402300799)

/* The largest offset that a text can state, as 24 hours, 60 minutes and 60 seconds are in use (Go time.Parse). */
#define WALL_OFFSET_MAX 90060

static inline bool
wall_is_zero(struct wall w)
{
	return w.s == INT64_C(-62135596800) && w.ns == 0;
}

/* <0, 0, >0 */
static inline int
wall_cmp(struct wall a, struct wall b)
{
	if (a.s != b.s)
		return a.s < b.s ? -1 : 1;
	return a.ns < b.ns ? -1 : a.ns > b.ns;
}

static inline bool
wall_before(struct wall a, struct wall b)
{
	return wall_cmp(a, b) < 0;
}

static inline bool
wall_after(struct wall a, struct wall b)
{
	return wall_cmp(a, b) > 0;
}

/* Keeps w's offset. */
struct wall wall_add(struct wall w, span d);
/* a - b, saturating at the ends of span (Go time.Sub). */
span wall_sub(struct wall a, struct wall b);
struct wall wall_from_ns(int64_t unix_ns);
/* Saturating. */
int64_t wall_to_ns(struct wall w);
static inline struct wall
wall_utc(struct wall w)
{
	w.offset = 0;
	return w;
}

/* Saturating. */
struct mono mono_add(struct mono m, span d);
static inline span
mono_sub(struct mono a, struct mono b)
{
	return a.ns - b.ns;
}

/* A calendar date and time of day, proleptic Gregorian. */
struct civil {
	int64_t year;
	int month;	/* 1 to 12 */
	int day;	/* 1 to 31 */
	int hour, minute, second;
	int weekday;	/* 0 is Sunday */
	int yearday;	/* 1 to 366 */
};

/* The civil time that w shows in its own offset. */
struct civil wall_civil(struct wall w);
/* Days since 1970-01-01 of a date; month and day may be out of range and carry over. */
int64_t civil_days(int64_t year, int64_t month, int64_t day);
int days_in_month(int64_t year, int month);

/* Where the time comes from; loop/ has the real one, tests a fake one. */
struct clock {
	struct moment (*now)(struct clock *self);
};

#endif
