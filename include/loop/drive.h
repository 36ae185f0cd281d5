/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/drive.h - makes the engine tick when it wants to.
 *
 * One libevent timer stands for all deadlines of the engine. Call drive_rearm
 * after every call that goes into the engine (engine_ingest, engine_delivered,
 * engine_apply, …): it moves the timer to what engine_next says now. When much
 * is due at once, ticks are done for a few milliseconds at a time and I/O gets
 * its turn in between.
 */
#ifndef LOOP_DRIVE_H
#define LOOP_DRIVE_H

#include "base/time.h"

struct drive;
struct engine;
struct event_base;

/* Borrows all three for its life. Ticks nothing before the base is dispatched. */
struct drive *drive_new(struct event_base *base, struct engine *engine, struct clock *clock);
void drive_free(struct drive **d);
void drive_rearm(struct drive *d);

#endif
