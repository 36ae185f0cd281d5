/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `time_intervals` and the deprecated `mute_time_intervals`, which share their names.
 */
#include "base/tz.h"
#include "conf.h"

struct interval_keys {
	const struct yaml_node *times, *weekdays, *days_of_month, *months, *years;
	struct str location;
};

struct times_keys {
	struct str start_time, end_time;
};

struct named_keys {
	struct str name;
	const struct yaml_node *time_intervals;
};

#define K struct interval_keys

const struct field interval_fields[] = {
	ANY_FIELD(K, times, .flags = F_RAW, .doc = "Times of the day."),
	ANY_FIELD(K, weekdays, .flags = F_RAW, .doc = "Days of the week: monday, monday:friday."),
	ANY_FIELD(K, days_of_month, .flags = F_RAW, .doc = "Days of the month: 1, 1:5, -3:-1."),
	ANY_FIELD(K, months, .flags = F_RAW, .doc = "Months: may, may:august, 1:3."),
	ANY_FIELD(K, years, .flags = F_RAW, .doc = "Years: 2030, 2030:2032."),
	STRING_FIELD(K, location, .doc = "Time zone; UTC by default."),
	{ 0 },
};

const struct field times_fields[] = {
	STRING_FIELD(struct times_keys, start_time, .doc = "HH:MM."),
	STRING_FIELD(struct times_keys, end_time, .doc = "HH:MM, exclusive."),
	{ 0 },
};

const struct field time_interval_fields[] = {
	STRING_FIELD(struct named_keys, name, .doc = "Its name."),
	ANY_FIELD(struct named_keys, time_intervals, .flags = F_RAW, .doc = "Alternatives."),
	{ 0 },
};

typedef bool range_parse(struct str s, struct interval_range *out, struct err *e);

static void
time_read(struct reading *r, const struct yaml_node *n, const struct at *at, struct interval_range *out)
{
	struct times_keys k = { 0 };
	struct err e = { 0 };

	if (fields_read(r, n, at, times_fields, &k, NULL) &&
	    !interval_parse_times(k.start_time, k.end_time, out, &e))
		reading_problem(r, n, at, "%s (wanted: start_time and end_time as HH:MM)", e.text);
}

/* `parse` is NULL for times. */
static void
ranges_read(struct reading *r, const struct yaml_node *n, const struct at *at, range_parse *parse, const char *type,
    struct interval_ranges *out)
{
	if (n == NULL)
		return;
	if (n->kind != YAML_SEQ) {
		reading_type_problem(r, n, at, false, type, "a list is wanted here");
		return;
	}
	out->present = true;
	out->n = n->n;
	out->r = ARENA_ARRAY(r->arena, n->n, struct interval_range);
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_node *item = n->items[i];
		const struct at *here = AT_INDEX(at, i);
		struct err e = { 0 };
		struct str s;

		/* COMPAT: a null element is a range of zeros. */
		if (node_is_null(item))
			continue;
		if (parse == NULL)
			time_read(r, item, here, &out->r[i]);
		else if (node_string(r, item, here, false, &s) && !parse(s, &out->r[i], &e))
			reading_problem(r, item, here, "%s", e.text);
	}
}

static void
interval_read(struct reading *r, const struct yaml_node *n, const struct at *at, struct interval *out)
{
	struct field_presence written = { 0 };
	struct interval_keys k = { 0 };

	if (node_is_null(n))
		return;
	fields_read(r, n, at, interval_fields, &k, &written);
	ranges_read(r, k.times, AT_KEY(at, STR("times")), NULL, "[]timeinterval.TimeRange", &out->times);
	ranges_read(r, k.weekdays, AT_KEY(at, STR("weekdays")), interval_parse_weekdays,
	    "[]timeinterval.WeekdayRange", &out->weekdays);
	ranges_read(r, k.days_of_month, AT_KEY(at, STR("days_of_month")), interval_parse_days_of_month,
	    "[]timeinterval.DayOfMonthRange", &out->days_of_month);
	ranges_read(r, k.months, AT_KEY(at, STR("months")), interval_parse_months, "[]timeinterval.MonthRange",
	    &out->months);
	ranges_read(r, k.years, AT_KEY(at, STR("years")), interval_parse_years, "[]timeinterval.YearRange",
	    &out->years);
	if (k.location.p == NULL)
		return;
	out->location = zone_find(k.location);
	if (out->location == NULL)
		reading_problem(r, yaml_get(n, "location"), AT_KEY(at, STR("location")),
		    "unknown time zone %.*s (wanted: a name such as Europe/Berlin, UTC or Local)", STR_ARG(k.location));
}

static void
named_read(struct reading *r, const struct yaml_node *n, const struct at *at, const char *what,
    struct time_interval *out)
{
	struct named_keys k = { 0 };
	const struct at *list = AT_KEY(at, STR("time_intervals"));

	if (node_is_null(n))
		return;
	if (fields_read(r, n, at, time_interval_fields, &k, NULL) && k.name.n == 0)
		reading_problem(r, n, at, "missing name in %s", what);
	out->name = k.name;
	if (k.time_intervals == NULL)
		return;
	if (k.time_intervals->kind != YAML_SEQ) {
		reading_type_problem(r, k.time_intervals, list, false, "[]timeinterval.TimeInterval",
		    "a list is wanted here");
		return;
	}
	out->n = k.time_intervals->n;
	out->intervals = ARENA_ARRAY(r->arena, out->n, struct interval);
	for (size_t i = 0; i < out->n; i++)
		interval_read(r, k.time_intervals->items[i], AT_INDEX(list, i), &out->intervals[i]);
}

bool
time_intervals_read(struct loading *l, struct reading *r, const struct yaml_node *n, const struct at *at, bool mute)
{
	const char *what = mute ? "mute time interval" : "time interval";
	struct config *c = l->c;
	size_t before = r->problems_n, old = c->time_intervals_n;

	if (n->kind != YAML_SEQ)
		return reading_type_problem(r, n, at, false,
		    mute ? "[]config.MuteTimeInterval" : "[]config.TimeInterval", "a list is wanted here");
	c->time_intervals = list_room(r->arena, c->time_intervals, old, n->n, sizeof(struct time_interval));
	for (size_t i = 0; i < n->n; i++) {
		struct time_interval *ti = &c->time_intervals[c->time_intervals_n];
		const struct at *here = AT_INDEX(at, i);

		*ti = (struct time_interval){ 0 };
		named_read(r, n->items[i], here, what, ti);
		if (!names_add(&l->interval_names, r->arena, ti->name, c->time_intervals_n))
			reading_problem(r, n->items[i], here, "%s \"%.*s\" is not unique", what, STR_ARG(ti->name));
		c->time_intervals_n++;
	}
	if (mute)
		l->mute_intervals_n = c->time_intervals_n;
	return r->problems_n == before;
}

struct time_interval *
interval_find(const struct loading *l, struct str name)
{
	size_t i;

	return names_find(&l->interval_names, name, &i) ? &l->c->time_intervals[i] : NULL;
}
