/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/arena_fast.h - arenas for what comes thousands of times a second.
 */
#ifndef BASE_ARENA_FAST_H
#define BASE_ARENA_FAST_H

#include "base/arena.h"

/* As arena_alloc, but with whatever was there before in it. */
void *arena_raw(struct arena *a, size_t size) MUST_CHECK;
/*
 * From here on this thread keeps so many first blocks of each size that were freed for arenas that are made, and some second ones. A thread
 * that asked for it gives them back with 0 before it ends.
 */
void arena_keep_spare(unsigned max);

#endif
