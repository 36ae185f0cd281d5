/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cluster_private.h (private) - the state of cluster.h, for those who tell of it.
 */
#ifndef CLUSTER_PRIVATE_H
#define CLUSTER_PRIVATE_H

#include "base/vec.h"
#include "cluster.h"
#include "core/cluster.h"
#include "loop/tasks.h"
#include "peer/peer.h"
#include "share/share.h"

struct cluster {
	struct server *s;
	struct peer *peer;
	struct tasks *tasks;
	struct task merging, stating, telling;
	struct share *share; /* with the engine */
	struct log log;

	VEC(uint64_t) pushpulls; /* that want our state; the first `stated` of them get the one being made */
	size_t stated;
	struct share_state state; /* the one being made */
	struct kept *given[SHARE_KINDS]; /* it is whole, and handed out; else NULL */

	struct cluster_state told; /* to the engine */
	struct mono refusal_logged; /* when a record that was not taken was last logged; 0: never */
	uint64_t refused; /* since then */

	/* Last logged of the cluster; cluster_view.c. */
	uint64_t seen; /* changes of the gossip when that was looked at; 0: not yet */
	bool split;
	size_t differing;
	char *differing_names; /* of whom that was said; NULL: nobody */
};

/* Logs it when the cluster is split or whole again, and when members have other configurations or the same. */
void cluster_look(struct cluster *c);
/* The answer for struct api_env; arg is the server. */
void cluster_view(void *arg, struct arena *a, struct api_cluster *out);
void cluster_expose_view(const struct cluster *c, struct expo *x);

#endif
