/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v2/alerts and /api/v2/alerts/groups. */
#include <stdlib.h>

#include "base/mem.h"
#include "list.h"

/* To find the next alert or group and to look whether it is wanted, beside what matching takes. */
#define STEP_UNITS 30

static void
move_to(struct labels **at, struct labels *l)
{
	if (l != NULL)
		labels_ref(l);
	labels_unref(*at);
	*at = l;
}

static struct config *
config_of(const struct list *l)
{
	return view_config(l->api->env.engine);
}

struct alert_list {
	struct list list;
	struct alert_filter filter;
	struct labels *at;	/* the alert that was looked at last; owned reference, NULL: none */
	bool inside;		/* and is not done with */
};

/* The one to look at; NULL: that was the last. */
static struct alert *
next_alert(struct alert_list *l, bool *stored)
{
	struct engine *e = l->list.api->env.engine;
	struct alert *a = l->inside ? view_alert_of(e, l->at) : NULL;

	*stored = true;
	if (a != NULL)
		return a;
	a = view_alert_after(e, l->at, stored);
	if (a != NULL)
		move_to(&l->at, a->labels);
	l->inside = a != NULL;
	return a;
}

/* Names of the receivers that the routes give it. MATCH_NO: the receiver filters refuse all of them. */
static enum match
receivers_of(struct alert_list *l, const struct alert *a, struct work *w, struct str **names_out, size_t *n_out)
{
	const struct route **routes;
	bool by_name = false, by_labels = false;

	view_match_routes(l->list.api->env.engine, a->labels, l->list.scratch, &routes, n_out);
	*names_out = ARENA_ARRAY(l->list.scratch, *n_out, struct str);
	for (size_t i = 0; i < *n_out; i++) {
		const struct receiver *r = routes[i]->receiver;
		bool name, labels;

		if (!receiver_verdict(&l->filter, config_of(&l->list), r, w, &name, &labels))
			return MATCH_LATER;
		(*names_out)[i] = r->name;
		by_name = by_name || name;
		by_labels = by_labels || labels;
	}
	return by_name && by_labels ? MATCH_YES : MATCH_NO;
}

static enum match
show_alert(struct alert_list *l, const struct alert *a, struct work *w, struct moment now)
{
	struct engine *e = l->list.api->env.engine;
	struct alert_status status;
	struct str *names = NULL;
	size_t n = 0;
	enum match m = alert_labels_pass(&l->filter, a, now, w);

	if (m == MATCH_YES)
		m = receivers_of(l, a, w, &names, &n);
	if (m == MATCH_YES)
		m = alert_state_passes(&l->filter, e, a, now, w, l->list.scratch, &status);
	if (m == MATCH_YES)
		write_alert(&l->list.w, a, &status, names, n, NULL, 0);
	work_spend(w, STEP_UNITS + (int64_t)n);
	return m;
}

static enum http_more
step_alerts(struct list *list, struct work *w, struct moment now, struct err *e)
{
	struct alert_list *l = CONTAINER_OF(list, struct alert_list, list);
	bool stored;
	struct alert *a = next_alert(l, &stored);

	(void)e;
	if (a == NULL)
		return HTTP_END;
	if (!stored)
		work_spend(w, STEP_UNITS);
	l->inside = stored && show_alert(l, a, w, now) == MATCH_LATER;
	return l->inside ? HTTP_LATER : HTTP_MORE;
}

static void
fini_alerts(struct list *list)
{
	struct alert_list *l = CONTAINER_OF(list, struct alert_list, list);

	labels_unref(l->at);
	alert_filter_fini(&l->filter);
}

void
api_alerts_get(struct call *c)
{
	struct alert_list *l = NEW(struct alert_list);

	if (!alert_filter_init(&l->filter, c)) {
		mem_free(l);
		return;
	}
	l->list.step = step_alerts;
	l->list.fini = fini_alerts;
	list_reply(c, &l->list);
}

struct group_list {
	struct list list;
	struct alert_filter filter;
	struct group_place at;	/* the group that was looked at last */
	bool inside;		/* and is not done with */
	bool open;		/* its object was begun */
	struct labels *route_labels;	/* of that one; owned reference */
	struct labels *member;	/* the alert in it that was looked at last; owned reference, NULL: none */
	bool inside_member;	/* and is not done with */
};

/* Does the receiver of the group pass both filters? */
static enum match
receiver_passes(struct group_list *l, const struct receiver *r, struct work *w)
{
	bool by_name, by_labels;

	if (!receiver_verdict(&l->filter, config_of(&l->list), r, w, &by_name, &by_labels))
		return MATCH_LATER;
	return by_name && by_labels ? MATCH_YES : MATCH_NO;
}

/* The sorted receivers of all groups that hold the alert and are asked for. */
static bool
listed_holders(struct group_list *l, const struct alert *a, struct work *w, struct str **out, size_t *n_out)
{
	const struct receiver **holders;
	size_t n;

	view_holders(l->list.api->env.engine, a->labels, l->list.scratch, &holders, &n);
	*out = ARENA_ARRAY(l->list.scratch, n, struct str);
	*n_out = 0;
	for (size_t i = 0; i < n; i++) {
		enum match m = receiver_passes(l, holders[i], w);

		if (m == MATCH_LATER)
			return false;
		if (m == MATCH_YES)
			(*out)[(*n_out)++] = holders[i]->name;
	}
	if (*n_out > 1)
		qsort(*out, *n_out, sizeof((*out)[0]), str_qsort);
	work_spend(w, (int64_t)n * 4);
	return true;
}

static void
open_group(struct group_list *l, const struct group_item *g, struct work *w, struct moment now)
{
	if (l->open)
		return;
	l->open = true;
	/* The cost of a template is unknown before. */
	if (g->route->labels.n > 0)
		work_spend(w, WORK_TURN / 30);
	l->route_labels = view_route_labels(l->list.api->env.engine, g->group, now, l->list.scratch);
	json_object_begin(&l->list.w);
	json_key(&l->list.w, STR("alerts"));
	json_array_begin(&l->list.w);
}

/* Done with the group, which need not be there any more. */
static void
close_group(struct group_list *l)
{
	struct json_writer *w = &l->list.w;

	if (l->open) {
		json_array_end(w);
		json_key(w, STR("labels"));
		write_labels(w, l->at.labels);
		json_key(w, STR("receiver"));
		json_object_begin(w);
		json_put_str(w, "name", istr_str(l->at.receiver));
		json_object_end(w);
		json_key(w, STR("routeLabels"));
		write_labels(w, l->route_labels);
		json_object_end(w);
	}
	labels_unref(l->route_labels);
	l->route_labels = NULL;
	move_to(&l->member, NULL);
	l->inside = l->open = l->inside_member = false;
}

static enum match
show_member(struct group_list *l, const struct group_item *g, const struct alert *a, struct work *w, struct moment now)
{
	struct engine *e = l->list.api->env.engine;
	struct alert_status status;
	struct str *receivers;
	const struct str *muted;
	size_t n, muted_n;
	enum match m = alert_labels_pass(&l->filter, a, now, w);

	if (m == MATCH_YES)
		m = alert_state_passes(&l->filter, e, a, now, w, l->list.scratch, &status);
	if (m == MATCH_YES && !listed_holders(l, a, w, &receivers, &n))
		m = MATCH_LATER;
	if (m != MATCH_YES)
		return m;
	open_group(l, g, w, now);
	view_group_muted(g->group, l->list.scratch, &muted, &muted_n);
	write_alert(&l->list.w, a, &status, receivers, n, muted, muted_n);
	return MATCH_YES;
}

/* One alert of the group. */
static enum http_more
step_member(struct group_list *l, const struct group_item *g, struct work *w, struct moment now)
{
	struct alert *a = l->inside_member ? view_member_at(l->list.api->env.engine, g->group, l->member) : NULL;

	if (a == NULL)
		a = view_member_after(g->group, l->member);
	if (a == NULL) {
		close_group(l);
		return HTTP_MORE;
	}
	if (a->labels != l->member)
		move_to(&l->member, a->labels);
	l->inside_member = show_member(l, g, a, w, now) == MATCH_LATER;
	work_spend(w, STEP_UNITS);
	return l->inside_member ? HTTP_LATER : HTTP_MORE;
}

static bool
hidden(struct group_list *l, const struct group_item *g)
{
	const struct str *names;
	size_t n;

	if (l->filter.muted || l->open)
		return false;
	view_group_muted(g->group, l->list.scratch, &names, &n);
	return n > 0;
}

static enum http_more
step_groups(struct list *list, struct work *w, struct moment now, struct err *e)
{
	struct group_list *l = CONTAINER_OF(list, struct group_list, list);
	const struct engine *engine = list->api->env.engine;
	struct group_item g;
	enum match m;

	(void)e;
	if (view_groups_settle(engine))
		return HTTP_LATER;
	if (!l->inside) {
		if (!view_group_after(engine, &l->at, &g))
			return HTTP_END;
		group_place_set(&l->at, g.route, g.labels);
		l->inside = true;
	} else if (!view_group_at(engine, &l->at, &g)) {
		close_group(l);
		return HTTP_MORE;
	}
	m = l->open ? MATCH_YES : receiver_passes(l, g.route->receiver, w);
	if (m == MATCH_LATER)
		return HTTP_LATER;
	if (m == MATCH_YES && !hidden(l, &g))
		return step_member(l, &g, w, now);
	work_spend(w, STEP_UNITS);
	close_group(l);
	return HTTP_MORE;
}

static void
fini_groups(struct list *list)
{
	struct group_list *l = CONTAINER_OF(list, struct group_list, list);

	group_place_fini(&l->at);
	labels_unref(l->route_labels);
	labels_unref(l->member);
	alert_filter_fini(&l->filter);
}

void
api_groups(struct call *c)
{
	struct group_list *l = NEW(struct group_list);

	if (!alert_filter_init(&l->filter, c)) {
		mem_free(l);
		return;
	}
	l->list.step = step_groups;
	l->list.fini = fini_groups;
	list_reply(c, &l->list);
}
