/* SPDX-License-Identifier: Apache-2.0 */
/* Asking an inhibitor: what holds an entry back, now or at a time to come, and what each rule does about it. */
#include <assert.h>

#include "inhibit_state.h"

/* What looking at a source costs. */
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

/*
 * The same at a time to come, from place *at on, where it has come to when w is used up. Nothing is remembered.
 * What will fire then fires now: those that have ended are passed over.
 */
static bool
firing_source_ahead(const struct inhibitor *in, const struct sources *s, struct wall then, uint32_t *at, struct work *w,
    struct alert_entry **out)
{
	*out = s->firing != NULL && !alert_resolved_at(s->firing->alert, then) ? s->firing : NULL;
	if (*at == 0 && s->steps == in->steps)
		*at = s->ended;
	for (; *out == NULL && *at < s->n; (*at)++) {
		if (work_used_up(w))
			return false;
		work_spend(w, SOURCE_UNITS);
		if (!alert_resolved_at(s->v[*at]->alert, then))
			*out = s->v[*at];
	}
	return true;
}

/* How the sources of a bucket are looked at. */
struct look {
	struct wall at;
	struct inhibit_run *ahead;	/* NULL: now, and what is found is remembered */
};

/* run->source goes through both lists of the bucket, with a place between them. */
static bool
source_ahead(const struct inhibitor *in, const struct inhibit_hit *h, const struct look *look, struct work *w,
    struct alert_entry **out)
{
	const struct bucket *b = h->bucket;
	uint32_t *place = &look->ahead->source, second = b->plain.n + 1, at = *place;

	if (at < second) {
		bool done = firing_source_ahead(in, &b->plain, look->at, &at, w, out);

		*place = at;
		if (!done)
			return false;
		at = second;
	}
	if (*out == NULL && !h->like_source) {
		at -= second;
		if (!firing_source_ahead(in, &b->both, look->at, &at, w, out)) {
			*place = second + at;
			return false;
		}
	}
	*place = 0;
	return true;
}

/* What h's rule has against its entry. False: w is used up. */
static bool
source_by(const struct inhibitor *in, const struct inhibit_hit *h, const struct look *look, struct work *w,
    struct alert_entry **out)
{
	*out = NULL;
	if (!h->is_target)
		return true;
	if (look->ahead != NULL)
		return source_ahead(in, h, look, w, out);
	if (!firing_source(in, &h->bucket->plain, look->at, w, out))
		return false;
	/* Those on both sides do not inhibit each other, nor themselves. */
	return *out != NULL || h->like_source || firing_source(in, &h->bucket->both, look->at, w, out);
}

/* All rules of r are known. False: w is used up. */
static bool
known(struct inhibitor *in, struct alert_entry *r, struct inhibit_run *run, struct work *w)
{
	if (!part_of(in, r)->observed && !inhibit_classify(in, r, run, w))
		return false;
	if (run->order != 0)
		inhibit_run_reset(run);
	return true;
}

static bool
source_at(struct inhibitor *in, const struct alert_entry *entry, const struct look *look, struct inhibit_run *run,
    struct work *w, struct inhibition *out)
{
	struct alert_entry *r = entry_memory(entry);
	const struct inhibit_part *p = part_of(in, r);

	*out = (struct inhibition){ 0 };
	if (in->rules_n == 0)
		return true;
	if (!known(in, r, run, w))
		return false;
	for (uint32_t i = look->ahead != NULL ? run->hit : 0; i < p->hits_n && out->source == NULL; i++) {
		if (look->ahead != NULL)
			run->hit = i;
		if (!source_by(in, &p->hits[i], look, w, &out->source))
			return false;
		out->rule = p->hits[i].bucket->rule->conf;
	}
	run->hit = 0;
	if (out->source == NULL)
		out->rule = NULL;
	return true;
}

bool
inhibit_source_some(struct inhibitor *in, const struct alert_entry *r, struct wall now, struct inhibit_run *run,
    struct work *w, struct inhibition *out)
{
	const struct look look = { now, NULL };

	return source_at(in, r, &look, run, w, out);
}

bool
inhibit_source_ahead(struct inhibitor *in, const struct alert_entry *r, struct wall at, struct inhibit_run *run,
    struct work *w, struct inhibition *out)
{
	const struct look look = { at, run };

	return source_at(in, r, &look, run, w, out);
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
	/* Of those on one side only one would have been found. */
	return h->like_source && b->both.n > own ? INHIBIT_BOTH_SIDES : INHIBIT_ENDED;
}

enum match
inhibit_finding_some(const struct inhibitor *in, const struct alert_entry *r, size_t i, struct wall at,
    struct inhibit_run *run, struct work *w, struct inhibit_finding *out)
{
	const struct inhibit_part *p = &r->inhibit[in->slot];
	const struct look look = { at, run };

	for (uint32_t k = 0; k < p->hits_n; k++) {
		const struct inhibit_hit *h = &p->hits[k];

		if (!h->is_target || i-- > 0)
			continue;
		if (!source_by(in, h, &look, w, &out->source))
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
