/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h (private) - datagrams to other members over connections with TLS, one to each address, kept for the next.
 *
 * Packets that cannot be sent within a bound are lost, as datagrams are. Loop thread only.
 */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "gossip/address.h"

struct event_base;
struct lines;
struct secure;

struct lines *lines_new(struct event_base *base, struct secure *secure, const struct log *log, span timeout) MUST_CHECK;
/* Sets *l to NULL; it may be NULL already. */
void lines_free(struct lines **l);
/* `from`: where this instance listens. */
void lines_send(struct lines *l, const struct gossip_address *from, const struct gossip_address *to, struct str packet);

struct lines_figures {
	uint64_t bytes, errors; /* of packets that went, and how many connections failed */
};
struct lines_figures lines_figures(const struct lines *l);

#endif
