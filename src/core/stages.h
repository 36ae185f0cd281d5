/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/stages.h - the stages that hold alerts back, as a table of judges and one loop.
 *
 * A judge finds out and changes nothing: it sees the engine as const, and leaves
 * behind only what entries remember of a look (entry_memory). The loop hands each
 * verdict to a listener; a flight's listener counts, marks and emits (pipeline.c). A
 * caller that only wants to know why runs the same loop with a listener of its own.
 */
#ifndef CORE_STAGES_H
#define CORE_STAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert_entry.h"
#include "base/arena.h"
#include "base/time.h"
#include "base/work.h"
#include "config/config.h"
#include "core/verdict.h"
#include "inhibit.h"
#include "silences.h"

struct engine;

/* The facts that judges go by, beside the entry. All borrowed. */
struct stage_facts {
	const struct engine *engine;
	const struct route *route;
	struct wall tick;	/* of the flush: time intervals are asked at it */
	struct wall now;
	struct wall seen;	/* when it was looked at whether the alerts are resolved */
	struct arena *arena;	/* for the lists of verdicts */
	/* The time that silences are asked at by those who ask what will be; not after now: now. */
	struct wall ahead;
};

/* Where the look at one entry stopped; zeroed: nowhere. */
struct stage_run {
	struct inhibit_run inhibit;
	struct silences_run silences;
};
void stage_run_reset(struct stage_run *run);

enum stage_scope { STAGE_ALERT, STAGE_GROUP };

/*
 * The verdict on one entry, NULL with STAGE_GROUP. False: w, which must not be used up
 * before, is; the next call with the same entry and run goes on. The entry must
 * not go before the end or stage_run_reset.
 */
typedef bool stage_judge(const struct stage_facts *facts, const struct alert_entry *entry, struct stage_run *run,
    struct work *w, struct verdict *out);

struct stage_row {
	enum stage_scope scope;
	stage_judge *judge;
};
extern const struct stage_row stages[STAGE_N];

/* Alerts on their way through all stages. */
struct passage {
	struct alert_entry **entries;	/* borrowed: they must stay */
	uint32_t *left;			/* places among the entries of those not held back yet, ascending */
	size_t left_n;
	enum stage stage;		/* the one it is at; STAGE_N: through */
	size_t at, kept;		/* where the stage has come to among `left`, and what it let pass */
	struct stage_run run;
};

/* All n entries are before the first stage; the array is borrowed. */
void passage_begin(struct passage *p, struct alert_entry **entries, size_t n, struct arena *a);
/* Hears one verdict: on the entry at `place`, or with STAGE_GROUP on all that are left. */
typedef void stage_listener(void *arg, size_t place, const struct verdict *v);
/* Goes on until all stages are through or nothing is left: true. False: w is used up, and there is more. */
bool passage_step(struct passage *p, const struct stage_facts *facts, struct work *w, stage_listener *tell, void *arg);

#endif
