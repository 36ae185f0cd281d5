/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tell.h (private) - datagrams and messages of streams out, and notes to the log.
 */
#ifndef TELL_H
#define TELL_H

#include "message.h"
#include "state.h"

void tell_note(
    struct gossip *g, enum gossip_note note, struct str name, const struct gossip_address *a, struct str detail);
/* GOSSIP_NOTE_BAD, counted. */
void tell_bad(struct gossip *g, const struct gossip_address *from, const char *why);
/* One message to an address. Messages that wait in the queues ride along to members, whom we know. */
void tell(struct gossip *g, const struct gossip_address *to, const struct message *m);
/* As port.call and port.reply, of one piece; nothing: none. */
void tell_call(struct gossip *g, uint64_t call, const struct gossip_address *to, struct str message, bool answered,
    struct mono deadline);
void tell_reply(struct gossip *g, uint64_t stream, struct str message);
/* Two, and nothing else. */
void tell_two(struct gossip *g, const struct member *to, const struct message *a, const struct message *b);
/* Tells what waits to some members. */
void tell_round(struct gossip *g, struct mono now);
/* Queues a message about a member. */
void tell_rumour(struct gossip *g, uint64_t about, const struct message *m);

#endif
