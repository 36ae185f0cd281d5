/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/scrape.h (private) - /metrics, written family by family.
 *
 * First alerts and silences are counted, then the families are written; what
 * goes through all alerts, groups or receivers can stop within it.
 */
#ifndef API_SCRAPE_H
#define API_SCRAPE_H

#include "packed.h"
#include "text/expo.h"

struct scrape {
	struct packed body;
	struct api *api;
	struct expo x;
	struct arena *scratch;		/* of one step */
	struct config *config;		/* in force when it began; owned reference */
	const struct counters *counters;	/* of the engine */
	size_t step;
	/* Within one step: */
	bool begun;			/* the family has its head */
	size_t receiver;		/* the next one, by index */
	struct gauges_run counting;
	struct view_gauges gauges;	/* when they have been counted */
	struct group_place group;	/* the last one */
	bool inside;			/* is it being counted? */
	struct labels *member;		/* up to here; owned reference */
	struct group_marks marks;
	bool written;			/* all of it */
};

/* Writes some of the exposition. False: w is used up. After the last step s->written is set. */
bool scrape_write(struct scrape *s, struct work *w, struct moment now);
/* Frees what an unfinished step holds. */
void scrape_fini(struct scrape *s);

#endif
