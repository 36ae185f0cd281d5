/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `route`: the tree as it is written. Inherited values are computed once the
 * whole configuration was checked (route_build.c).
 */
#include "conf.h"

struct route_keys {
	struct str receiver;
	struct str_list group_by;
	const struct yaml_node *match, *match_re, *matchers;
	struct str_list mute_time_intervals, active_time_intervals;
	bool continue_;
	const struct yaml_node *routes;
	span group_wait, group_interval, repeat_interval;
	struct str_pairs labels;
};

enum row {
	ROW_RECEIVER,
	ROW_GROUP_BY,
	ROW_MATCH,
	ROW_MATCH_RE,
	ROW_MATCHERS,
	ROW_MUTE,
	ROW_ACTIVE,
	ROW_CONTINUE,
	ROW_ROUTES,
	ROW_GROUP_WAIT,
	ROW_GROUP_INTERVAL,
	ROW_REPEAT_INTERVAL,
	ROW_LABELS,
};

#define K struct route_keys

const struct field route_fields[] = {
	[ROW_RECEIVER] = STRING_FIELD(K, receiver, .doc = "Whom to notify; inherited."),
	[ROW_GROUP_BY] = STRINGS_FIELD(K, group_by, .doc = "Labels to group by, or '...' for all; inherited."),
	[ROW_MATCH] = ANY_FIELD(K, match, .flags = F_RAW, .doc = "Deprecated: labels and the values they have to have."),
	[ROW_MATCH_RE] = ANY_FIELD(K, match_re, .flags = F_RAW, .doc = "Deprecated: labels and regular expressions."),
	[ROW_MATCHERS] = ANY_FIELD(K, matchers, .flags = F_RAW, .doc = "Which alerts take this route; all have to match."),
	[ROW_MUTE] = STRINGS_FIELD(K, mute_time_intervals, .doc = "When not to notify."),
	[ROW_ACTIVE] = STRINGS_FIELD(K, active_time_intervals, .doc = "When only to notify."),
	[ROW_CONTINUE] = { .key = "continue", .type = FIELD_BOOL, .offset = FIELD_CHECKED_(K, continue_, bool),
	    .doc = "Whether to try the following siblings too." },
	[ROW_ROUTES] = ANY_FIELD(K, routes, .flags = F_RAW, .doc = "Children."),
	[ROW_GROUP_WAIT] = DURATION_FIELD(K, group_wait,
	    .doc = "How long to wait for more alerts of a new group; inherited."),
	[ROW_GROUP_INTERVAL] = DURATION_FIELD(K, group_interval,
	    .doc = "How long between notifications about changes of a group; inherited."),
	[ROW_REPEAT_INTERVAL] = DURATION_FIELD(K, repeat_interval,
	    .doc = "How long until an unchanged group is notified again; inherited."),
	[ROW_LABELS] = PAIRS_FIELD(K, labels, .flags = F_TEMPLATE, .doc = "Labels of the route; inherited, merged."),
	{ 0 },
};

/* Alertmanager config.Route.UnmarshalYAML. */
static bool
group_by_unique(struct reading *r, const struct yaml_node *node, const struct at *at, const struct str_list *list)
{
	struct names seen = { 0 };
	bool ok = true;

	for (size_t i = 0; i < list->n && ok; i++) {
		if (!names_add(&seen, r->arena, list->v[i], i))
			ok = reading_problem(r, node->items[i], AT_INDEX(AT_KEY(at, STR("group_by")), i),
			    "duplicated label \"%.*s\" in group_by", STR_ARG(list->v[i]));
	}
	names_fini(&seen);
	return ok;
}

static bool
group_by_check(struct reading *r, const struct yaml_node *n, const struct at *at, const struct str_list *list)
{
	const struct yaml_node *node = yaml_get(n, "group_by");
	bool all = false;
	size_t labels = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct at *here = AT_INDEX(AT_KEY(at, STR("group_by")), i);

		if (str_is(list->v[i], "...")) {
			all = true;
			continue;
		}
		if (!label_name_valid(list->v[i], r->env->naming))
			return reading_problem(r, node->items[i], here, "invalid label name \"%.*s\" in group_by list",
			    STR_ARG(list->v[i]));
		labels++;
	}
	if (all && labels > 0)
		return reading_problem(r, node, AT_KEY(at, STR("group_by")),
		    "cannot have wildcard group_by (`...`) and other labels at the same time");
	return all || group_by_unique(r, node, at, list);
}

static bool
values_check(struct reading *r, const struct yaml_node *n, const struct at *at, const struct route_keys *k,
    struct field_presence written)
{
	for (size_t i = 0; i < k->labels.n; i++) {
		if (!label_name_valid(k->labels.v[i].key, r->env->naming))
			return reading_problem(r, yaml_get(n, "labels"), AT_KEY(at, STR("labels")),
			    "invalid label name \"%.*s\" in route labels", STR_ARG(k->labels.v[i].key));
	}
	if (!group_by_check(r, n, at, &k->group_by))
		return false;
	if (field_written(written, ROW_GROUP_INTERVAL) && k->group_interval == 0)
		return reading_problem(r, yaml_get(n, "group_interval"), AT_KEY(at, STR("group_interval")),
		    "group_interval cannot be zero");
	if (field_written(written, ROW_REPEAT_INTERVAL) && k->repeat_interval == 0)
		return reading_problem(r, yaml_get(n, "repeat_interval"), AT_KEY(at, STR("repeat_interval")),
		    "repeat_interval cannot be zero");
	return true;
}

static void
node_read(struct loading *l, struct route_conf *conf, const struct yaml_node *n, const struct at *at);

static void
children_read(struct loading *l, struct route_conf *conf, const struct yaml_node *n, const struct at *at, bool added)
{
	struct reading *r = &l->r;
	struct route *parent = &conf->route;

	if (n == NULL)
		return;
	if (n->kind != YAML_SEQ) {
		reading_type_problem(r, n, at, false, "[]*config.Route", "a list of routes is wanted here");
		return;
	}
	parent->routes = list_room(r->arena, parent->routes, parent->routes_n, n->n, sizeof(parent->routes[0]));
	for (size_t i = 0; i < n->n; i++) {
		struct route_conf *child;

		if (node_is_null(n->items[i])) {
			/* COMPAT: the original crashes. */
			reading_problem(r, n->items[i], AT_INDEX(at, i), "the route is null: a mapping is wanted here");
			continue;
		}
		child = ARENA_NEW(r->arena, struct route_conf);
		child->route.parent = parent;
		child->part = r->part;
		child->position = i;
		child->added = added;
		parent->routes[parent->routes_n++] = &child->route;
		node_read(l, child, n->items[i], AT_INDEX(at, i));
	}
}

static void
node_read(struct loading *l, struct route_conf *conf, const struct yaml_node *n, const struct at *at)
{
	struct reading *r = &l->r;
	struct field_presence written = { 0 };
	struct route_keys k = { 0 };
	struct matchers *all = &conf->route.matchers;

	conf->node = n;
	conf->route.file = arena_str(r->arena, path_base(str_from(r->path)));
	conf->route.line = n->line;
	conf->route.col = n->col;
	if (fields_read(r, n, at, route_fields, &k, &written))
		values_check(r, n, at, &k, written);
	conf->receiver_name = k.receiver;
	conf->group_by = k.group_by;
	conf->mute_names = k.mute_time_intervals;
	conf->active_names = k.active_time_intervals;
	conf->route.continue_ = k.continue_;
	conf->route.group_wait = k.group_wait;
	conf->route.group_interval = k.group_interval;
	conf->route.repeat_interval = k.repeat_interval;
	conf->has_group_wait = field_written(written, ROW_GROUP_WAIT);
	conf->has_group_interval = field_written(written, ROW_GROUP_INTERVAL);
	conf->has_repeat_interval = field_written(written, ROW_REPEAT_INTERVAL);
	conf->labels = k.labels;
	matchers_read(r, k.matchers, AT_KEY(at, STR("matchers")), all, &conf->matchers);
	match_read(r, k.match, AT_KEY(at, STR("match")), false, all, &conf->match);
	match_read(r, k.match_re, AT_KEY(at, STR("match_re")), true, all, &conf->match_re);
	matchers_sort(all);
	children_read(l, conf, k.routes, AT_KEY(at, STR("routes")), false);
}

bool
route_read(struct loading *l, const struct yaml_node *n)
{
	struct route_conf *root = ARENA_NEW(l->r.arena, struct route_conf);
	size_t before = l->r.problems_n;

	l->c->route = &root->route;
	root->part = l->r.part;
	node_read(l, root, n, AT_KEY(NULL, STR("route")));
	return l->r.problems_n == before;
}

bool
routes_add(struct loading *l, const struct yaml_node *n, const struct at *at)
{
	size_t before = l->r.problems_n;

	children_read(l, CONTAINER_OF(l->c->route, struct route_conf, route), n, at, true);
	return l->r.problems_n == before;
}
