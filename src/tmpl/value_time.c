/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time.Time, time.Duration and their kin as template values.
 * Source: Go time.
 */
#include "base/duration.h"
#include "base/rfc3339.h"
#include "exec.h"
#include "funcs.h"
#include "base/layout.h"
#include "printer.h"
#include "time_value.h"

#define STRING_LAYOUT "2006-01-02 15:04:05.999999999 -0700 MST"

struct value
time_shown_in(struct arena *a, struct wall w, const struct zone *z)
{
	struct zoned_time *t = ARENA_NEW(a, struct zoned_time);

	t->zone = z;
	t->at = zone_apply(z, w, &t->abbreviation);
	return (struct value){ .type = &type_time, .u.time = t };
}

struct value
value_time_in(struct arena *a, struct wall w, const struct zone *z)
{
	if (z == NULL && w.offset == 0)
		z = zone_utc();
	if (z != NULL)
		return time_shown_in(a, w, z);
	struct zoned_time *t = ARENA_NEW(a, struct zoned_time);
	t->at = w;
	return (struct value){ .type = &type_time, .u.time = t };
}

struct value
time_moved(struct arena *a, const struct zoned_time *from, struct wall w)
{
	if (from->zone != NULL)
		return time_shown_in(a, w, from->zone);
	struct zoned_time *t = ARENA_NEW(a, struct zoned_time);
	*t = *from;
	t->at.s = w.s;
	t->at.ns = w.ns;
	return (struct value){ .type = &type_time, .u.time = t };
}

struct value
value_duration(span d)
{
	return (struct value){ .type = &type_duration, .u.i = d };
}

static void
time_string(struct sbuf *b, struct value v)
{
	layout_format(b, STR(STRING_LAYOUT), v.u.time);
}

static void
time_json(struct sbuf *b, struct value v)
{
	char text[RFC3339_MAX];

	rfc3339_format(v.u.time->at, text);
	sbuf_printf(b, "\"%s\"", text);
}

static void
time_gostring(struct sbuf *b, struct value v)
{
	const struct zoned_time *t = v.u.time;
	struct civil d = wall_civil(t->at);
	struct str name = t->zone != NULL ? zone_name(t->zone) : t->abbreviation;

	sbuf_printf(b, "time.Date(%lld, time.%s, %d, %d, %d, %d, %d, ", (long long)d.year,
	    layout_months[d.month - 1], d.day, d.hour, d.minute, d.second, t->at.ns);
	if ((t->zone == NULL && t->abbreviation.n == 0 && t->at.offset == 0) ||
	    (t->zone != NULL && (str_is(name, "UTC") || str_is(name, ""))))
		sbuf_puts(b, "time.UTC)");
	else if (t->zone != NULL && str_is(name, "Local"))
		sbuf_puts(b, "time.Local)");
	else
		sbuf_printf(b, "time.Location(\"%.*s\"))", STR_ARG(name));
}

static void
duration_string(struct sbuf *b, struct value v)
{
	char text[DURATION_MAX];

	sbuf_put(b, text, duration_format_go(v.u.i, text));
}

static void
month_string(struct sbuf *b, struct value v)
{
	if (v.u.i >= 1 && v.u.i <= 12)
		sbuf_puts(b, layout_months[v.u.i - 1]);
	else
		sbuf_printf(b, "%%!Month(%llu)", (unsigned long long)v.u.i);
}

static void
weekday_string(struct sbuf *b, struct value v)
{
	if (v.u.i >= 0 && v.u.i <= 6)
		sbuf_puts(b, layout_weekdays[v.u.i]);
	else
		sbuf_printf(b, "%%!Weekday(%llu)", (unsigned long long)v.u.i);
}

static void
location_string(struct sbuf *b, struct value v)
{
	const struct zoned_time *t = v.u.object;

	if (t == NULL)
		sbuf_puts(b, "UTC");
	else if (t->zone != NULL)
		sbuf_str(b, zone_name(t->zone).n > 0 ? zone_name(t->zone) : STR("UTC"));
	else
		sbuf_str(b, t->abbreviation);
}

void
time_fields(struct value time, struct value out[TIME_FIELDS])
{
	static const struct value_type type_uint64 = { .name = "uint64", .kind = V_UINT };
	static const struct value_type no_location = { .name = "*time.Location", .kind = V_PTR };
	const struct zoned_time *t = time.u.time;

	/* COMPAT: the location is nil for UTC; for others it would be an address. */
	out[0] = (struct value){ .type = &type_uint64, .u.u = (uint64_t)t->at.ns };
	out[1] = (struct value){ .type = &type_int64, .u.i = t->at.s - WALL_ZERO.s };
	out[2] = (struct value){ .type = &no_location };
}

/* The String method of all of these. */
static bool
call_string(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	struct sbuf b = func_buffer(c);

	args[0].type->string(&b, args[0]);
	(void)!value_charge(c, b.n * 2);
	return func_take(c, &b, out);
}

static bool
call_gostring(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	struct sbuf b = func_buffer(c);

	time_gostring(&b, args[0]);
	return func_take(c, &b, out);
}

static bool
call_format(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	struct sbuf b = func_buffer(c);

	layout_format(&b, args[1].u.s, args[0].u.time);
	(void)!value_charge(c, 60 + args[1].u.s.n);
	return func_take(c, &b, out);
}

static bool
call_in(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	const struct zoned_time *place = args[1].u.object;

	if (place == NULL)
		return value_fail(c, "time: missing Location in call to Time.In");
	*out = time_moved(c->arena, place, args[0].u.time->at);
	return true;
}

static bool
call_location(struct value_call *c UNUSED, const struct value *args, size_t n UNUSED, struct value *out)
{
	*out = value_object(&type_location, args[0].u.time);
	return true;
}

static const struct value_type location_struct = { .name = "time.Location", .kind = V_STRUCT };

static const struct value_func location_methods[] = {
	{ .name = "String", .result = &type_string, .call = call_string },
};
const struct value_type type_location = {
	.name = "*time.Location", .kind = V_PTR, .elem = &location_struct, .string = location_string,
	.methods = location_methods, .methods_n = ARRAY_LEN(location_methods),
};

static const struct value_func month_methods[] = {
	{ .name = "String", .result = &type_string, .call = call_string },
};
const struct value_type type_month = {
	.name = "time.Month", .kind = V_INT, .string = month_string, .methods = month_methods, .methods_n = 1,
};
const struct value_type type_weekday = {
	.name = "time.Weekday", .kind = V_INT, .string = weekday_string, .methods = month_methods, .methods_n = 1,
};

#define PLAIN(nm, rs, fn) { .name = (nm), .result = (rs), .call = (fn) }
#define WITH_TIME(nm, rs, fn) { .name = (nm), .params = { &type_time }, .result = (rs), .call = (fn) }
#define WITH_SPAN(nm, rs, fn) { .name = (nm), .params = { &type_duration }, .result = (rs), .call = (fn) }

static const struct value_func time_methods[] = {
	PLAIN("String", &type_string, call_string),
	PLAIN("GoString", &type_string, call_gostring),
	{ .name = "Format", .params = { &type_string }, .result = &type_string, .call = call_format },
	WITH_TIME("After", &type_bool, time_after),
	WITH_TIME("Before", &type_bool, time_before),
	WITH_TIME("Equal", &type_bool, time_equal),
	WITH_TIME("Compare", &type_int, time_compare),
	WITH_TIME("Sub", &type_duration, time_sub),
	WITH_SPAN("Add", &type_time, time_add),
	WITH_SPAN("Truncate", &type_time, time_truncate),
	WITH_SPAN("Round", &type_time, time_round),
	{ .name = "AddDate", .params = { &type_int, &type_int, &type_int }, .result = &type_time,
	    .call = time_add_date },
	PLAIN("IsZero", &type_bool, time_is_zero),
	PLAIN("IsDST", &type_bool, time_is_dst),
	PLAIN("Year", &type_int, time_year),
	PLAIN("Month", &type_month, time_month),
	PLAIN("Day", &type_int, time_day),
	PLAIN("Hour", &type_int, time_hour),
	PLAIN("Minute", &type_int, time_minute),
	PLAIN("Second", &type_int, time_second),
	PLAIN("Nanosecond", &type_int, time_nanosecond),
	PLAIN("Weekday", &type_weekday, time_weekday),
	PLAIN("YearDay", &type_int, time_yearday),
	PLAIN("Unix", &type_int64, time_unix),
	PLAIN("UnixMilli", &type_int64, time_unix_milli),
	PLAIN("UnixMicro", &type_int64, time_unix_micro),
	PLAIN("UnixNano", &type_int64, time_unix_nano),
	PLAIN("UTC", &type_time, time_utc),
	PLAIN("Local", &type_time, time_local),
	{ .name = "In", .params = { &type_location }, .result = &type_time, .call = call_in },
	PLAIN("Location", &type_location, call_location),
	/* Methods with several results cannot be called. */
	{ .name = "Date", .refusal = "function Date has 3 return values; should be 1 or 2" },
	{ .name = "Clock", .refusal = "function Clock has 3 return values; should be 1 or 2" },
	{ .name = "ISOWeek",
	    .refusal = "invalid function signature for ISOWeek: second return value should be error; is int" },
	{ .name = "Zone",
	    .refusal = "invalid function signature for Zone: second return value should be error; is int" },
	{ .name = "ZoneBounds",
	    .refusal = "invalid function signature for ZoneBounds: second return value should be error; is time.Time" },
};

const struct value_type type_time = {
	.name = "time.Time", .kind = V_STRUCT, .string = time_string, .json = time_json, .gostring = time_gostring,
	.methods = time_methods, .methods_n = ARRAY_LEN(time_methods),
};

static const struct value_func duration_methods[] = {
	PLAIN("String", &type_string, call_string),
	PLAIN("Nanoseconds", &type_int64, duration_nanoseconds),
	PLAIN("Microseconds", &type_int64, duration_microseconds),
	PLAIN("Milliseconds", &type_int64, duration_milliseconds),
	PLAIN("Seconds", &type_float64, duration_seconds),
	PLAIN("Minutes", &type_float64, duration_minutes),
	PLAIN("Hours", &type_float64, duration_hours),
	PLAIN("Abs", &type_duration, duration_abs),
	WITH_SPAN("Truncate", &type_duration, duration_truncate),
	WITH_SPAN("Round", &type_duration, duration_round),
};

const struct value_type type_duration = {
	.name = "time.Duration", .kind = V_INT, .string = duration_string, .methods = duration_methods,
	.methods_n = ARRAY_LEN(duration_methods),
};
