/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/schedule.h - windows of time that come again every week.
 *
 * A window begins on each of its weekdays at a time of the day, by the clocks of one place, and ends later on that
 * day or on the next one. Where clocks change: a time that is left out is the moment of the change; of a time that
 * comes twice a window begins with the first and ends with the last.
 *
 * Immutable once it is shared, and pure: what time it is is an argument.
 */
#ifndef MODEL_SCHEDULE_H
#define MODEL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"

struct zone;

#define SCHEDULE_WINDOWS_MAX 32

struct schedule_window {
	uint8_t weekdays;	/* those that it begins on; bit 0: Sunday */
	uint16_t from, to;	/* minutes of the day, to 1440; `to` up to `from`: of the next day */
};

struct schedule {
	const struct zone *location;	/* never NULL */
	struct wall until;		/* no window lasts longer, nor begins then or later; WALL_ZERO: no end */
	size_t n;			/* at least one when complete */
	struct schedule_window windows[SCHEDULE_WINDOWS_MAX];
};

/* "sun", "Monday": its bit of weekdays. ERR_INVALID: it is none. */
bool schedule_parse_weekday(struct str s, uint8_t *bit_out, struct err *e) MUST_CHECK;
/* "22:00", "24:00": minutes of the day. */
bool schedule_parse_time(struct str s, uint16_t *minutes_out, struct err *e) MUST_CHECK;
/* "mon", and "22:00" for that many minutes: `out` has room for them. */
#define SCHEDULE_TIME_MAX 6
const char *schedule_weekday_text(int day);
void schedule_time_text(uint16_t minutes, char out[SCHEDULE_TIME_MAX]);
/* A place by its IANA name; an empty one is UTC. ERR_INVALID: there is none. */
bool schedule_set_location(struct schedule *s, struct str name, struct err *e) MUST_CHECK;
/* ERR_INVALID: there are SCHEDULE_WINDOWS_MAX, no weekday, or from and to are equal. */
bool schedule_add(struct schedule *s, struct schedule_window w, struct err *e) MUST_CHECK;

/*
 * The window that t is in, else the next one: from *start_out up to, not with, *end_out, in UTC. Windows that meet
 * are one, as far as a week reaches. False: there is none any more.
 */
bool schedule_at(const struct schedule *s, struct wall t, struct wall *start_out, struct wall *end_out);

#endif
