/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net/mail_child.h - starting and burying worker processes.
 */
#ifndef NET_MAIL_CHILD_H
#define NET_MAIL_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/err.h"

struct event_base;
struct graveyard;

/* Starts a worker; *fd_out is our end of its socketpair, non-blocking and closed on exec. */
bool mail_child_start(const char *program, pid_t *pid_out, int *fd_out, struct err *e) MUST_CHECK;

struct graveyard *graveyard_new(struct event_base *base);
/* Kills a child and collects it as soon as it is dead, without waiting. */
void graveyard_bury(struct graveyard *g, pid_t pid);
/* Collects all, waiting for those that are still dying. Sets *g to NULL. */
void graveyard_free(struct graveyard **g);

#endif
