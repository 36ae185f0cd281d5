/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_store.h - the durable state of a fake world, in memory.
 */
#ifndef FAKE_STORE_H
#define FAKE_STORE_H

#include "fake_world.h"

void fake_store_change(struct fake_world *w, const struct change *c);
/* Gives the engine of w all that is stored. */
void fake_store_restore(struct fake_world *w);
void fake_store_fini(struct fake_world *w);

#endif
