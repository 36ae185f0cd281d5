/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/slab.h - small objects of which there are millions.
 *
 * The heap adds a header to each object and rounds it up to sixteen bytes: an eighth of what an alert needs.
 * Here objects of one size, rounded up to eight, lie side by side in blocks of 16 KB, those of 64 bytes or a multiple of that at the
 * beginning of a line of the cache. The size stands at the head of the block. A block whose last object is freed gives its memory back.
 *
 * One thread has slabs, from slab_begin on: the loop's. For all others, without slab_begin, and where sanitizers watch over each
 * object, this is the heap. Any thread may free what any thread has made.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/*
 * The calling thread has slabs from now on, in this memory, which is zeroed and aligned to pages. `drop` is called for parts whose
 * contents nobody needs any more, so that the system has their memory back; a part may be read and written again after that. Once in
 * a process, before other threads that free. More than SLAB_MOST is not used: that much can be told by 31 bits (base/numbered.h).
 */
void slab_begin(void *memory, size_t size, void (*drop)(void *part, size_t n));
#define SLAB_MOST ((size_t)16 << 30)
/* All slabs' addresses; of size 0 when there are none. It is set by slab_begin. */
extern struct slab_range {
	uintptr_t begin, size;
} slab_range;

/* Uninitialised; never NULL, as mem_alloc. size > 0. */
void *slab_alloc(size_t size) MUST_CHECK;
/* The same, but NULL where it would be the heap. */
void *slab_try(size_t size) MUST_CHECK;
/* Zeroed. */
void *slab_zeroed(size_t size) MUST_CHECK;
/* SLAB_PAGE bytes, uninitialised, at the beginning of a line of the cache where there are slabs: for what is made of many such pieces. */
void *slab_page(void) MUST_CHECK;
#define SLAB_PAGE (((size_t)16 << 10) - 64)
/* `p` may be NULL. */
void slab_free(void *p);

#define SLAB_NEW(type) ((type *)slab_zeroed(sizeof(type)))

#endif
