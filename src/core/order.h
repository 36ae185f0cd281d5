/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/order.h - things in a sorted order that can be left and taken up again.
 *
 * A list that is written piece by piece keeps nothing but the key of the last
 * thing that it wrote: it goes on behind that, whatever came or went meanwhile.
 * Pointers lie in sorted chunks of at most ORDER_CHUNK, the chunks in a sorted
 * array beside the ranks that they begin with: a search is two binary ones, in memory
 * that lies side by side each, and a change moves a few kilobytes at most. Where there is one thing only, as in most groups and most
 * parts by a label that names one instance, it needs no memory but the order's own.
 *
 * A thing stands where its rank, a number, puts it, and among those of one rank
 * where the owner's comparison does. Neither may change while it is in. The
 * order owns its chunks only.
 */
#ifndef CORE_ORDER_H
#define CORE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORDER_CHUNK 256

/* Is the thing with this key before (< 0), the same as (0) or behind (> 0) item, which has the same rank? */
typedef int order_cmp(const void *key, const void *item);

struct order_place;

struct order_item {
	uint64_t rank;	/* here, so that most comparisons touch nothing else */
	void *item;
};

/* Zeroed memory is empty. */
struct order {
	union {
		struct order_item only;		/* n == 1 */
		struct {
			struct order_place *chunks;
			uint32_t chunks_n, chunks_cap;
		};
	};
	size_t n;	/* things */
};

/* A place, good until the order changes. */
struct order_cursor {
	uint32_t chunk, at;
};

void order_fini(struct order *o);
/* There must be no such thing yet. */
void order_insert(struct order *o, uint64_t rank, const void *key, void *item, order_cmp *cmp);
/* The same for one that stands behind all others, where no place has to be looked for. */
void order_append(struct order *o, uint64_t rank, void *item);
/* There must be one. */
void order_remove(struct order *o, uint64_t rank, const void *key, order_cmp *cmp);
/* The thing itself, or NULL. */
void *order_find(const struct order *o, uint64_t rank, const void *key, order_cmp *cmp);
/* The first thing behind this key, whether or not that one is in; NULL: there is none. */
void *order_after(const struct order *o, uint64_t rank, const void *key, order_cmp *cmp);
/* The same; order_next goes on from there with c. */
void *order_after_at(const struct order *o, uint64_t rank, const void *key, order_cmp *cmp, struct order_cursor *c);
/* The first thing of this rank or a greater one; NULL: there is none. */
void *order_from(const struct order *o, uint64_t rank);
/* All of them: the first and the next; NULL at the end. */
void *order_first(const struct order *o, struct order_cursor *c);
void *order_next(const struct order *o, struct order_cursor *c);
/* The rank of the thing at c, which order_first, order_after_at or order_next has just returned. */
uint64_t order_rank(const struct order *o, const struct order_cursor *c);
/* How many things are behind this key, whether or not it is in. A step for each chunk. */
size_t order_behind(const struct order *o, uint64_t rank, const void *key, order_cmp *cmp);
/* Asks for the memory that a search for this rank will need: for where it begins, and when that is there, for the rest. */
void order_fetch(const struct order *o, uint64_t rank);
void order_fetch_more(const struct order *o, uint64_t rank);
/* The thing `ahead` places behind c, if it is in the same chunk or the next one; else NULL. For walks that fetch ahead. */
void *order_peek(const struct order *o, const struct order_cursor *c, uint32_t ahead);

#endif
