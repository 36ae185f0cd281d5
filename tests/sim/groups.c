/* SPDX-License-Identifier: Apache-2.0 */
/* Groups: how alerts come into them, and when they are due first. */
#include "base/mem.h"
#include "sim.h"

struct m_group *
group_by_key(const struct day *d, const char *key)
{
	for (size_t i = 0; i < d->groups.n; i++)
		if (d->groups.v[i]->key == key)
			return d->groups.v[i];
	return NULL;
}

void
group_drop(struct day *d, size_t i)
{
	mem_free(d->groups.v[i]);
	d->groups.v[i] = d->groups.v[--d->groups.n];
}

int64_t
model_due(const struct day *d, int64_t due)
{
	return due > d->first_flush ? due : d->first_flush;
}

/* Made just now, it is due at once or after group_wait. */
static int64_t
other_due(const struct day *d, const struct m_group *g, const struct plan_route *r)
{
	int64_t soon = model_due(d, mono_now(d)), late = model_due(d, mono_now(d) + r->wait);

	return g->due == soon ? late : soon;
}

static void
join(struct day *d, int alert, const struct place *place, bool keep_out_ended)
{
	struct m_group *g = group_by_key(d, place->key);
	const struct plan_route *r = &d->plan->routes[place->route];
	bool aged;

	if (g != NULL) {
		if ((g->members & bit(alert)) != 0) {
			/* Posted again before it was looked at: either version may make the group. */
			if (g->made == mono_now(d) && g->maker == alert && !g->flushed)
				g->due_or = other_due(d, g, r);
			return;
		}
		if (keep_out_ended && g->carried && is_resolved(d, alert, wall_now(d)))
			return;
		g->members |= bit(alert);
		g->changed = mono_now(d);
		return;
	}
	g = NEW(struct m_group);
	g->route = place->route;
	g->key = place->key;
	g->members = bit(alert);
	g->changed = g->made = mono_now(d);
	g->maker = alert;
	aged = d->alerts[alert].starts + r->wait < wall_now(d);
	g->due = model_due(d, aged ? mono_now(d) : mono_now(d) + r->wait);
	/* All at once come in any order: each of them may be the one that makes the group. */
	g->due_or = !d->many ? g->due : model_due(d, aged ? mono_now(d) + r->wait : mono_now(d));
	VEC_PUSH(&d->groups, g);
}

void
model_dispatch(struct day *d, int alert, bool keep_out_ended)
{
	for (int i = 0; i < d->plan->places_n[alert]; i++)
		join(d, alert, &d->plan->places[alert][i], keep_out_ended);
}
