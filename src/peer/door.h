/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door.h (private) - connections with TLS that come in: their handshake, and the frames before a stream begins.
 *
 * How many there are is bounded, and so is the time until the first frame. Loop thread only.
 */
#ifndef DOOR_H
#define DOOR_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "gossip/address.h"

struct bufferevent;
struct door;
struct event_base;
struct secure;

struct door_options {
	struct event_base *base;
	struct secure *secure;
	span timeout;
	void (*packet)(void *arg, const struct gossip_address *from, struct str packet);
	/* A stream begins, and is the callee's; some of it may be in its buffer. */
	void (*stream)(void *arg, struct bufferevent *bev, const struct gossip_address *from);
	void (*bad)(void *arg, const struct gossip_address *from, struct str why);
	void *arg;
};

/* Takes connections from fd, which is its own from now on. */
struct door *door_new(const struct door_options *o, int fd, struct err *e) MUST_CHECK;
/* Sets *d to NULL; it may be NULL already. */
void door_free(struct door **d);

struct door_figures {
	uint64_t packet_bytes, streams, errors;
};
struct door_figures door_figures(const struct door *d);

#endif
