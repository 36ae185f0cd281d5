/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pushpull.h (private) - two members tell each other all they know, over a stream.
 *
 * The one who opens it tells first. A push-pull waits for our whole state, which may be large: it is asked for when the other
 * one is there to hear it.
 */
#ifndef PUSHPULL_H
#define PUSHPULL_H

#include "state.h"

/* Streams that came in and wait for our state. */
#define PUSHPULLS_IN_MAX 128

enum pushpull_why {
	PUSHPULL_ASKED, /* by another member: a stream that came in */
	PUSHPULL_ROUND, /* in turn, with anybody */
	PUSHPULL_JOIN, /* as configured */
	PUSHPULL_RECONNECT, /* with a peer that had failed */
	PUSHPULL_REFRESH, /* with an address that was found anew */
};

/* With the member at that address, which need not be one. */
void pushpull_begin(struct gossip *g, const struct gossip_address *with, enum pushpull_why why, struct mono now);
/* A stream that came in with such a message. */
void pushpull_on_request(struct gossip *g, uint64_t stream, struct str message, struct mono now);
void pushpull_request_gone(struct gossip *g, uint64_t stream);
/* False: the call is not of here. */
bool pushpull_answer(struct gossip *g, uint64_t call, struct str message, struct mono now);
bool pushpull_gone(struct gossip *g, uint64_t call, struct str why);
void pushpull_dialled(struct gossip *g, uint64_t call);
void pushpull_state(struct gossip *g, uint64_t number, const struct gossip_part *parts, size_t n, struct mono now);
/* Is one under way with that address? */
bool pushpull_is_with(const struct gossip *g, const struct gossip_address *a);
void pushpulls_fini(struct gossip *g);

#endif
