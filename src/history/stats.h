/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/stats.h (private) - sums over a range of the past: who was told how often, what is noisy, what is of no use.
 */
#ifndef HISTORY_STATS_H
#define HISTORY_STATS_H

#include "reader.h"

struct config;

/* Writes the answer, an object. c: its inhibition rules are asked about; NULL: there are none. */
bool stats_run(struct reader *r, const struct question *q, const struct config *c, struct clock *clock,
    struct sbuf *out, struct err *e) MUST_CHECK;

#endif
