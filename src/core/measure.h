/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/measure.h (private) - how long things took, for metrics.
 *
 * The stopwatch is the port's; without one every duration is 0. Only counts
 * and sums come of it.
 */
#ifndef CORE_MEASURE_H
#define CORE_MEASURE_H

#include "base/time.h"
#include "core/counters.h"

struct port;

/* p may be NULL. */
struct mono stopwatch(struct port *p);
/* One more, that began at `began`. */
void count_summary(struct duration_summary *s, struct port *p, struct mono began);
void count_duration(struct duration_histogram *h, struct port *p, struct mono began);
/* One more, of a length that the engine knows by its own time. */
void count_latency(struct latency_histogram *h, span took);

#endif
