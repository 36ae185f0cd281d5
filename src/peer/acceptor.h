/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acceptor.h (private) - takes connections from a socket that listens. Loop thread only.
 *
 * When no descriptor is left they wait in the kernel for a moment.
 */
#ifndef ACCEPTOR_H
#define ACCEPTOR_H

#include "base/compiler.h"
#include "base/err.h"
#include "gossip/address.h"

struct acceptor;
struct event_base;

struct acceptor_options {
	struct event_base *base;
	const char *turn; /* as in loop/turn.h */
	unsigned at_once; /* in one turn of the loop, at most */
	/* The descriptor is the callee's; it does not block. */
	void (*take)(void *arg, int fd, const struct gossip_address *from);
	void *arg;
};

/* fd is its own from now on, whatever comes of it. */
struct acceptor *acceptor_new(const struct acceptor_options *o, int fd, struct err *e) MUST_CHECK;
/* Sets *a to NULL; it may be NULL already. */
void acceptor_free(struct acceptor **a);

#endif
