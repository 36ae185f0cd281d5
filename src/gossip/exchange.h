/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange.h (private) - two members tell each other all they know, over a stream.
 *
 * Whoever opens it tells first. An exchange waits for our whole state, which is asked for when it begins.
 */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "state.h"

/* Streams that came in and wait for our state. */
#define EXCHANGES_IN_MAX 128

enum exchange_why {
	EXCHANGE_ASKED, /* by another member: a stream that came in */
	EXCHANGE_ROUND, /* in turn, with anybody */
	EXCHANGE_JOIN, /* as configured */
	EXCHANGE_RECONNECT, /* with a peer that had failed */
	EXCHANGE_REFRESH, /* with an address that was found anew */
};

/* With the member at that address, which need not be one. */
void exchange_begin(struct gossip *g, const struct gossip_address *with, enum exchange_why why, struct mono now);
/* A stream that came in with such a message. */
void exchange_on_request(struct gossip *g, uint64_t stream, struct str message, struct mono now);
void exchange_request_gone(struct gossip *g, uint64_t stream);
/* False: the call is not of here. */
bool exchange_answer(struct gossip *g, uint64_t call, struct str message, struct mono now);
bool exchange_gone(struct gossip *g, uint64_t call, struct str why);
void exchange_state(struct gossip *g, uint64_t number, const struct gossip_part *parts, size_t n, struct mono now);
/* Is one under way with that address? */
bool exchange_is_with(const struct gossip *g, const struct gossip_address *a);
void exchanges_fini(struct gossip *g);

#endif
