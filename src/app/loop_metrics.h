/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/loop_metrics.h (private) - how long the loop was held (loop/turn.h), as metrics.
 */
#ifndef APP_LOOP_METRICS_H
#define APP_LOOP_METRICS_H

#include "base/time.h"

struct expo;

/* A metrics source; arg is not used. */
void loop_metrics_expose(void *arg, struct expo *x, struct moment now);

#endif
