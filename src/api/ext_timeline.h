/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_timeline.h (private) - the states that an alert was in, out of what history has of it.
 */
#ifndef API_EXT_TIMELINE_H
#define API_EXT_TIMELINE_H

#include "ext.h"

/* Kinds of events that it is made of; ends with NULL. */
extern const char *const timeline_kinds[];

struct timeline {
	const struct json *events;	/* an array, the newest first, of one alert, as history shows them */
	struct wall from, to;		/* what is outside is cut off; `to` is now */
	bool over;			/* it is known not to fire any more */
	struct wall fires_since;	/* of an alert that fires though no event says so; WALL_ZERO: it does not */
};

/*
 * Writes "timeline": [{"from","to","state"}], the oldest first. `to` is null in the last one if it goes on. When it does not
 * fire there is no piece.
 */
void write_timeline(struct json_writer *w, const struct timeline *t);
/* The time of a member; WALL_ZERO: there is none. */
struct wall event_time(const struct json *event, const char *key);

#endif
