/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/receiver_stats.h (private) - how each integration fared since the start: what was sent last, what failed last, and
 * how many of both in the last 24 hours.
 */
#ifndef API_RECEIVER_STATS_H
#define API_RECEIVER_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/str.h"
#include "base/time.h"

struct integration;
struct port;
struct receiver_stats;

struct integration_stat {
	struct wall last_success, last_error;	/* WALL_ZERO: none */
	struct str error;			/* of the last error; borrowed */
	unsigned attempts;			/* made by the notification that failed last */
	size_t retrying;			/* notifications whose last attempt failed and that go on */
	uint64_t sent, failed;			/* in the last 24 hours, by the hour */
};

/* Listens to p until it is freed; sets *s to NULL. */
struct receiver_stats *receiver_stats_new(struct port *p);
void receiver_stats_free(struct receiver_stats **s);
/* Zeroed, with WALL_ZERO, when nothing is known of it. */
void receiver_stats_get(const struct receiver_stats *s, struct str receiver, const struct integration *i, struct wall now,
    struct integration_stat *out);

/* An integration whose notifications have failed since one of it was sent. */
struct failing {
	struct str receiver;		/* borrowed, as are the rest */
	const char *kind;
	size_t index;
	struct str error;		/* of the last failure */
	uint64_t failures;		/* attempts in a row */
	struct wall since;		/* the first of them */
	struct list_node *place;	/* private; NULL: before the first */
};
/*
 * The one behind *f, zeroed at first, of those that failed at least three times in a row, or gave a notification up; in
 * the order in which they began to. False: there are no more.
 */
bool receiver_stats_failing(const struct receiver_stats *s, struct failing *f);

#endif
