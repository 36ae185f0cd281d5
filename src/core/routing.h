/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/routing.h - which routes take a label set.
 *
 * The route tree of one configuration, its siblings indexed by what their
 * matchers ask for (Alertmanager dispatch.Route.Match).
 */
#ifndef CORE_ROUTING_H
#define CORE_ROUTING_H

#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"
#include "config/config.h"
#include "mindex.h"
#include "model/labels.h"

/* The routes of a label set, in order; equal lists are one. */
struct route_list {
	struct hmap_node node;
	size_t n;	/* at least 1 */
	const struct route *routes[];
};

struct routing {
	struct config *config;		/* owned reference */
	struct mindex *children;	/* by route index */
	struct hmap lists;
	const struct route **found;	/* scratch */
	size_t found_n, found_cap;
};

struct routing *routing_new(struct config *c);
void routing_free(struct routing **r);
/* Valid as long as the routing. */
const struct route_list *routing_match(struct routing *r, const struct labels *l);

#endif
