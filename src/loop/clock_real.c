/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/clock_real.h"

#include <assert.h>
#include <time.h>

#include "base/tz.h"

static struct mono
read_clock(clockid_t clock)
{
	struct timespec t;
	/* It cannot fail on Linux with these clocks and a good pointer, nor can the other one. */
	int bad = clock_gettime(clock, &t);

	assert(bad == 0);
	return (struct mono){ (int64_t)t.tv_sec * SPAN_S + t.tv_nsec };
}

struct mono
clock_real_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct mono
clock_real_cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static struct moment
real_now(struct clock *self)
{
	/* The offset is that of a second; it is asked for many times in each. */
	static _Thread_local struct wall last = { INT64_MIN, 0, 0 };
	struct moment m = { .mono = clock_real_mono() };
	struct timespec wall;
	int bad;

	(void)self;
	bad = clock_gettime(CLOCK_REALTIME, &wall);
	assert(bad == 0);
	if (wall.tv_sec != last.s)
		last = zone_apply(zone_local(), (struct wall){ wall.tv_sec, 0, 0 }, NULL);
	m.wall = (struct wall){ wall.tv_sec, (int32_t)wall.tv_nsec, last.offset };
	return m;
}

struct clock *
clock_real(void)
{
	static struct clock the_clock = { real_now };

	return &the_clock;
}
