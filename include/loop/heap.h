/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/heap.h - memory that is free goes back to the system in small steps.
 *
 * Left to itself, free() now and then gives hundreds of megabytes back at once,
 * which takes tens of milliseconds, and does not give back at all what lies below
 * something that is still used. So it is told to give nothing back, and every
 * few seconds the pages of what is free are, a millisecond or two at a time.
 * Other threads have heaps of their own, and give back what is free there when they rest. The keeper is the loop thread's.
 */
#ifndef LOOP_HEAP_H
#define LOOP_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

struct clock;
struct event_base;
struct heap_keeper;

/* The calling thread has slabs (base/slab.h), unless the system has no addresses for them. Once in a process, before other threads. */
void heap_slabs_begin(void);
struct heap_keeper *heap_keeper_new(struct event_base *base, struct clock *clock);
void heap_keeper_free(struct heap_keeper **k);

/* Gives back at once what is free in the heap of the calling thread, which is not the loop's. False: another thread does; ask again. */
bool heap_give_back(void);

/* One step of a round, which begins with the first; false: the round is over. For tests. */
bool heap_keeper_step(struct heap_keeper *k);

#endif
