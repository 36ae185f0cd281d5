/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/chore.h - what the engine does piece by piece.
 *
 * No call of the engine does more than some units of work (base/work.h): what is
 * not done then is a chore, and goes on in the next tick. Chores take turns, a
 * slice for each, so that a large one holds back no small one.
 *
 * Alerts that were posted are a chore of their own (struct posted), and every other
 * chore starts after those that were posted before it have been looked at as sources of
 * inhibition: no flush misses one, and no stream of newer alerts keeps it waiting. It also
 * waits until they are in their groups, but not for long: where routing is dear, thousands of
 * new alerts would keep groups waiting that have nothing to do with them.
 */
#ifndef CORE_CHORE_H
#define CORE_CHORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/time.h"
#include "core/engine.h"

/* Rows of alerts that wait; see struct posted. */
enum posted_row { POSTED_FEW, POSTED_MANY, POSTED_ROWS };

enum chore_kind {
	CHORE_POSTED,		/* alerts to be looked at: posted.c */
	CHORE_FLIGHT,		/* pipeline.c, flush.c */
	CHORE_APPLY,		/* apply.c */
	CHORE_ALERT_GC,		/* sweep.c, as the rest */
	CHORE_MAINTENANCE,
	CHORE_SAVE,
	CHORE_WITNESSES,	/* silence_watch.c */
	CHORE_CLAIMS,		/* claim.c */
	CHORE_DIGEST,		/* digests.c */
	CHORE_RESUMED,		/* delivery_resume.c */
};

/* Embedded in what it is about. Zeroed memory with a kind is one that does not wait. */
struct chore {
	struct list_node place;		/* among those that wait */
	enum chore_kind kind;
	struct mono since;		/* begun */
	uint64_t after[POSTED_ROWS];	/* alerts that were posted before */
	bool waits;
};

/* Parts of a call of engine_tick; see engine_longest_part. */
struct tick_parts {
	struct engine_part longest;
	span took;
	struct mono began;		/* the present one */
	int64_t left;			/* of the work then */
};

void tick_parts_begin(struct engine *e);
/* The part ends; the next begins. */
void tick_part_over(struct engine *e, const char *what);

/* Does a slice at once if no other waits and there is work left; what remains waits. c must not wait. */
void chore_begin(struct engine *e, struct chore *c, struct moment now);
/* c does not wait any more; nothing happens if it did not. */
void chore_drop(struct engine *e, struct chore *c);
/* Until the call's work is used up or none waits. */
void chores_run(struct engine *e, struct moment now);

#endif
