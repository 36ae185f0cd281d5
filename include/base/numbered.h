/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/numbered.h - objects that are told by a number of 32 bits, where millions of pointers to them would take twice the room.
 *
 * In the slabs (base/slab.h) a number is a place among them: to go from one to the other is to add. An object of the heap, where they are in all threads
 * but one, in tests and under sanitizers, has its number in front of it, and is found by a table. So numbers are the same thing
 * everywhere, and whoever has one need not know where its object lies. Any thread may ask for what it may read.
 */
#ifndef BASE_NUMBERED_H
#define BASE_NUMBERED_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/slab.h"

/* Numbers from here on are of the heap; the others are places in the slabs, by eight bytes. */
#define NUMBERED_HEAP UINT32_C(0x80000000)

/* As slab_alloc; the object has a number, which is never 0, until it is freed. */
void *numbered_alloc(size_t size) MUST_CHECK;
void numbered_free(void *p);	/* p may be NULL */
/*
 * The same with so many bytes in front of the object that are its owner's, but for the last four. front > 0 is a multiple of eight, and the same when it
 * is freed.
 */
void *numbered_alloc_behind(size_t front, size_t size) MUST_CHECK;
void numbered_free_behind(size_t front, void *p);

/* One of the heap, by its number. */
void *numbered_on_heap(uint32_t number);

/* The number of an object. */
static inline uint32_t
numbered_of(const void *p)
{
	uintptr_t at = (uintptr_t)p - slab_range.begin;

	return at < slab_range.size ? (uint32_t)(at / 8) : ((const uint32_t *)p)[-1];
}

/* The object that has this number. */
static inline void *
numbered_at(uint32_t number)
{
	return number < NUMBERED_HEAP ? (void *)(slab_range.begin + (uintptr_t)number * 8) : numbered_on_heap(number);
}

#endif
