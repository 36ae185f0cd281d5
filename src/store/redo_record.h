/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/redo_record.h (private) - a batch as the bytes of one record (redo.h), and back.
 */
#ifndef STORE_REDO_RECORD_H
#define STORE_REDO_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "batch.h"

#define REDO_MARK "tocsinr"

/* As it stands in the file; numbers are in the order of this machine's bytes. */
struct redo_head {
	char mark[8];		/* REDO_MARK */
	uint64_t id, no;
	uint64_t bytes;		/* of the changes behind it */
	uint64_t sum;		/* xxHash64 of all before it, and of the changes */
};

/* Bytes that its changes take. */
size_t redo_record_size(const struct batch *b);
/* Head and changes; `out` has room for both, `bytes` is redo_record_size. */
void redo_record_put(unsigned char *out, const struct batch *b, size_t bytes, uint64_t id, uint64_t no);
/* The sum that the head of this record should say; n: bytes of the changes. */
uint64_t redo_record_sum(const unsigned char *record, size_t n);
/* Puts the changes, which the sum says are whole, into the batch. False: they are none. */
bool redo_record_get(const unsigned char *record, struct batch *b);

#endif
