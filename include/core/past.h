/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/past.h - questions to what remembers the past, as values: between who is asked for it by
 * clients, and who keeps it, which know nothing of each other.
 */
#ifndef CORE_PAST_H
#define CORE_PAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/time.h"

enum past_format {
	PAST_PAGE,	/* JSON, one page with a cursor */
	PAST_JSON,	/* all of it */
	PAST_NDJSON,
	PAST_CSV,
	PAST_ITEMS,	/* JSON, the array of events alone, as many as the limit, for other answers */
	PAST_STATS,	/* JSON, one answer: sums over `from` to `to`; other conditions do not count */
};

/* Events, the newest first. All of it is borrowed for the call; absent conditions are empty. */
struct past_query {
	const struct str *matchers;	/* of the labels of its alerts; each as in API v2 */
	size_t matchers_n;
	struct str receiver;		/* a regular expression, as API v2 has it */
	struct str integration;		/* slack[0], or slack: any of that kind */
	struct str actor;
	const struct str *kinds, *outcomes;	/* any of them */
	size_t kinds_n, outcomes_n;
	const uint64_t *groups, *fingerprints;	/* any of them; ids as of /api/ext/v1/groups */
	size_t groups_n, fingerprints_n;
	struct wall from, to;		/* WALL_ZERO: no bound; `to` is not in it */
	size_t limit;			/* of a page; with other formats 0 is no limit */
	struct str cursor;
	enum past_format format;
	bool bare;			/* PAST_ITEMS: without label sets */
	/* Out, when it is refused: the parameter that is to blame. */
	const char *bad;
};

/* How it is doing who keeps it. */
struct past_health {
	bool ok;
	struct str problem;	/* borrowed until the next call; empty when ok */
	uint64_t events, bytes;
	struct wall oldest;	/* WALL_ZERO: there is none */
	span lag;		/* how long events have waited to be written; 0: as usual */
};

#endif
