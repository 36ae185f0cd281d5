/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slabs' memory is one range of addresses, so that an address tells whether it is of a slab. It is cut into blocks, which are
 * aligned to their size: an object's block is found from its address. In front of them stand links of blocks without memory.
 *
 * Objects that other threads free wait in a list without a lock until the owner needs another block.
 */
#include "base/slab.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK ((size_t)16 << 10)
#define GRAIN 8
#define LINE 64u	/* of the cache */
#define LARGEST 512
/* Blocks that are free and keep their memory: 1 MB. */
#define SPARE 64

/* Free memory that knows of other such memory. */
struct hole {
	struct hole *next;
};

struct block {
	struct block *prev, *next;	/* of those of this size that have room; next: of spare ones */
	struct hole *holes;		/* objects that were freed */
	uint32_t size;			/* of an object; SLAB_PAGE: it has all of the block but its head, and is in no list */
	uint32_t used;			/* objects */
	uint32_t fresh;			/* from this offset on nothing was used yet */
};

static struct {
	uintptr_t fresh;		/* from this address on nothing was used yet */
	void (*drop)(void *part, size_t n);
	uint32_t *links;		/* of each block without memory the number of the next one, plus 1 */
	uint32_t bare;			/* the first of them, plus 1 */
	struct block *rooms[LARGEST / GRAIN + 1];	/* by size */
	struct block *spare;
	unsigned spare_n;
	_Atomic(struct hole *) strays;	/* freed by other threads */
} slabs;

_Static_assert(sizeof(struct block) <= LINE, "its objects may begin with the next one");

struct slab_range slab_range;	/* all blocks */

static _Thread_local bool own;

void
slab_begin(void *memory, size_t size, void (*drop)(void *part, size_t n))
{
	uintptr_t end;

#ifdef __SANITIZE_ADDRESS__
	/* It is to see each object. */
	size = 0;
#endif
	if (size > SLAB_MOST)
		size = SLAB_MOST;
	end = ((uintptr_t)memory + size) & ~(BLOCK - 1);
	assert(slab_range.size == 0);
	slab_range.begin = ((uintptr_t)memory + size / BLOCK * sizeof(slabs.links[0]) + BLOCK - 1) & ~(BLOCK - 1);
	if (slab_range.begin >= end)
		return;
	slab_range.size = end - slab_range.begin;
	slabs.fresh = slab_range.begin;
	slabs.links = memory;
	slabs.drop = drop;
	own = true;
}

static inline bool
is_here(const void *p)
{
	return (uintptr_t)p - slab_range.begin < slab_range.size;
}

static inline struct block *
block_of(void *p)
{
	return (struct block *)((uintptr_t)p & ~(BLOCK - 1));
}

static inline bool
has_room(const struct block *b)
{
	return b->holes != NULL || b->fresh + b->size <= BLOCK;
}

static void
enter(struct block *b)
{
	struct block **first = &slabs.rooms[b->size / GRAIN];

	b->prev = NULL;
	b->next = *first;
	if (*first != NULL)
		(*first)->prev = b;
	*first = b;
}

static void
leave(struct block *b)
{
	if (b->prev != NULL)
		b->prev->next = b->next;
	else
		slabs.rooms[b->size / GRAIN] = b->next;
	if (b->next != NULL)
		b->next->prev = b->prev;
}

/* A block that is in no list and has no objects. */
static void
give_back(struct block *b)
{
	uint32_t number = (uint32_t)(((uintptr_t)b - slab_range.begin) / BLOCK);

	if (slabs.spare_n < SPARE) {
		b->next = slabs.spare;
		slabs.spare = b;
		slabs.spare_n++;
		return;
	}
	slabs.drop(b, BLOCK);
	slabs.links[number] = slabs.bare;
	slabs.bare = number + 1;
}

static void
free_own(void *p)
{
	struct block *b = block_of(p);
	struct hole *h = p;

	if (b->size == SLAB_PAGE) {
		give_back(b);
		return;
	}
	if (!has_room(b))
		enter(b);
	h->next = b->holes;
	b->holes = h;
	if (--b->used == 0) {
		leave(b);
		give_back(b);
	}
}

static void
free_strays(void)
{
	struct hole *h = atomic_exchange(&slabs.strays, NULL);

	while (h != NULL) {
		struct hole *next = h->next;

		free_own(h);
		h = next;
	}
}

/* NULL: all of the memory is used. */
static struct block *
take_block(void)
{
	struct block *b = slabs.spare;

	if (b != NULL) {
		slabs.spare = b->next;
		slabs.spare_n--;
	} else if (slabs.bare != 0) {
		uint32_t number = slabs.bare - 1;

		b = (struct block *)(slab_range.begin + number * BLOCK);
		slabs.bare = slabs.links[number];
	} else if (slabs.fresh < slab_range.begin + slab_range.size) {
		b = (struct block *)slabs.fresh;
		slabs.fresh += BLOCK;
	}
	return b;
}

/* A block with room for such an object, first of its size, or NULL. */
static NOINLINE struct block *
new_block(size_t size)
{
	struct block *b;

	free_strays();
	b = slabs.rooms[size / GRAIN];
	if (b != NULL)
		return b;
	b = take_block();
	if (b == NULL)
		return NULL;
	*b = (struct block){ .size = (uint32_t)size, .fresh = size % LINE == 0 ? LINE : sizeof(*b) };
	enter(b);
	return b;
}

/* size <= LARGEST, and the thread has slabs. */
static ALWAYS_INLINE void *
take(size_t size)
{
	struct block *b;
	void *p;

	size = (size + GRAIN - 1) & ~(size_t)(GRAIN - 1);
	b = slabs.rooms[size / GRAIN];
	if (b == NULL && (b = new_block(size)) == NULL)
		return NULL;
	if (b->holes != NULL) {
		p = b->holes;
		b->holes = b->holes->next;
	} else {
		p = (char *)b + b->fresh;
		b->fresh += b->size;
	}
	b->used++;
	if (!has_room(b))
		leave(b);
	return p;
}

void *
slab_try(size_t size)
{
	return own && size <= LARGEST ? take(size) : NULL;
}

void *
slab_alloc(size_t size)
{
	void *p = own && size <= LARGEST ? take(size) : NULL;

	return p != NULL ? p : mem_alloc(size);
}

void *
slab_page(void)
{
	struct block *b = NULL;

	if (own) {
		free_strays();
		b = take_block();
	}
	if (b == NULL)
		return mem_alloc(SLAB_PAGE);
	b->size = SLAB_PAGE;
	return (char *)b + BLOCK - SLAB_PAGE;
}

void *
slab_zeroed(size_t size)
{
	return memset(slab_alloc(size), 0, size);
}

void
slab_free(void *p)
{
	struct hole *h = p;

	if (!is_here(p)) {
		mem_free(p);
	} else if (own) {
		free_own(p);
	} else {
		h->next = atomic_load(&slabs.strays);
		while (!atomic_compare_exchange_weak(&slabs.strays, &h->next, h))
			;
	}
}
