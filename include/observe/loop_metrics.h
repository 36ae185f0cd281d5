/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/loop_metrics.h - how long the loop was held (loop/turn.h), as metrics.
 */
#ifndef OBSERVE_LOOP_METRICS_H
#define OBSERVE_LOOP_METRICS_H

#include "base/time.h"

struct expo;

/* A metrics source; arg is not used. */
void loop_metrics_expose(void *arg, struct expo *x, struct moment now);

#endif
