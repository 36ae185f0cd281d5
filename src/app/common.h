/* SPDX-License-Identifier: Apache-2.0 */
/*
 * common.h (private) - what instances have in common in an etcd: silences, the notification log, claims (ledger/ledger.h).
 *
 * Beside cluster.h, and independent of it: both may be on. Nothing waits for an etcd that is away, but for the time in which
 * claims may be answered.
 */
#ifndef COMMON_H
#define COMMON_H

#include "server_private.h"

/* Reads what the flags name, if there is to be an etcd. The engine and the HTTP client are there. */
bool common_open(struct server *s, struct err *e) MUST_CHECK;
/* Begins the session; from now on the engine claims. */
void common_join(struct server *s);
/* Claims nothing any more; true: nothing that it has claimed or told waits. */
bool common_rests(struct server *s);
/* Gives the lease back. common_left: it is, or nobody answers, or there is no etcd. */
void common_leave(struct server *s);
bool common_left(const struct server *s);
void common_free(struct common **c);

/* For the engine's port. */
void common_share(struct port *port, const struct change *c);
void common_claim(struct port *port, const struct claim *c, struct moment now);
void common_claim_over(struct port *port, uint64_t id);
void common_claim_result(struct port *port, const struct claim *c, enum claim_result r, struct moment now);
/* The API's question how the etcd is, and metrics; env->arg is the server. */
void common_env(struct server *s, struct api_env *env);

#endif
