/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_private.h (private) - the parts of this instance on the net.
 */
#ifndef PEER_PRIVATE_H
#define PEER_PRIVATE_H

#include "base/sbuf.h"
#include "loop/timer.h"
#include "peer/peer.h"

struct door;
struct event;
struct lines;
struct lookup;
struct secure;
struct streams;

struct peer {
	struct peer_options o;
	struct gossip_port port;
	struct gossip *gossip;
	struct streams *streams;
	struct lookup *lookup;
	/* With TLS, in the place of datagrams; else NULL. */
	struct secure *secure;
	struct door *door;
	struct lines *lines;
	uint64_t streams_sent, streams_failed;
	struct event *datagrams;
	int udp;
	bool udp_is_six;
	struct timer tick, refresh;
	struct arena *arena; /* texts of o */
	struct log log;
	struct mono resolve_until; /* names are looked up more often */
	bool joined; /* the first lookup is over */
	bool unresolved; /* a name was not found, and that was said */
	struct sbuf in; /* one datagram */
	bool refusal_told;
	struct mono refusal_at;
	uint64_t refusals; /* since then */
};

#endif
