/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.h (private) - all that a member of a cluster knows.
 *
 * The modules of this room, from below: queue, members, failed; tell (datagrams out); rumours (who is said to be alive); pushpull
 * (whole states), large (messages that need a stream), probe; peers (whom to join); gossip.
 */
#ifndef STATE_H
#define STATE_H

#include "failed.h"
#include "gossip/gossip.h"
#include "members.h"
#include "queue.h"

/* Memberlist's settings for a local network, which Alertmanager keeps. */
#define INDIRECT_CHECKS 3
#define RETRANSMIT_MULT 4
#define SUSPICION_MULT 4
#define SUSPICION_MOST_MULT 6
#define HEALTH_MAX 8
#define GOSSIP_TO_THE_DEAD (30 * SPAN_S)

/* Ours: how often each of so few members hears a change, and datagrams for one member in a round. */
#define UPDATE_TIMES 4
#define FEW_MEMBERS 4
#define ROUND_DATAGRAMS 8

/* The versions that we speak: of memberlist 1 to 5, as 2; nothing on top. */
#define VERSIONS STR("\1\5\2\0\0\0")

/* Pings that are passed on for others at once. */
#define PASSED_ON_MAX 64

struct passed_on {
	uint64_t seq; /* ours; 0: free */
	uint64_t their_seq;
	struct gossip_address asker;
	bool nack;
	struct mono until;
};

/* The one member that is being asked whether it is alive. */
struct probe {
	bool on, widened; /* others and a stream were asked too */
	uint64_t seq, call;
	uint64_t target; /* hash of its name */
	struct mono sent, widens, ends;
	unsigned nacks, nacks_wanted;
	bool streamed; /* it answered by a stream */
};

struct gossip {
	struct gossip_options o;
	struct gossip_port *port;
	char *texts; /* of o */
	struct members members;
	struct member *self;
	struct queue rumours, updates; /* about members; of users */
	struct failed failed;
	uint32_t incarnation;
	uint64_t numbers; /* given out, of calls, pushpulls and pings */
	int health;
	bool leaving;
	size_t expected; /* members that should be there */
	size_t others_told; /* members that a round tells; Alertmanager's retransmit */

	struct probe probe;
	size_t probe_at;
	struct passed_on passed_on[PASSED_ON_MAX];
	struct list pushpulls;
	size_t pushpulls_in, pushpulls_out;
	struct list larges; /* what goes over streams, the first is under way */
	struct list joins; /* addresses to be joined */
	size_t joins_n;

	bool settled;
	unsigned polls_same;
	size_t polled;
	struct mono settle_poll, settle_until;
	struct mono next_round, next_probe, next_pushpull, next_reconnect, next_forget, next_prune;
	struct gossip_figures figures;
};

#endif
