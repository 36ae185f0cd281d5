/* SPDX-License-Identifier: Apache-2.0 */
/*
 * others.h (private) - other instances, by gossip (cluster.h), by an etcd (common.h), by both, or none: what is done alike for either.
 */
#ifndef OTHERS_H
#define OTHERS_H

#include "server_private.h"

/* Opens what the flags name. The engine, the store and the HTTP client are there. */
bool others_open(struct server *s, struct err *e) MUST_CHECK;
/* The engine's port: changes are shared, and notifications claimed. Before the engine is there. */
void others_port(struct server *s);
/* The others are asked from now on; c is in force. */
void others_join(struct server *s, const struct config *c, struct moment now);
/* The end: nothing is claimed any more. True: nothing of that waits. */
bool others_rest(struct server *s);
/* Tells the others that this instance goes. True: they know, or cannot be told, or there are none. To be called until then. */
bool others_leave(struct server *s);
void others_free(struct server *s);
/* Questions of the API, and metrics. */
void others_env(struct server *s, struct api_env *env);

#endif
