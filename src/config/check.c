/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that concern several sections, in the order of Alertmanager's
 * config.Config.UnmarshalYAML. The first mistake ends it.
 */
#include "conf.h"

static bool
pair_error(struct loading *l, const char *a, const char *b)
{
	const struct yaml_node *n = yaml_get(l->global_node, b);

	part_enter(l, l->global_part);
	return reading_problem(&l->r, n != NULL ? n : l->global_node, AT_KEY(AT_KEY(NULL, STR("global")), str_from(b)),
	    "at most one of %s & %s must be configured", a, b);
}

static bool
global_check(struct loading *l)
{
	const struct global *g = &l->c->global;
	const struct {
		struct str value, file;
		const char *key, *file_key;
		bool pointer;	/* what was written counts, even when it is empty */
	} pairs[] = {
#define PAIR(m, pointer) { g->m, g->m##_file, #m, #m "_file", pointer }
		PAIR(slack_app_token, false),
		PAIR(slack_api_url, false),
		PAIR(opsgenie_api_key, false),
		PAIR(victorops_api_key, false),
		PAIR(telegram_bot_token, false),
		PAIR(smtp_auth_password, false),
		PAIR(rocketchat_token, true),
		PAIR(rocketchat_token_id, true),
		PAIR(smtp_auth_secret, false),
		PAIR(wechat_api_secret, false),
		PAIR(mattermost_webhook_url, false),
#undef PAIR
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		bool value = pairs[i].pointer ? pairs[i].value.p != NULL : pairs[i].value.n > 0;

		if (value && pairs[i].file.n > 0)
			return pair_error(l, pairs[i].key, pairs[i].file_key);
		/* COMPAT: with slack_api_url_file and a token the original crashes. */
		if (i == 1 && (g->slack_app_token.n > 0 || g->slack_app_token_file.n > 0) &&
		    (g->slack_api_url_file.n > 0 ||
		    (g->slack_api_url.n > 0 && !str_eq(g->slack_api_url, g->slack_app_url))))
			return pair_error(l, "slack_app_token/slack_app_token_file",
			    "slack_api_url/slack_api_url_file");
	}
	return true;
}

/* Where an integration of receiver i stands: enters its part; its place in the list of receivers there, and its own key. */
static size_t
integration_place(struct loading *l, size_t i, const struct integration *in, struct str *key)
{
	const struct receiver_conf *conf = &l->receivers[i];
	bool added = in->ordinal >= conf->own_n;
	size_t index = in->index;

	/* The extra file counts from 0. */
	for (size_t k = 0; added && k < conf->own_n; k++)
		index -= l->c->receivers[i].integrations[k].kind == in->kind;
	part_enter(l, added ? conf->added_part : conf->part);
	*key = arena_printf(l->r.arena, "%s_configs[%zu]", in->kind->name, index);
	return added ? conf->added_position : conf->position;
}

static bool
integration_finish(struct loading *l, size_t i, struct integration *in)
{
	struct str key;
	size_t position = integration_place(l, i, in, &key);
	const struct at *at = AT_KEY(AT_INDEX(AT_KEY(NULL, STR("receivers")), position), key);
	const struct integration_kind *kind = in->kind;
	struct integration_common *common = in->settings;
	struct err e = { 0 };

	fields_inherit(kind->fields, in->settings, &l->c->global);
	if (kind->has_http_config && common->http_config == NULL)
		/* COMPAT: the original crashes. */
		return reading_problem_at(&l->r, in->line, in->col, at,
		    "no http_config: global.http_config is null and the receiver has none of its own");
	if (kind->finish != NULL && !kind->finish(in->settings, &l->c->global, l->r.arena, &e))
		return reading_problem_at(&l->r, in->line, in->col, at, "%s", e.text);
	return gateways_check(l, &l->c->receivers[i], in, at);
}

static bool
name_taken(struct loading *l, const struct receiver *rc, const struct at *at)
{
	const struct receiver *first = config_receiver(l->c, rc->name);
	size_t part = l->receivers[first->index].part;

	if (part == l->r.part)
		return reading_problem_at(&l->r, rc->line, rc->col, at,
		    "notification config name \"%.*s\" is not unique", STR_ARG(rc->name));
	return reading_problem_at(&l->r, rc->line, rc->col, at,
	    "notification config name \"%.*s\" is not unique: it is that of %s:%d:%d too", STR_ARG(rc->name),
	    l->parts[part].path, first->line, first->col);
}

static bool
receivers_check(struct loading *l)
{
	struct config *c = l->c;

	for (size_t i = 0; i < c->receivers_n; i++) {
		struct receiver *rc = &c->receivers[i];
		const struct at *at = AT_INDEX(AT_KEY(NULL, STR("receivers")), l->receivers[i].position);

		part_enter(l, l->receivers[i].part);
		if (!names_add(&c->receiver_names, c->arena, rc->name, i))
			return name_taken(l, rc, at);
		for (size_t k = 0; k < rc->n; k++) {
			if (!integration_finish(l, i, &rc->integrations[k]))
				return false;
		}
	}
	return true;
}

static bool
root_check(struct loading *l)
{
	const struct route_conf *root = CONTAINER_OF(l->c->route, struct route_conf, route);
	const char *wrong = NULL;

	if (root->receiver_name.n == 0)
		wrong = "root route must specify a default receiver";
	else if (root->match.n > 0 || root->match_re.n > 0 || root->matchers.n > 0)
		wrong = "root route must not have any matchers";
	else if (root->mute_names.n > 0)
		wrong = "root route must not have any mute time intervals";
	else if (root->active_names.n > 0)
		wrong = "root route must not have any active time intervals";
	part_enter(l, root->part);
	if (wrong != NULL)
		return reading_problem(&l->r, root->node, AT_KEY(NULL, STR("route")), "%s", wrong);
	return true;
}

static bool
receiver_names_check(struct loading *l, struct route *rt, const struct at *at)
{
	const struct route_conf *conf = CONTAINER_OF(rt, struct route_conf, route);
	const struct yaml_node *n;

	for (size_t i = 0; i < rt->routes_n; i++) {
		const struct route_conf *child = CONTAINER_OF(rt->routes[i], struct route_conf, route);
		const struct at *list = AT_KEY(child->added ? NULL : at, STR("routes"));

		if (!receiver_names_check(l, rt->routes[i], AT_INDEX(list, child->position)))
			return false;
	}
	if (conf->receiver_name.n == 0 || config_receiver(l->c, conf->receiver_name) != NULL)
		return true;
	n = yaml_get(conf->node, "receiver");
	part_enter(l, conf->part);
	return reading_problem(&l->r, n != NULL ? n : conf->node, AT_KEY(at, STR("receiver")),
	    "undefined receiver \"%.*s\" used in route", STR_ARG(conf->receiver_name));
}

static bool
interval_list_check(struct loading *l, const struct route_conf *conf, const struct at *at, const char *key,
    const struct str_list *names)
{
	const struct yaml_node *n = yaml_get(conf->node, key);

	part_enter(l, conf->part);
	for (size_t i = 0; i < names->n; i++) {
		if (interval_find(l, names->v[i]) == NULL)
			return reading_problem(&l->r, n != NULL && i < n->n ? n->items[i] : conf->node,
			    AT_INDEX(AT_KEY(at, str_from(key)), i), "undefined time interval \"%.*s\" used in route",
			    STR_ARG(names->v[i]));
	}
	return true;
}

static bool
interval_names_check(struct loading *l, struct route *rt, const struct at *at)
{
	const struct route_conf *conf = CONTAINER_OF(rt, struct route_conf, route);

	for (size_t i = 0; i < rt->routes_n; i++) {
		const struct route_conf *child = CONTAINER_OF(rt->routes[i], struct route_conf, route);
		const struct at *list = AT_KEY(child->added ? NULL : at, STR("routes"));

		if (!interval_names_check(l, rt->routes[i], AT_INDEX(list, child->position)))
			return false;
	}
	return interval_list_check(l, conf, at, "active_time_intervals", &conf->active_names) &&
	    interval_list_check(l, conf, at, "mute_time_intervals", &conf->mute_names);
}

/* Files that have to be readable when the receivers in use are made. */
static bool
files_check(struct loading *l, const struct integration *in, const struct at *at)
{
	for (const struct field *f = in->kind->fields; f->key != NULL; f++) {
		struct arena *scratch;
		struct err e = { 0 };
		struct str path, text;
		bool ok;

		if ((f->flags & F_READ_AT_LOAD) == 0)
			continue;
		path = *(const struct str *)(const void *)((const char *)in->settings + f->offset);
		if (path.n == 0)
			continue;
		scratch = arena_new();
		path = arena_str(scratch, path);
		ok = l->r.env->read_file(l->r.env->arg, path.p, 1 << 20, scratch, &text, &e);
		arena_free(&scratch);
		if (!ok)
			return reading_problem_at(&l->r, in->line, in->col, AT_KEY(at, str_from(f->key)), "%s", e.text);
	}
	return true;
}

/* Mistakes that Alertmanager finds when it builds the receivers that some route names. */
static bool
used_check(struct loading *l)
{
	const struct config *c = l->c;

	for (size_t i = 0; i < c->receivers_n; i++) {
		const struct receiver *rc = &c->receivers[i];

		for (size_t k = 0; rc->used && k < rc->n; k++) {
			const struct integration *in = &rc->integrations[k];
			const struct integration_common *common = in->settings;
			struct str key;
			size_t position = integration_place(l, i, in, &key);
			const struct at *at = AT_KEY(AT_INDEX(AT_KEY(NULL, STR("receivers")), position), key);
			struct err e = { 0 };

			if (common->http_config != NULL && !http_config_usable(common->http_config, &e))
				return reading_problem_at(&l->r, in->line, in->col, at, "%s", e.text);
			if (!files_check(l, in, at))
				return false;
			if (in->kind->used != NULL)
				in->kind->used(in->settings, l->r.arena);
		}
	}
	return true;
}

bool
config_check(struct loading *l)
{
	const struct at *top = AT_KEY(NULL, STR("route"));
	struct route *root = l->c->route;

	if (!global_check(l) || !receivers_check(l))
		return false;
	if (root == NULL && l->directory) {
		l->r.path = l->path;
		return reading_problem(&l->r, NULL, NULL, "no routes provided: none of its files has a route");
	}
	if (root == NULL)
		return reading_problem(&l->r, l->parts[0].root, NULL, "no routes provided");
	if (!root_check(l) || !receiver_names_check(l, root, top) || !interval_names_check(l, root, top))
		return false;
	part_enter(l, CONTAINER_OF(root, struct route_conf, route)->part);
	if (root->continue_)
		return reading_problem(&l->r, yaml_get(CONTAINER_OF(root, struct route_conf, route)->node, "continue"),
		    AT_KEY(top, STR("continue")), "cannot have continue in root route");
	routes_build(l);
	return used_check(l);
}
