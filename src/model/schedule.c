/* SPDX-License-Identifier: Apache-2.0 */
#include "model/schedule.h"

#include <stdio.h>

#include "base/tz.h"

#define DAY INT64_C(86400)
#define MINUTES_PER_DAY 1440

static const char *const weekdays[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };
static const char *const long_weekdays[] = { "sunday", "monday", "tuesday", "wednesday", "thursday", "friday",
	"saturday" };

static bool
equal_ignoring_case(struct str s, const char *lower)
{
	size_t i = 0;

	for (; i < s.n && lower[i] != '\0'; i++)
		if ((s.p[i] | 0x20) != lower[i])
			return false;
	return i == s.n && lower[i] == '\0';
}

bool
schedule_parse_weekday(struct str s, uint8_t *bit_out, struct err *e)
{
	for (unsigned i = 0; i < ARRAY_LEN(weekdays); i++)
		if (equal_ignoring_case(s, weekdays[i]) || equal_ignoring_case(s, long_weekdays[i])) {
			*bit_out = (uint8_t)(1U << i);
			return true;
		}
	return err_set(e, ERR_INVALID, "\"%.*s\" is no weekday: sun, mon, tue, wed, thu, fri, sat", STR_ARG(s));
}

bool
schedule_parse_time(struct str s, uint16_t *minutes_out, struct err *e)
{
	bool ok = s.n == 5 && s.p[2] == ':';

	for (size_t i = 0; ok && i < 5; i++)
		ok = i == 2 || (s.p[i] >= '0' && s.p[i] <= '9');
	if (ok) {
		int minute = (s.p[3] - '0') * 10 + s.p[4] - '0', all = ((s.p[0] - '0') * 10 + s.p[1] - '0') * 60 + minute;

		ok = minute < 60 && all <= MINUTES_PER_DAY;
		*minutes_out = (uint16_t)all;
	}
	return ok || err_set(e, ERR_INVALID, "\"%.*s\" is no time of the day: 00:00 to 24:00", STR_ARG(s));
}

const char *
schedule_weekday_text(int day)
{
	return weekdays[day];
}

void
schedule_time_text(uint16_t minutes, char out[SCHEDULE_TIME_MAX])
{
	unsigned m = minutes <= MINUTES_PER_DAY ? minutes : MINUTES_PER_DAY;

	snprintf(out, SCHEDULE_TIME_MAX, "%02u:%02u", m / 60 % 100, m % 60);
}

bool
schedule_set_location(struct schedule *s, struct str name, struct err *e)
{
	s->location = zone_find(name);
	return s->location != NULL || err_set(e, ERR_INVALID, "unknown time zone \"%.*s\"", STR_ARG(name));
}

bool
schedule_add(struct schedule *s, struct schedule_window w, struct err *e)
{
	if (s->n == SCHEDULE_WINDOWS_MAX)
		return err_set(e, ERR_INVALID, "more than %d windows", SCHEDULE_WINDOWS_MAX);
	if (w.weekdays == 0 || w.weekdays >= 1U << 7)
		return err_set(e, ERR_INVALID, "a window needs at least one weekday");
	if (w.from >= MINUTES_PER_DAY || w.to > MINUTES_PER_DAY)
		return err_set(e, ERR_INVALID, "a window begins at 00:00 to 23:59 and ends at 00:00 to 24:00");
	if (w.from == w.to)
		return err_set(e, ERR_INVALID, "a window ends when it begins: a whole day is from 00:00 to 24:00");
	s->windows[s->n++] = w;
	return true;
}

static int64_t
offset_at(const struct zone *z, int64_t s)
{
	return zone_apply(z, (struct wall){ s, 0, 0 }, NULL).offset;
}

/* The first second after low, up to high, with the offset that high has. */
static int64_t
find_change(const struct zone *z, int64_t low, int64_t high)
{
	int64_t after = offset_at(z, high);

	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;

		if (offset_at(z, mid) == after)
			high = mid;
		else
			low = mid;
	}
	return high;
}

/* When clocks show that local time (as seconds, as if it were UTC): for the first time, or for the last. */
static int64_t
instant(const struct zone *z, int64_t local, bool last)
{
	/* Clocks change once in two days at most. */
	int64_t before = offset_at(z, local - DAY), after = offset_at(z, local + DAY);
	int64_t first = local - before, second = local - after;
	bool is_first = offset_at(z, first) == before, is_second = offset_at(z, second) == after;

	if (is_first && is_second)
		return last ? second : first;
	if (is_first || is_second)
		return is_first ? first : second;
	return find_change(z, second, first);
}

struct times {
	int64_t start, end;
};

/* The window as it begins on that day (since 1970, local); false: it has no length there. */
static bool
on_day(const struct schedule *s, const struct schedule_window *w, int64_t day, struct times *out)
{
	int64_t to = w->to > w->from ? day : day + 1;

	out->start = instant(s->location, day * DAY + w->from * 60, false);
	out->end = instant(s->location, to * DAY + w->to * 60, true);
	return out->start < out->end;
}

/* 1970-01-01 was a Thursday. */
static bool
begins_on(const struct schedule_window *w, int64_t day)
{
	int64_t weekday = (day % 7 + 11) % 7;

	return (w->weekdays >> weekday & 1) != 0;
}

/* Looks at windows that begin within days `from` to `to`: finds the one around t that lasts longest, else the next. */
static bool
find(const struct schedule *s, int64_t t, int64_t from, int64_t to, struct times *out)
{
	bool found = false, inside = false;

	for (int64_t day = from; day <= to; day++)
		for (size_t i = 0; i < s->n; i++) {
			struct times w;
			bool in;

			if (!begins_on(&s->windows[i], day) || !on_day(s, &s->windows[i], day, &w) || w.end <= t)
				continue;
			in = w.start <= t;
			if (!found || (in && !inside) || (in && w.end > out->end) ||
			    (!in && !inside && w.start < out->start))
				*out = w;
			found = true;
			inside = inside || in;
		}
	return found;
}

/* A week has all there is; where clocks go forward one may have no length, and a calendar may leave a day out. */
#define DAYS_AHEAD 9
#define DAYS_AHEAD_AT_MOST 16
#define DAYS_JOINED 7

bool
schedule_at(const struct schedule *s, struct wall t, struct wall *start_out, struct wall *end_out)
{
	int64_t day = (t.s + offset_at(s->location, t.s)) / DAY;
	struct times w, next;
	bool ends = !wall_is_zero(s->until);

	/* Before 1970 the division rounds up; nobody asks. */
	if (!find(s, t.s, day - 2, day + DAYS_AHEAD, &w) && !find(s, t.s, day - 2, day + DAYS_AHEAD_AT_MOST, &w))
		return false;
	for (int i = 0; i < DAYS_JOINED * SCHEDULE_WINDOWS_MAX; i++) {
		int64_t last = (w.end + offset_at(s->location, w.end)) / DAY;

		if (w.end - w.start >= DAYS_JOINED * DAY || !find(s, w.end, last - 2, last, &next) || next.start > w.end)
			break;
		w.end = next.end;
	}
	*start_out = (struct wall){ w.start, 0, 0 };
	*end_out = (struct wall){ w.end, 0, 0 };
	if (ends && !wall_before(*start_out, s->until))
		return false;
	if (ends && wall_after(*end_out, s->until))
		*end_out = wall_utc(s->until);
	return !ends || wall_before(t, s->until);
}
