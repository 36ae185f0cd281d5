/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v2/alerts and /api/v2/alerts/groups. */
#include <stdlib.h>

#include "base/mem.h"
#include "list.h"

/* To find the next group and to look whether it is wanted, or to show an alert, beside what matching takes. */
#define STEP_UNITS 30
/* So much is written in one step, or little more. */
#define STEP_BYTES 16384

static struct config *
config_of(const struct list *l)
{
	return view_config(l->api->env.engine);
}

/* Where a step ends that looks at many alerts; false: it does, or goes on later. */
static enum http_more
after_walk(bool over, const struct work *w)
{
	if (over)
		return HTTP_END;
	return work_used_up(w) ? HTTP_LATER : HTTP_MORE;
}

struct alert_list {
	struct list list;
	struct alert_filter filter;
	struct labels *at;	/* looked at so far; owned reference */
	struct alert_texts texts;
};

/* Names of the receivers that the routes give it. MATCH_NO: the receiver filters refuse all of them. */
static enum match
receivers_of(struct alert_list *l, const struct alert_entry *entry, struct work *w, struct str **names_out, size_t *n_out)
{
	const struct route *const *routes;
	bool by_name = false, by_labels = false;

	view_entry_routes(l->list.api->env.engine, entry, &routes, n_out);
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

struct visit {
	struct list *list;
	struct work *w;
	struct moment now;
	size_t end;			/* of the step, in what is written */
	const struct group_item *group;	/* whose alerts they are, or NULL */
};

static struct visit
visit_of(struct list *l, struct work *w, struct moment now, const struct group_item *g)
{
	return (struct visit){ l, w, now, l->w.b->n + STEP_BYTES, g };
}

/* The text written since `before` is paid for at once: many alerts are shown in a step. */
static void
pay(const struct visit *v, size_t before)
{
	list_spend(v->w, v->list->w.b->n - before);
	work_spend(v->w, STEP_UNITS);
}

static bool
show_alert(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct alert_list *l = CONTAINER_OF(v->list, struct alert_list, list);
	size_t before = l->list.w.b->n, n = 0;
	struct alert_status status;
	struct str *names = NULL;
	enum match m;

	if (before >= v->end)
		return false;
	m = alert_labels_pass(&l->filter, a, v->now, v->w);
	if (m == MATCH_YES)
		m = receivers_of(l, entry, v->w, &names, &n);
	if (m == MATCH_YES)
		m = alert_state_passes(&l->filter, l->list.api->env.engine, entry, v->now, v->w, l->list.scratch, &status);
	if (m != MATCH_YES)
		return m == MATCH_NO;
	write_alert(&l->list.w, &l->texts, a, &status, names, n, NULL, 0);
	work_spend(v->w, (int64_t)n);
	pay(v, before);
	return true;
}

static enum http_more
step_alerts(struct list *list, struct work *w, struct moment now, struct err *e)
{
	struct alert_list *l = CONTAINER_OF(list, struct alert_list, list);
	struct visit v = visit_of(list, w, now, NULL);

	(void)e;
	return after_walk(alert_filter_walk(&l->filter, list->api->env.engine, &l->at, w, show_alert, &v), w);
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
	struct labels *member;	/* alerts in it that were looked at; owned reference */
	struct alert_texts texts;
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
listed_holders(struct group_list *l, const struct alert_entry *entry, struct work *w, struct str **out, size_t *n_out)
{
	const struct receiver **holders;
	size_t n;

	view_entry_receivers(entry, l->list.scratch, &holders, &n);
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
	labels_unref(l->member);
	l->member = NULL;
	l->inside = l->open = false;
}

static bool
show_member(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct group_list *l = CONTAINER_OF(v->list, struct group_list, list);
	size_t before = l->list.w.b->n, n, muted_n;
	struct alert_status status;
	struct str *receivers;
	const struct str *muted;
	enum match m;

	if (before >= v->end)
		return false;
	m = alert_labels_pass(&l->filter, a, v->now, v->w);
	if (m == MATCH_YES)
		m = alert_state_passes(&l->filter, l->list.api->env.engine, entry, v->now, v->w, l->list.scratch, &status);
	if (m == MATCH_YES && !listed_holders(l, entry, v->w, &receivers, &n))
		m = MATCH_LATER;
	if (m != MATCH_YES)
		return m == MATCH_NO;
	open_group(l, v->group, v->w, v->now);
	view_group_muted(v->group->group, l->list.scratch, &muted, &muted_n);
	write_alert(&l->list.w, &l->texts, a, &status, receivers, n, muted, muted_n);
	pay(v, before);
	return true;
}

/* Alerts of the group. */
static enum http_more
step_members(struct group_list *l, const struct group_item *g, struct work *w, struct moment now)
{
	struct visit v = visit_of(&l->list, w, now, g);
	enum http_more more = after_walk(view_members_some(g->group, &l->member, w, show_member, &v), w);

	if (more != HTTP_END)
		return more;
	close_group(l);
	return HTTP_MORE;
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
		work_spend(w, view_group_units(&g));
		l->inside = true;
	} else if (!view_group_at(engine, &l->at, &g)) {
		close_group(l);
		return HTTP_MORE;
	}
	m = l->open ? MATCH_YES : receiver_passes(l, g.route->receiver, w);
	if (m == MATCH_YES && !l->open)
		m = alert_filter_group(&l->filter, &g, w);
	if (m == MATCH_LATER)
		return HTTP_LATER;
	if (m == MATCH_YES && !hidden(l, &g))
		return step_members(l, &g, w, now);
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
