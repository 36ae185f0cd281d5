/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/inhibit.h - which alerts are held back because others fire.
 *
 * For every rule, alerts fall into buckets by their values of the `equal`
 * labels. An entry knows the buckets it is in and its role there, so asking
 * whether it is inhibited neither matches nor hashes. Exact: any source that
 * fires counts (Alertmanager inhibit/inhibit.go, which remembers but one).
 */
#ifndef CORE_INHIBIT_H
#define CORE_INHIBIT_H

#include <stdbool.h>

#include "alert_entry.h"
#include "base/list.h"
#include "base/time.h"
#include "base/work.h"
#include "config/config.h"
#include "model/matcher.h"

struct inhibitor;

/* Borrows c. `slot` (0 or 1): where entries keep what it finds out. No two that live may have the same. */
struct inhibitor *inhibitor_new(const struct config *c, unsigned slot);
/* The same, but it is to be indexed before it is asked. */
struct inhibitor *inhibitor_begin(const struct config *c, unsigned slot);
/* False: w is used up, and there is more. */
bool inhibitor_index_some(struct inhibitor *in, struct work *w);
/* All entries must have been forgotten; *in may be NULL. */
void inhibitor_free(struct inhibitor **in);
/* The same in slices; false: w is used up, and there is more. */
bool inhibitor_free_some(struct inhibitor **in, struct work *w);

/*
 * Where finding the rules of an entry stopped within one match; zeroed: nowhere.
 * Earlier findings are in the entry itself. Neither the entry nor the inhibitor
 * may go before the end or inhibit_run_reset.
 */
struct inhibit_run {
	struct labels *labels;	/* owned reference; NULL: nothing is half done */
	uint64_t order;
	struct match_run match;
};
void inhibit_run_reset(struct inhibit_run *run);

/* r holds another version of its alert, or is newly stored. */
void inhibit_observe(struct inhibitor *in, struct alert_entry *r, struct wall now);
/* The same within what w, which is not used up, has left; false: it is used up, and the next call goes on. */
bool inhibit_observe_some(struct inhibitor *in, struct alert_entry *r, struct wall now, struct inhibit_run *run,
    struct work *w);
/* Are the rules of r known? */
bool inhibit_observed(const struct inhibitor *in, const struct alert_entry *r);
/* r is no longer stored, or the configuration goes. */
void inhibit_forget(struct inhibitor *in, struct alert_entry *r);

/* The source that inhibits an entry. */
struct inhibition {
	struct alert_entry *source;	/* NULL: nothing does, and the rest is not set */
	const struct inhibit_rule *rule;	/* borrowed from the configuration */
};
/*
 * Finds the source that inhibits r now, and remembers it (entry_memory), in the
 * inhibitor too. As inhibit_observe_some; *out is set at the end.
 */
bool inhibit_source_some(struct inhibitor *in, const struct alert_entry *r, struct wall now, struct inhibit_run *run,
    struct work *w, struct inhibition *out);
/* All at once; only the source. */
struct alert_entry *inhibit_source(struct inhibitor *in, const struct alert_entry *r, struct wall now);
/* The wall clock went back: what had ended may fire again. */
void inhibit_clock_stepped(struct inhibitor *in);

/*
 * An entry that is nobody's, for a label set that is asked about. Its memory of the inhibitor goes when that one
 * does, or at the end: whoever asks in slices keeps it.
 */
struct inhibit_guest {
	struct list_node place;
	struct inhibitor *of;		/* NULL: none, or it is gone */
	struct alert_entry entry;
};
/* g->entry.alert is set by the caller, and stays. */
void inhibit_guest_begin(struct inhibitor *in, struct inhibit_guest *g);
void inhibit_guest_end(struct inhibit_guest *g);

/* The effect of a rule on an entry, or why it has none. */
enum inhibit_why {
	INHIBIT_NO_TARGET,	/* its target side does not match */
	INHIBIT_NO_SOURCE,	/* no alert matches its source side */
	INHIBIT_UNEQUAL,	/* some do, with other values of the labels that have to be equal */
	INHIBIT_ENDED,		/* those have ended */
	INHIBIT_BOTH_SIDES,	/* those are on both sides, as the entry is: they do not inhibit each other */
	INHIBIT_ACTS,
};
struct inhibit_finding {
	const struct inhibit_rule *rule;
	enum inhibit_why why;
	struct alert_entry *source;	/* of INHIBIT_ACTS */
};
/*
 * The i-th rule whose target side matches r, which has been judged (inhibit_source_some), and its effect now. MATCH_NO: there
 * are no more of them. MATCH_LATER: w, which must not be used up before, is, and the next call goes on.
 */
enum match inhibit_finding_some(const struct inhibitor *in, const struct alert_entry *r, size_t i, struct wall now,
    struct work *w, struct inhibit_finding *out);
/* Does r, which has been judged, match the source side of some rule? */
bool inhibit_is_source(const struct inhibitor *in, const struct alert_entry *r);

#endif
