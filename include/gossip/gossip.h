/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip/gossip.h - one member of an Alertmanager cluster, as one value.
 *
 * A pure state machine that speaks as hashicorp/memberlist does, with what Alertmanager builds on it: who is a
 * member, who has failed, and small changes and whole states that members tell each other. It has no sockets and
 * reads no clock: every entry point is told the time, and acts on the world through its port alone. The server, the unit
 * tests and a simulator run the same code.
 *
 * In, from sockets:	gossip_packet, gossip_request, gossip_dialled, gossip_answer, gossip_gone, gossip_tick (when
 *			gossip_next says so).
 * In, from the core:	gossip_broadcast when a silence or log entry changed here or by a merge; gossip_state.
 * Out:			the port. Its merge and full_state are the seam to whoever keeps silences and the log.
 * Read:		gossip_settled, gossip_position, gossip_size, gossip_member_at, gossip_figures.
 *
 * Messages of streams are given and taken plain: label, compression and framing are those of gossip/stream.h, which
 * may be done in other threads. Loop thread only, else. All that peers send is bounded before anything is kept of it.
 */
#ifndef GOSSIP_GOSSIP_H
#define GOSSIP_GOSSIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"
#include "base/time.h"
#include "gossip/address.h"
#include "gossip/port.h"

/* More members are not taken in. */
#define GOSSIP_MEMBERS_MAX 256
#define GOSSIP_NAME_MAX 128
#define GOSSIP_META_MAX 512

struct gossip;

struct gossip_options {
	struct str name; /* of this member; up to GOSSIP_NAME_MAX */
	struct gossip_address advertised; /* where others reach it */
	struct str label; /* up to 255 bytes; empty: none */
	size_t peers; /* how many --cluster.peer there are */
	span gossip_interval, pushpull_interval, probe_interval; /* > 0 */
	span probe_timeout, tcp_timeout; /* > 0 */
	span settle_timeout; /* 0: settled at once */
	span reconnect_interval, reconnect_timeout; /* 0: never */
};

/* Copies the options; borrows the port. It is a cluster of one until somebody joins. */
struct gossip *gossip_new(const struct gossip_options *o, struct gossip_port *port, struct mono now) MUST_CHECK;
/* Sets *g to NULL; it may be NULL already. Nothing is told to anybody. */
void gossip_free(struct gossip **g);

/* A datagram that arrived. Bad ones are noted and dropped. */
void gossip_packet(struct gossip *g, const struct gossip_address *from, struct str bytes, struct mono now);
/* A plain message at the beginning of a stream that came in, whose number is the caller's. port.reply ends it, at once or later. */
void gossip_request(struct gossip *g, uint64_t stream, struct str message, struct mono now);
/* A stream that came in is gone: no reply to it is made any more. */
void gossip_request_gone(struct gossip *g, uint64_t stream);
/* The stream of a port.dial is there. */
void gossip_dialled(struct gossip *g, uint64_t call);
/* The end of a port.call, or of a port.dial that fails: an answer (plain), or not. Unknown numbers are ignored. */
void gossip_answer(struct gossip *g, uint64_t call, struct str message, struct mono now);
void gossip_gone(struct gossip *g, uint64_t call, struct str why, struct mono now);
/* Counts and notes something that was not even a message: a stream of another cluster, too many at once. */
void gossip_refused(struct gossip *g, const struct gossip_address *from, struct str why);
/* Does what is due; and when it wants to be called next. */
void gossip_tick(struct gossip *g, struct mono now);
struct mono gossip_next(const struct gossip *g);

/*
 * Tells the others of a change: `bytes` is one delimited record of `key`. It goes out with the next rounds of gossip, or,
 * when large, by a stream to each member. Also to be called for what a merge has changed here, unless gossip_is_large.
 */
void gossip_broadcast(struct gossip *g, struct str key, struct str bytes, struct mono now);
/* Somebody is there to hear it, or may be any moment. */
bool gossip_is_heard(const struct gossip *g);
/* Too large for datagrams (more than 700 bytes with its key): what a merge changed is then not sent on. */
bool gossip_is_large(struct str key, struct str bytes);
/* The whole state that port.full_state wanted, of up to GOSSIP_PARTS_MAX parts. Borrowed for the call. */
void gossip_state(struct gossip *g, uint64_t pushpull, const struct gossip_part *parts, size_t n, struct mono now);

/* Addresses of peers as configured, at start: they count as failed until they have joined, and are joined. */
void gossip_join(struct gossip *g, const struct gossip_address *peers, size_t n, struct mono now);
/* The same addresses found anew: those that no member has are joined. */
void gossip_refresh(struct gossip *g, const struct gossip_address *peers, size_t n, struct mono now);
/* Tells the others that it goes. True from gossip_left: they have been told that and all else, or nobody is there. */
void gossip_leave(struct gossip *g, struct mono now);
bool gossip_left(const struct gossip *g);

/* Tells all others something of this member, up to GOSSIP_META_MAX bytes; more are cut off. Alertmanager's do not look at it. */
void gossip_set_meta(struct gossip *g, struct str meta, struct mono now);

/* The number of members has been the same for long enough, or the time for that is over. Then it stays so. */
bool gossip_settled(const struct gossip *g);
/* The place of this member among those alive, by name; from 0. */
size_t gossip_position(const struct gossip *g);
/* Members that are alive or suspected, with this one. */
size_t gossip_size(const struct gossip *g);

struct gossip_member {
	struct str name;
	struct gossip_address address;
	bool self, suspected;
	struct str meta;
	struct mono heard; /* its last answer to a ping of this one; zero: none yet */
	uint64_t alive_messages;
	struct gossip_pings {
		uint64_t counts[8]; /* up to 5, 10, 25, 50, 100, 250, 500 ms, and beyond; not cumulative */
		double sum; /* seconds */
	} pings;
};
/* The i-th of gossip_size members by name, borrowed until the next call with `now`. */
struct gossip_member gossip_member_at(const struct gossip *g, size_t i);

/* The i-th of figures.failed_peers: configured and not yet found, failed, or gone. */
struct gossip_address gossip_failed_at(const struct gossip *g, size_t i);

/* Seconds, as Prometheus has them by default. */
#define GOSSIP_LARGE_BOUNDS { .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10 }

struct gossip_figures {
	uint64_t received_full, received_full_bytes, received_updates, received_update_bytes;
	uint64_t sent_full, sent_full_bytes, sent_updates, sent_update_bytes;
	uint64_t joined, left, updated, conflicts, pruned, bad;
	uint64_t reconnected, reconnects_failed, refreshed, refreshes_failed;
	struct gossip_large { /* of one key */
		uint64_t sent, failed, dropped;
		uint64_t counts[12]; /* of those sent, up to GOSSIP_LARGE_BOUNDS and beyond; not cumulative */
		double sum; /* seconds */
	} large_log, large_silences;
	size_t failed_peers, queued;
	size_t expected; /* members: the most that were there at a time, but for those that left */
	int health; /* 0 is well */
};
struct gossip_figures gossip_figures(const struct gossip *g);

#endif
