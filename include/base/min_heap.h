/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/min_heap.h - the least of many keys that change: a binary heap.
 *
 * The owner embeds a struct min_item in its own struct; the heap borrows it from
 * setting to removal. Equal keys come in the order in which they were set.
 * Running out of memory ends the process (base/mem.h).
 */
#ifndef BASE_MIN_HEAP_H
#define BASE_MIN_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed memory is an item in no heap. */
struct min_item {
	int64_t key;
	uint64_t order;	/* of setting */
	uint32_t place;	/* counted from 1; 0: in no heap */
	uint32_t mark;	/* the owner's: what this is embedded in */
};

/* Zeroed memory is an empty heap. */
struct min_heap {
	struct min_item **v;	/* v[0] is the least */
	size_t n, cap;
	uint64_t set;		/* ever */
};

/* Frees the heap; items still in it are forgotten, not touched. */
void min_heap_fini(struct min_heap *h);
/* Puts the item in, or moves it. */
void min_heap_set(struct min_heap *h, struct min_item *item, int64_t key);
/* Does nothing when the item is in no heap. */
void min_heap_remove(struct min_heap *h, struct min_item *item);

#endif
