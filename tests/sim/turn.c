/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The effects of a reload and of a restart on the model.
 */
#include <stdio.h>
#include <string.h>

#include "sim.h"

static const struct plan_route *
route_by_id(const struct plan *p, const char *id, int *index)
{
	for (int i = 0; i < p->routes_n; i++)
		if (strcmp(p->routes[i].id, id) == 0) {
			*index = i;
			return &p->routes[i];
		}
	return NULL;
}

static bool
same_receiver(const struct plan *a, int ra, const struct plan *b, int rb)
{
	const struct plan_receiver *x = &a->receivers[ra], *y = &b->receivers[rb];

	if (ra != rb || x->n != y->n)
		return false;
	for (int i = 0; i < x->n; i++)
		if (x->parts[i].kind != y->parts[i].kind || x->parts[i].send_resolved != y->parts[i].send_resolved ||
		    x->parts[i].setting != y->parts[i].setting)
			return false;
	return true;
}

/* Does a reload leave the groups of this route alone? Its new place, or -1. */
static int
successor(const struct plan *old, int route, const struct plan *fresh)
{
	const struct plan_route *a = &old->routes[route], *b;
	int i;

	b = route_by_id(fresh, a->id, &i);
	if (b == NULL || a->by_all != b->by_all || (!a->by_all && a->by != b->by) || a->wait != b->wait ||
	    a->interval != b->interval || !same_receiver(old, a->receiver, fresh, b->receiver))
		return -1;
	return i;
}

/* Takes the groups over, or ends them, which cancels their flushes. Returns what they hold. */
static alerts_mask
carry(struct day *d, const struct plan *fresh)
{
	alerts_mask held = 0;

	d->ending.n = d->ended_groups.n = 0;
	for (size_t i = 0; i < d->groups.n;) {
		struct m_group *g = d->groups.v[i];
		int next = d->eo.reload_resets_timers ? -1 : successor(d->plan, g->route, fresh);

		held |= g->members;
		if (next < 0) {
			model_cut(d, g);
			VEC_PUSH(&d->ending, g->key);
			VEC_PUSH(&d->ended_groups, *g);
			group_drop(d, i);
			continue;
		}
		g->carried = true;
		g->route = next;
		i++;
	}
	return held;
}

static void
leave_foreign(struct day *d)
{
	for (int i = 0; i < d->alerts_n; i++)
		for (size_t j = 0; j < d->groups.n; j++) {
			struct m_group *g = d->groups.v[j];
			bool mine = false;

			for (int k = 0; k < d->plan->places_n[i]; k++)
				mine |= d->plan->places[i][k].route == g->route;
			if (!mine && (g->members & bit(i)) != 0) {
				g->members &= ~bit(i);
				g->changed = mono_now(d);
			}
		}
}

static void
drop_empty(struct day *d)
{
	for (size_t i = 0; i < d->groups.n;) {
		d->groups.v[i]->carried = false;
		if (d->groups.v[i]->members == 0) {
			model_cut(d, d->groups.v[i]);
			VEC_PUSH(&d->ending, d->groups.v[i]->key);
			group_drop(d, i);
		} else {
			i++;
		}
	}
}

static void
dispatch_all(struct day *d, alerts_mask known, alerts_mask wanted, bool all)
{
	d->many = true;
	for (int i = 0; i < d->alerts_n; i++)
		if ((known & bit(i)) != 0 &&
		    (all || (wanted & bit(i)) != 0 || !is_resolved(d, i, wall_now(d))))
			model_dispatch(d, i, true);
	d->many = false;
}

/* A group made anew in the place of one that an interval muted is shown as muted until its next flush. */
static void
inherit_mutes(struct day *d, const struct plan *old)
{
	for (size_t i = 0; i < d->ended_groups.n; i++) {
		const struct m_group *was = &d->ended_groups.v[i];
		struct m_group *g = group_by_key(d, was->key);

		if (g != NULL && !g->carried && strcmp(old->routes[was->route].id, d->plan->routes[g->route].id) == 0)
			g->time_muted = was->time_muted;
	}
}

void
model_reload(struct day *d, struct plan *fresh)
{
	const struct plan *old = d->plan;
	alerts_mask known = known_alerts(d), held = carry(d, fresh);

	d->plan = fresh;
	model_declare(d);
	leave_foreign(d);
	dispatch_all(d, known, held, d->eo.reload_resets_timers);
	inherit_mutes(d, old);
	drop_empty(d);
}

static void
restore_alerts(struct day *d)
{
	for (int i = 0; i < d->alerts_n; i++) {
		struct m_alert *a = &d->alerts[i];
		const struct alert *from = d->on_disk.alerts[i];

		a->stored = from != NULL;
		if (from == NULL)
			continue;
		a->starts = wall_to_ns(alert_starts(from));
		a->ends = wall_to_ns(alert_ends(from));
		a->updated = wall_to_ns(alert_updated(from));
		a->stated = wall_to_ns(alert_stated_end(from));
		a->timeout = from->timeout;
		a->outdated = false;
		a->version++;
	}
}

static void
restore_rest(struct day *d)
{
	int64_t starts, ends;

	d->quiets.n = d->entries.n = 0;
	for (size_t i = 0; i < d->on_disk.quiets.n; i++)
		if (d->on_disk.quiets.v[i].expires > wall_now(d) ||
		    quiet_window(&d->on_disk.quiets.v[i], wall_now(d), &starts, &ends))
			VEC_PUSH(&d->quiets, d->on_disk.quiets.v[i]);
	for (size_t i = 0; i < d->on_disk.entries.n; i++)
		if (d->on_disk.entries.v[i].expires > wall_now(d))
			VEC_PUSH(&d->entries, d->on_disk.entries.v[i]);
}

/* Those of `listed` that are still there and belong to this group. */
static alerts_mask
members_of(const struct day *d, const char *key, alerts_mask listed)
{
	alerts_mask out = 0;

	for (int i = 0; i < d->alerts_n; i++)
		for (int k = 0; k < d->plan->places_n[i]; k++)
			if ((listed & bit(i)) != 0 && d->alerts[i].stored && d->plan->places[i][k].key == key)
				out |= bit(i);
	return out;
}

static const char *
key_of(struct day *d, const struct plan_route *r, const char *labels_text)
{
	char key[512];
	int n = snprintf(key, sizeof(key), "%s:%s", r->key, labels_text);

	return intern(d, key, (size_t)n);
}

/* The alerts that its notifications under way are about. */
static alerts_mask
being_told(const struct day *d, const struct row *row)
{
	alerts_mask out = 0;

	for (size_t i = 0; i < d->on_disk.intents.n; i++) {
		const struct intent *in = &d->on_disk.intents.v[i];

		if (in->route_id == row->route_id && in->labels == row->labels && in->receiver == row->receiver)
			out |= in->firing | in->resolved;
	}
	return out;
}

static void
restore_group(struct day *d, const struct row *row)
{
	int index;
	const struct plan_route *r = route_by_id(d->plan, row->route_id, &index);
	struct m_group *g;
	int64_t left = row->next_flush - wall_now(d);
	span most;

	if (r == NULL || r->receiver != row->receiver || r->wait != row->wait || r->interval != row->interval)
		return;
	g = NEW(struct m_group);
	g->route = index;
	g->key = key_of(d, r, row->labels_text);
	g->flushed = row->flushed;
	g->carried = true;
	g->members = members_of(d, g->key, row->alerts | being_told(d, row));
	g->changed = mono_now(d);
	/* A clock that was set back makes nobody wait longer than a flush ever takes to come. */
	most = g->flushed ? r->interval : r->wait;
	left = left < 0 ? 0 : left < most ? left : most;
	g->due = g->due_or = model_due(d, mono_now(d) + left);
	VEC_PUSH(&d->groups, g);
}

/* The part of the receiver that an intent is for; NULL when it is gone. */
static const struct part *
part_of(const struct day *d, const struct intent *in, const struct plan_route *r)
{
	const struct plan_receiver *to = &d->plan->receivers[r->receiver];

	for (int i = 0; i < to->n; i++)
		if (to->parts[i].kind == in->kind && to->parts[i].index == in->index)
			return &to->parts[i];
	return NULL;
}

/* Is the group whole, and is it not too late? */
static bool
may_resume(const struct day *d, const struct intent *in, const struct m_group *g, span most)
{
	alerts_mask of = (in->firing | in->resolved) & known_alerts(d);

	return of != 0 && (of & ~g->members) == 0 && in->flushed <= wall_now(d) && wall_now(d) - in->flushed < most;
}

static void
resume(struct day *d, const struct intent *in)
{
	int index;
	const struct plan_route *r = route_by_id(d->plan, in->route_id, &index);
	struct m_group *g = r != NULL ? group_by_key(d, key_of(d, r, in->labels_text)) : NULL;
	const struct part *part;
	struct m_flight *f;
	span most;

	if (g == NULL || r->receiver != in->receiver)
		return;
	part = part_of(d, in, r);
	if (part == NULL)
		return;
	most = r->interval > 10 * SPAN_S ? r->interval : 10 * SPAN_S;
	if (!may_resume(d, in, g, most)) {
		int64_t tick = in->flushed < wall_now(d) ? in->flushed : wall_now(d);

		model_left_behind(d, g->key, r, part,
		    &(struct left){ in->firing & known_alerts(d), in->resolved & known_alerts(d), 0, true, in->done,
			tick, tick });
		return;
	}
	f = &g->flight;
	if (!g->flying) {
		*f = (struct m_flight){ .plan = d->plan, .route = index, .staged = true, .resumed = true };
		f->tick = in->flushed;
		f->wanted = mono_now(d) - (wall_now(d) - f->tick);
		f->deadline = mono_now(d) + most + (d->wait > 0 ? d->wait : 0);
		g->flying = true;
	}
	f->firing |= in->firing & known_alerts(d);
	f->resolved |= in->resolved & known_alerts(d);
	f->legs[f->legs_n++] = (struct m_leg){ .in_doubt = true, .reason = in->reason,
		.part = (int)(part - d->plan->receivers[r->receiver].parts), .pause = 500 * SPAN_MS, .note = in->id,
		.data = in->data, .done = in->done };
	model_begin_turn(d, f);
	f->poll = mono_now(d) + SETTLE_POLL;
}

/* All integrations of a group are told the same, but those that do not want to hear of ends. */
static void
fill_legs(struct day *d, struct m_group *g)
{
	struct m_flight *f = &g->flight;
	const struct plan_route *r = &f->plan->routes[f->route];
	const struct plan_receiver *to = &f->plan->receivers[r->receiver];
	int kept = 0;

	for (int i = 0; i < f->legs_n; i++) {
		struct m_leg *leg = &f->legs[i];
		const struct part *p = &to->parts[leg->part];
		const struct entry *e = entry_find(d, g->key, r->receiver, p->kind, p->index);

		leg->firing = f->firing;
		leg->resolved = p->send_resolved ? f->resolved : 0;
		leg->served = model_served(e, leg, wall_now(d), r->repeat);
		leg->owed = e != NULL ? (f->firing | f->resolved) & (e->firing | e->doubtful) : 0;
		leg->kept = e != NULL && p->send_resolved ? e->doubtful & ~(f->firing | f->resolved) : 0;
		if ((leg->firing | leg->resolved) != 0)
			f->legs[kept++] = *leg;
	}
	f->legs_n = kept;
	g->flying = kept > 0;
}

void
model_restart(struct day *d)
{
	alerts_mask awaited = 0, known = 0;

	while (d->groups.n > 0)
		group_drop(d, d->groups.n - 1);
	restore_alerts(d);
	restore_rest(d);
	model_declare(d);
	for (int i = 0; i < d->alerts_n; i++)
		known |= d->alerts[i].stored ? bit(i) : 0;
	for (size_t i = 0; i < d->on_disk.rows.n; i++) {
		awaited |= d->on_disk.rows.v[i].alerts;
		restore_group(d, &d->on_disk.rows.v[i]);
	}
	for (size_t i = 0; i < d->on_disk.intents.n; i++)
		awaited |= d->on_disk.intents.v[i].firing | d->on_disk.intents.v[i].resolved;
	dispatch_all(d, known, awaited, false);
	drop_empty(d);
	for (size_t i = 0; i < d->on_disk.intents.n; i++)
		resume(d, &d->on_disk.intents.v[i]);
	for (size_t i = 0; i < d->groups.n; i++)
		if (d->groups.v[i]->flying)
			fill_legs(d, d->groups.v[i]);
	model_quiets(d);
}
