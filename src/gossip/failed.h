/* SPDX-License-Identifier: Apache-2.0 */
/*
 * failed.h (private) - addresses of peers that are not there: configured and not yet joined, failed, or gone.
 */
#ifndef FAILED_H
#define FAILED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"
#include "gossip/address.h"

struct failed_peer {
	struct gossip_address address;
	struct mono since;
};

struct failed {
	struct failed_peer *v;
	size_t n, cap;
};

void failed_fini(struct failed *f);
/* Does nothing when it is there already, or there are too many. */
void failed_add(struct failed *f, const struct gossip_address *a, struct mono now);
void failed_remove(struct failed *f, const struct gossip_address *a);
/* Forgets those that failed that long ago or longer. */
void failed_forget(struct failed *f, span timeout, struct mono now);

#endif
