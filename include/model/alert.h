/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/alert.h - one alert: a label set that fires over a range of time.
 *
 * Immutable once made and reference-counted: the store, groups and
 * notifications in flight share it. Loop thread only.
 */
#ifndef MODEL_ALERT_H
#define MODEL_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/time.h"
#include "model/labels.h"

/* One line of the cache: its times are read by alert_starts and its like, and what few have stands behind it. */
struct alert {
	uint32_t refs;
	int32_t starts_ns, ends_ns, updated_ns;
	/* Seconds stand at the upper end of each word, from where one shift gets them. */
	int64_t starts_offset : 22;
	uint64_t timeout : 1;		/* `ends` was made from resolve_timeout */
	uint64_t has_more : 1;		/* else all of alert_more is 0 */
	int64_t starts_s : 40;
	int64_t ends_offset : 24, ends_s : 40;
	int64_t updated_offset : 24, updated_s : 40;
	struct labels *labels;		/* owned references */
	struct labels *annotations;
	struct istr *generator_url;	/* may be the empty string, never NULL */
	struct alert_more {
		span beyond;		/* the end is so much later than what the last post stated: alert_merge kept that of one before; >= 0 */
		span waited;		/* what was posted last may have waited that long until it was received; whole ms */
	} more[];
};

/* As posted, with their offsets. */
static inline struct wall
alert_starts(const struct alert *a)
{
	return (struct wall){ a->starts_s, a->starts_ns, (int32_t)a->starts_offset };
}

static inline struct wall
alert_ends(const struct alert *a)
{
	return (struct wall){ a->ends_s, a->ends_ns, (int32_t)a->ends_offset };
}

/* When we received it. */
static inline struct wall
alert_updated(const struct alert *a)
{
	return (struct wall){ a->updated_s, a->updated_ns, (int32_t)a->updated_offset };
}

/* For who makes an alert that nobody else has yet. Years that RFC 3339 can tell and thousands beyond; offsets of up to 24 days. */
static inline void
alert_set_starts(struct alert *a, struct wall w)
{
	a->starts_s = w.s;
	a->starts_ns = w.ns;
	a->starts_offset = w.offset;
}

static inline void
alert_set_ends(struct alert *a, struct wall w)
{
	a->ends_s = w.s;
	a->ends_ns = w.ns;
	a->ends_offset = w.offset;
}

static inline void
alert_set_updated(struct alert *a, struct wall w)
{
	a->updated_s = w.s;
	a->updated_ns = w.ns;
	a->updated_offset = w.offset;
}

/* An alert as a client posted it, before the rules of ingestion; all borrowed. */
struct alert_draft {
	struct label_pair *labels;	/* sorted in place by alert_make */
	size_t labels_n;
	struct label_pair *annotations;
	size_t annotations_n;
	bool labels_tidy, annotations_tidy;	/* they are as label_pairs_tidy leaves them */
	struct labels *known_labels;	/* not NULL: the set that the pairs would make, which need not be given then */
	struct labels *known_annotations;
	struct labels_like labels_like, annotations_like;	/* of pairs that are tidy, and none of them empty */
	bool utf8;			/* all strings are known to be valid UTF-8 */
	struct str generator_url;
	struct istr *known_url;		/* not NULL: the same, interned */
	struct wall starts, ends;	/* WALL_ZERO: not given */
};

/*
 * Applies the rules of ingestion (Alertmanager api/v2 postAlertsHandler, alert
 * Validate): missing times, resolve_timeout, empty label values dropped, then
 * validation. Returns a new alert with one reference, or NULL and the first
 * rule broken, worded as Alertmanager words it ("start time must be before end
 * time"). *firing_out (also set on failure) tells how the alert counts in
 * alertmanager_alerts_received_total.
 */
struct alert *alert_make(const struct alert_draft *d, span resolve_timeout, enum naming naming,
    struct wall now, bool *firing_out, struct err *e) MUST_CHECK;
struct alert *alert_ref(struct alert *a);
void alert_unref(struct alert *a);	/* may be NULL */

/* Has it ended at t? (ends set and not after t) */
bool alert_resolved_at(const struct alert *a, struct wall t);
/* The end that the last post of it stated, or that resolve_timeout gave it. */
struct wall alert_stated_end(const struct alert *a);
/* When it was posted last, or before that. */
struct wall alert_posted(const struct alert *a);
/* Takes the reference over, and returns one to the same alert that may have waited that long, >= 0. */
struct alert *alert_with_wait(struct alert *a, span waited);
/*
 * The alert to be stored after `fresh` arrives while `old` was stored: a new
 * reference to fresh itself, or to a merged alert when their ranges overlap
 * (Alertmanager types.Alert.Merge, provider/mem Put).
 */
struct alert *alert_merge(struct alert *old, struct alert *fresh, struct wall now);
/* Order inside a notification and a group: job, instance, then labels_cmp. */
int alert_cmp(const struct alert *a, const struct alert *b);
/* The same in two parts, for who compares one label set with many. Borrows l. */
struct alert_place {
	const struct labels *labels;
	struct istr *job, *instance;	/* values; NULL: there is no such label */
};
void alert_place(struct alert_place *p, const struct labels *l);
int alert_place_cmp(const struct alert_place *p, const struct labels *l);
/*
 * A number that never falls along that order, so that most comparisons need no more: it tells what comes behind the prefix that an instance
 * has in common with a given one of the same job, as names of many alike differ there. Only numbers by the same job and instance (NULL:
 * there is no such label) compare.
 */
uint64_t alert_place_rank(const struct alert_place *p, const struct istr *job, const struct istr *instance);

#endif
