/* SPDX-License-Identifier: Apache-2.0 */
/* Asking an inhibitor: what holds an entry back, and what each rule does about it. */
#include <assert.h>

#include "inhibit_state.h"

/* The cost of looking at a source. */
#define SOURCE_UNITS 4

/* False: w is used up, and more is to be looked at. */
static bool
firing_source(const struct inhibitor *in, struct sources *s, struct wall now, struct work *w, struct alert_entry **out)
{
	*out = NULL;
	if (s->firing != NULL && !alert_resolved_at(s->firing->alert, now)) {
		*out = s->firing;
		return true;
	}
	s->firing = NULL;
	if (s->steps != in->steps)
		s->ended = 0;
	s->steps = in->steps;
	while (s->ended < s->n) {
		if (!alert_resolved_at(s->v[s->ended]->alert, now)) {
			*out = s->firing = s->v[s->ended];
			return true;
		}
		s->ended++;
		work_spend(w, SOURCE_UNITS);
		if (work_used_up(w))
			return false;
	}
	return true;
}

/* Finds the source by which h's rule holds back its entry. False: w is used up. */
static bool
source_by(const struct inhibitor *in, const struct inhibit_hit *h, struct wall now, struct work *w, struct alert_entry **out)
{
	*out = NULL;
	if (!h->is_target)
		return true;
	if (!firing_source(in, &h->bucket->plain, now, w, out))
		return false;
	/* Those on both sides do not inhibit each other, nor themselves. */
	return *out != NULL || h->like_source || firing_source(in, &h->bucket->both, now, w, out);
}

/* All rules of r are known. False: w is used up. */
static bool
known(struct inhibitor *in, struct alert_entry *r, struct inhibit_run *run, struct work *w)
{
	if (!inhibit_observed(in, r) && !inhibit_classify(in, r, run, w))
		return false;
	if (run->labels != NULL)
		inhibit_run_reset(run);
	return true;
}

bool
inhibit_source_some(struct inhibitor *in, const struct alert_entry *entry, struct wall now, struct inhibit_run *run,
    struct work *w, struct inhibition *out)
{
	struct alert_entry *r = entry_memory(entry);
	const struct inhibit_hit *hits;
	uint32_t n;

	*out = (struct inhibition){ 0 };
	if (in->rules_n == 0)
		return true;
	if (!known(in, r, run, w))
		return false;
	hits = hits_of(in, r, &n);
	for (uint32_t i = 0; i < n && out->source == NULL; i++) {
		if (!source_by(in, &hits[i], now, w, &out->source))
			return false;
		if (out->source != NULL)
			out->rule = hits[i].bucket->rule->conf;
	}
	return true;
}

struct alert_entry *
inhibit_source(struct inhibitor *in, const struct alert_entry *r, struct wall now)
{
	struct work all = { INT64_MAX };
	struct inhibit_run run = { 0 };
	struct inhibition out;
	bool done = inhibit_source_some(in, r, now, &run, &all, &out);

	assert(done);
	(void)done;
	return out.source;
}

void
inhibit_guest_begin(struct inhibitor *in, struct inhibit_guest *g)
{
	list_append(&in->guests, &g->place);
	g->of = in;
}

void
inhibit_guest_end(struct inhibit_guest *g)
{
	if (g->of == NULL)
		return;
	inhibit_forget(g->of, &g->entry);
	list_remove(&g->of->guests, &g->place);
	g->of = NULL;
}

/* Why h's rule, which no source was found for, does nothing. */
static enum inhibit_why
idle_because(const struct inhibit_hit *h)
{
	const struct bucket *b = h->bucket;
	size_t here = (size_t)b->plain.n + b->both.n, own = h->is_source;

	if (b->rule->sources <= own)
		return INHIBIT_NO_SOURCE;
	if (here <= own)
		return INHIBIT_UNEQUAL;
	/* One on one side only would have been found. */
	return h->like_source && b->both.n > own ? INHIBIT_BOTH_SIDES : INHIBIT_ENDED;
}

enum match
inhibit_finding_some(const struct inhibitor *in, const struct alert_entry *r, size_t i, struct wall now, struct work *w,
    struct inhibit_finding *out)
{
	uint32_t n;
	const struct inhibit_hit *hits = hits_of(in, r, &n);

	for (uint32_t k = 0; k < n; k++) {
		const struct inhibit_hit *h = &hits[k];

		if (!h->is_target || i-- > 0)
			continue;
		if (!source_by(in, h, now, w, &out->source))
			return MATCH_LATER;
		out->rule = h->bucket->rule->conf;
		out->why = out->source != NULL ? INHIBIT_ACTS : idle_because(h);
		return MATCH_YES;
	}
	return MATCH_NO;
}

bool
inhibit_is_source(const struct inhibitor *in, const struct alert_entry *r)
{
	return r->inhibit[in->slot].like_source;
}
