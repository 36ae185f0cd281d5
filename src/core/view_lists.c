/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that are gone through piece by piece (core/view.h). */
#include "base/mem.h"
#include "core/view.h"
#include "ahead.h"
#include "alert_choice.h"
#include "engine_state.h"

static bool
show_item(const struct group *g, struct group_item *out)
{
	if (g == NULL)
		return false;
	*out = (struct group_item){ g->route, g->labels, istr_str(g->key), g->members.n, g };
	return true;
}

/* To go on to the next one. */
#define WALK_UNITS 4
/* To find the place in one of several parts. */
#define PART_UNITS 30

static void
move_to(struct labels **at, const struct alert_entry *last)
{
	struct labels *was = *at;

	if (last == NULL)
		return;
	*at = labels_ref(last->alert->labels);
	labels_unref(was);
}

static void
fetch_texts(const struct labels *l)
{
	for (uint32_t i = 0; i < labels_n(l); i++)
		fetch_lines(labels_value(l, i), 2);
}

/* Besides what is fetched to look at it: of an alert that is mostly shown whole. */
static void
fetch_shown(const struct alert *later, const struct alert *soon)
{
	if (later != NULL) {
		fetch_lines(later->annotations, 2);
	}
	if (soon != NULL) {
		fetch_texts(soon->labels);
		fetch_texts(soon->annotations);
	}
}

static void
fetch_alerts_ahead(const struct order *o, const struct order_cursor *c)
{
	const struct alert_entry *later = order_peek(o, c, LABELS_AHEAD), *soon = order_peek(o, c, TEXTS_AHEAD);

	alerts_fetch_ahead(o, c);
	fetch_shown(later != NULL ? later->alert : NULL, soon != NULL ? soon->alert : NULL);
}

static void
fetch_members_ahead(const struct order *o, const struct order_cursor *c)
{
	const struct member *later = order_peek(o, c, LABELS_AHEAD), *soon = order_peek(o, c, TEXTS_AHEAD);

	members_fetch_ahead(o, c);
	fetch_shown(later != NULL ? later->entry->alert : NULL, soon != NULL ? soon->entry->alert : NULL);
}

bool
view_alerts_some(const struct engine *e, struct labels **at, struct work *w, view_visit *visit, void *arg)
{
	const struct alert_entry *last = NULL;
	struct order_cursor c;
	struct alert_entry *r = alerts_after_at(&e->alerts, *at, &c);

	for (; r != NULL && !work_used_up(w); r = order_next(&e->alerts.order, &c)) {
		fetch_alerts_ahead(&e->alerts.order, &c);
		if (r->stored && !visit(arg, r, r->alert))
			break;
		last = r;
		work_spend(w, WALK_UNITS);
	}
	move_to(at, last);
	return r == NULL;
}

struct alert_choice *
alert_choice_new(void)
{
	return NEW(struct alert_choice);
}

void
alert_choice_free(struct alert_choice **choice)
{
	if (*choice == NULL)
		return;
	alert_choice_fini(*choice);
	mem_free(*choice);
	*choice = NULL;
}

bool
view_chosen_some(struct engine *e, const struct matchers *ms, struct alert_choice *choice, struct labels **at,
    struct work *w, view_visit *visit, void *arg)
{
	const struct alert_entry *last = NULL, *r;
	int64_t parts;

	if (!alert_choice_make_some(choice, &e->columns, &e->alerts, ms, w) ||
	    !alert_choice_begin(choice, &e->columns, &e->alerts, *at, w))
		return false;
	if (alert_choice_is_all(choice))
		return view_alerts_some(e, at, w, visit, arg);
	/* Paid for at the end: however little w has, something is looked at. */
	parts = (int64_t)choice->heap.n * PART_UNITS;
	while ((r = alert_choice_top(choice)) != NULL && !work_used_up(w)) {
		if (r->stored && !visit(arg, r, r->alert))
			break;
		last = r;
		work_spend(w, WALK_UNITS);
		alert_choice_pop(choice);
	}
	work_spend(w, parts);
	move_to(at, last);
	return r == NULL;
}

bool
view_members_some(const struct group *g, struct labels **at, struct work *w, view_visit *visit, void *arg)
{
	const struct alert_entry *last = NULL;
	struct order_cursor c;
	struct member *m = group_after_at(g, *at, &c);

	for (; m != NULL && !work_used_up(w); m = order_next(&g->members, &c)) {
		fetch_members_ahead(&g->members, &c);
		if (!visit(arg, m->entry, m->entry->alert))
			break;
		last = m->entry;
		work_spend(w, WALK_UNITS);
	}
	move_to(at, last);
	return m == NULL;
}

const struct alert_entry *
view_entry(const struct engine *e, const struct labels *l)
{
	const struct alert_entry *r = alerts_find(&e->alerts, l);

	return r != NULL && r->stored ? r : NULL;
}

void
view_entry_routes(const struct engine *e, const struct alert_entry *entry, const struct route *const **out, size_t *n_out)
{
	const struct route_list *list = entry_routes(e, entry);

	if (list == NULL)
		list = routing_match(e->routing, entry->alert->labels);
	*out = list->routes;
	*n_out = list->n;
}

void
view_entry_muted(const struct alert_entry *entry, struct arena *arena, const struct str **out, size_t *n_out)
{
	*out = NULL;
	*n_out = 0;
	for (const struct member *m = entry_members(entry); m != NULL; m = m->next)
		if (m->group->muted_n == 0)
			return;
	if (entry->members_n > 0)
		view_group_muted(entry_members(entry)->group, arena, out, n_out);
}

void
view_entry_receivers(const struct alert_entry *entry, struct arena *arena, const struct receiver ***out, size_t *n_out)
{
	*n_out = 0;
	*out = ARENA_ARRAY(arena, entry->members_n, const struct receiver *);
	for (const struct member *m = entry_members(entry); m != NULL; m = m->next)
		(*out)[(*n_out)++] = m->group->route->receiver;
}

void
view_entry_groups(const struct alert_entry *entry, void (*visit)(void *arg, const struct group_item *g), void *arg)
{
	for (const struct member *m = entry_members(entry); m != NULL; m = m->next) {
		struct group_item item;

		if (show_item(m->group, &item))
			visit(arg, &item);
	}
}

struct alert *
view_alert_of(const struct engine *e, const struct labels *l)
{
	const struct alert_entry *r = alerts_find(&e->alerts, l);

	return r != NULL && r->stored ? r->alert : NULL;
}

void
group_place_fini(struct group_place *p)
{
	labels_unref(p->labels);
	istr_unref(p->receiver);
	*p = (struct group_place){ 0 };
}

void
group_place_set(struct group_place *p, const struct route *route, struct labels *group_labels)
{
	struct group_place was = *p;

	*p = (struct group_place){ labels_ref(group_labels), istr_get(route->receiver->name), route->rank };
	group_place_fini(&was);
}

/* It is compared with some others, copied and digested. */
#define KEY_BYTES_PER_UNIT 8

int64_t
view_group_units(const struct group_item *g)
{
	return (int64_t)(g->key.n / KEY_BYTES_PER_UNIT);
}

bool
view_groups_settle(const struct engine *e)
{
	return settling(e);
}

bool
view_group_after(const struct engine *e, const struct group_place *at, struct group_item *out)
{
	struct group_key k = { at->labels, istr_str(at->receiver), at->route };

	return show_item(groups_after(e, &k), out);
}

bool
view_group_at(const struct engine *e, const struct group_place *at, struct group_item *out)
{
	struct group_key k = { at->labels, istr_str(at->receiver), at->route };

	return show_item(groups_find(e, &k), out);
}

struct alert *
view_member_after(const struct group *g, const struct labels *at)
{
	const struct member *m = group_after(g, at);

	return m != NULL ? m->entry->alert : NULL;
}

void
view_group_facts(const struct engine *e, const struct group *g, struct moment now, struct group_facts *out)
{
	*out = (struct group_facts){
		.next_flush = wall_add(now.wall, mono_sub(g->due, now.mono)),
		.next_repeat = group_next_repeat(e, g),
		.told_at = g->last.at,
		.told = g->last.told,
		.took = g->last.took,
		.error = istr_str(g->last.error),
	};
}

void
view_group_muted(const struct group *g, struct arena *arena, const struct str **out, size_t *n_out)
{
	struct str *names = ARENA_ARRAY(arena, g->muted_n, struct str);

	for (uint32_t i = 0; i < g->muted_n; i++)
		names[i] = istr_str(g->muted_by[i]);
	*out = names;
	*n_out = g->muted_n;
}

/*
 * COMPAT: of more alerts than these nothing is rendered while clients wait for a list; as in a notification
 * that is too large. Alertmanager renders all.
 */
#define PREDICTED_ALERTS_MAX 1000

/* As a flush now would. */
static struct labels *
predict_route_labels(const struct engine *e, const struct group *g, struct moment now, struct arena *arena)
{
	size_t most = g->members.n < PREDICTED_ALERTS_MAX ? g->members.n : PREDICTED_ALERTS_MAX, n = 0;
	struct noted_alert *alerts = ARENA_ARRAY(arena, most, struct noted_alert);
	struct order_cursor at;

	for (struct member *m = order_first(&g->members, &at); n < most; m = order_next(&g->members, &at)) {
		struct alert *a = m->entry->alert;

		alerts[n++] = (struct noted_alert){ a, alert_resolved_at(a, now.wall) };
	}
	return e->port->route_labels(e->port, e->routing->config, g->route, g->labels, alerts, n, now);
}

struct labels *
view_route_labels(const struct engine *e, const struct group *g, struct moment now, struct arena *arena)
{
	if (g->route_labels != NULL)
		return labels_ref(g->route_labels);
	if (g->route->labels.n == 0 || e->port->route_labels == NULL)
		return labels_empty();
	return predict_route_labels(e, g, now, arena);
}

void
view_revision(const struct engine *e, struct view_revision *out)
{
	*out = (struct view_revision){ e->revision, e->silences.lists.edits, e->config_revision };
}

bool
view_silences_turn(const struct engine *e, struct moment now, struct wall *at_out)
{
	return silence_lists_turn(&e->silences.lists, now.wall, at_out);
}

struct silence_list {
	struct silence_cursor cursor;
};

struct silence_list *
view_silence_list(const struct engine *e, const bool wanted[3], struct moment now)
{
	struct silence_list *l = NEW(struct silence_list);

	silence_list_begin(&l->cursor, &e->silences.lists, wanted, now.wall);
	return l;
}

const struct silence *
view_silence_next(struct silence_list *l, struct work *w)
{
	return silence_list_next(&l->cursor, w);
}

void
view_silence_list_end(struct silence_list **l)
{
	if (*l == NULL)
		return;
	silence_list_end(&(*l)->cursor);
	mem_free(*l);
	*l = NULL;
}

bool
view_silences_of_several(const struct engine *e, bool (*visit)(void *arg, const struct silence *s), void *arg)
{
	const struct order *o = &e->silences.lists.several;
	struct order_cursor at;

	for (struct silence_version *v = order_first(o, &at); v != NULL; v = order_next(o, &at))
		if (v->until == 0 && !visit(arg, v->silence))
			return false;
	return true;
}
