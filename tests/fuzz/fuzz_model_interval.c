/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an element of each key of a time interval; what is accepted is
 * a range in order, and can be asked about any day.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "model/interval.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(struct interval_ranges *key, struct interval *in, struct interval_range *r)
{
	struct time_interval ti = { STR_NONE, in, 1 };

	*key = (struct interval_ranges){ true, r, 1 };
	for (int64_t day = 0; day < 40; day++)
		(void)time_interval_contains(&ti, (struct wall){ 1709164800 + day * 86399, 0, 0 });
	*key = (struct interval_ranges){ 0 };
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str s = { (const char *)data, size };
	struct interval in = { 0 };
	struct interval_range r;
	size_t half = size / 2;

	if (interval_parse_weekdays(s, &r, NULL)) {
		if (r.begin < 0 || r.begin > r.end || r.end > 6)
			abort();
		ask(&in.weekdays, &in, &r);
	}
	if (interval_parse_days_of_month(s, &r, NULL)) {
		if (r.begin < -31 || r.begin == 0 || r.end > 31 || r.end == 0)
			abort();
		ask(&in.days_of_month, &in, &r);
	}
	if (interval_parse_months(s, &r, NULL))
		ask(&in.months, &in, &r);
	if (interval_parse_years(s, &r, NULL))
		ask(&in.years, &in, &r);
	if (interval_parse_times(str_sub(s, 0, half), str_sub(s, half, size), &r, NULL)) {
		if (r.begin < 0 || r.begin >= r.end || r.end > 1440)
			abort();
		ask(&in.times, &in, &r);
	}
	return 0;
}
