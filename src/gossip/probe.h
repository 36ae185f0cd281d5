/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h (private) - asking members, one after the other, whether they are alive.
 *
 * A ping; after the probe timeout others are asked to ping it, and it is asked by a stream; at the end of the interval
 * it is suspected. An instance that is itself not well (others do not answer at all) takes longer: Lifeguard.
 */
#ifndef PROBE_H
#define PROBE_H

#include "message.h"
#include "state.h"

void probe_tick(struct gossip *g, struct mono now);
struct mono probe_next(const struct gossip *g);

void probe_on_ping(struct gossip *g, const struct message *m, const struct gossip_address *from);
void probe_on_indirect_ping(
    struct gossip *g, const struct message *m, const struct gossip_address *from, struct mono now);
void probe_on_ack(struct gossip *g, const struct message *m, struct mono now);
void probe_on_nack(struct gossip *g, const struct message *m);
/* A ping by a stream, answered there. */
void probe_on_request(struct gossip *g, uint64_t stream, const struct message *m);
/* The answer to such a ping of ours; false: it is not of here. */
bool probe_answer(struct gossip *g, uint64_t call, struct str message);
bool probe_gone(struct gossip *g, uint64_t call);

#endif
