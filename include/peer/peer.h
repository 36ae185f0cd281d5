/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer/peer.h - this instance on the net of its cluster.
 *
 * Sockets, clock and names for a gossip (gossip/gossip.h): datagrams and streams on one port, plain or all over TLS, deadlines for all of them,
 * names of peers resolved off the loop and again every 15 seconds. Loop thread only.
 */
#ifndef PEER_PEER_H
#define PEER_PEER_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "gossip/gossip.h"
#include "peer/kept.h"

struct event_base;
struct expo;
struct peer;
struct sbuf;

struct peer_options {
	struct event_base *base;
	struct clock *clock;
	const struct log *log;
	struct gossip_options gossip; /* its name may be empty: a random one; `advertised` is not looked at */
	struct str listen_address; /* "IP:port", ":port" */
	struct str advertise_address; /* "IP:port", or empty: what the listen address says */
	struct str tls_config; /* the file of --cluster.tls-config; empty: plain */
	bool public_address; /* of this host may be advertised, if it has no private one */
	const struct str *peers; /* gossip.peers of them, "host:port", with a NUL behind each */
	span resolve_timeout; /* names that are not found at start are looked up again every 2 seconds for so long, then as ever */
	uint64_t seed;
	/* As in gossip/port.h; `changed`: who is a member, or whether it is settled, may have. */
	void (*merge)(void *arg, struct str key, struct str bytes, bool whole);
	void (*full_state)(void *arg, uint64_t pushpull);
	void (*changed)(void *arg);
	void *arg;
};

/* Keeps the bytes that `merge` is called with, until kept_drop for each call of this. NULL: they are few, and to be copied. */
struct kept *peer_keep(struct peer *p);

/* Copies the texts. Listens from now on; NULL and e when it cannot, or an address is not one: listen on …: address already in use. */
struct peer *peer_new(const struct peer_options *o, struct err *e) MUST_CHECK;
/* Sets *p to NULL; it may be NULL already. */
void peer_free(struct peer **p);
/* Resolves the peers, and joins them. */
void peer_join(struct peer *p);
/* Borrowed for its life. */
struct str peer_name(const struct peer *p);
/* For questions. The functions below change it. */
const struct gossip *peer_gossip(const struct peer *p);
void peer_set_meta(struct peer *p, struct str meta);
void peer_broadcast(struct peer *p, struct str key, struct str bytes);
/* Bytes of a whole state, taken for one user: they are not copied for each of those who want it. */
struct kept *peer_own(struct peer *p, struct sbuf *bytes) MUST_CHECK;
/* The state that full_state wanted: n keys and their bytes. Uses those until it is sent. */
void peer_state(struct peer *p, uint64_t pushpull, const struct str *keys, struct kept *const *bytes, size_t n);
/* Tells the others that this instance goes; peer_left: they know, or there are none. */
void peer_leave(struct peer *p);
bool peer_left(const struct peer *p);
/* As Alertmanager's alertmanager_cluster_… (a metrics_source; arg is the peer). */
void peer_expose(void *arg, struct expo *x, struct moment now);

#endif
