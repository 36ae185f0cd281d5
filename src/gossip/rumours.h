/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rumours.h (private) - what is said of members: alive, suspected, dead.
 *
 * The higher incarnation counts; only the member itself makes a new one, to refute. A suspect that does not is dead in
 * the end, the sooner the more others say so (the protocol SWIM, with the suspicion of Lifeguard). Source of the rules:
 * hashicorp/memberlist, state.go.
 */
#ifndef RUMOURS_H
#define RUMOURS_H

#include "message.h"
#include "state.h"

/* Each takes a message of its type; bad ones are noted. `from`: who sent the datagram, or NULL. */
void rumour_alive(struct gossip *g, const struct message *m, const struct gossip_address *from, struct mono now);
void rumour_suspect(struct gossip *g, const struct message *m, struct mono now);
void rumour_dead(struct gossip *g, const struct message *m, struct mono now);
/* Tells something else of this member from now on. */
void rumour_meta(struct gossip *g, struct str meta);
/* This member says that it is there, at start. */
void rumour_begin(struct gossip *g, struct mono now);
/* Suspects whose time is over are dead; and when that is next. */
void rumours_tick(struct gossip *g, struct mono now);
struct mono rumours_next(const struct gossip *g);
/* Worse, or better, by so much. */
void rumour_health(struct gossip *g, int delta);

#endif
