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
#include "base/work.h"
#include "config/config.h"
#include "matcher_index.h"
#include "model/labels.h"
#include "model/matcher.h"

/* The routes of a label set, in order; equal lists are one. */
struct route_list {
	struct hmap_node node;
	size_t n;	/* at least 1 */
	const struct route *routes[];
};

/* A route of the tree, to be filed. */
struct routing_place {
	struct hmap_node node;		/* by id */
	struct route *route;
	size_t parent;			/* its index */
	uint64_t order;			/* among the children, from 1; 0: the root */
};

struct routing {
	struct config *config;		/* owned reference */
	struct matcher_index *children;	/* by route index */
	struct routing_place *places;	/* of all routes */
	size_t places_n;
	size_t indexed;			/* places that are filed */
	struct hmap ids;
	struct hmap lists;
	struct hmap_cursor freed;	/* of what is freed in slices */
	size_t freed_n;			/* indices of children */
};

/* Nothing can be asked of it before it is indexed. */
struct routing *routing_begin(struct config *c);
/* False: w is used up, and there is more. */
bool routing_index_some(struct routing *r, struct work *w);
void routing_index(struct routing *r);
/* Both. */
struct routing *routing_new(struct config *c);
/* *r may be NULL. False: w is used up, and there is more; nothing else may be done with it. */
bool routing_free_some(struct routing **r, struct work *w);
void routing_free(struct routing **r);
/* The route of that id, or NULL. */
const struct route *routing_find(const struct routing *r, struct str id);

/* A route that matches and whose children are being looked at. */
struct routing_step {
	const struct route *route;
	uint64_t after;			/* order of the last child that was looked at */
	size_t found_before;
};
/* Where the way of a label set through the tree has come to; zeroed: nowhere. */
struct routing_run {
	const struct labels *labels;
	struct routing_step *steps;
	size_t steps_n, steps_cap;
	const struct route **found;
	size_t found_n, found_cap;
	struct match_run match;		/* of the child behind the last step's `after` */
};
/*
 * The way of l through the tree, within what w, which is not used up, has left: true, and its
 * routes are run->found. False: it is used up, and the next call with the same l goes on;
 * with another l it begins anew. l and the routing must not go before the end or
 * routing_run_reset. A run that has ended can be used again after that.
 */
bool routing_walk_some(const struct routing *r, const struct labels *l, struct routing_run *run, struct work *w);
/* The same as a list, valid as long as the routing; NULL: w is used up. The run is reset at the end. */
const struct route_list *routing_match_some(struct routing *r, const struct labels *l, struct routing_run *run,
    struct work *w);
/* Forgets the place. */
void routing_run_reset(struct routing_run *run);
/* Also frees its memory. */
void routing_run_fini(struct routing_run *run);
/* All at once. */
const struct route_list *routing_match(struct routing *r, const struct labels *l);

#endif
