/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_peer_tells.h - a member of a cluster, and another one which tells of the group of alert A.
 */
#ifndef LIB_PEER_TELLS_H
#define LIB_PEER_TELLS_H

#include "core/cluster.h"
#include "lib_core.h"

struct peer_tells {
	size_t integration;		/* of the receiver's hooks */
	const char *firing, *resolved;	/* alerts; NULL: none */
	struct wall at;
	span age, lasts;
};

/* A member that waits so long for its turn; groups are by alertname, told after 10 s and then each minute. */
void world_member_start(struct fake_world *w, span wait);
enum merged world_peer_tells(struct fake_world *w, const struct peer_tells *t, struct work *spent);
uint64_t world_hash(const char *alert);

#endif
