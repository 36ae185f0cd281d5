/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects of the heap stand in a table of pages, which are made as numbers are needed and never go, so that whoever has a number
 * finds its place without a lock. Places that became free are a list, each with the number of the next; its head counts how often it
 * changed, so that a thread that was held up between reading and changing it does not put back what others have taken.
 */
#include "base/numbered.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/mem.h"

#define PAGE_BITS 13
#define PAGE ((uint32_t)1 << PAGE_BITS)
#define PAGES ((uint32_t)1 << 18)

/* Bytes in front of an object of the heap, if its owner has none; the last four are its number. */
#define FRONT ((size_t)8)

/* An object, or the place of the next free one, plus 1, shifted by one, plus 1: addresses are even. */
typedef _Atomic(uintptr_t) place;

static struct {
	_Atomic(place *) pages[PAGES];
	_Atomic(uint32_t) fresh;	/* from this place on nothing was used yet */
	_Atomic(uint64_t) free;		/* the first free place, plus 1, and 32 bits that count */
} heap;

static place *
page_at(uint32_t i)
{
	place *page = atomic_load(&heap.pages[i]), *made;

	if (page != NULL)
		return page;
	made = mem_calloc(PAGE, sizeof(*made));
	if (atomic_compare_exchange_strong(&heap.pages[i], &page, made))
		return made;
	mem_free(made);
	return page;
}

static inline place *
place_at(uint32_t i)
{
	return &page_at(i >> PAGE_BITS)[i & (PAGE - 1)];
}

/* The head of the list when `first`, plus 1, comes after this one. */
static inline uint64_t
head(uint64_t before, uint32_t first)
{
	return ((before >> 32) + 1) << 32 | first;
}

static uint32_t
take_place(void)
{
	uint64_t first = atomic_load(&heap.free);
	uint32_t i;

	while ((uint32_t)first != 0) {
		i = (uint32_t)first - 1;
		if (atomic_compare_exchange_weak(&heap.free, &first, head(first, (uint32_t)(atomic_load(place_at(i)) >> 1))))
			return i;
	}
	i = atomic_fetch_add(&heap.fresh, 1);
	/* More than memory has room for. */
	assert(i < PAGES * PAGE);
	return i;
}

static void
free_place(uint32_t i)
{
	uint64_t first = atomic_load(&heap.free);

	do
		atomic_store(place_at(i), (uintptr_t)(uint32_t)first << 1 | 1);
	while (!atomic_compare_exchange_weak(&heap.free, &first, head(first, i + 1)));
}

static NOINLINE void *
alloc_on_heap(size_t front, size_t size)
{
	void *p = (char *)mem_alloc(front + size) + front;
	uint32_t i = take_place();

	((uint32_t *)p)[-1] = NUMBERED_HEAP + i;
	atomic_store(place_at(i), (uintptr_t)p);
	return p;
}

static inline bool
is_in_slabs(const void *p)
{
	return (uintptr_t)p - slab_range.begin < slab_range.size;
}

static void
free_of_heap(size_t front, void *p)
{
	free_place(((const uint32_t *)p)[-1] - NUMBERED_HEAP);
	mem_free((char *)p - front);
}

void *
numbered_alloc(size_t size)
{
	void *p = slab_try(size);

	return p != NULL ? p : alloc_on_heap(FRONT, size);
}

void *
numbered_alloc_behind(size_t front, size_t size)
{
	char *p = slab_try(front + size);

	return p != NULL ? p + front : alloc_on_heap(front, size);
}

void
numbered_free(void *p)
{
	if (p == NULL)
		return;
	if (is_in_slabs(p))
		slab_free(p);
	else
		free_of_heap(FRONT, p);
}

void
numbered_free_behind(size_t front, void *p)
{
	if (is_in_slabs(p))
		slab_free((char *)p - front);
	else
		free_of_heap(front, p);
}

void *
numbered_on_heap(uint32_t number)
{
	uint32_t i = number - NUMBERED_HEAP;
	place *page = atomic_load_explicit(&heap.pages[i >> PAGE_BITS], memory_order_acquire);

	return (void *)atomic_load_explicit(&page[i & (PAGE - 1)], memory_order_acquire);
}
