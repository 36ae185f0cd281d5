/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/clock_real.h - the system's clocks as a struct clock.
 *
 * The one place that reads a clock. Wall times carry the offset of the local
 * zone (base/tz.h). Any thread.
 */
#ifndef LOOP_CLOCK_REAL_H
#define LOOP_CLOCK_REAL_H

#include "base/time.h"

/* Static, never freed. */
struct clock *clock_real(void);
/* The monotonic one alone. */
struct mono clock_real_mono(void);

/* The same, but in a build that counts what turns cost the processor (TURN_CLOCK in clock_real.c). For loop/turn.h. */
struct mono clock_real_turn(void);

#endif
