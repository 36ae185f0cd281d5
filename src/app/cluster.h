/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cluster.h (private) - the engine among the others of its cluster: between peer/peer.h and core/cluster.h.
 *
 * Changes that the engine shares go out as Alertmanager writes them; what others say is merged in slices, and passed on when it
 * was news. A whole state is put together in slices.
 */
#ifndef CLUSTER_H
#define CLUSTER_H

#include "server_private.h"

/* Listens, if there is to be a cluster. The engine and the store are there. */
bool cluster_open(struct server *s, struct err *e) MUST_CHECK;
/* Joins the others; from now on the engine waits for its turn. */
void cluster_join(struct server *s, struct moment now);
/* Tells the others which configuration is in force; before cluster_join, too. */
void cluster_configured(struct server *s, const struct config *config);
/* Tells the others that this instance goes. cluster_left: they know, or there is no cluster. */
void cluster_leave(struct server *s);
bool cluster_left(const struct server *s);
void cluster_free(struct cluster **c);

/* port.share of the engine. */
void cluster_share(struct port *port, const struct change *c);
/* The API's question who the members are; env->arg is the server. */
void cluster_env(struct server *s, struct api_env *env);

#endif
