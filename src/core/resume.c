/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notifications that were under way when the process ended are taken up again
 * by the first configuration: the same alerts, in the state they were told of,
 * under the same id, so that a receiver can tell that it is the same message.
 * The stages they had passed (inhibition, silences, intervals) are not asked
 * again, as they are not between two attempts.
 */
#include "resume.h"

#include <string.h>

#include "base/hash.h"
#include "engine_state.h"

/* One that is passed by; looked at. */
#define LOOK_UNITS 5
#define INTENT_UNITS 400
/* An alert that is looked for; and one of a group that may be among those told. */
#define ALERT_UNITS 100
#define MEMBER_UNITS 20
/* Sorting the hash of an alert that is given up, and what noting it takes. */
#define NOTE_UNITS 30

static uint64_t *
copy_hashes(struct arena *a, const uint64_t *v, size_t n)
{
	uint64_t *copy = ARENA_ARRAY(a, n, uint64_t);

	if (n > 0)
		memcpy(copy, v, n * sizeof(copy[0]));
	return copy;
}

static uint64_t
hash_of(uint64_t id)
{
	return hash_mix(0, id);
}

struct restored_intent *
resume_find(const struct engine *e, uint64_t id)
{
	for (struct hmap_node *n = hmap_first(&e->resuming.by_id, hash_of(id)); n != NULL; n = hmap_next(n)) {
		struct restored_intent *r = CONTAINER_OF(n, struct restored_intent, node);

		if (r->state.id == id)
			return r;
	}
	return NULL;
}

static void
release(struct restored_intent *r)
{
	labels_unref((struct labels *)(uintptr_t)r->state.labels);
	r->state.labels = NULL;
}

void
resume_fini(struct engine *e)
{
	struct resuming *all = &e->resuming;

	for (struct restored_intent *r = all->first; r != NULL; r = r->next)
		release(r);
	hmap_fini(&all->by_id);
	*all = (struct resuming){ 0 };
	arena_free(&e->restored_arena);
}

enum restored
engine_restore_intent(struct engine *e, struct change *c, struct moment now)
{
	const struct intent_state *i = c->intent;
	struct resuming *all = &e->resuming;
	struct arena *a = e->restored_arena;
	struct restored_intent *r;

	/* Its receiver was told by others since. */
	if (e->routing != NULL)
		return RESTORED_NOT;
	engine_enter(e, now);
	r = ARENA_NEW(a, struct restored_intent);
	r->state = *i;
	r->state.route_id = arena_str(a, i->route_id);
	r->state.receiver = arena_str(a, i->receiver);
	r->state.integration = arena_str(a, i->integration);
	r->state.labels = labels_ref((struct labels *)(uintptr_t)i->labels);
	r->state.firing = copy_hashes(a, i->firing, i->firing_n);
	r->state.resolved = copy_hashes(a, i->resolved, i->resolved_n);
	leg_copy_data(a, &i->data, &r->state.data);
	leg_copy_recipients(a, &i->recipients, &r->state.recipients);
	hmap_insert(&all->by_id, &r->node, hash_of(i->id));
	if (all->last != NULL)
		all->last->next = r;
	else
		all->first = r;
	all->last = r;
	if (i->id > e->last_notification)
		e->last_notification = i->id;
	engine_leave(e, now);
	return RESTORED;
}

/*
 * The integration it was for; NULL: that is no more. It has not been told: what
 * was told is written in one piece with the end of its intent.
 */
static const struct integration *
integration_of(const struct intent_state *i, const struct group *g)
{
	const struct receiver *r = g->route->receiver;

	for (size_t k = 0; k < r->n; k++)
		if (r->integrations[k].index == i->index && str_is(i->integration, r->integrations[k].kind->name))
			return &r->integrations[k];
	return NULL;
}

static struct group *
group_of(struct engine *e, const struct intent_state *i)
{
	const struct route *route = routing_find(e->routing, i->route_id);
	struct group *g;

	if (route == NULL || !str_eq(route->receiver->name, i->receiver))
		return NULL;
	g = group_find(e, route, i->labels);
	/* Grouped by other labels than before, it may be found and is another group. */
	return g != NULL && labels_eq(g->labels, i->labels) ? g : NULL;
}

void
resume_begin(struct engine *e)
{
	e->resuming.at = e->resuming.first;
}

/* A walk's work on each intent. */
struct walk {
	/* False: its alerts are not to be looked at. */
	bool (*begin)(struct engine *e, struct restored_intent *r, struct moment now);
	void (*alert)(struct engine *e, struct restored_intent *r, struct alert_entry *entry, bool resolved);
	void (*end)(struct engine *e, struct restored_intent *r, struct moment now);	/* may be NULL */
};

/* False: there is more of r. One alert at least is looked at. */
static bool
walk_alerts(struct engine *e, struct restored_intent *r, const struct walk *walk)
{
	const struct intent_state *in = &r->state;

	for (size_t *at = &e->resuming.alert, all = in->firing_n + in->resolved_n; *at < all;) {
		bool resolved = *at >= in->firing_n;
		struct alert_entry *entry;

		work_spend(&e->work, ALERT_UNITS);
		entry = alerts_find_fingerprint(&e->alerts, resolved ? in->resolved[*at - in->firing_n] : in->firing[*at]);
		if (entry != NULL)
			walk->alert(e, r, entry, resolved);
		if (++*at < all && work_used_up(&e->work))
			return false;
	}
	return true;
}

static bool
walk_some(struct engine *e, const struct walk *walk, struct moment now)
{
	struct resuming *all = &e->resuming;

	for (; all->at != NULL; all->at = all->at->next, all->alert = 0) {
		struct restored_intent *r = all->at;

		if (work_used_up(&e->work))
			return false;
		if (all->alert == 0) {
			work_spend(&e->work, INTENT_UNITS);
			if (!walk->begin(e, r, now))
				continue;
		}
		if (!walk_alerts(e, r, walk))
			return false;
		if (walk->end != NULL)
			walk->end(e, r, now);
	}
	return true;
}

static bool
join_begin(struct engine *e, struct restored_intent *r, struct moment now)
{
	(void)now;
	r->group = group_of(e, &r->state);
	return true;
}

/*
 * An alert that was being told belongs to the group, though it may have joined
 * so late that the group was not saved with it: its end has to be told too.
 */
static void
join_alert(struct engine *e, struct restored_intent *r, struct alert_entry *entry, bool resolved)
{
	(void)resolved;
	entry->awaited = true;
	if (r->group != NULL && restore_belongs(e, entry, r->group) && group_member(r->group, entry) == NULL)
		group_add(e, r->group, entry);
}

bool
resume_join_some(struct engine *e)
{
	static const struct walk joining = { join_begin, join_alert, NULL };

	return walk_some(e, &joining, e->settle.since);
}

/*
 * Too late for this one: what still fires is told by the next flush, if nothing
 * mutes it, and the log keeps in mind what may have been told of already.
 */
static bool
is_stale(const struct intent_state *i, const struct group *g, struct moment now)
{
	span age = wall_sub(now.wall, i->flushed);

	return age < 0 || age >= flush_time(g->route);
}

static bool
judge_begin(struct engine *e, struct restored_intent *r, struct moment now)
{
	const struct intent_state *in = &r->state;

	r->group = group_of(e, in);
	if (r->group == NULL || integration_of(in, r->group) == NULL) {
		save_intent_dropped(e, in->id);
		return false;
	}
	r->fits = !is_stale(in, r->group, now);
	r->hashes = ARENA_ARRAY(e->restored_arena, in->firing_n + in->resolved_n, uint64_t);
	return true;
}

static void
judge_alert(struct engine *e, struct restored_intent *r, struct alert_entry *entry, bool resolved)
{
	(void)e;
	/* Its group fell apart. */
	if (group_member(r->group, entry) == NULL)
		r->fits = false;
	r->hashes[r->firing_n + r->resolved_n] = labels_hash(entry->alert->labels);
	if (resolved)
		r->resolved_n++;
	else
		r->firing_n++;
}

/* In the flight of its group, which others of its integrations may have made. */
static void
take_up(struct engine *e, struct restored_intent *r, struct moment now)
{
	struct group *g = r->group;

	if (g->flight == NULL) {
		g->flight = flush_resume(e, g, r->state.flushed, now);
		r->same = r;
	} else {
		r->same = g->flight->resumes->same;
		g->flight->resumes->same = r;
	}
	g->flight->resumes = r;
	r->resumed = true;
}

static void
give_up(struct engine *e, const struct restored_intent *r, struct moment now)
{
	work_spend(&e->work, NOTE_UNITS * (int64_t)(r->firing_n + r->resolved_n));
	log_debts_by_intent(e, r, r->group, integration_of(&r->state, r->group), now);
	save_intent_dropped(e, r->state.id);
}

static void
judge_end(struct engine *e, struct restored_intent *r, struct moment now)
{
	if (r->fits && r->firing_n + r->resolved_n > 0)
		take_up(e, r, now);
	else
		give_up(e, r, now);
}

static bool
note_begin(struct engine *e, struct restored_intent *r, struct moment now)
{
	(void)e;
	(void)now;
	return r->resumed;
}

/* Several integrations may have been told of the same alert. */
static void
note_alert(struct engine *e, struct restored_intent *r, struct alert_entry *entry, bool resolved)
{
	const struct member *m = group_member(r->group, entry);
	struct member_notes *notes;

	(void)e;
	/* It was gone, and has been posted since: it waits for its place, and the next flush tells of it. */
	if (m == NULL)
		return;
	notes = member_notes(m);
	if (notes->told != TOLD_NOT)
		return;
	notes->told = resolved ? TOLD_RESOLVED : TOLD_FIRING;
	r->group->flight->all_cap++;
}

static void
gather(struct flight *f, struct member *m)
{
	struct member_notes *notes = member_notes(m);
	struct alert *a = m->entry->alert;

	f->ids[f->all_n] = (struct alert_ids){ labels_hash(a->labels), labels_fingerprint(a->labels) };
	f->all[f->all_n++] = (struct noted_alert){ alert_ref(a), notes->told == TOLD_RESOLVED };
	notes->told = TOLD_NOT;
}

/* Noted alerts are told, in the order of the group, as they were before. False: there are more. */
static bool
gather_some(struct engine *e, struct flight *f)
{
	struct resuming *all = &e->resuming;

	if (f->all == NULL) {
		all->member = order_first(&f->group->members, &all->member_at);
		f->all = arena_raw_array(f->arena, f->all_cap, sizeof(f->all[0]));
		f->ids = arena_raw_array(f->arena, f->all_cap, sizeof(f->ids[0]));
	}
	while (all->member != NULL) {
		struct member *m = all->member;

		work_spend(&e->work, MEMBER_UNITS);
		members_fetch_ahead(&f->group->members, &all->member_at);
		if (member_notes(m)->told != TOLD_NOT)
			gather(f, m);
		all->member = order_next(&f->group->members, &all->member_at);
		if (all->member != NULL && work_used_up(&e->work))
			return false;
		if (all->member == NULL)
			flight_lists_begin(f, NULL, f->all_n);
	}
	return true;
}

static void
begin_legs(struct engine *e, struct flight *f, struct restored_intent *first, struct moment now)
{
	const struct restored_intent *r = first;
	size_t n = 0;

	do
		n++;
	while ((r = r->same) != first);
	f->phase = FLIGHT_TOLD;
	pipeline_make_legs(f, n);
	/* Before any of them begins: the store hears of all together. */
	for (size_t i = 0; i < n; i++, r = r->same)
		f->legs[i].integration = integration_of(&r->state, f->group);
	for (size_t i = 0; i < n; i++, r = r->same)
		leg_resume(e, &f->legs[i], &r->state, now);
	pipeline_leg_done(e, f, now);
}

static bool
begin_flights(struct engine *e, struct moment now)
{
	struct resuming *all = &e->resuming;

	for (; all->at != NULL; all->at = all->at->next) {
		struct restored_intent *r = all->at;
		struct flight *f = r->resumed ? r->group->flight : NULL;

		if (work_used_up(&e->work))
			return false;
		/* The first one of its flight; the flights of others have begun, and may be over. */
		if (f == NULL || f->resumes == NULL || f->resumes->same != r) {
			work_spend(&e->work, LOOK_UNITS);
			continue;
		}
		if (!gather_some(e, f) || !flight_lists_some(e, f))
			return false;
		work_spend(&e->work, INTENT_UNITS);
		f->resumes = NULL;
		f->route_labels = flush_route_labels(e, f, now);
		begin_legs(e, f, r, now);
	}
	return true;
}

static bool
do_phase(struct engine *e, struct moment now)
{
	static const struct walk judging = { judge_begin, judge_alert, judge_end }, noting = { note_begin, note_alert, NULL };

	switch (e->resuming.phase) {
	case RESUME_JUDGES:
		return walk_some(e, &judging, now);
	case RESUME_NOTES:
		return walk_some(e, &noting, now);
	case RESUME_BEGINS:
		break;
	}
	return begin_flights(e, now);
}

bool
resume_some(struct engine *e, struct moment now)
{
	while (do_phase(e, now)) {
		if (e->resuming.phase == RESUME_BEGINS) {
			deliveries_resumed(e, now);
			return true;
		}
		e->resuming.phase++;
		resume_begin(e);
	}
	return false;
}
