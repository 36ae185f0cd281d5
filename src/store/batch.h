/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/batch.h (private) - changes on their way into one transaction.
 *
 * Only the newest change of each record is kept, so a batch that waits for a
 * slow disk is bounded by the number of records, not of changes.
 */
#ifndef STORE_BATCH_H
#define STORE_BATCH_H

#include "base/hmap.h"
#include "db.h"

struct op {
	struct hmap_node node;
	enum db_table table;
	bool drop;
	struct str key, body;		/* one heap block each */
	int64_t expires;
};

struct batch {
	struct hmap ops;
	size_t bytes;
	uint64_t upto;			/* number of the last change in it */
};

void batch_put(struct batch *b, enum db_table t, struct str key, struct str body, int64_t expires);
void batch_drop(struct batch *b, enum db_table t, struct str key);
/* Moves what `newer` does not supersede from `older` into it; older is empty then. */
void batch_keep(struct batch *newer, struct batch *older);
void batch_clear(struct batch *b);
/* One transaction; changes nothing in the batch. Any thread that owns both. */
bool batch_write(struct batch *b, struct db *d, struct err *e) MUST_CHECK;

#endif
