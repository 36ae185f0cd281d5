/* SPDX-License-Identifier: Apache-2.0 */
#include "inhibit.h"

#include <assert.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/mem.h"
#include "mindex.h"

/* Sources of one kind in a bucket. */
struct sources {
	struct record **v;
	uint32_t n, cap;
	struct record *firing;	/* one that was seen to fire; may have ended since */
	bool dry;		/* none fires until one of them is posted again */
};

/* The alerts that agree on a rule's `equal` labels. */
struct bucket {
	struct hmap_node node;
	const struct rule *rule;
	uint32_t refs;			/* hits */
	struct sources plain;		/* do not match the target side */
	struct sources both;		/* do */
	struct istr *values[];		/* references; NULL: missing */
};

/* One rule that a record takes part in. */
struct inhibit_hit {
	struct bucket *bucket;
	uint32_t place;		/* among the sources */
	bool is_source, is_target;
};

struct rule {
	const struct inhibit_rule *conf;
	size_t index;
	struct istr **equal;	/* references */
};

struct inhibitor {
	struct rule *rules;
	size_t rules_n;
	struct mindex sources, targets;
	struct hmap buckets;
};

struct inhibitor *
inhibitor_new(const struct config *c)
{
	struct inhibitor *in = NEW(struct inhibitor);

	in->rules_n = c->inhibit_rules_n;
	in->rules = mem_calloc(in->rules_n, sizeof(in->rules[0]));
	for (size_t i = 0; i < in->rules_n; i++) {
		const struct inhibit_rule *conf = &c->inhibit_rules[i];
		struct rule *rule = &in->rules[i];

		rule->conf = conf;
		rule->index = i;
		rule->equal = mem_calloc(conf->equal_n, sizeof(rule->equal[0]));
		for (size_t j = 0; j < conf->equal_n; j++)
			rule->equal[j] = istr_get(conf->equal[j]);
		mindex_add(&in->sources, &conf->source, i + 1, rule);
		mindex_add(&in->targets, &conf->target, i + 1, rule);
	}
	return in;
}

void
inhibitor_free(struct inhibitor **in)
{
	if (*in == NULL)
		return;
	assert((*in)->buckets.n == 0);
	hmap_fini(&(*in)->buckets);
	mindex_fini(&(*in)->sources);
	mindex_fini(&(*in)->targets);
	for (size_t i = 0; i < (*in)->rules_n; i++) {
		for (size_t j = 0; j < (*in)->rules[i].conf->equal_n; j++)
			istr_unref((*in)->rules[i].equal[j]);
		mem_free((*in)->rules[i].equal);
	}
	mem_free((*in)->rules);
	mem_free(*in);
	*in = NULL;
}

/* NULL for a missing label and for an empty value: they are equal. */
static struct istr *
value_of(const struct labels *l, const struct istr *name)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->l[i].name == name)
			return l->l[i].value->n > 0 ? l->l[i].value : NULL;
	return NULL;
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
	uint64_t h = (rule->index + 1) * UINT64_C(0x9E3779B97F4A7C15);

	for (size_t i = 0; i < rule->conf->equal_n; i++) {
		h ^= (uint64_t)(uintptr_t)value_of(l, rule->equal[i]);
		h *= UINT64_C(0xBF58476D1CE4E5B9);
		h ^= h >> 31;
	}
	return h;
}

static struct bucket *
bucket_get(struct inhibitor *in, const struct rule *rule, const struct labels *l)
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

static void
source_add(struct inhibit_hit *h, struct record *r)
{
	struct sources *s = sources_of(h);

	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 2 : 2 * s->cap;
		s->v = mem_realloc(s->v, s->cap, sizeof(s->v[0]));
	}
	h->place = s->n;
	s->v[s->n++] = r;
}

static struct inhibit_hit *
hit_in(struct record *r, const struct bucket *b)
{
	for (uint32_t i = 0; i < r->hits_n; i++)
		if (r->hits[i].bucket == b)
			return &r->hits[i];
	assert(false);
	return NULL;
}

static void
source_remove(struct inhibit_hit *h, const struct record *r)
{
	struct sources *s = sources_of(h);

	assert(s->v[h->place] == r);
	s->n--;
	if (h->place != s->n) {
		s->v[h->place] = s->v[s->n];
		hit_in(s->v[h->place], h->bucket)->place = h->place;
	}
	if (s->firing == r)
		s->firing = NULL;
}

static void
add_hit(struct inhibitor *in, struct record *r, const struct rule *rule, bool is_source, bool is_target)
{
	struct inhibit_hit *h;

	r->hits = mem_realloc(r->hits, r->hits_n + 1, sizeof(r->hits[0]));
	h = &r->hits[r->hits_n++];
	*h = (struct inhibit_hit){
		.bucket = bucket_get(in, rule, r->alert->labels),
		.is_source = is_source,
		.is_target = is_target,
	};
	h->bucket->refs++;
	if (is_source)
		source_add(h, r);
}

static const struct rule *
next_rule(struct mindex_iter *it, const struct labels *l, bool source)
{
	const struct rule *rule;

	while ((rule = mindex_next(it)) != NULL)
		if (matchers_match(source ? &rule->conf->source : &rule->conf->target, l))
			return rule;
	return NULL;
}

/* Finds the rules that r takes part in, in their order. What is not stored is no source. */
static void
classify(struct inhibitor *in, struct record *r)
{
	const struct labels *l = r->alert->labels;
	struct mindex_iter sources, targets;
	const struct rule *source, *target;

	mindex_begin(&sources, &in->sources, l, 0);
	mindex_begin(&targets, &in->targets, l, 0);
	source = r->stored ? next_rule(&sources, l, true) : NULL;
	target = next_rule(&targets, l, false);
	while (source != NULL || target != NULL) {
		const struct rule *rule = source;

		if (source == NULL || (target != NULL && target->index < source->index))
			rule = target;
		add_hit(in, r, rule, rule == source, rule == target);
		if (rule == target)
			target = next_rule(&targets, l, false);
		if (rule == source)
			source = next_rule(&sources, l, true);
	}
	mindex_end(&sources);
	mindex_end(&targets);
	r->observed = true;
}

void
inhibit_observe(struct inhibitor *in, struct record *r, struct wall now)
{
	if (!r->observed)
		classify(in, r);
	for (uint32_t i = 0; i < r->hits_n; i++) {
		if (!r->hits[i].is_source || alert_resolved_at(r->alert, now))
			continue;
		sources_of(&r->hits[i])->firing = r;
		sources_of(&r->hits[i])->dry = false;
	}
}

void
inhibit_forget(struct inhibitor *in, struct record *r)
{
	for (uint32_t i = 0; i < r->hits_n; i++) {
		struct inhibit_hit *h = &r->hits[i];
		struct bucket *b = h->bucket;

		if (h->is_source)
			source_remove(h, r);
		if (--b->refs > 0)
			continue;
		bucket_free(in, b);
	}
	mem_free(r->hits);
	r->hits = NULL;
	r->hits_n = 0;
	r->observed = false;
}

static struct record *
firing_source(struct sources *s, struct wall now)
{
	if (s->firing != NULL && !alert_resolved_at(s->firing->alert, now))
		return s->firing;
	s->firing = NULL;
	if (s->dry)
		return NULL;
	for (uint32_t i = 0; i < s->n && s->firing == NULL; i++)
		if (!alert_resolved_at(s->v[i]->alert, now))
			s->firing = s->v[i];
	s->dry = s->firing == NULL;
	return s->firing;
}

struct record *
inhibit_source_by(struct inhibitor *in, struct record *r, struct wall now, const struct inhibit_rule **rule_out)
{
	if (in->rules_n == 0)
		return NULL;
	if (!r->observed)
		classify(in, r);
	for (uint32_t i = 0; i < r->hits_n; i++) {
		struct inhibit_hit *h = &r->hits[i];
		struct record *source;

		if (!h->is_target)
			continue;
		source = firing_source(&h->bucket->plain, now);
		/* Those on both sides do not inhibit each other, nor themselves. */
		if (source == NULL && !matchers_match(&h->bucket->rule->conf->source, r->alert->labels))
			source = firing_source(&h->bucket->both, now);
		if (source != NULL) {
			*rule_out = h->bucket->rule->conf;
			return source;
		}
	}
	return NULL;
}

struct record *
inhibit_source(struct inhibitor *in, struct record *r, struct wall now)
{
	const struct inhibit_rule *rule;

	return inhibit_source_by(in, r, now, &rule);
}

void
inhibit_clock_stepped(struct inhibitor *in)
{
	HMAP_EACH(&in->buckets, node) {
		struct bucket *b = CONTAINER_OF(node, struct bucket, node);

		b->plain.dry = b->both.dry = false;
	}
}
