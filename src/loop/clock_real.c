/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/clock_real.h"

#include <assert.h>
#include <time.h>

#include "base/tz.h"

static struct moment
real_now(struct clock *self)
{
	struct timespec mono, wall;
	struct moment m;
	int bad;

	(void)self;
	/* Neither can fail on Linux with these clocks and good pointers. */
	bad = clock_gettime(CLOCK_MONOTONIC, &mono);
	assert(bad == 0);
	bad = clock_gettime(CLOCK_REALTIME, &wall);
	assert(bad == 0);
	m.mono.ns = (int64_t)mono.tv_sec * SPAN_S + mono.tv_nsec;
	m.wall = (struct wall){ wall.tv_sec, (int32_t)wall.tv_nsec, 0 };
	m.wall = zone_apply(zone_local(), m.wall, NULL);
	return m;
}

struct clock *
clock_real(void)
{
	static struct clock the_clock = { real_now };

	return &the_clock;
}
