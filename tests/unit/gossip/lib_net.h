/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A net of gossips under virtual time: datagrams that are delayed, lost and sent twice, streams that are not, and
 * partitions. Each node keeps a set of short texts as its state, and merges those of others.
 */
#ifndef LIB_NET_H
#define LIB_NET_H

#include "gossip/gossip.h"

#define NODES_MAX 8
#define TEXTS_MAX 256

struct node {
	struct gossip_port port;
	struct gossip *g;		/* NULL: it does not run */
	struct net *net;
	struct gossip_address address;
	char texts[TEXTS_MAX][1200];
	size_t texts_n;
	unsigned notes[GOSSIP_NOTE_N];
};

struct net {
	struct mono now;
	struct rand rand;
	struct node nodes[NODES_MAX];
	struct flying *flying;		/* by time */
	double loss, twice;		/* of datagrams */
	bool datagrams_blocked;
	unsigned side[NODES_MAX];	/* nodes on two sides do not hear each other */
	uint64_t streams;
	uint64_t datagrams, datagram_bytes;
};

void net_init(struct net *net, uint64_t seed);
void net_fini(struct net *net);
/* Starts node i, which knows the addresses of peers_n nodes from the first on. Its name is "N<i>". */
void net_start(struct net *net, size_t i, size_t peers_n);
/* It is gone, without a word. */
void net_kill(struct net *net, size_t i);
void net_run(struct net *net, span time);
/* The node adds a text of n bytes to its state, and tells the others. */
void net_say(struct net *net, size_t i, const char *text, size_t n);
bool net_has(const struct net *net, size_t i, const char *text);
/* Runs until all that run have n members, or the text, at most that long; how long. -1: not within that time. */
span net_until_size(struct net *net, size_t n, span most);
span net_until_text(struct net *net, const char *text, span most);

#endif
