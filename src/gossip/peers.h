/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peers.h (private) - addresses that are to be joined: at start, again when they failed, or found anew.
 */
#ifndef PEERS_H
#define PEERS_H

#include "state.h"

void peers_tick(struct gossip *g, struct mono now);
struct mono peers_next(const struct gossip *g);
void peers_fini(struct gossip *g);

#endif
