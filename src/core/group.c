/* SPDX-License-Identifier: Apache-2.0 */
#include "group.h"

#include <assert.h>
#include <string.h>

#include "ahead.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/sbuf.h"
#include "base/slab.h"
#include "engine_state.h"

/* Mixes in the contents' hashes, so that the order of iteration does not depend on addresses. */
static uint64_t
mix_label(uint64_t h, const struct labels *l, uint32_t i)
{
	return hash_mix(hash_mix(h, labels_name(l, i)->hash), labels_value(l, i)->hash);
}

static uint64_t
mix_route(const struct route *route)
{
	return hash_mix(0, route->index + 1);
}

uint64_t
group_hash(const struct route *route, const struct labels *group_labels)
{
	uint64_t h = mix_route(route);

	for (uint32_t i = 0; i < labels_n(group_labels); i++)
		h = mix_label(h, group_labels, i);
	return h;
}

/*
 * The place of the label of l that comes next among those that the route groups by; its number of labels at
 * the end. Both are sorted; *i and *j go along them.
 */
static uint32_t
next_group_label(const struct route *route, const struct labels *l, uint32_t *i, size_t *j)
{
	while (*i < labels_n(l)) {
		int d;

		if (route->group_by_all)
			return (*i)++;
		if (*j == route->group_by_n)
			return labels_n(l);
		d = str_cmp(istr_str(labels_name(l, *i)), route->group_by[*j]);
		if (d == 0) {
			(*j)++;
			return (*i)++;
		}
		if (d < 0)
			(*i)++;
		else
			(*j)++;
	}
	return labels_n(l);
}

static bool
belongs(const struct group *g, const struct route *route, const struct labels *l)
{
	uint32_t i = 0, n = 0;
	size_t j = 0;

	for (uint32_t at; (at = next_group_label(route, l, &i, &j)) < labels_n(l); n++)
		if (n == labels_n(g->labels) || labels_name(g->labels, n) != labels_name(l, at) ||
		    labels_value(g->labels, n) != labels_value(l, at))
			return false;
	return n == labels_n(g->labels);
}

struct group *
group_find(const struct engine *e, const struct route *route, const struct labels *l)
{
	uint64_t h = mix_route(route);
	uint32_t i = 0;
	size_t j = 0;

	for (uint32_t at; (at = next_group_label(route, l, &i, &j)) < labels_n(l);)
		h = mix_label(h, l, at);
	for (struct hmap_node *n = hmap_first(&e->groups, h); n != NULL; n = hmap_next(n)) {
		struct group *g = CONTAINER_OF(n, struct group, node);

		if (g->route == route && belongs(g, route, l))
			return g;
	}
	return NULL;
}

/* Room for most keys, so that they are not moved while they are made. */
#define USUAL_KEY ((size_t)1000)

/* {}/{a="b"}:{c="d"} */
struct str
group_key_of(const struct route *route, const struct labels *labels)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str key;

	(void)sbuf_reserve(&b, USUAL_KEY);
	sbuf_str(&b, route->key);
	sbuf_putc(&b, ':');
	labels_format(labels, &b);
	key.p = sbuf_take(&b, &key.n);
	return key;
}

static int
by_key(const void *key, const void *group)
{
	const struct group_key *k = key;
	const struct group *g = group;
	int d = labels_cmp(k->labels, g->labels);

	if (d == 0)
		d = str_cmp(k->receiver, g->route->receiver->name);
	return d != 0 ? d : (k->rank > g->route->rank) - (k->rank < g->route->rank);
}

static struct group_key
key_of(const struct group *g)
{
	return (struct group_key){ g->labels, g->route->receiver->name, g->route->rank };
}

void
groups_enter(struct engine *e, struct group *g)
{
	struct group_key k = key_of(g);

	hmap_insert(&e->groups, &g->node, group_hash(g->route, g->labels));
	order_insert(&e->groups_order, labels_n(g->labels), &k, g, by_key);
}

void
groups_leave(struct engine *e, struct group *g)
{
	struct group_key k = key_of(g);

	hmap_remove(&e->groups, &g->node);
	order_remove(&e->groups_order, labels_n(g->labels), &k, by_key);
}

struct group *
groups_find(const struct engine *e, const struct group_key *k)
{
	return order_find(&e->groups_order, labels_n(k->labels), k, by_key);
}

struct group *
groups_after(const struct engine *e, const struct group_key *k)
{
	if (k->labels == NULL)
		return order_from(&e->groups_order, 0);
	return order_after(&e->groups_order, labels_n(k->labels), k, by_key);
}

static struct mono
not_before_first(const struct engine *e, struct mono due)
{
	return due.ns < e->first_flush.ns ? e->first_flush : due;
}

struct mono
group_first_due(const struct engine *e, const struct route *route, const struct alert *a, struct moment now)
{
	bool old = wall_before(wall_add(alert_starts(a), route->group_wait), now.wall);

	return not_before_first(e, old ? now.mono : mono_add(now.mono, route->group_wait));
}

void
group_arm_again(struct engine *e, struct group *g, struct mono due)
{
	g->due = not_before_first(e, due);
	sched_arm(&e->sched, &g->timer, g->due);
}

void
group_arm(struct engine *e, struct group *g, struct mono due)
{
	e->revision++;
	group_arm_again(e, g, due);
}

struct group *
group_new_of(struct engine *e, const struct route *route, struct labels *take, struct moment now)
{
	struct group *g = SLAB_NEW(struct group);
	struct str key = group_key_of(route, take);

	g->route = route;
	g->labels = take;
	g->last.at = WALL_ZERO;
	g->key = istr_get(key);
	mem_free((char *)(uintptr_t)key.p);
	g->timer.item.mark = DUE_GROUP;
	g->serial = ++e->last_group;	/* 0 is none */
	groups_enter(e, g);
	group_arm(e, g, mono_add(now.mono, route->group_wait));
	return g;
}

struct labels *
group_labels_of(const struct route *route, struct labels *l)
{
	return route->group_by_all ? labels_ref(l) : labels_select(l, route->group_by, route->group_by_n);
}

struct group *
group_new(struct engine *e, const struct route *route, struct labels *l, struct moment now)
{
	return group_new_of(e, route, group_labels_of(route, l), now);
}

/* Before it has members: all ranks go by these. */
static void
set_first(struct group *g, struct istr *job, struct istr *instance)
{
	istr_unref(g->first_job);
	istr_unref(g->first_instance);
	g->first_job = job != NULL ? istr_ref(job) : NULL;
	g->first_instance = instance != NULL ? istr_ref(instance) : NULL;
}

void
group_free(struct engine *e, struct group *g)
{
	assert(g->flight == NULL);
	group_empty(e, g);
	sched_disarm(&e->sched, &g->timer);
	if (g->retired)
		hmap_remove(&e->retired, &g->node);
	else
		groups_leave(e, g);
	group_set_muted(g, NULL, 0);
	istr_unref(g->last.error);
	labels_unref(g->labels);
	labels_unref(g->route_labels);
	set_first(g, NULL, NULL);
	istr_unref(g->key);
	slab_free(g);
}

/* Number of the maintenance period; -1: there are none, and nothing is counted. */
static int64_t
ended_period(const struct engine *e, struct moment now)
{
	span interval = e->options.dispatch_maintenance_interval;

	return interval > 0 ? mono_sub(now.mono, e->started) / interval : -1;
}

static void
count_ended(struct engine *e, struct moment now)
{
	e->ended_groups = groups_count_ended(e, now) + 1;
	e->ended_period = ended_period(e, now);
}

void
group_end(struct engine *e, struct group *g, struct moment now)
{
	if (g->flight != NULL)
		flush_cancel(e, g->flight, now);
	save_group_dropped(e, g);
	group_free(e, g);
	count_ended(e, now);
}

size_t
groups_count_ended(const struct engine *e, struct moment now)
{
	int64_t period = ended_period(e, now);

	return period >= 0 && period == e->ended_period ? e->ended_groups : 0;
}

struct member *
group_member(const struct group *g, const struct alert_entry *r)
{
	for (struct member *m = entry_members(r); m != NULL; m = m->next)
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

/* Members are in the order of their alerts. */
static int
by_alert(const void *place, const void *member)
{
	return alert_place_cmp(place, ((const struct member *)member)->entry->alert->labels);
}

static uint64_t
rank_in(const struct group *g, const struct alert_place *place)
{
	return alert_place_rank(place, g->first_job, g->first_instance);
}

static struct member *
add_member(struct alert_entry *r, struct group *g)
{
	struct member *m = &r->own;

	if (m->group != NULL) {
		m = &SLAB_NEW(struct further_member)->member;
		m->next = r->own.next;
		r->own.next = m;
	}
	m->group = g;
	m->entry = r;
	r->members_n++;
	return m;
}

/* Its memory stays until member_free. */
static void
unlink_member(struct member *m)
{
	struct alert_entry *r = m->entry;
	struct member **at = &r->own.next;

	r->members_n--;
	if (m == &r->own) {
		m->group = NULL;
		r->own_notes = (struct member_notes){ 0 };
		return;
	}
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
}

static void
member_free(struct member *m)
{
	if (m != &m->entry->own)
		slab_free(m);
}

void
group_add(struct engine *e, struct group *g, struct alert_entry *r)
{
	struct alert_place place;
	struct member *m;

	e->revision++;
	alert_counts_without(&e->counts, r);
	m = add_member(r, g);
	alert_counts_with(&e->counts, r);
	alert_place(&place, r->alert->labels);
	if (g->members.n == 0)
		set_first(g, place.job, place.instance);
	order_insert(&g->members, rank_in(g, &place), &place, m, by_alert);
	group_changed(g);
}

void
group_remove(struct engine *e, struct member *m)
{
	struct group *g = m->group;
	struct alert_entry *r = m->entry;
	struct alert_place place;

	e->revision++;
	alert_counts_without(&e->counts, r);
	unlink_member(m);
	alert_counts_with(&e->counts, r);
	alert_place(&place, r->alert->labels);
	order_remove(&g->members, rank_in(g, &place), &place, by_alert);
	group_changed(g);
	member_free(m);
	if (r->is_witness && r->members_n == 0)
		silence_watch_told(e, r);
	entry_release(e, r);
}

void
group_empty(struct engine *e, struct group *g)
{
	struct order_cursor c;

	for (struct member *m; (m = order_first(&g->members, &c)) != NULL;)
		group_remove(e, m);
}

struct member *
group_after_at(const struct group *g, const struct labels *l, struct order_cursor *c)
{
	struct alert_place place;

	if (l == NULL)
		return order_first(&g->members, c);
	alert_place(&place, l);
	return order_after_at(&g->members, rank_in(g, &place), &place, by_alert, c);
}

struct member *
group_after(const struct group *g, const struct labels *l)
{
	struct order_cursor c;

	return group_after_at(g, l, &c);
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

void
group_note_outcome(struct engine *e, struct group *g, struct wall at, span took, struct str error)
{
	e->revision++;
	if (g == NULL)
		return;
	istr_unref(g->last.error);
	g->last = (struct group_outcome){ wall_utc(at), error.n == 0, took, error.n > 0 ? istr_get(error) : NULL };
}

struct wall
group_next_repeat(const struct engine *e, const struct group *g)
{
	const struct receiver *r = g->route->receiver;
	struct wall first = WALL_ZERO;

	for (size_t i = 0; i < r->n; i++) {
		struct log_key key = log_key_of(istr_str(g->key), r, &r->integrations[i]);
		const struct log_entry *entry = nflog_find(e->nflog, &key);
		struct wall at;

		if (entry == NULL || entry->firing_n == 0)
			continue;
		at = wall_add(entry->timestamp, g->route->repeat_interval);
		if (wall_is_zero(first) || wall_before(at, first))
			first = at;
	}
	return first;
}

void
members_fetch_ahead(const struct order *o, const struct order_cursor *c)
{
	const struct member *m = order_peek(o, c, MEMBER_AHEAD);

	if (m != NULL)
		fetch_lines(m, 1);
	m = order_peek(o, c, ENTRY_AHEAD);
	if (m != NULL)
		fetch_object(m->entry);
	m = order_peek(o, c, ALERT_AHEAD);
	if (m != NULL)
		fetch_object(m->entry->alert);
	m = order_peek(o, c, LABELS_AHEAD);
	if (m != NULL)
		fetch_labels(m->entry->alert->labels);
}
