/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/silence_watch.h - silences that end, or come again, by themselves.
 *
 * One that ends with its alerts has a witness: an alert that it covers and that fires, or whose end it has to hold
 * back until its groups have been flushed. While the witness is one, nothing is asked. When it is none any more,
 * another one is looked for, in slices: among the alerts that the silence names, or by a walk through all alerts for
 * all silences that have none. If there is none, the silence ends, once it has covered something at all. Before that
 * it waits for a new alert: the walk's cursor stays behind the last one and comes to each new one.
 *
 * One with a schedule goes over to its next window when one is over.
 */
#ifndef CORE_SILENCE_WATCH_H
#define CORE_SILENCE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts.h"
#include "base/list.h"
#include "chore.h"
#include "sched.h"
#include "silences.h"

struct engine;

/* The watch of a silence entry, while it may still end or come again. */
struct silence_watch {
	struct silence_entry *entry;
	struct list_node place;		/* struct silences.watches */
	struct deadline timer;		/* DUE_SILENCE */
	struct alert_entry *witness;	/* or NULL */
	struct hmap_node by_witness;	/* struct silences.witnesses, while it has one */
	struct list_node want;		/* struct silences.wanting */
	bool wants;			/* has no witness, and is in that list */
	bool asked;			/* a search is still to come to its end */
	bool stepped;			/* the clock was set since its window was chosen */
	uint64_t walk;			/* the one that is its search; 0: not begun */
	size_t at;			/* of the alerts that it names: the one to be looked at next */
	uint64_t judged;		/* the last acknowledging that asked whether it takes this one's place: struct silences.ackings */
};

/* The search for witnesses. */
struct witness_walk {
	struct chore chore;
	struct alerts_cursor at;	/* active while any silence ends with its alerts */
	struct silences_run run;
	uint64_t number;		/* of the last walk through all alerts */
	bool under_way;
};

/* The entry is new or another than before: it is watched if there is anything to wait for. */
void silence_watch(struct engine *e, struct silence_entry *entry);
/* It is not watched any more; nothing happens if it was not. */
void silence_watch_end(struct silences *ss, struct silence_entry *entry);
void silence_watch_due(struct engine *e, struct silence_watch *w, struct moment now);
bool witness_walk_step(struct engine *e, struct moment now);
void witness_walk_fini(struct engine *e);
/* Restored silences are watched from now on: groups are as they were. */
void silence_watch_begin_all(struct engine *e);
void silence_watch_clock_stepped(struct silences *ss);
/* r, which had that end before (WALL_ZERO: it was not known), was posted. */
void silence_watch_posted(struct engine *e, struct alert_entry *r, struct wall before, struct moment now);
/* r is in no group any more; r is about to go. */
void silence_watch_told(struct engine *e, struct alert_entry *r);
void silence_watch_lost(struct engine *e, struct alert_entry *r);

#endif
