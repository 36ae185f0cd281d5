/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alertmanager's functions on times and data. Source: Alertmanager template.go.
 */
#include "exec.h"
#include "funcs.h"
#include "base/layout.h"
#include "time_value.h"

#define FUNC(name) static bool name(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)

/* To format or to parse one, or a duration. */
#define TIME_STEPS 60

FUNC(call_string_slice)
{
	struct value *items = ARENA_ARRAY(c->arena, n, struct value);

	if (n > 0)
		memcpy(items, args, n * sizeof items[0]);
	*out = value_list(&type_string_list, items, n);
	return value_charge(c, n);
}

FUNC(call_date)
{
	struct sbuf b = func_buffer(c);

	layout_format(&b, args[0].u.s, args[1].u.time);
	(void)!value_charge(c, TIME_STEPS + args[0].u.s.n);
	return func_take(c, &b, out);
}

FUNC(call_tz)
{
	const struct zone *z = zone_find(args[0].u.s);

	struct str name = args[0].u.s;

	if (z == NULL && (str_find(name, STR("..")) < name.n || str_starts(name, STR("/")) ||
	    str_starts(name, STR("\\"))))
		return value_fail(c, "time: invalid location name");
	if (z == NULL)
		return value_fail(c, "unknown time zone %.*s", STR_ARG(args[0].u.s));
	if (str_is(args[0].u.s, "Local"))
		z = c->env->local != NULL ? c->env->local : zone_utc();
	*out = time_shown_in(c->arena, args[1].u.time->at, z);
	return true;
}

static struct wall
now_of(const struct value_call *c)
{
	if (c->env->of_its_time != NULL)
		*c->env->of_its_time = true;
	return c->env->now;
}

FUNC(call_now)
{
	(void)args;
	*out = time_shown_in(c->arena, now_of(c), c->env->local != NULL ? c->env->local : zone_utc());
	return true;
}

FUNC(call_since)
{
	*out = value_duration(wall_sub(now_of(c), args[0].u.time->at));
	return true;
}

FUNC(call_humanize_duration)
{
	return value_charge(c, TIME_STEPS) && humanize_duration(c, args[0], out);
}

static bool
to_date(struct value_call *c, const struct value *args, struct value *out, struct err *e)
{
	struct zoned_time *t = ARENA_NEW(c->arena, struct zoned_time);

	if (!value_charge(c, TIME_STEPS + args[0].u.s.n))
		return false;
	if (!layout_parse(args[0].u.s, args[1].u.s, t, e))
		return false;
	t->abbreviation = arena_str(c->arena, t->abbreviation);
	*out = (struct value){ .type = &type_time, .u.time = t };
	return true;
}

FUNC(call_to_date)
{
	if (!to_date(c, args, out, NULL) && !c->failed)
		*out = time_shown_in(c->arena, WALL_ZERO, zone_utc());
	return true;
}

FUNC(call_must_to_date)
{
	struct err e = { 0 };

	return to_date(c, args, out, &e) || c->failed || value_fail(c, "%s", e.text);
}

static bool
holds_anything(struct value v)
{
	return v.type != NULL && v.type->elem == &type_any;
}

FUNC(call_to_json)
{
	struct sbuf b = func_buffer(c);
	struct err e = { 0 };

	if (!value_json(&b, args[0], &e)) {
		sbuf_fini(&b);
		return value_fail(c, "%s", e.text);
	}
	(void)!value_charge(c, 10);
	/* Floats may be anywhere in what a template put together itself. */
	if (value_kind(args[0]) == V_FLOAT || holds_anything(args[0]))
		(void)!value_charge(c, exec_print_price(args[0], b.n));
	return func_take(c, &b, out);
}

FUNC(call_list)
{
	struct value *items = ARENA_ARRAY(c->arena, n, struct value);

	if (n > 0)
		memcpy(items, args, n * sizeof items[0]);
	*out = value_list(&type_list, items, n);
	return value_charge(c, n);
}

FUNC(call_append)
{
	struct value list = args[0];
	size_t old = list.u.list.n;
	struct value *items = ARENA_ARRAY(c->arena, old + n - 1, struct value);

	if (!value_charge(c, old + n))
		return false;
	if (old > 0)
		memcpy(items, list.u.list.items, old * sizeof items[0]);
	if (n > 1)
		memcpy(items + old, args + 1, (n - 1) * sizeof items[0]);
	*out = old + n == 1 ? list : value_list(&type_list, items, old + n - 1);
	return true;
}

FUNC(call_dict)
{
	struct value_entry *e = ARENA_ARRAY(c->arena, n / 2, struct value_entry);

	if (n % 2 != 0)
		return value_fail(c, "dict requires an even number of arguments");
	for (size_t i = 0; i < n; i += 2) {
		if (args[i].type != &type_string)
			return value_fail(c, "dict keys must be strings");
		e[i / 2] = (struct value_entry){ args[i].u.s, args[i + 1] };
	}
	*out = value_map(c->arena, e, n / 2);
	return value_charge(c, n);
}

#define TEXT_AND_TIME(nm, rs, fn) \
	{ .func = { .name = (nm), .params = { &type_string, &type_time }, .result = (rs), .call = (fn) } }
#define TWO_TEXTS(nm, rs, fn) \
	{ .func = { .name = (nm), .params = { &type_string, &type_string }, .result = (rs), .call = (fn) } }

const struct builtin builtins_am_data[] = {
	{ .func = { .name = "stringSlice", .params = { &type_string }, .variadic = true,
	    .result = &type_string_list, .call = call_string_slice } },
	TEXT_AND_TIME("date", &type_string, call_date),
	TEXT_AND_TIME("tz", &type_time, call_tz),
	{ .func = { .name = "now", .result = &type_time, .call = call_now } },
	{ .func = { .name = "since", .params = { &type_time }, .result = &type_duration, .call = call_since } },
	{ .func = { .name = "humanizeDuration", .params = { &type_any }, .result = &type_string,
	    .call = call_humanize_duration } },
	TWO_TEXTS("toDate", &type_time, call_to_date),
	TWO_TEXTS("mustToDate", &type_time, call_must_to_date),
	{ .func = { .name = "toJson", .params = { &type_any }, .result = &type_string, .call = call_to_json } },
	{ .func = { .name = "list", .params = { &type_any }, .variadic = true, .result = &type_list,
	    .call = call_list } },
	{ .func = { .name = "append", .params = { &type_list, &type_any }, .variadic = true,
	    .result = &type_list, .call = call_append } },
	{ .func = { .name = "dict", .params = { &type_any }, .variadic = true, .result = &type_map,
	    .call = call_dict } },
	{ .func = { .name = NULL } },
};
