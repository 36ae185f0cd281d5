/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"
#include "time_value.h"

#define METHOD(name)                                                                        \
	bool name(struct value_call *c UNUSED, const struct value *args, size_t n UNUSED, \
	    struct value *out)

static int
compare(const struct value *args)
{
	return wall_cmp(args[0].u.time->at, args[1].u.time->at);
}

METHOD(time_after)
{
	*out = value_bool(compare(args) > 0);
	return true;
}

METHOD(time_before)
{
	*out = value_bool(compare(args) < 0);
	return true;
}

METHOD(time_equal)
{
	*out = value_bool(compare(args) == 0);
	return true;
}

METHOD(time_compare)
{
	*out = value_int(compare(args));
	return true;
}

METHOD(time_sub)
{
	*out = value_duration(wall_sub(args[0].u.time->at, args[1].u.time->at));
	return true;
}

METHOD(time_add)
{
	const struct zoned_time *t = args[0].u.time;

	*out = time_moved(c->arena, t, wall_add(t->at, args[1].u.i));
	return true;
}

/* How far the time is past a multiple of d since Go's zero time. */
static span
remainder_of(struct wall w, span d)
{
	__int128 ns = ((__int128)w.s - WALL_ZERO.s) * SPAN_S + w.ns;
	span r = (span)(ns % d);

	return r < 0 ? r + d : r;
}

METHOD(time_truncate)
{
	const struct zoned_time *t = args[0].u.time;
	span d = args[1].u.i;

	*out = args[0];
	if (d > 0)
		*out = time_moved(c->arena, t, wall_add(t->at, -remainder_of(t->at, d)));
	return true;
}

static bool
less_than_half(span x, span y)
{
	return (uint64_t)x + (uint64_t)x < (uint64_t)y;
}

METHOD(time_round)
{
	const struct zoned_time *t = args[0].u.time;
	span d = args[1].u.i;

	*out = args[0];
	if (d <= 0)
		return true;
	span r = remainder_of(t->at, d);
	*out = time_moved(c->arena, t, wall_add(t->at, less_than_half(r, d) ? -r : d - r));
	return true;
}

METHOD(time_add_date)
{
	const struct zoned_time *t = args[0].u.time;
	struct civil d = wall_civil(t->at);
	const int64_t most = 10000000;

	for (size_t i = 1; i <= 3; i++)
		if (args[i].u.i > most * 100 || args[i].u.i < -most * 100)
			return value_fail(c, "time out of range");
	int64_t year = d.year + args[1].u.i, month = d.month + args[2].u.i, day = d.day + args[3].u.i;
	struct wall w;
	if (t->zone != NULL) {
		w = zone_date(t->zone, year, month, day, d.hour, d.minute, d.second, t->at.ns);
	} else {
		w.s = civil_days(year, month, day) * 86400 + d.hour * 3600 + d.minute * 60 + d.second -
		    t->at.offset;
		w.ns = t->at.ns;
		w.offset = t->at.offset;
	}
	*out = time_moved(c->arena, t, w);
	return true;
}

METHOD(time_is_zero)
{
	*out = value_bool(wall_is_zero(args[0].u.time->at));
	return true;
}

/*
 * Zone files say which offsets are daylight saving, which base/tz.h does not
 * pass on; the smaller of the offsets in January and July is taken for standard.
 */
METHOD(time_is_dst)
{
	const struct zoned_time *t = args[0].u.time;
	int64_t year = wall_civil(t->at).year;

	*out = value_bool(false);
	if (t->zone == NULL)
		return true;
	int32_t january = zone_date(t->zone, year, 1, 1, 0, 0, 0, 0).offset;
	int32_t july = zone_date(t->zone, year, 7, 1, 0, 0, 0, 0).offset;
	*out = value_bool(t->at.offset > (january < july ? january : july));
	return true;
}

METHOD(time_year)
{
	*out = value_int(wall_civil(args[0].u.time->at).year);
	return true;
}

METHOD(time_month)
{
	*out = (struct value){ .type = &type_month, .u.i = wall_civil(args[0].u.time->at).month };
	return true;
}

METHOD(time_day)
{
	*out = value_int(wall_civil(args[0].u.time->at).day);
	return true;
}

METHOD(time_hour)
{
	*out = value_int(wall_civil(args[0].u.time->at).hour);
	return true;
}

METHOD(time_minute)
{
	*out = value_int(wall_civil(args[0].u.time->at).minute);
	return true;
}

METHOD(time_second)
{
	*out = value_int(wall_civil(args[0].u.time->at).second);
	return true;
}

METHOD(time_nanosecond)
{
	*out = value_int(args[0].u.time->at.ns);
	return true;
}

METHOD(time_weekday)
{
	*out = (struct value){ .type = &type_weekday, .u.i = wall_civil(args[0].u.time->at).weekday };
	return true;
}

METHOD(time_yearday)
{
	*out = value_int(wall_civil(args[0].u.time->at).yearday);
	return true;
}

/* Units of 1/per_second since the epoch; wraps as Go's does. */
static struct value
unix_units(const struct value *args, int64_t per_second)
{
	struct wall w = args[0].u.time->at;
	uint64_t v = (uint64_t)w.s * (uint64_t)per_second + (uint64_t)(w.ns / (SPAN_S / per_second));

	return (struct value){ .type = &type_int64, .u.i = (int64_t)v };
}

METHOD(time_unix)
{
	*out = unix_units(args, 1);
	return true;
}

METHOD(time_unix_milli)
{
	*out = unix_units(args, 1000);
	return true;
}

METHOD(time_unix_micro)
{
	*out = unix_units(args, 1000000);
	return true;
}

METHOD(time_unix_nano)
{
	*out = unix_units(args, SPAN_S);
	return true;
}

METHOD(time_utc)
{
	*out = time_shown_in(c->arena, args[0].u.time->at, zone_utc());
	return true;
}

METHOD(time_local)
{
	const struct zone *z = c->env->local != NULL ? c->env->local : zone_utc();

	*out = time_shown_in(c->arena, args[0].u.time->at, z);
	return true;
}

static struct value
int64(int64_t i)
{
	return (struct value){ .type = &type_int64, .u.i = i };
}

METHOD(duration_nanoseconds)
{
	*out = int64(args[0].u.i);
	return true;
}

METHOD(duration_microseconds)
{
	*out = int64(args[0].u.i / SPAN_US);
	return true;
}

METHOD(duration_milliseconds)
{
	*out = int64(args[0].u.i / SPAN_MS);
	return true;
}

static struct value
in_units(span d, span unit)
{
	return value_float((double)(d / unit) + (double)(d % unit) / (double)unit);
}

METHOD(duration_seconds)
{
	*out = in_units(args[0].u.i, SPAN_S);
	return true;
}

METHOD(duration_minutes)
{
	*out = in_units(args[0].u.i, SPAN_MIN);
	return true;
}

METHOD(duration_hours)
{
	*out = in_units(args[0].u.i, SPAN_HOUR);
	return true;
}

METHOD(duration_abs)
{
	span d = args[0].u.i;

	*out = value_duration(d >= 0 ? d : d == INT64_MIN ? SPAN_MAX : -d);
	return true;
}

METHOD(duration_truncate)
{
	span d = args[0].u.i, m = args[1].u.i;

	*out = value_duration(m > 0 ? d - d % m : d);
	return true;
}

METHOD(duration_round)
{
	span d = args[0].u.i, m = args[1].u.i, rounded;

	*out = args[0];
	if (m <= 0)
		return true;
	span r = d % m;
	if (d < 0) {
		r = -r;
		if (less_than_half(r, m))
			rounded = d + r;
		else if (__builtin_sub_overflow(d, m - r, &rounded))
			rounded = INT64_MIN;
	} else if (less_than_half(r, m)) {
		rounded = d - r;
	} else if (__builtin_add_overflow(d, m - r, &rounded)) {
		rounded = SPAN_MAX;
	}
	*out = value_duration(rounded);
	return true;
}
