/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/scrape.h (private) - /metrics, written family by family.
 *
 * The walks through groups and receivers can stop within a family, and counting before all of them.
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
