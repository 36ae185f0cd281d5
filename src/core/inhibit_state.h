/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/inhibit_state.h - what an inhibitor is made of; for inhibit.c, which keeps it, and inhibit_ask.c, which asks.
 */
#ifndef CORE_INHIBIT_STATE_H
#define CORE_INHIBIT_STATE_H

#include "base/compiler.h"
#include "base/list.h"
#include "inhibit.h"
#include "matcher_index.h"

/*
 * Sources of one kind in a bucket. The first `ended` of them were seen to have
 * ended and have not been posted again since: what asks for one that fires need
 * not look at any of them twice.
 */
struct sources {
	struct alert_entry **v;
	uint32_t n, cap, ended;
	uint32_t steps;		/* of the clock that `ended` knows of */
	struct alert_entry *firing;	/* posted last; may have ended since */
};

/* The alerts that agree on a rule's `equal` labels. */
struct bucket {
	struct hmap_node node;
	struct rule *rule;
	uint32_t refs;			/* hits */
	struct sources plain;		/* do not match the target side */
	struct sources both;		/* do */
	struct istr *values[];		/* references; NULL: missing */
};

/* One rule that an entry takes part in. */
struct inhibit_hit {
	struct bucket *bucket;
	uint32_t place;		/* among the sources */
	bool is_source, is_target;
	bool like_source;	/* matches the source side, stored or not */
};

/* All of them. */
struct inhibit_hits {
	uint32_t n;
	struct inhibit_hit v[];
};

struct rule {
	const struct inhibit_rule *conf;
	size_t index;
	struct istr **equal;	/* references */
	size_t sources;		/* in all buckets */
};

struct inhibitor {
	const struct inhibit_rule *conf;	/* borrowed */
	struct rule *rules;
	size_t rules_n;
	size_t indexed;		/* rules that are filed */
	/* Rule i has its target side under the order 2i + 1, and its source side under 2i + 2. */
	struct matcher_index index;
	struct hmap buckets;
	struct list guests;
	struct hmap_cursor freed;
	unsigned slot;
	uint32_t steps;		/* of the wall clock, back */
};

/* The rules that r takes part in, as far as they are known: *n_out of them. */
static inline struct inhibit_hit *
hits_of(const struct inhibitor *in, const struct alert_entry *r, uint32_t *n_out)
{
	struct inhibit_hits *hits = r->hits[in->slot];

	*n_out = hits != NULL ? hits->n : 0;
	return hits != NULL ? hits->v : NULL;
}

/* Finds the rules that r takes part in, in their order. False: w is used up. */
bool inhibit_classify(struct inhibitor *in, struct alert_entry *r, struct inhibit_run *run, struct work *w);

#endif
