/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/alert_choice.h - which alerts a list has to look at.
 *
 * One of the matchers of a list is chosen that few alerts satisfy, and the values of its label that do: by looking at
 * the numbers in columns (alert_columns.h), one of which may have to be made first. A matcher whose values cannot be
 * counted is asked once for each value of the label. The alerts of those values are gone through in the order of lists.
 *
 * A column is worth its making where lists ask for its label time and again (alert_columns_worth). Until then, and where
 * no column is of use, all alerts are looked at once (alert_scan.h); when most of them would be found, all
 * are gone through in the order of lists.
 */
#ifndef CORE_ALERT_CHOICE_H
#define CORE_ALERT_CHOICE_H

#include "alert_columns.h"
#include "alert_scan.h"
#include "alerts.h"
#include "base/vec.h"
#include "model/matcher.h"

/* A part that is gone through. */
struct part_place {
	const struct alert_part *part;
	struct order_cursor at;
	struct alert_entry *entry;	/* there */
	uint64_t rank;			/* of that */
};

/* Zeroed: nothing is chosen yet. */
struct alert_choice {
	bool made;
	struct istr *name;		/* owned reference; NULL: no column is of use */
	struct alert_scan scan;		/* then, unless it is given up: those that were found */
	VEC(struct istr *) values;	/* owned references; NULL: alerts without the label */
	VEC(struct part_place) heap;	/* within a slice: the first of the order on top */

	/* In the making: */
	unsigned pass;
	size_t at;			/* the matcher that is looked at */
	bool waits;			/* for the column of that */
	size_t columns;			/* that were made for this list */
	size_t best, best_at;		/* alerts of the best matcher so far, and that */
	struct match_run run;		/* of the matcher that is judged, with `value` */
	struct istr *value;		/* the last one that it was asked for; owned reference */
	struct labels *sample;		/* of an alert with that; owned reference */
	bool begun, judging;		/* with the first one; with `value` */
	bool asked, judges;		/* whether a matcher is judged was asked; it is */
	bool scans;			/* no column is of use */
	size_t judged;			/* alerts of the values that satisfy it */
};

/* False: w is used up, and the next call goes on. */
bool alert_choice_make_some(struct alert_choice *c, struct alert_columns *cs, struct alerts *as, const struct matchers *ms,
    struct work *w);
/*
 * When made, at the beginning of a slice: goes on behind `at` (NULL: from the very first). False: w is used up. A column that had to
 * give way is not made again.
 */
bool alert_choice_begin(struct alert_choice *c, struct alert_columns *cs, struct alerts *as, const struct labels *at,
    struct work *w);
/* All alerts have to be looked at, in the order of lists. */
bool alert_choice_is_all(const struct alert_choice *c);
/* The entry on top, NULL at the end; the next one is on top then. */
struct alert_entry *alert_choice_top(struct alert_choice *c);
void alert_choice_pop(struct alert_choice *c);
void alert_choice_fini(struct alert_choice *c);

#endif
