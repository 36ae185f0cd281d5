/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/row_memory.h (private) - memory for the rows of a large database, which is there for a start and goes at once.
 *
 * A hundred megabytes page by page cost a start more than what is written into them. In large pages, where the system has
 * them, they cost a quarter; and as they are none of the heap's, none of them stays when the rows go.
 */
#ifndef STORE_ROW_MEMORY_H
#define STORE_ROW_MEMORY_H

#include <stddef.h>

#include "base/compiler.h"

struct row_block;

/* Zeroed memory is empty. One thread at a time. */
struct row_memory {
	struct row_block *newest;
	size_t used;		/* of the newest */
};

/* n bytes, uninitialised and not aligned; never NULL, as mem_alloc. */
char *row_memory_take(struct row_memory *m, size_t n) MUST_CHECK;
/* Frees all of it; m is empty then. */
void row_memory_free(struct row_memory *m);

#endif
