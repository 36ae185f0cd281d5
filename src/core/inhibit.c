/* SPDX-License-Identifier: Apache-2.0 */
#include "inhibit.h"

#include <assert.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/mem.h"
#include "inhibit_state.h"

struct inhibitor *
inhibitor_begin(const struct config *c, unsigned slot)
{
	struct inhibitor *in = NEW(struct inhibitor);

	in->slot = slot;
	in->conf = c->inhibit_rules;
	in->rules_n = c->inhibit_rules_n;
	in->rules = mem_calloc(in->rules_n, sizeof(in->rules[0]));
	return in;
}

/* Filing a rule with both its sides, and freeing it. */
#define INDEX_UNITS 400
#define FREE_UNITS 40

bool
inhibitor_index_some(struct inhibitor *in, struct work *w)
{
	for (; in->indexed < in->rules_n; in->indexed++) {
		const struct inhibit_rule *conf = &in->conf[in->indexed];
		struct rule *rule = &in->rules[in->indexed];

		if (work_used_up(w))
			return false;
		work_spend(w, INDEX_UNITS);
		rule->conf = conf;
		rule->index = in->indexed;
		rule->equal = mem_calloc(conf->equal_n, sizeof(rule->equal[0]));
		for (size_t j = 0; j < conf->equal_n; j++)
			rule->equal[j] = istr_get(conf->equal[j]);
		matcher_index_add(&in->index, &conf->target, 2 * in->indexed + 1, rule);
		matcher_index_add(&in->index, &conf->source, 2 * in->indexed + 2, rule);
	}
	return true;
}

struct inhibitor *
inhibitor_new(const struct config *c, unsigned slot)
{
	struct inhibitor *in = inhibitor_begin(c, slot);
	struct work all = { INT64_MAX };
	bool done = inhibitor_index_some(in, &all);

	assert(done);
	(void)done;
	return in;
}

bool
inhibitor_free_some(struct inhibitor **inp, struct work *w)
{
	struct inhibitor *in = *inp;

	if (in == NULL)
		return true;
	LIST_EACH(&in->guests, node)
		inhibit_guest_end(CONTAINER_OF(node, struct inhibit_guest, place));
	assert(in->buckets.n == 0);
	if (!matcher_index_fini_some(&in->index, &in->freed, w))
		return false;
	/* The last one filed goes first. */
	while (in->indexed > 0) {
		struct rule *rule = &in->rules[in->indexed - 1];

		if (work_used_up(w))
			return false;
		work_spend(w, FREE_UNITS);
		for (size_t j = 0; j < rule->conf->equal_n; j++)
			istr_unref(rule->equal[j]);
		mem_free(rule->equal);
		in->indexed--;
	}
	hmap_fini(&in->buckets);
	mem_free(in->rules);
	mem_free(in);
	*inp = NULL;
	return true;
}

void
inhibitor_free(struct inhibitor **in)
{
	struct work all = { INT64_MAX };
	bool done = inhibitor_free_some(in, &all);

	assert(done);
	(void)done;
}

/* NULL for a missing label and for an empty value: they are equal. */
static struct istr *
value_of(const struct labels *l, const struct istr *name)
{
	struct istr *value = labels_value_of(l, name);

	return value != NULL && value->n > 0 ? value : NULL;
}

static bool
agrees(const struct bucket *b, const struct labels *l)
{
	for (size_t i = 0; i < b->rule->conf->equal_n; i++)
		if (value_of(l, b->rule->equal[i]) != b->values[i])
			return false;
	return true;
}

static uint64_t
bucket_hash(const struct rule *rule, const struct labels *l)
{
	uint64_t h = hash_mix(0, rule->index + 1);

	for (size_t i = 0; i < rule->conf->equal_n; i++)
		h = hash_mix(h, (uintptr_t)value_of(l, rule->equal[i]));
	return h;
}

static struct bucket *
bucket_get(struct inhibitor *in, struct rule *rule, const struct labels *l)
{
	uint64_t hash = bucket_hash(rule, l);
	struct bucket *b;

	for (struct hmap_node *n = hmap_first(&in->buckets, hash); n != NULL; n = hmap_next(n)) {
		b = CONTAINER_OF(n, struct bucket, node);
		if (b->rule == rule && agrees(b, l))
			return b;
	}
	b = mem_calloc(1, sizeof(*b) + rule->conf->equal_n * sizeof(b->values[0]));
	b->rule = rule;
	for (size_t i = 0; i < rule->conf->equal_n; i++) {
		struct istr *value = value_of(l, rule->equal[i]);

		b->values[i] = value != NULL ? istr_ref(value) : NULL;
	}
	hmap_insert(&in->buckets, &b->node, hash);
	return b;
}

static void
bucket_free(struct inhibitor *in, struct bucket *b)
{
	hmap_remove(&in->buckets, &b->node);
	for (size_t i = 0; i < b->rule->conf->equal_n; i++)
		istr_unref(b->values[i]);
	mem_free(b->plain.v);
	mem_free(b->both.v);
	mem_free(b);
}

static struct sources *
sources_of(const struct inhibit_hit *h)
{
	return h->is_target ? &h->bucket->both : &h->bucket->plain;
}

static struct inhibit_hit *
hit_in(const struct inhibitor *in, struct alert_entry *r, const struct bucket *b)
{
	uint32_t n;
	struct inhibit_hit *hits = hits_of(in, r, &n);

	for (uint32_t i = 0; i < n; i++)
		if (hits[i].bucket == b)
			return &hits[i];
	assert(false);
	return NULL;
}

static void
put(const struct inhibitor *in, struct sources *s, const struct bucket *b, uint32_t place, struct alert_entry *r)
{
	s->v[place] = r;
	hit_in(in, r, b)->place = place;
}

static void
source_add(struct inhibit_hit *h, struct alert_entry *r)
{
	struct sources *s = sources_of(h);

	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 2 : 2 * s->cap;
		s->v = mem_realloc(s->v, s->cap, sizeof(s->v[0]));
	}
	h->place = s->n;
	s->v[s->n++] = r;
	h->bucket->rule->sources++;
}

/* The gap that r leaves is filled from the end of its part of the list. */
static void
source_remove(const struct inhibitor *in, struct inhibit_hit *h, const struct alert_entry *r)
{
	struct sources *s = sources_of(h);
	uint32_t gap = h->place;

	assert(s->v[gap] == r);
	if (gap < s->ended) {
		s->ended--;
		if (gap != s->ended)
			put(in, s, h->bucket, gap, s->v[s->ended]);
		gap = s->ended;
	}
	s->n--;
	if (gap != s->n)
		put(in, s, h->bucket, gap, s->v[s->n]);
	if (s->firing == r)
		s->firing = NULL;
	h->bucket->rule->sources--;
}

/* r was posted again and fires. */
static void
source_fires(const struct inhibitor *in, struct inhibit_hit *h, struct alert_entry *r)
{
	struct sources *s = sources_of(h);
	uint32_t from = h->place;

	s->firing = r;
	if (from >= s->ended)
		return;
	s->ended--;
	if (from == s->ended)
		return;
	put(in, s, h->bucket, from, s->v[s->ended]);
	put(in, s, h->bucket, s->ended, r);
}

static struct inhibit_hit *
add_hit(struct inhibitor *in, struct alert_entry *r, struct rule *rule)
{
	struct inhibit_hits **hits = &r->hits[in->slot];
	uint32_t n = *hits != NULL ? (*hits)->n : 0;
	struct inhibit_hit *h;

	*hits = mem_realloc(*hits, 1, sizeof(**hits) + (n + 1) * sizeof(*h));
	(*hits)->n = n + 1;
	h = &(*hits)->v[n];
	*h = (struct inhibit_hit){ .bucket = bucket_get(in, rule, r->alert->labels) };
	h->bucket->refs++;
	return h;
}

/* r matches that side of the rule; its target side was looked at first. An alert that is not stored is no source. */
static void
note_side(struct inhibitor *in, struct alert_entry *r, struct rule *rule, bool source_side)
{
	uint32_t n;
	struct inhibit_hit *hits = hits_of(in, r, &n), *h = n > 0 ? &hits[n - 1] : NULL;

	if (!source_side) {
		add_hit(in, r, rule)->is_target = true;
		return;
	}
	r->inhibit[in->slot].like_source = true;
	if (h == NULL || h->bucket->rule != rule) {
		if (!r->stored)
			return;
		h = add_hit(in, r, rule);
	}
	h->like_source = true;
	h->is_source = r->stored;
	if (h->is_source)
		source_add(h, r);
}

void
inhibit_run_reset(struct inhibit_run *run)
{
	match_run_reset(&run->match);
	labels_unref(run->labels);
	*run = (struct inhibit_run){ 0 };
}

static enum match
match_side(const struct rule *rule, uint64_t order, struct labels *l, struct inhibit_run *run, struct work *w)
{
	bool source_side = order % 2 == 0;
	enum match m;

	if (run->labels != NULL && (run->order != order || run->labels != l))
		inhibit_run_reset(run);
	m = matchers_match_some(source_side ? &rule->conf->source : &rule->conf->target, l, &run->match, w);
	if (m == MATCH_LATER && run->labels == NULL) {
		run->labels = labels_ref(l);
		run->order = order;
	} else if (m != MATCH_LATER && run->labels != NULL) {
		inhibit_run_reset(run);
	}
	return m;
}

/* The cost of looking at a rule without matching. */
#define RULE_UNITS 15

bool
inhibit_classify(struct inhibitor *in, struct alert_entry *r, struct inhibit_run *run, struct work *w)
{
	struct labels *l = r->alert->labels;
	struct inhibit_looked *looked = &r->inhibit[in->slot];
	struct matcher_index_iter it UNSET;
	struct rule *rule;
	bool more = true;

	if (in->rules_n == 0) {
		looked->observed = true;
		return true;
	}
	matcher_index_begin(&it, &in->index, l, looked->upto);
	while (more && (rule = matcher_index_next(&it)) != NULL) {
		enum match m = match_side(rule, it.order, l, run, w);

		if (m == MATCH_LATER) {
			more = false;
			break;
		}
		if (m == MATCH_YES)
			note_side(in, r, rule, it.order % 2 == 0);
		looked->upto = (uint32_t)it.order;
		work_spend(w, RULE_UNITS);
		more = !work_used_up(w);
	}
	matcher_index_end(&it, w);
	looked->observed = more;
	if (more)
		inhibit_run_reset(run);
	return more;
}

bool
inhibit_observed(const struct inhibitor *in, const struct alert_entry *r)
{
	return r->inhibit[in->slot].observed;
}

bool
inhibit_observe_some(struct inhibitor *in, struct alert_entry *r, struct wall now, struct inhibit_run *run, struct work *w)
{
	struct inhibit_hit *hits;
	uint32_t n;

	if (!inhibit_observed(in, r) && !inhibit_classify(in, r, run, w))
		return false;
	if (run->labels != NULL)
		inhibit_run_reset(run);	/* somebody else went on */
	hits = hits_of(in, r, &n);
	for (uint32_t i = 0; i < n; i++)
		if (hits[i].is_source && !alert_resolved_at(r->alert, now))
			source_fires(in, &hits[i], r);
	return true;
}

void
inhibit_observe(struct inhibitor *in, struct alert_entry *r, struct wall now)
{
	struct work all = { INT64_MAX };
	struct inhibit_run run = { 0 };
	bool done = inhibit_observe_some(in, r, now, &run, &all);

	assert(done);
	(void)done;
}

void
inhibit_forget(struct inhibitor *in, struct alert_entry *r)
{
	uint32_t n;
	struct inhibit_hit *hits = hits_of(in, r, &n);

	for (uint32_t i = 0; i < n; i++) {
		struct inhibit_hit *h = &hits[i];
		struct bucket *b = h->bucket;

		if (h->is_source)
			source_remove(in, h, r);
		if (--b->refs > 0)
			continue;
		bucket_free(in, b);
	}
	mem_free(r->hits[in->slot]);
	r->hits[in->slot] = NULL;
	r->inhibit[in->slot] = (struct inhibit_looked){ 0 };
}

void
inhibit_clock_stepped(struct inhibitor *in)
{
	in->steps++;
}
