/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user.h (private) - what members tell each other beside who they are: changes of silences and of the notification log.
 *
 * Messages of Protocol Buffers, Alertmanager's clusterpb: Part { key = 1, data = 2 }, FullState { parts = 1 }.
 */
#ifndef USER_H
#define USER_H

#include "state.h"

/* A whole state. */
size_t user_state_size(const struct gossip_part *parts, size_t n);
/* The head of a part in it, in front of its bytes. */
void user_part_head_put(struct sbuf *b, const struct gossip_part *part);
void user_on_state(struct gossip *g, struct str bytes, const struct gossip_address *from, struct mono now);
/* A change, from a datagram or a stream. */
void user_on_update(struct gossip *g, struct str part, const struct gossip_address *from, struct mono now);
/* The same in a stream: a message with its head. */
void user_on_request(struct gossip *g, uint64_t stream, struct str message, struct mono now);

/* The end of a stream with a large change; false: it is not of here. */
bool user_sent(struct gossip *g, uint64_t call, bool ok, struct mono now);
void users_fini(struct gossip *g);

#endif
