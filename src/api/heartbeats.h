/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/heartbeats.h (private) - alerts that must always fire (`ui.heartbeats`): which of them do not.
 *
 * The walk of the overview (watch.h) looks at every alert; what comes of it holds until the next one has ended.
 */
#ifndef API_HEARTBEATS_H
#define API_HEARTBEATS_H

#include "handlers.h"

struct heartbeats;

struct heartbeat {
	char *name;		/* owned */
	bool ok;
	struct wall ended;	/* when the last alert for it did, as far as is known; WALL_ZERO: it is not */
};

struct heartbeats *heartbeats_new(void);
void heartbeats_free(struct heartbeats **h);

/* A walk over all alerts begins; a walk before it that has not ended counts for nothing. */
void heartbeats_begin(struct heartbeats *h, struct config *c);
/* The next alert of it, firing or not; false: w is used up, and the same alert comes again. */
bool heartbeats_see(struct heartbeats *h, const struct alert *a, struct moment now, struct work *w);
void heartbeats_end(struct heartbeats *h);

/* The i-th of the configuration that the last walk began with; NULL: there are no more. Borrowed until the next walk ends. */
const struct heartbeat *heartbeats_get(const struct heartbeats *h, size_t i);

#endif
