/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/alert_scan.h - the alerts that satisfy matchers, found by looking at each once.
 *
 * Alerts are looked at in the order in which they came, in which they lie in memory: that is several times faster than in the order
 * of lists, whose every step is to another place. The few that are found are sorted. When they turn out to be
 * many, nothing is won, and the scan is given up.
 */
#ifndef CORE_ALERT_SCAN_H
#define CORE_ALERT_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "alerts.h"
#include "base/work.h"
#include "model/matcher.h"
#include "order.h"

/* Zeroed: not begun. */
struct alert_scan {
	struct alerts *alerts;		/* NULL: not begun */
	struct alerts_cursor at;	/* the next one */
	bool given_up;
	size_t looked;
	struct match_run run;		/* of the alert that is looked at */
	struct labels *labels;		/* of that, when it was put off; owned reference */
	struct order found;		/* struct labels, owned references, in the order of lists */
	struct order_cursor shown;	/* of those, the first that was not shown */
	struct labels *next;		/* there; NULL: none is left */
};

/* False: w is used up, and the next call goes on. True: all are found, or s->given_up. `as` stays until alert_scan_fini. */
bool alert_scan_some(struct alert_scan *s, struct alerts *as, const struct matchers *ms, struct work *w) MUST_CHECK;
/* The first one that was found, is there still, and was not gone past; NULL: that was the last. */
struct alert_entry *alert_scan_top(struct alert_scan *s);
void alert_scan_pop(struct alert_scan *s);
void alert_scan_fini(struct alert_scan *s);

#endif
