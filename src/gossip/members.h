/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members.h (private) - who is known to be in the cluster, or to have been.
 *
 * Up to GOSSIP_MEMBERS_MAX, so that looking through all of them is cheap. In an order that is random, as probes go.
 */
#ifndef MEMBERS_H
#define MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rand.h"
#include "base/str.h"
#include "base/time.h"
#include "gossip/gossip.h"
#include "message.h"

/* Others that may say the same before a suspect is given up at once, and who began. */
#define SUSPICION_VOICES 4

struct suspicion {
	bool on;
	unsigned wanted, confirmed; /* by others than who began */
	span least, most;
	struct mono began, ends;
	uint64_t voices[SUSPICION_VOICES]; /* hashes of names */
	unsigned voices_n;
};

struct member {
	struct str name, meta; /* owned */
	uint64_t hash; /* of the name */
	struct gossip_address address;
	unsigned char versions[MESSAGE_VERSIONS];
	uint32_t incarnation;
	enum node_state state;
	struct mono changed; /* the state */
	struct suspicion suspicion;
	uint64_t alive_messages;
	struct gossip_pings pings;
	struct mono heard; /* its last answer to a ping */
};

struct members {
	struct member **v;
	size_t n, cap;
	struct member **there; /* those that are, by name; see members_there */
	size_t there_n;
	bool stale;
};

void members_fini(struct members *m);
uint64_t members_hash(struct str name);
struct member *members_find(const struct members *m, struct str name);
/* A new one, which is dead, at a random place. */
struct member *members_add(struct members *m, struct str name, struct rand *r);
void member_set_meta(struct member *one, struct str meta);
void members_set_state(struct members *m, struct member *one, enum node_state state, struct mono now);
/* Alive or suspected. */
bool member_is_there(const struct member *one);
/* All that are, by name. */
struct member *const *members_there(struct members *m, size_t *n);
/* Forgets those that have been gone for that long, but for `self`, and puts the rest into a new order. */
void members_renew(struct members *m, const struct member *self, span gone, struct mono now, struct rand *r);

/* Up to k different ones that `wanted` likes, at random; how many they are. */
size_t members_pick(const struct members *m, size_t k, bool (*wanted)(const struct member *one, const void *arg),
    const void *arg, struct rand *r, struct member **out);

#endif
