/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/explain_state.h - an explanation that is being made: explain.c goes through its phases, explain_group.c through a
 * group, explain_routes.c through the tree.
 */
#ifndef CORE_EXPLAIN_STATE_H
#define CORE_EXPLAIN_STATE_H

#include "base/vec.h"
#include "core/explain.h"
#include "engine_state.h"

enum explain_phase {
	EXPLAIN_BEGIN,
	EXPLAIN_ROUTES,		/* the way of the labels through the tree */
	EXPLAIN_GROUP,		/* which one of the next route, and when it is flushed */
	EXPLAIN_SELF,		/* the alert on its way through the stages */
	EXPLAIN_MEMBERS,	/* the other alerts of the group */
	EXPLAIN_LEGS,
	EXPLAIN_RULES,
	EXPLAIN_DONE,
};

/* A route whose children are shown. */
struct explain_step {
	const struct route *route;
	size_t child;
};

struct explain_run {
	struct labels *labels;		/* owned reference */
	struct alert *asked;		/* owned reference; NULL: the stored one is asked for */
	unsigned tries;
	bool hasty;			/* begun anew too often: what changes is not waited for any more */

	/* This try: */
	enum explain_phase phase;
	struct moment now;
	struct config *config;		/* owned reference */
	const struct inhibitor *inhibitor;
	struct alert *alert;		/* owned reference */
	struct alert_entry *real;	/* of the labels, NULL: none; found anew by each call */
	struct alert_entry *entry;	/* the same, or the guest's, if that one does not hold the alert */
	struct inhibit_guest guest;
	bool stored;
	bool known;			/* there was a real entry */
	bool as_guest;
	bool refused;
	struct routing_run routing;
	struct arena *arena, *scratch;
	struct explained_group *groups;
	size_t groups_n, groups_all, at;
	struct explained_rule *rules;
	size_t rules_n, hit;

	/* The group at hand: */
	uint64_t serial, flushes;
	struct passage passage;
	bool inside;			/* of the entry at hand; what it has come to is in `passage` */
	struct alert_entry *passing;	/* that entry */
	struct labels *member;		/* the last one that was looked at; owned reference */
	VEC(uint64_t) firing, resolved;
	VEC(struct noted_alert) alerts;	/* owned references */

	/* The tree, once all is known. */
	unsigned char *marks;		/* by index of the route */
	VEC(struct explain_step) steps;
	bool shown;			/* the root is */
	size_t matcher;			/* of the child at hand */
	struct match_run match;
};

enum { MARK_ENTERED = 1, MARK_TAKES = 2 };

/* explain_group.c: each is false when w is used up. */
void explain_group_begin(const struct engine *e, struct explain_run *r);
bool explain_group_self(const struct engine *e, struct explain_run *r, struct work *w);
bool explain_group_members(const struct engine *e, struct explain_run *r, struct work *w);
void explain_group_legs(const struct engine *e, struct explain_run *r, struct work *w);
/* Is the group at hand as it was when it was begun? */
bool explain_group_same(const struct engine *e, const struct explain_run *r);
void explain_group_fini(struct explained_group *g);

/* explain_routes.c: r->routing has come to its end. */
void explain_routes_note(struct explain_run *r);
void explain_routes_fini(struct explain_run *r);

#endif
