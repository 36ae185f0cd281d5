/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings that take effect in a route: own values over the parent's, over
 * the defaults (Alertmanager dispatch/route.go).
 */
#include <stdlib.h>

#include "base/sbuf.h"
#include "conf.h"

static struct str
taken(struct arena *a, struct sbuf *b)
{
	struct str out = arena_str(a, sbuf_get(b));

	sbuf_fini(b);
	return out;
}

static void
keys_build(struct loading *l, struct route *rt, size_t position)
{
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED), id = SBUF_INIT(SBUF_UNLIMITED);

	if (rt->parent != NULL) {
		sbuf_str(&key, rt->parent->key);
		sbuf_putc(&key, '/');
		sbuf_str(&id, rt->parent->id);
		sbuf_putc(&id, '/');
	}
	matchers_format(&rt->matchers, &key);
	matchers_format(&rt->matchers, &id);
	if (rt->parent != NULL)
		sbuf_printf(&id, "/%zu", position);
	rt->key = taken(l->r.arena, &key);
	rt->id = taken(l->r.arena, &id);
}

static void
group_by_build(struct loading *l, struct route *rt, const struct str_list *written)
{
	bool all = false;
	size_t n = 0;

	for (size_t i = 0; i < written->n; i++)
		all = all || str_is(written->v[i], "...");
	if (written->present && !all) {
		rt->group_by = ARENA_ARRAY(l->r.arena, written->n, struct str);
		for (size_t i = 0; i < written->n; i++)
			rt->group_by[n++] = written->v[i];
		if (n > 1)
			qsort(rt->group_by, n, sizeof(rt->group_by[0]), str_qsort);
		rt->group_by_n = n;
		return;
	}
	if (rt->parent != NULL) {
		rt->group_by = rt->parent->group_by;
		rt->group_by_n = rt->parent->group_by_n;
		rt->group_by_all = rt->parent->group_by_all;
	}
	if (all)
		rt->group_by_all = true;
}

/* Both lists are sorted; the child's value wins. */
static void
labels_build(struct loading *l, struct route *rt, const struct str_pairs *own)
{
	struct str_pairs none = { 0 };
	const struct str_pairs *above = rt->parent != NULL ? &rt->parent->labels : &none;
	struct str_pairs *out = &rt->labels;
	size_t i = 0, k = 0;

	if (own->n == 0) {
		*out = *above;
		return;
	}
	out->v = ARENA_ARRAY(l->r.arena, above->n + own->n, struct str_pair);
	while (i < above->n || k < own->n) {
		int cmp = i == above->n ? 1 : k == own->n ? -1 : str_cmp(above->v[i].key, own->v[k].key);

		if (cmp < 0) {
			out->v[out->n++] = above->v[i++];
			continue;
		}
		if (cmp == 0)
			i++;
		out->v[out->n++] = own->v[k++];
	}
}

static const struct time_interval **
intervals_build(struct loading *l, const struct str_list *names, size_t *n_out)
{
	const struct time_interval **out;

	if (names->n == 0)
		return NULL;
	out = ARENA_ARRAY(l->r.arena, names->n, const struct time_interval *);
	for (size_t i = 0; i < names->n; i++)
		out[i] = interval_find(l, names->v[i]);
	*n_out = names->n;
	return out;
}

/* `done`: how many routes have their rank. */
static void
build(struct loading *l, struct route *rt, size_t position, size_t *done)
{
	const struct route_conf *conf = CONTAINER_OF(rt, struct route_conf, route);
	const struct route *up = rt->parent;

	rt->index = l->c->routes_n++;
	rt->receiver = conf->receiver_name.n > 0 ? config_receiver(l->c, conf->receiver_name) : up->receiver;
	rt->receiver->used = true;
	if (!conf->has_group_wait)
		rt->group_wait = up != NULL ? up->group_wait : 30 * SPAN_S;
	if (!conf->has_group_interval)
		rt->group_interval = up != NULL ? up->group_interval : 5 * SPAN_MIN;
	if (!conf->has_repeat_interval)
		rt->repeat_interval = up != NULL ? up->repeat_interval : 4 * SPAN_HOUR;
	group_by_build(l, rt, &conf->group_by);
	labels_build(l, rt, &conf->labels);
	rt->mute = intervals_build(l, &conf->mute_names, &rt->mute_n);
	rt->active = intervals_build(l, &conf->active_names, &rt->active_n);
	keys_build(l, rt, position);
	for (size_t i = 0; i < rt->routes_n; i++)
		build(l, rt->routes[i], i, done);
	rt->rank = (*done)++;
}

void
routes_build(struct loading *l)
{
	size_t done = 0;

	build(l, l->c->route, 0, &done);
}
