/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_breadth.h (private) - how much a silence would cover, beyond what fires at this moment.
 *
 * Its matchers may leave nothing out: whatever comes is silenced. Or they are some of those that stand on the way to each
 * route of a receiver: then whatever that receiver would be told is silenced. Told by the configuration alone.
 */
#ifndef API_EXT_BREADTH_H
#define API_EXT_BREADTH_H

#include "base/vec.h"
#include "base/work.h"
#include "config/config.h"
#include "model/matcher.h"

struct breadth {
	struct matchers chosen;		/* those that choose; no copies: borrowed of whom it was begun for */
	bool excludes;			/* others are like team!="x": they leave out what they name, and nothing else */
	VEC(const struct route *) routes;
	size_t at;			/* route that is looked at next */
	bool *reached;			/* by receiver: it has a route … */
	bool *spared;			/* … one that the matchers may leave alone */
};

/* ms and c stay until breadth_fini. */
void breadth_begin(struct breadth *b, const struct matchers *ms, const struct config *c);
void breadth_fini(struct breadth *b);
/* Looks at the routes; false: w is used up, and the next call goes on. */
bool breadth_some(struct breadth *b, struct work *w) MUST_CHECK;
/* Nothing is left out, but for what `excludes` says. */
bool breadth_is_everything(const struct breadth *b);
/* All of the receiver with this index. */
bool breadth_is_whole(const struct breadth *b, size_t receiver);

#endif
