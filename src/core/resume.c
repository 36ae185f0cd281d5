/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notifications that were under way when the process ended are taken up again
 * by the first configuration: the same alerts, in the state they were told of,
 * under the same id, so that a receiver can tell that it is the same message.
 * The stages they had passed (inhibition, silences, intervals) are not asked
 * again, as they are not between two attempts.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine_state.h"

static uint64_t *
copy_hashes(struct arena *a, const uint64_t *v, size_t n)
{
	uint64_t *copy = ARENA_ARRAY(a, n, uint64_t);

	if (n > 0)
		memcpy(copy, v, n * sizeof(copy[0]));
	return copy;
}

enum restored
engine_restore_intent(struct engine *e, struct change *c, struct moment now)
{
	const struct intent_state *i = c->intent;
	struct arena *a = e->restored_arena;
	struct intent_state copy = *i;

	/* Its receiver was told by others since. */
	if (e->routing != NULL)
		return RESTORED_NOT;
	engine_enter(e, now);
	copy.route_id = arena_str(a, i->route_id);
	copy.receiver = arena_str(a, i->receiver);
	copy.integration = arena_str(a, i->integration);
	copy.labels = labels_ref((struct labels *)(uintptr_t)i->labels);
	copy.firing = copy_hashes(a, i->firing, i->firing_n);
	copy.resolved = copy_hashes(a, i->resolved, i->resolved_n);
	leg_copy_data(a, &i->data, &copy.data);
	leg_copy_recipients(a, &i->recipients, &copy.recipients);
	VEC_PUSH(&e->restored_intents, ((struct restored_intent){ .state = copy }));
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
	const struct route *route = restore_route(e, i->route_id);
	struct group *g;

	if (route == NULL || !str_eq(route->receiver->name, i->receiver))
		return NULL;
	g = group_find(e, route, i->labels);
	/* Grouped by other labels than before, it may be found and is another group. */
	return g != NULL && labels_eq(g->labels, i->labels) ? g : NULL;
}

static bool
all_members(struct engine *e, const struct group *g, const uint64_t *fingerprints, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct alert_entry *r = alerts_find_fingerprint(&e->alerts, fingerprints[i]);

		if (r != NULL && group_member(g, r) == NULL)
			return false;
	}
	return true;
}

/* The group that what was being told still is about; NULL: it fell apart. */
static struct group *
same_group(struct engine *e, const struct intent_state *i)
{
	struct group *g = group_of(e, i);

	if (g != NULL && all_members(e, g, i->firing, i->firing_n) && all_members(e, g, i->resolved, i->resolved_n))
		return g;
	return NULL;
}

/*
 * An alert that was being told belongs to the group, though it may have joined
 * so late that the group was not saved with it: its end has to be told too.
 */
static void
join_alerts(struct engine *e, struct group *g, const uint64_t *fingerprints, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct alert_entry *r = alerts_find_fingerprint(&e->alerts, fingerprints[i]);

		if (r == NULL)
			continue;
		r->awaited = true;
		if (g != NULL && restore_belongs(e, r, g) && group_member(g, r) == NULL)
			group_add(e, g, r);
	}
}

void
resume_members(struct engine *e)
{
	for (size_t i = 0; i < e->restored_intents.n; i++) {
		const struct intent_state *in = &e->restored_intents.v[i].state;
		struct group *g = group_of(e, in);

		join_alerts(e, g, in->firing, in->firing_n);
		join_alerts(e, g, in->resolved, in->resolved_n);
	}
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

static int
cmp_noted(const void *a, const void *b)
{
	return alert_cmp(((const struct noted_alert *)a)->alert, ((const struct noted_alert *)b)->alert);
}

/* Is it among the first `sorted` of f? */
static bool
is_noted(const struct flight *f, size_t sorted, struct alert *a)
{
	struct noted_alert key = { .alert = a };

	return sorted > 0 && bsearch(&key, f->all, sorted, sizeof(f->all[0]), cmp_noted) != NULL;
}

/* Adds what one integration was told, of each alert once, to what others were told: the first `sorted`. */
static size_t
note_alerts(struct engine *e, struct flight *f, size_t sorted, const uint64_t *fingerprints, size_t n, bool resolved)
{
	size_t found = 0;

	f->all = arena_grow(f->arena, f->all, f->all_n, f->all_n + n, sizeof(f->all[0]));
	for (size_t i = 0; i < n; i++) {
		struct alert_entry *r = alerts_find_fingerprint(&e->alerts, fingerprints[i]);

		if (r == NULL)
			continue;
		found++;
		if (!is_noted(f, sorted, r->alert))
			f->all[f->all_n++] = (struct noted_alert){ alert_ref(r->alert), resolved };
	}
	return found;
}

/* Takes the integrations of the flight's group that were being told; returns how many. */
static size_t
gather(struct engine *e, struct flight *f, size_t from, const struct intent_state **out, struct moment now)
{
	size_t n = 0;

	for (size_t i = from; i < e->restored_intents.n; i++) {
		struct restored_intent *r = &e->restored_intents.v[i];
		const struct intent_state *in = &r->state;
		size_t sorted = f->all_n;

		if (r->resumed || same_group(e, in) != f->group || is_stale(in, f->group, now) ||
		    integration_of(in, f->group) == NULL ||
		    note_alerts(e, f, sorted, in->firing, in->firing_n, false) +
			    note_alerts(e, f, sorted, in->resolved, in->resolved_n, true) == 0)
			continue;
		if (f->all_n > 1)
			qsort(f->all, f->all_n, sizeof(f->all[0]), cmp_noted);
		r->resumed = true;
		out[n++] = in;
	}
	return n;
}

/* All that was found is told. */
static void
note_all(struct flight *f)
{
	uint32_t *all = ARENA_ARRAY(f->arena, f->all_n, uint32_t);

	f->ids = ARENA_ARRAY(f->arena, f->all_n, struct alert_ids);
	for (size_t i = 0; i < f->all_n; i++) {
		struct labels *l = f->all[i].alert->labels;

		all[i] = (uint32_t)i;
		f->ids[i] = (struct alert_ids){ labels_hash(l), labels_fingerprint(l) };
	}
	pipeline_note(f, all, f->all_n);
}

static void
begin_legs(struct engine *e, struct flight *f, const struct intent_state **intents, size_t n, struct moment now)
{
	f->phase = FLIGHT_TOLD;
	pipeline_make_legs(f, n);
	/* Before any of them begins: the store hears of all together. */
	for (size_t i = 0; i < n; i++)
		f->legs[i].integration = integration_of(intents[i], f->group);
	for (size_t i = 0; i < n; i++)
		leg_resume(e, &f->legs[i], intents[i], now);
	pipeline_leg_done(e, f, now);
}

static void
resume_group(struct engine *e, struct group *g, size_t from, struct moment now)
{
	struct flight *f = flush_resume(e, g, e->restored_intents.v[from].state.flushed, now);
	const struct intent_state **intents = ARENA_ARRAY(f->arena, e->restored_intents.n - from,
	    const struct intent_state *);
	size_t n = gather(e, f, from, intents, now);

	note_all(f);
	f->route_labels = flush_route_labels(e, f, now);
	begin_legs(e, f, intents, n, now);
}

static void
give_up(struct engine *e, const struct intent_state *i, struct moment now)
{
	const struct group *g = group_of(e, i);
	const struct integration *integration = g != NULL ? integration_of(i, g) : NULL;

	if (integration != NULL)
		log_debts_by_intent(e, i, g, integration, now);
	save_intent_dropped(e, i->id);
}

void
resume_intents(struct engine *e, struct moment now)
{
	uint64_t *resumed = ARENA_ARRAY(e->restored_arena, e->restored_intents.n, uint64_t);
	size_t n = 0;

	deliveries_left_before(e, now);
	for (size_t i = 0; i < e->restored_intents.n; i++) {
		const struct restored_intent *r = &e->restored_intents.v[i];
		struct group *g = same_group(e, &r->state);

		if (!r->resumed && g != NULL && g->flight == NULL && integration_of(&r->state, g) != NULL &&
		    !is_stale(&r->state, g, now))
			resume_group(e, g, i, now);
		if (!r->resumed)
			give_up(e, &r->state, now);
		else
			resumed[n++] = r->state.id;
		labels_unref((struct labels *)(uintptr_t)r->state.labels);
	}
	deliveries_resumed(e, resumed, n, now);
	VEC_FINI(&e->restored_intents);
	arena_free(&e->restored_arena);
}
