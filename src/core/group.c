/* SPDX-License-Identifier: Apache-2.0 */
#include "group.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/sbuf.h"
#include "engine_state.h"

/* Mixes in the contents' hashes, so that the order of iteration does not depend on addresses. */
static uint64_t
mix_label(uint64_t h, const struct label *l)
{
	h = (h ^ l->name->node.hash) * UINT64_C(0x9E3779B97F4A7C15);
	h = (h ^ (h >> 29) ^ l->value->node.hash) * UINT64_C(0xBF58476D1CE4E5B9);
	return h ^ (h >> 32);
}

static uint64_t
mix_route(const struct route *route)
{
	return (route->index + 1) * UINT64_C(0x94D049BB133111EB);
}

uint64_t
group_hash(const struct route *route, const struct labels *group_labels)
{
	uint64_t h = mix_route(route);

	for (uint32_t i = 0; i < group_labels->n; i++)
		h = mix_label(h, &group_labels->l[i]);
	return h;
}

/*
 * The label of l that comes next among those that the route groups by; NULL at
 * the end. Both are sorted; *i and *j go along them.
 */
static const struct label *
next_group_label(const struct route *route, const struct labels *l, uint32_t *i, size_t *j)
{
	while (*i < l->n) {
		int d;

		if (route->group_by_all)
			return &l->l[(*i)++];
		if (*j == route->group_by_n)
			return NULL;
		d = str_cmp(istr_str(l->l[*i].name), route->group_by[*j]);
		if (d == 0) {
			(*j)++;
			return &l->l[(*i)++];
		}
		if (d < 0)
			(*i)++;
		else
			(*j)++;
	}
	return NULL;
}

static bool
belongs(const struct group *g, const struct route *route, const struct labels *l)
{
	uint32_t i = 0, n = 0;
	size_t j = 0;

	for (const struct label *label; (label = next_group_label(route, l, &i, &j)) != NULL; n++)
		if (n == g->labels->n || g->labels->l[n].name != label->name ||
		    g->labels->l[n].value != label->value)
			return false;
	return n == g->labels->n;
}

struct group *
group_find(struct engine *e, const struct route *route, const struct labels *l)
{
	uint64_t h = mix_route(route);
	uint32_t i = 0;
	size_t j = 0;

	for (const struct label *label; (label = next_group_label(route, l, &i, &j)) != NULL;)
		h = mix_label(h, label);
	for (struct hmap_node *n = hmap_first(&e->groups, h); n != NULL; n = hmap_next(n)) {
		struct group *g = CONTAINER_OF(n, struct group, node);

		if (g->route == route && belongs(g, route, l))
			return g;
	}
	return NULL;
}

/* {}/{a="b"}:{c="d"} */
static struct str
make_key(const struct route *route, const struct labels *labels)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str key;

	sbuf_str(&b, route->key);
	sbuf_putc(&b, ':');
	labels_format(labels, &b);
	key.p = sbuf_take(&b, &key.n);
	return key;
}

void
group_arm(struct engine *e, struct group *g, struct mono due)
{
	g->due = due.ns < e->first_flush.ns ? e->first_flush : due;
	sched_arm(&e->sched, &g->timer, g->due);
}

struct group *
group_new_of(struct engine *e, const struct route *route, struct labels *take, struct moment now)
{
	struct group *g = NEW(struct group);

	g->route = route;
	g->labels = take;
	g->key = make_key(route, take);
	g->timer.kind = DUE_GROUP;
	g->serial = e->counters.groups_created + 1;	/* 0 is none */
	hmap_insert(&e->groups, &g->node, group_hash(route, take));
	group_arm(e, g, mono_add(now.mono, route->group_wait));
	e->counters.groups_created++;
	return g;
}

struct group *
group_new(struct engine *e, const struct route *route, struct labels *l, struct moment now)
{
	if (route->group_by_all)
		return group_new_of(e, route, labels_ref(l), now);
	return group_new_of(e, route, labels_select(l, route->group_by, route->group_by_n), now);
}

void
group_free(struct engine *e, struct group *g)
{
	assert(g->flight == NULL);
	while (g->n > 0)
		group_remove(e, g->members[g->n - 1]);
	sched_disarm(&e->sched, &g->timer);
	if (g->retired)
		hmap_remove(&e->retired, &g->node);
	else
		hmap_remove(&e->groups, &g->node);
	group_set_muted(g, NULL, 0);
	labels_unref(g->labels);
	labels_unref(g->route_labels);
	mem_free((char *)(uintptr_t)g->key.p);
	mem_free(g->members);
	mem_free(g);
}

void
group_end(struct engine *e, struct group *g, struct moment now)
{
	if (g->flight != NULL)
		flush_cancel(e, g->flight, now);
	save_group_dropped(e, g);
	group_free(e, g);
	groups_count_ended(e, now);
	e->ended_groups++;
}

size_t
groups_count_ended(struct engine *e, struct moment now)
{
	span interval = e->options.dispatch_maintenance_interval;
	int64_t period = interval > 0 ? mono_sub(now.mono, e->started) / interval : 0;

	if (period != e->ended_period || interval <= 0)
		e->ended_groups = 0;
	e->ended_period = period;
	return e->ended_groups;
}

struct member *
group_member(const struct group *g, const struct record *r)
{
	for (struct member *m = r->members; m != NULL; m = m->next)
		if (m->group == g)
			return m;
	return NULL;
}

void
group_changed(struct group *g)
{
	labels_unref(g->route_labels);
	g->route_labels = NULL;
}

void
group_add(struct engine *e, struct group *g, struct record *r)
{
	struct member *m = NEW(struct member);

	(void)e;
	m->group = g;
	m->record = r;
	m->next = r->members;
	r->members = m;
	r->members_n++;
	if (g->n == g->cap) {
		g->cap = g->cap == 0 ? 1 : 2 * g->cap;
		g->members = mem_realloc(g->members, g->cap, sizeof(g->members[0]));
	}
	m->place = g->n;
	g->members[g->n++] = m;
	g->sorted = g->n == 1;
	group_changed(g);
}

void
group_remove(struct engine *e, struct member *m)
{
	struct group *g = m->group;
	struct record *r = m->record;
	struct member **at = &r->members;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	r->members_n--;
	g->n--;
	if (m->place != g->n) {
		g->members[m->place] = g->members[g->n];
		g->members[m->place]->place = m->place;
		g->sorted = false;
	}
	group_changed(g);
	mem_free(m);
	record_release(e, r);
}

static int
cmp_members(const void *a, const void *b)
{
	const struct member *x = *(struct member *const *)a, *y = *(struct member *const *)b;

	return alert_cmp(x->record->alert, y->record->alert);
}

void
group_sort(struct group *g)
{
	if (g->sorted)
		return;
	qsort(g->members, g->n, sizeof(g->members[0]), cmp_members);
	for (uint32_t i = 0; i < g->n; i++)
		g->members[i]->place = i;
	g->sorted = true;
}

void
group_set_muted(struct group *g, const struct str *names, size_t n)
{
	for (uint32_t i = 0; i < g->muted_n; i++)
		istr_unref(g->muted_by[i]);
	mem_free(g->muted_by);
	g->muted_by = NULL;
	g->muted_n = (uint32_t)n;
	if (n == 0)
		return;
	g->muted_by = mem_calloc(n, sizeof(g->muted_by[0]));
	for (size_t i = 0; i < n; i++)
		g->muted_by[i] = istr_get(names[i]);
}
