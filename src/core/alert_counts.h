/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/alert_counts.h - how many alerts that groups hold have not ended, by what the last flush made of them.
 *
 * Counted as alerts come, change and go, so that asking costs the same however many there are. That an alert ends is
 * no event: beside the numbers stand those of the alerts that are yet to end, by the time when they do, and whoever asks moves past
 * the times that have come. Times are taken together that lie within a sixteenth of a second: as many alerts
 * as there may be, their ends are few. So an alert counts for so much longer at most.
 */
#ifndef CORE_ALERT_COUNTS_H
#define CORE_ALERT_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/time.h"
#include "base/work.h"
#include "order.h"

struct alert_entry;
struct alerts_ending;

/* enum mark */
#define ALERT_COUNTS 3

/* Zeroed memory is empty. */
struct alert_counts {
	struct order ends;		/* struct alerts_ending, owned, by time */
	struct alerts_ending *last[2];	/* where the last alert went from, and where to; or NULL: those of one post end together */
	int64_t seen;			/* the time up to which ends are past, in parts of a second */
	size_t ahead[ALERT_COUNTS];	/* of those that end later */
};

/* Before r, its end, its groups or what they made of it change, and after it. An entry without groups counts for nothing. */
void alert_counts_without(struct alert_counts *c, const struct alert_entry *r);
void alert_counts_with(struct alert_counts *c, const struct alert_entry *r);
/* The numbers now, by enum mark: of the worst that any group has for an alert. False: w is used up, and the next call goes on. */
bool alert_counts_some(struct alert_counts *c, struct wall now, struct work *w, size_t out[ALERT_COUNTS]) MUST_CHECK;
/* Nothing is counted any more. */
void alert_counts_fini(struct alert_counts *c);

#endif
