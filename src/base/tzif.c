/* SPDX-License-Identifier: Apache-2.0 */
#include "tzif.h"

#include <string.h>

#include "base/time.h"

#define HEADER ((size_t)44)
#define CHANGES_MAX 100000u
#define KINDS_MAX 256u
#define OTHERS_MAX 100000u
/* No zone is further from UTC than 26 hours (RFC 8536 section 3.2). */
#define OFFSET_MAX (26 * 3600)
/* Millions of years away; the arithmetic on dates cannot overflow before that. */
#define RULE_END (INT64_C(1) << 50)

static const struct tz_kind utc = { 0, false, { "UTC", 3 } };

static uint32_t
be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static int64_t
be_time(const char *p, size_t width)
{
	if (width == 4)
		return (int32_t)be32(p);
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

/* Where the parts of one data block are. */
struct layout {
	uint32_t utc_n, std_n, leap_n, times_n, kinds_n, chars_n;
	size_t width;		/* of a time: 4 or 8 bytes */
	size_t size;		/* of all parts */
};

static bool
read_layout(struct str s, size_t width, struct layout *l)
{
	if (s.n < HEADER || memcmp(s.p, "TZif", 4) != 0)
		return false;
	l->utc_n = be32(s.p + 20);
	l->std_n = be32(s.p + 24);
	l->leap_n = be32(s.p + 28);
	l->times_n = be32(s.p + 32);
	l->kinds_n = be32(s.p + 36);
	l->chars_n = be32(s.p + 40);
	l->width = width;
	if (l->utc_n > KINDS_MAX || l->std_n > KINDS_MAX || l->leap_n > OTHERS_MAX ||
	    l->times_n > CHANGES_MAX || l->kinds_n > KINDS_MAX || l->chars_n > OTHERS_MAX)
		return false;
	l->size = l->times_n * (width + 1) + l->kinds_n * 6 + l->chars_n +
	    l->leap_n * (width + 4) + l->std_n + l->utc_n;
	return s.n - HEADER >= l->size;
}

static bool
read_kinds(struct arena *a, const char *p, const struct layout *l, struct tz_table *t)
{
	const char *names = p + l->kinds_n * 6;

	t->kinds_n = l->kinds_n;
	t->kinds = ARENA_ARRAY(a, l->kinds_n, struct tz_kind);
	for (size_t i = 0; i < l->kinds_n; i++, p += 6) {
		int32_t offset = (int32_t)be32(p);
		size_t at = (unsigned char)p[5];

		if (offset < -OFFSET_MAX || offset > OFFSET_MAX || at >= l->chars_n)
			return false;
		t->kinds[i].offset = offset;
		t->kinds[i].dst = p[4] != 0;
		t->kinds[i].abbreviation = arena_str(a,
		    (struct str){ names + at, strnlen(names + at, l->chars_n - at) });
	}
	return t->kinds_n != 0;
}

static bool
read_changes(struct arena *a, const char *p, const struct layout *l, struct tz_table *t)
{
	const char *which = p + l->times_n * l->width;

	t->changes_n = l->times_n;
	t->changes = ARENA_ARRAY(a, l->times_n, struct tz_change);
	for (size_t i = 0; i < l->times_n; i++) {
		size_t kind = (unsigned char)which[i];

		t->changes[i].when = be_time(p + i * l->width, l->width);
		if (kind >= t->kinds_n ||
		    (i != 0 && t->changes[i].when <= t->changes[i - 1].when))
			return false;
		t->changes[i].kind = &t->kinds[kind];
	}
	return true;
}

bool
tzif_parse(struct arena *a, struct str bytes, struct tz_table *out)
{
	struct layout l;
	struct tz_table t = { 0 };
	const char *data;

	if (!read_layout(bytes, 4, &l))
		return false;
	if (bytes.p[4] >= '2') {
		/* The first block is for readers of version 1. */
		bytes = str_sub(bytes, HEADER + l.size, bytes.n);
		if (!read_layout(bytes, 8, &l))
			return false;
	}
	data = bytes.p + HEADER;
	if (!read_kinds(a, data + l.times_n * (l.width + 1), &l, &t) ||
	    !read_changes(a, data, &l, &t))
		return false;
	if (l.width == 8) {
		struct str foot = str_sub(bytes, HEADER + l.size, bytes.n);

		if (foot.n > 2 && foot.p[0] == '\n' && foot.p[foot.n - 1] == '\n')
			t.has_rule = tz_rule_parse(a, str_sub(foot, 1, foot.n - 1), &t.rule);
	}
	*out = t;
	return true;
}

/* The offset before the first change (Go time.lookupFirstZone). */
static const struct tz_kind *
first_kind(const struct tz_table *t)
{
	bool used = false;
	const struct tz_kind *k;

	for (size_t i = 0; i < t->changes_n && !used; i++)
		used = t->changes[i].kind == &t->kinds[0];
	if (!used)
		return &t->kinds[0];
	if (t->changes_n != 0 && t->changes[0].kind->dst)
		for (k = t->changes[0].kind; k > t->kinds; k--)
			if (!k[-1].dst)
				return k - 1;
	for (size_t i = 0; i < t->kinds_n; i++)
		if (!t->kinds[i].dst)
			return &t->kinds[i];
	return &t->kinds[0];
}

/* The moment of a change in this year, in UTC; `offset` is what holds before it. */
static int64_t
change_at(const struct tz_day *d, int64_t year, int32_t offset)
{
	int64_t day = civil_days(year, 1, 1);

	switch (d->type) {
	case TZ_JULIAN:
		/* 29 February is never counted. */
		day += d->day - 1;
		if (d->day >= 60 && days_in_month(year, 2) == 29)
			day++;
		break;
	case TZ_DAY_OF_YEAR:
		day += d->day;
		break;
	case TZ_MONTH_WEEK_DAY: {
		int64_t first = civil_days(year, d->month, 1);
		/* 1970-01-01 was a Thursday. */
		int weekday = (int)(((first + 4) % 7 + 7) % 7);
		int in_month = (d->day - weekday + 7) % 7 + (d->week - 1) * 7;

		while (in_month >= days_in_month(year, d->month))
			in_month -= 7;
		day = first + in_month;
		break;
	}
	}
	return day * 86400 + d->second - offset;
}

/* Close to a change the period is exact, else it ends with the year. */
static struct tz_period
rule_lookup(const struct tz_rule *r, int64_t s)
{
	int64_t year, start, end;
	const struct tz_kind *inside = &r->dst, *outside = &r->std;

	if (!r->has_dst || s > RULE_END || s < -RULE_END)
		return (struct tz_period){ &r->std, INT64_MIN, INT64_MAX };
	year = wall_civil((struct wall){ s, 0, 0 }).year;
	start = change_at(&r->start, year, r->std.offset);
	end = change_at(&r->end, year, r->dst.offset);
	if (end < start) {	/* the southern half of the earth */
		int64_t swap = start;

		start = end;
		end = swap;
		inside = &r->std;
		outside = &r->dst;
	}
	if (s < start)
		return (struct tz_period){ outside, civil_days(year, 1, 1) * 86400, start };
	if (s >= end)
		return (struct tz_period){ outside, end, civil_days(year + 1, 1, 1) * 86400 };
	return (struct tz_period){ inside, start, end };
}

struct tz_period
tz_lookup(const struct tz_table *t, int64_t s)
{
	size_t lo = 0, hi = t->changes_n;
	struct tz_period p;

	if (t->kinds_n == 0)
		return (struct tz_period){ &utc, INT64_MIN, INT64_MAX };
	/* The number of changes at or before s. */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (t->changes[mid].when <= s)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == t->changes_n && t->has_rule) {
		p = rule_lookup(&t->rule, s);
		if (lo != 0 && p.start < t->changes[lo - 1].when)
			p.start = t->changes[lo - 1].when;
		return p;
	}
	p.kind = lo != 0 ? t->changes[lo - 1].kind : first_kind(t);
	p.start = lo != 0 ? t->changes[lo - 1].when : INT64_MIN;
	p.end = lo < t->changes_n ? t->changes[lo].when : INT64_MAX;
	return p;
}
