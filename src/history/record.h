/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/record.h (private) - events on their way to the disk, in memory.
 *
 * The loop fills a batch and gives it to the writer, which only reads it; what the batch refers to is given back by
 * the loop, in slices.
 */
#ifndef HISTORY_RECORD_H
#define HISTORY_RECORD_H

#include "base/arena.h"
#include "base/vec.h"
#include "core/event.h"
#include "model/labels.h"
#include "row.h"

/* Most events are an alert that fires or resolves: few bytes, as the loop writes them. */
struct record {
	int64_t at;			/* as in struct row */
	uint64_t starts;
	struct labels *labels;		/* of the alert; owned references, as are all here. NULL: none */
	struct record_rest *rest;	/* in the batch's arena; NULL: that is all */
	unsigned kind;
};

struct record_rest {
	struct row row;			/* without what stands in the record; its label sets are not numbered yet */
	struct labels *source;
	struct labels **sets;		/* row.sets_n of a notification, in the arena */
	struct str group_key;
};

struct batch {
	struct batch *next;
	struct arena *arena;
	VEC(struct record) records;
	size_t bytes;			/* about what it holds in memory */
	size_t refs;			/* references */
	size_t released;		/* records whose references were given back */
	struct mono since;		/* when its first event happened */
};

/* A batch is full with so many references or records: giving them back takes about a millisecond. */
#define BATCH_REFS 8192

struct batch *batch_new(struct mono now);
/* Gives back references of at most `n` records (at least one). True: all is given back, and any thread may free b. */
bool batch_release_some(struct batch *b, size_t refs) MUST_CHECK;
/* Gives back what is left, too; b may be NULL. */
void batch_free(struct batch *b);
bool batch_is_full(const struct batch *b);
/* Kinds of events that batch_take understands. */
event_mask batch_mask(void);
/* Appends what is worth keeping of ev. name, from: who asked for it, and from where; may be empty. */
void batch_take(struct batch *b, const struct event *ev, struct str name, struct str from);
/* The time of a silence was over. */
void batch_ended(struct batch *b, const struct silence *s, struct wall now);
/* Appends one of SHAPE_PROCESS. */
void batch_note(struct batch *b, enum kind kind, struct wall now, struct str text, uint64_t n, struct str actor);

#endif
