/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/settle.h - what a configuration that has come into force makes of groups and alerts.
 *
 * The switch itself is one moment: from then on routes and rules are the new ones.
 * That groups and their members are what these say takes a look at each of them,
 * a slice at a time. Until it is over all else the engine does waits, but for what
 * the world tells it, so that nobody acts on groups of which a part is done:
 * flushes are some milliseconds late, and alerts that are posted are stored and wait.
 *
 * The store hears of groups when all of them are whole, and of those that end
 * after that: in the midst of it there is on disk what was before the switch.
 */
#ifndef CORE_SETTLE_H
#define CORE_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts.h"
#include "base/hmap.h"
#include "base/time.h"
#include "base/vec.h"
#include "config/config.h"
#include "order.h"

struct engine;
struct group;

enum settle_stage {
	SETTLED,
	SETTLE_DECLARED,	/* silences that rule files declare */
	SETTLE_UNDECLARED,	/* those that are declared no more */
	SETTLE_GROUPS,		/* each goes on under its new route or ends */
	SETTLE_JOINED,		/* at a start: alerts that were being told are in those */
	SETTLE_ALERTS,		/* each goes into its groups, and out of others */
	SETTLE_SAVE,
	SETTLE_TIDY_CARRIED,	/* of those that go on, some have lost all members */
	SETTLE_TIDY_RETIRED,
	SETTLE_LEFT,		/* at a start: messages whose requests had left before it */
	SETTLE_RESUMED,		/* likewise notifications that were under way */
};

/* The route that takes the place of an old one: found when it is asked for. */
struct succession {
	const struct route *route;	/* NULL: none */
	bool known;
};

struct settle {
	enum settle_stage stage;
	struct moment since;		/* the switch: what is decided later is decided as of then */
	bool first;			/* there was no configuration before */
	size_t at;			/* silences that were declared, groups that were restored or tidied */
	struct hmap_cursor bucket;
	struct succession *succession;	/* by index of the route before; NULL: all groups end */
	struct hmap old;		/* groups of before */
	struct order old_order;
	struct order_cursor old_at;
	struct group *next;		/* of old_order */
	size_t left;			/* from that on */
	struct alerts_cursor alerts;
	VEC(struct group *) carried;
};

/* The configuration in force has just come to be so; `before` is the one it replaces, or NULL. */
void settle_begin(struct engine *e, const struct config *before, struct moment now);
/* A slice; true: it is over. */
bool settle_step(struct engine *e, struct moment now);
/* Does the rest at once. */
void settle_whole(struct engine *e, struct moment now);
/* g, which has its route, goes on from before. */
void settle_carry(struct engine *e, struct group *g);
/* Before the groups are freed, however far it has come. */
void settle_fini(struct engine *e);

#endif
