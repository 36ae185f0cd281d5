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
#include "base/vec.h"
#include "db.h"

struct op {
	struct hmap_node node;
	enum db_table table;
	bool drop;
	bool fresh;			/* before it the disk has nothing of the record: nothing to be dropped there */
	struct str key;			/* in `bytes` */
	struct str body;		/* behind it, or somebody else's until the batch was written */
	char bytes[];
};

struct batch {
	struct hmap ops;
	size_t bytes;
	VEC(char *) lent;		/* owned: blocks that bodies may be borrowed from */
};

/* Copy key and body, which may be empty; the body may be borrowed. `fresh` counts if the batch has no op of the record. */
void batch_put(struct batch *b, enum db_table t, struct str key, struct str body, bool fresh);
void batch_put_borrowed(struct batch *b, enum db_table t, struct str key, struct str body);
/* Takes over a block that bodies are borrowed from: it lives as long as the batch. */
void batch_lend(struct batch *b, char *block);
void batch_drop(struct batch *b, enum db_table t, struct str key);
/* Takes the op of this record out, if there is one: nothing will be written. */
void batch_forget(struct batch *b, enum db_table t, struct str key);
/* Does it put this record, and the disk has nothing of it? */
bool batch_has_fresh(const struct batch *b, enum db_table t, struct str key);
/* Moves what `newer` does not supersede from `older`, which was not written, into it; older is empty then. */
void batch_keep(struct batch *newer, struct batch *older);
/* Moves all of `newer` into the older one, where it supersedes what is there; what was borrowed is copied. */
void batch_add(struct batch *b, struct batch *newer);
/* Takes all ops of a table out. */
void batch_forget_table(struct batch *b, enum db_table t);
void batch_clear(struct batch *b);
/* All ops by table and key: mem_free. */
const struct op **batch_sorted(const struct batch *b) MUST_CHECK;
/* Inside a transaction, in the order of keys. Changes nothing in the batch. Any thread that owns both. */
bool batch_write(const struct batch *b, struct db *d, struct err *e) MUST_CHECK;
/* The hash that records are told apart by, across batches. */
uint64_t batch_hash(enum db_table t, struct str key);

#endif
