/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/explain.h - what becomes of an alert, and why.
 *
 * The alert goes the way that the engine would send it: through the same walk of the
 * routes, the same stages and the same decision of each integration, as they will be at
 * the next flush of each of its groups if what fires goes on and nothing else is posted,
 * silenced or configured until then. Nothing of that is told, noted or kept: the engine is as it was.
 *
 * An explanation is made in slices (base/work.h). When what it looks at changes between two of
 * them, it begins anew; when that happens again and again, it says that it is not exact.
 */
#ifndef CORE_EXPLAIN_H
#define CORE_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/time.h"
#include "base/work.h"
#include "config/config.h"
#include "core/cluster.h"
#include "core/engine.h"
#include "core/notification.h"
#include "core/verdict.h"
#include "model/alert.h"
#include "model/silence.h"

/* The number of groups that are looked at; an alert is in one but for `continue`. */
#define EXPLAIN_GROUPS_MAX 100
/* So many alerts of a group are kept for the notification that it would send. */
#define EXPLAIN_ALERTS_MAX 1000

enum explain_verdict {
	EXPLAIN_NO_RECEIVER,	/* its receiver has no integration */
	EXPLAIN_OVER,		/* it ended, and no group holds it any more */
	EXPLAIN_REFUSED,	/* there are too many alerts of its name (--alerts.per-alertname-limit) */
	EXPLAIN_SUPPRESSED,	/* a stage holds it back */
	EXPLAIN_DEDUPLICATED,	/* all integrations know of it already, or do not hear of ends */
	EXPLAIN_NOTIFIED,
};

/* The effect of an inhibition rule on the alert. */
enum explain_rule_state {
	RULE_NO_TARGET,		/* its target side does not match */
	RULE_NO_SOURCE,		/* no alert matches its source side */
	RULE_UNEQUAL,		/* some do, with other values of the labels that have to be equal */
	RULE_ENDED,		/* those that agree have ended */
	RULE_BOTH_SIDES,	/* they are on both sides, as this alert is, and do not inhibit each other */
	RULE_ACTS,
};
struct explained_rule {
	enum explain_rule_state state;
	struct alert *source;	/* of RULE_ACTS; reference */
};

/* A silence that matches. */
struct explained_silence {
	struct silence *silence;	/* reference */
	enum silence_state now, then;	/* as it is, and as it will be at the flush */
};

/* The judgement of one stage, whatever those before it say. */
struct explained_stage {
	enum mute_cause cause;			/* MUTE_NONE: it lets pass */
	struct alert *source;			/* of MUTE_INHIBITION; reference */
	const struct inhibit_rule *rule;	/* likewise */
	const struct str *intervals;		/* of the time intervals; names of the configuration */
	size_t intervals_n;
};

struct explained_leg {
	const struct integration *integration;
	enum reason reason;	/* REASON_NONE: nothing to tell */
	bool told;		/* something is sent */
	bool tells_alert;	/* … and this alert is in it */
	struct wall last;	/* tick that was told last; WALL_ZERO: none that is remembered */
	struct str claimed_by;	/* the member whose result a flush under way waits for (core/claim.h); empty: it does not */
	struct wall again;	/* tick at which it will be told again if nothing changes; WALL_ZERO: it ends, or is not told */
};

/* The turn of this instance where members claim. */
struct explained_claims {
	bool on, settled;
	bool leased;			/* else the common store cannot be asked, and cluster_state's turn counts if there is one */
	unsigned rank, members;
	span wait;
};

struct explained_group {
	const struct route *route;	/* of explain_config */
	struct labels *labels;		/* reference */
	struct str key;
	bool exists;			/* else the alert would make it */
	bool member;			/* the alert is in it */
	bool flushing;			/* a flush is under way: what it tells is not counted in */
	bool exact;
	struct wall flush;		/* when the next one is; its tick is `tick` */
	struct wall tick;
	bool resolved;			/* the alert has ended */
	struct explained_stage stages[STAGE_N];
	enum stage held_by;		/* the first one that holds it back; STAGE_N: none */
	struct explained_silence *silences;
	size_t silences_n;
	size_t firing, resolved_n;	/* alerts that pass with it, or without it when it is held back */
	size_t held[MUTE_N];		/* other alerts that do not, by cause */
	struct cluster_state cluster;	/* as it is: before the integrations decide, they wait for their turn in it */
	struct explained_claims claims;
	struct explained_leg *legs;
	size_t legs_n;
	struct noted_alert *alerts;	/* of those that pass the first, in the order of notifications; references */
	size_t alerts_n;
	enum explain_verdict verdict;
};

struct explain_run;
struct arena;

/* An explanation of a stored alert; NULL: there is none of this fingerprint. */
struct explain_run *explain_stored(const struct engine *e, uint64_t fingerprint);
/*
 * An explanation of an alert that fires, as if it were posted now: of the stored one when that fires already. Takes a reference
 * to a, which should not end.
 */
struct explain_run *explain_posted(struct alert *a);
/* Before the engine ends. Sets *r to NULL. */
void explain_free(struct explain_run **r);
/*
 * Goes on. False: w is used up, or groups are about to be as a new configuration has them, which is a matter of turns. There must
 * be a configuration in force (view_config). After true the functions below may be called; what they give lives as long as r.
 */
bool explain_some(const struct engine *e, struct explain_run *r, struct moment now, struct work *w) MUST_CHECK;

/* The alert it is about, and whether the engine holds it. */
const struct alert *explain_alert(const struct explain_run *r, bool *stored_out);
struct config *explain_config(const struct explain_run *r);
/* When it began. */
struct moment explain_moment(const struct explain_run *r);
/* The verdict of all its groups: the most that one of them says. */
enum explain_verdict explain_verdict(const struct explain_run *r);
/* Nothing but what happens until the flush can make it wrong. */
bool explain_exact(const struct explain_run *r);
/* In the order of the routes; *all_out: how many groups the alert has, when that is more than EXPLAIN_GROUPS_MAX. */
const struct explained_group *explain_groups(const struct explain_run *r, size_t *n_out, size_t *all_out);
/* One for each rule of the configuration; none when no group was looked at. */
const struct explained_rule *explain_rules(const struct explain_run *r, size_t *n_out);

/*
 * The notification that one of the group's integrations would be told, of the group's alerts that are kept; without
 * route labels. Borrows r; its list is in the arena, and route_labels a reference.
 */
void explain_notification(const struct explain_run *r, const struct explained_group *g, const struct explained_leg *leg,
    struct arena *a, struct notification *out);

/* The result of the walk for one route of the tree. */
struct explained_route {
	const struct route *route;
	size_t depth, place;		/* how far below the root, and among its siblings, from 0 */
	bool matched;			/* its matchers do */
	bool takes;			/* the alert goes to its receiver */
	const struct matcher *refused_by;	/* when not matched: the first of its matchers that does not */
};
/*
 * The routes that were looked at, in that order: those that match, and those that were refused before. MATCH_NO: there are no
 * more of them; MATCH_LATER: w is used up.
 */
enum match explain_next_route(struct explain_run *r, struct work *w, struct explained_route *out);

#endif
