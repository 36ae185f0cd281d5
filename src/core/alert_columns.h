/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/alert_columns.h - the entries of all alerts by the value of a label, for lists that ask for it.
 *
 * Making one takes as long as looking at all alerts several times over, and twenty bytes an alert, or fifty where each has
 * another value: it is made when lists have asked for its label that often. From then on it takes in, each time it is asked for, what has
 * come since. So a new alert costs nothing but where somebody looks, and one that leaves a search in each column. There
 * are few: the one that was not used for longest gives way, and those that nobody used between two sweeps end.
 *
 * Each column parts all entries: by value, and those that have no such label. In a part they stand in the order of lists.
 */
#ifndef CORE_ALERT_COLUMNS_H
#define CORE_ALERT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/work.h"
#include "model/labels.h"
#include "order.h"

struct alert_column;
struct alert_entry;
struct alerts;

#define ALERT_COLUMNS 8
/* A list asks for a label so many times in vain before it has a column, and so many labels are remembered. */
#define COLUMN_ASKS 8
#define COLUMN_ASKED 16
/* More values than these are not asked one by one. */
#define COLUMN_FEW 1024

/* A label without a column, and how often lists have asked for it of late. */
struct column_asked {
	struct istr *name;	/* owned reference; NULL: none */
	uint32_t times;
	bool idle;		/* not since the last sweep */
};

/* Zeroed memory is empty. */
struct alert_columns {
	struct alert_column *v[ALERT_COLUMNS];	/* NULL: there is none */
	struct alert_column *leaving;		/* to be freed */
	uint64_t uses;
	struct column_asked asked[COLUMN_ASKED];
	size_t asked_next;	/* its place goes to the next one */
};

/* The entries of one value. */
struct alert_part {
	struct istr *value;	/* owned reference; NULL: they have no such label */
	struct order entries;	/* by fingerprint, then alert_order */
};

/* Is there a column for name that has all alerts but for the latest? */
bool alert_columns_have(const struct alert_columns *cs, const struct istr *name);
/* A list would use one: is it there, or does this list make it? */
bool alert_columns_worth(struct alert_columns *cs, struct istr *name);
/*
 * The column, with all alerts in it, good until the engine's next call; NULL: all there may be are needed by others, or,
 * with `few`, the label has more than COLUMN_FEW values. False: w is used up, and the next call goes on.
 */
bool alert_columns_get(struct alert_columns *cs, struct alerts *as, struct istr *name, bool few, struct work *w,
    struct alert_column **out);
/* NULL: no alert has it. */
const struct alert_part *alert_column_part(const struct alert_column *c, const struct istr *value);
/* The part behind the one of that value (first: the very first); NULL at the end. */
const struct alert_part *alert_column_after(const struct alert_column *c, const struct istr *value, bool first);

/* An entry goes: while it has its labels. */
void alert_columns_forget(struct alert_columns *cs, const struct alert_entry *r);
/* The cost of that, in units. */
int64_t alert_columns_units(const struct alert_columns *cs);
/* Columns that were not used since the last call end. */
void alert_columns_sweep(struct alert_columns *cs, struct alerts *as);
/* Frees those that have ended; false: w is used up. */
bool alert_columns_free_some(struct alert_columns *cs, struct work *w);
/* Ends and frees all. */
void alert_columns_fini(struct alert_columns *cs, struct alerts *as);

#endif
