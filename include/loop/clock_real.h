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

/* Time that the calling thread has had of the processor. A system call, where the others are none. */
struct mono clock_real_cpu(void);

#endif
