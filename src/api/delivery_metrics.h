/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery_metrics.h - messages to single recipients in the exposition.
 */
#ifndef DELIVERY_METRICS_H
#define DELIVERY_METRICS_H

#include "base/arena.h"
#include "core/engine.h"
#include "text/expo.h"

/* Nothing while there are no deliveries. */
void expose_deliveries(const struct engine *e, struct arena *scratch, struct expo *x);

#endif
