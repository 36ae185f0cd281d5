/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/time_value.h - the methods of time.Time and time.Duration.
 */
#ifndef TMPL_TIME_VALUE_H
#define TMPL_TIME_VALUE_H

#include "tmpl/value.h"

/* w shown in the zone z. */
struct value time_shown_in(struct arena *a, struct wall w, const struct zone *z);
/* w shown where `from` is. */
struct value time_moved(struct arena *a, const struct zoned_time *from, struct wall w);

#define TIME_METHOD(name) \
	bool name(struct value_call *c, const struct value *args, size_t n, struct value *out)

TIME_METHOD(time_after);
TIME_METHOD(time_before);
TIME_METHOD(time_equal);
TIME_METHOD(time_compare);
TIME_METHOD(time_sub);
TIME_METHOD(time_add);
TIME_METHOD(time_truncate);
TIME_METHOD(time_round);
TIME_METHOD(time_add_date);
TIME_METHOD(time_is_zero);
TIME_METHOD(time_is_dst);
TIME_METHOD(time_year);
TIME_METHOD(time_month);
TIME_METHOD(time_day);
TIME_METHOD(time_hour);
TIME_METHOD(time_minute);
TIME_METHOD(time_second);
TIME_METHOD(time_nanosecond);
TIME_METHOD(time_weekday);
TIME_METHOD(time_yearday);
TIME_METHOD(time_unix);
TIME_METHOD(time_unix_milli);
TIME_METHOD(time_unix_micro);
TIME_METHOD(time_unix_nano);
TIME_METHOD(time_utc);
TIME_METHOD(time_local);
TIME_METHOD(duration_nanoseconds);
TIME_METHOD(duration_microseconds);
TIME_METHOD(duration_milliseconds);
TIME_METHOD(duration_seconds);
TIME_METHOD(duration_minutes);
TIME_METHOD(duration_hours);
TIME_METHOD(duration_abs);
TIME_METHOD(duration_truncate);
TIME_METHOD(duration_round);

#endif
