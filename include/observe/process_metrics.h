/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/process_metrics.h - process_* metrics from /proc.
 */
#ifndef OBSERVE_PROCESS_METRICS_H
#define OBSERVE_PROCESS_METRICS_H

#include "base/time.h"

struct expo;

/* A metrics source; arg is a struct wall, the start of the process. */
void process_metrics_expose(void *arg, struct expo *x, struct moment now);

#endif
