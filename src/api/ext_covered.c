/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_covered.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct count {
	struct hmap_node node;
	char id[SILENCE_ID_MAX];
	size_t n;
};

/* Finding a count. */
#define COUNT_UNITS 10

static struct count *
find(const struct covered *c, const char *id)
{
	for (struct hmap_node *n = hmap_first(&c->counts, hash_seeded(id, strlen(id))); n != NULL; n = hmap_next(n)) {
		struct count *x = CONTAINER_OF(n, struct count, node);

		if (strcmp(x->id, id) == 0)
			return x;
	}
	return NULL;
}

static void
count(struct covered *c, const char *id)
{
	struct count *x = find(c, id);

	if (x == NULL) {
		x = NEW(struct count);
		memcpy(x->id, id, strlen(id) + 1);
		hmap_insert(&c->counts, &x->node, hash_seeded(id, strlen(id)));
	}
	x->n++;
}

static void
forget_walk(struct covered *c)
{
	match_run_reset(&c->run);
	labels_unref(c->at);
	c->at = NULL;
	c->of = NULL;
	c->alerts = c->set = 0;
}

void
covered_reset(struct covered *c)
{
	forget_walk(c);
	HMAP_EACH(&c->counts, node) {
		hmap_remove(&c->counts, node);
		mem_free(CONTAINER_OF(node, struct count, node));
	}
	c->counted = false;
}

void
covered_fini(struct covered *c)
{
	covered_reset(c);
	hmap_fini(&c->counts);
	look_fini(&c->look);
}

struct visit {
	struct covered *c;
	const struct engine *e;
	struct work *w;
	struct arena *scratch;
	struct moment now;
};

static bool
count_silences_of(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct alert_status s;

	if (alert_resolved_at(a, v->now.wall))
		return true;
	if (!view_entry_status_some(v->e, entry, v->now, v->c->look.f.status, v->w, v->scratch, &s))
		return false;
	for (size_t i = 0; i < s.silenced_by_n; i++)
		count(v->c, s.silenced_by[i]);
	work_spend(v->w, COUNT_UNITS * (int64_t)s.silenced_by_n);
	return true;
}

static bool
match_pending(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct covered *c = v->c;
	const struct silence *s = c->of;
	enum match m = MATCH_NO;

	(void)entry;
	if (!alert_resolved_at(a, v->now.wall) && silence_names(s, labels_fingerprint(a->labels)))
		for (; c->set < s->sets_n && m == MATCH_NO; c->set += m == MATCH_NO)
			m = matchers_match_some(&s->sets[c->set], a->labels, &c->run, v->w);
	if (m == MATCH_LATER)
		return false;
	c->alerts += m == MATCH_YES;
	c->set = 0;
	return true;
}

static bool
pending_some(struct covered *c, const struct silence *s, struct visit *v, size_t *out)
{
	if (c->of != s)
		forget_walk(c);
	c->of = s;
	if (!view_alerts_some(v->e, &c->at, v->w, match_pending, v))
		return false;
	*out = c->alerts;
	forget_walk(c);
	return true;
}

bool
covered_by(struct covered *c, const struct engine *e, const struct silence *s, enum silence_state state, struct moment now,
    struct work *w, struct arena *scratch, size_t *out)
{
	struct visit v = { c, e, w, scratch, now };
	const struct count *x;

	*out = 0;
	if (state == SILENCE_EXPIRED)
		return true;
	if (state == SILENCE_PENDING)
		return pending_some(c, s, &v, out);
	if (!c->counted) {
		if (!view_alerts_some(e, &c->at, w, count_silences_of, &v))
			return false;
		forget_walk(c);
		c->counted = true;
	}
	x = find(c, s->id);
	*out = x != NULL ? x->n : 0;
	return true;
}
