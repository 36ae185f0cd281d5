/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_row_disk.h - a disk for a log of rows: the rows, in no order. Every other commit that fails gets there all the same.
 */
#ifndef LIB_ROW_DISK_H
#define LIB_ROW_DISK_H

#include "row_log_private.h"

struct row_disk {
	struct batch rows;
	struct batch kept_back;	/* of one that failed, for the next one */
	size_t written, turn;
};

void row_disk_apply(struct row_disk *d, struct batch *b);
/* In slices of a few units; did all fit? */
bool row_disk_prepare(struct row_log *k, struct batch *b, uint64_t *left_out);
/* Everything is news, as of number 1. */
void row_disk_forget(struct row_log *k);
/* One transaction, with success or not. Did all fit? */
bool row_disk_commit(struct row_log *k, struct row_disk *d, bool ok);
/* Into k, which is begun: what is on the disk. */
void row_disk_load(struct row_log *k, const struct row_disk *d);
/* All that is there was written by a version that had it in TABLE_ALERTS. */
void row_disk_age(struct row_disk *d);
/* How many rows of this table there are. */
size_t row_disk_rows(const struct row_disk *d, enum db_table t);
void row_disk_clear(struct row_disk *d);

#endif
