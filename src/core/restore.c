/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State at start, as the store recovered it.
 */
#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "engine_state.h"
#include "model/schedule.h"
#include "told.h"

static bool
comes_again(const struct silence *s, struct wall now)
{
	const struct schedule *schedule = silence_schedule(s);
	struct wall starts, ends;

	return schedule != NULL && schedule_at(schedule, now, &starts, &ends);
}

void
engine_restore_begin_silences(struct engine *e, size_t n)
{
	assert(e->routing == NULL);
	silences_begin_many(&e->silences, n);
}

void
engine_restore_silence_ahead(const struct engine *e, struct str id)
{
	hmap_fetch(&e->silences.by_id, hash_seeded(id.p, id.n));
}

void
engine_restore_end_silences(struct engine *e)
{
	silences_end_many(&e->silences);
}

enum restored
engine_restore_silence(struct engine *e, struct change *c, struct moment now)
{
	enum restored done = RESTORED_NOT;
	bool again = comes_again(c->silence, now.wall);

	engine_enter(e, now);
	if (!again && !wall_after(c->expires, now.wall)) {
		done = RESTORED_EXPIRED;
	} else if (silences_find(&e->silences, str_from(c->silence->id)) == NULL) {
		struct silence *s = (struct silence *)(uintptr_t)c->silence;
		struct silence_entry *entry = silences_add(&e->silences, s, c->expires);

		if (again || silence_state_at(s, now.wall) != SILENCE_EXPIRED)
			silence_watch(e, entry);
		done = RESTORED;
	}
	engine_leave(e, now);
	return done;
}

enum restored
engine_restore_log_entry(struct engine *e, struct change *c, struct moment now)
{
	enum restored done = RESTORED_EXPIRED;
	struct log_entry entry = *c->entry;
	const struct log_entry *held;

	engine_enter(e, now);
	entry.merge = 0;
	if (wall_after(entry.expires, now.wall)) {
		held = nflog_set(e->nflog, &entry);
		done = held != NULL ? RESTORED : RESTORED_NOT;
		c->entry = held;
	}
	engine_leave(e, now);
	return done;
}

void
engine_restore_alert(struct engine *e, struct alert *a, void *stored_as, struct moment now)
{
	struct alert_entry *r;

	assert(e->routing == NULL);
	engine_enter(e, now);
	r = alerts_find(&e->alerts, a->labels);
	if (r == NULL) {
		r = alerts_add(&e->alerts, a);
	} else {
		alert_counts_without(&e->counts, r);
		alert_ref(a);
		alert_unref(r->alert);
		r->alert = a;
		alert_counts_with(&e->counts, r);
	}
	r->stored_as = stored_as;
	entry_set_stored(&e->alerts, r, true);
	told_restored(r, now);
	/* It was admitted once; a smaller limit since then keeps out only new ones. */
	(void)limits_admit(&e->limits, a, now.wall);
	engine_leave(e, now);
}

void
engine_restore_begin_alerts(struct engine *e, size_t n)
{
	assert(e->routing == NULL);
	alerts_begin_many(&e->alerts, n);
}

void
engine_restore_ahead(const struct engine *e, const struct alert *a)
{
	nmap_fetch(&e->alerts.entries, a->labels->hash);
}

void
engine_restore_end_alerts(struct engine *e)
{
	alerts_end_many(&e->alerts);
}

void
engine_restore_group(struct engine *e, const struct group_state *g, void *stored_as, struct moment now)
{
	struct arena *a = e->restored_arena;
	struct restored_group copy;

	assert(e->routing == NULL);
	engine_enter(e, now);
	copy = (struct restored_group){
		.route_id = arena_str(a, g->route_id),
		.receiver = arena_str(a, g->receiver),
		.labels = labels_ref((struct labels *)(uintptr_t)g->labels),
		.next_flush = g->next_flush,
		.flushed = g->flushed,
		.group_wait = g->group_wait,
		.group_interval = g->group_interval,
		.alerts = ARENA_ARRAY(a, g->alerts_n, uint64_t),
		.alerts_n = g->alerts_n,
		.stored_as = stored_as,
	};
	if (g->alerts_n > 0)
		memcpy(copy.alerts, g->alerts, g->alerts_n * sizeof(copy.alerts[0]));
	VEC_PUSH(&e->restored, copy);
	engine_leave(e, now);
}

static const struct route *
route_of(struct engine *e, const struct restored_group *old)
{
	const struct route *route = routing_find(e->routing, old->route_id);

	if (route == NULL || !str_eq(route->receiver->name, old->receiver) ||
	    route->group_wait != old->group_wait || route->group_interval != old->group_interval)
		return NULL;
	return route;
}

bool
restore_belongs(struct engine *e, struct alert_entry *r, const struct group *g)
{
	const struct route_list *routes = entry_routes(e, r);

	if (routes == NULL)
		r->routes[e->slot] = routes = routing_match(e->routing, r->alert->labels);
	for (size_t i = 0; i < routes->n; i++)
		if (routes->routes[i] == g->route)
			return group_find(e, g->route, r->alert->labels) == g;
	return false;
}

static void
go_on(struct engine *e, const struct restored_group *old, const struct route *route, struct moment now)
{
	struct group *g = group_new_of(e, route, labels_ref(old->labels), now);
	span left = wall_sub(old->next_flush, now.wall);
	/* No flush is ever further away; if it seems so, the clock was set back. */
	span most = old->flushed ? old->group_interval : old->group_wait;

	g->stored_as = old->stored_as;
	g->flushed = old->flushed;
	settle_carry(e, g);
	group_arm(e, g, mono_add(now.mono, left < 0 ? 0 : left < most ? left : most));
	for (size_t i = 0; i < old->alerts_n; i++) {
		struct alert_entry *r = alerts_find_fingerprint(&e->alerts, old->alerts[i]);

		if (r == NULL || !restore_belongs(e, r, g) || group_member(g, r) != NULL)
			continue;
		group_add(e, g, r);
	}
	save_group(e, g, SAVE_SOON, now);
}

/* The store forgets a group that cannot go on as it was. */
static void
drop_restored(struct engine *e, struct restored_group *old)
{
	struct group_state state = { .route_id = old->route_id, .receiver = old->receiver, .labels = old->labels };
	struct change c = { .kind = CHANGE_GROUP_DROPPED, .group = &state, .place = &old->stored_as };

	if (e->port->persist != NULL)
		e->port->persist(e->port, &c);
}

/* A store that was damaged may have a group twice. */
static bool
is_there(const struct engine *e, const struct route *route, const struct labels *l)
{
	return groups_find(e, &(struct group_key){ l, route->receiver->name, route->rank }) != NULL;
}

/* A restored group, and each of its alerts. */
#define GROUP_UNITS 400
#define ALERT_UNITS 100

bool
restore_groups_some(struct engine *e, size_t *at, struct moment now)
{
	for (; *at < e->restored.n; (*at)++) {
		struct restored_group *old = &e->restored.v[*at];
		const struct route *route;

		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, GROUP_UNITS + ALERT_UNITS * (int64_t)old->alerts_n);
		route = route_of(e, old);
		for (size_t j = 0; j < old->alerts_n; j++) {
			struct alert_entry *r = alerts_find_fingerprint(&e->alerts, old->alerts[j]);

			if (r != NULL)
				r->awaited = true;
		}
		if (route != NULL && !is_there(e, route, old->labels))
			go_on(e, old, route, now);
		else
			drop_restored(e, old);
		labels_unref(old->labels);
		old->labels = NULL;
	}
	VEC_FINI(&e->restored);
	return true;
}
