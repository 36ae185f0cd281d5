/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes into a configuration: parse, read the sections, check them against
 * each other, compute what takes effect, read templates and rule files.
 */
#include "base/mem.h"
#include "conf.h"
#include "text/digest.h"
#include "tmpl/tmpl.h"

struct top_keys {
	const struct yaml_node *global, *route, *inhibit_rules, *receivers;
	struct str_list templates;
	const struct yaml_node *mute_time_intervals, *time_intervals, *tracing, *event_recorder;
	struct str_list rule_files;
};

#define K struct top_keys

static const struct field top_table[] = {
	ANY_FIELD(K, global, .flags = F_RAW, .doc = "What receivers inherit."),
	ANY_FIELD(K, route, .flags = F_RAW, .doc = "The tree of routes."),
	ANY_FIELD(K, inhibit_rules, .flags = F_RAW, .doc = "Which alerts silence which others."),
	ANY_FIELD(K, receivers, .flags = F_RAW, .doc = "Whom to notify, and how."),
	STRINGS_FIELD(K, templates, .doc = "Files with templates."),
	ANY_FIELD(K, mute_time_intervals, .flags = F_RAW, .doc = "Deprecated: as time_intervals."),
	ANY_FIELD(K, time_intervals, .flags = F_RAW, .doc = "Named sets of times."),
	ANY_FIELD(K, tracing, .flags = F_RAW, .doc = "Where to send traces."),
	ANY_FIELD(K, event_recorder, .flags = F_RAW, .doc = "Where to record events."),
	STRINGS_FIELD(K, rule_files, .flags = F_EXTENSION,
	    .doc = "Files with further inhibit_rules, time_intervals and silences."),
	{ 0 },
};

static void
sections_read(struct loading *l, const struct top_keys *k)
{
	struct reading *r = &l->r;
	struct config *c = l->c;

#define AT(name) AT_KEY(NULL, STR(name))
	if (k->global != NULL)
		fields_read(r, k->global, AT("global"), global_fields, &c->global, NULL);
	if (k->route != NULL)
		route_read(l, k->route);
	if (k->inhibit_rules != NULL)
		inhibit_rules_read(l, r, k->inhibit_rules, AT("inhibit_rules"));
	if (k->receivers != NULL)
		receivers_read(l, k->receivers, AT("receivers"));
	if (k->mute_time_intervals != NULL)
		time_intervals_read(l, r, k->mute_time_intervals, AT("mute_time_intervals"), true);
	if (k->time_intervals != NULL)
		time_intervals_read(l, r, k->time_intervals, AT("time_intervals"), false);
	if (k->tracing != NULL)
		tracing_read(l, k->tracing, AT("tracing"));
	if (k->event_recorder != NULL)
		event_recorder_read(l, k->event_recorder, AT("event_recorder"));
#undef AT
	l->route_node = k->route;
	l->global_node = k->global;
	l->rule_files = k->rule_files;
	c->tracing = l->tracing;
	c->event_recorder = l->event_recorder;
	c->templates = k->templates;
	for (size_t i = 0; i < c->templates.n; i++)
		c->templates.v[i] = path_join(r->arena, r->dir, c->templates.v[i]);
}

static bool
parse(struct loading *l, struct str bytes)
{
	struct reading *r = &l->r;
	struct err e = { 0 };

	if (!yaml_parse(r->arena, bytes, &l->root, &e))
		return reading_problem_at(r, e.line, e.col, NULL, "%s", e.text);
	if (l->root != NULL && r->env->expand_env)
		l->root = expand_env(r, l->root);
	return r->problems_n == 0;
}

static bool
load(struct loading *l, struct str bytes)
{
	struct reading *r = &l->r;
	struct top_keys k = { 0 };

	fields_defaults(r, global_fields, &l->c->global);
	if (!parse(l, bytes))
		return false;
	if (l->root == NULL || node_is_null(l->root))
		return reading_problem(r, NULL, NULL, "no route provided in config");
	fields_read(r, l->root, NULL, top_table, &k, NULL);
	if (l->root->kind != YAML_MAP)
		return false;
	sections_read(l, &k);
	return r->problems_n == 0 && rule_files_load(l) && config_check(l) && templates_load(l);
}

static uint64_t
hash_of(struct str bytes)
{
	unsigned char md5[MD5_SIZE];
	uint64_t h = 0;

	if (!digest_md5(bytes, md5))
		return 0;
	for (unsigned i = 0; i < 6; i++)
		h |= (uint64_t)md5[i] << (8 * i);
	return h;
}

static void
route_fini(struct route *rt)
{
	for (size_t i = 0; i < rt->routes_n; i++)
		route_fini(rt->routes[i]);
	matchers_fini(&rt->matchers);
}

static void
config_free(struct config *c)
{
	struct arena *a = c->arena;

	if (c->route != NULL)
		route_fini(c->route);
	for (size_t i = 0; i < c->inhibit_rules_n; i++) {
		matchers_fini(&c->inhibit_rules[i].source);
		matchers_fini(&c->inhibit_rules[i].target);
	}
	for (size_t i = 0; i < c->receivers_n; i++)
		labels_unref(c->receivers[i].labels);
	for (size_t i = 0; i < c->silences_n; i++)
		silence_unref(c->silences[i]);
	tmpl_set_free(&c->tmpl);
	mem_free(c);
	arena_free(&a);
}

bool
config_load(struct str bytes, const char *path, const struct config_env *env, struct config **out, struct err *e)
{
	struct loading *l = NEW(struct loading);
	struct config *c = NEW(struct config);
	bool ok;

	c->refs = 1;
	c->arena = arena_new();
	l->c = c;
	l->r.env = env;
	l->r.arena = c->arena;
	l->r.path = arena_strdup(c->arena, path);
	l->r.dir = path_dir(c->arena, str_from(l->r.path));
	ok = load(l, bytes) && reading_end(&l->r, e);
	if (ok) {
		config_dump(l);
		c->hash = hash_of(bytes);
		*out = c;
	} else {
		ok = reading_end(&l->r, e);
		config_free(c);
	}
	mem_free(l);
	return ok;
}

struct config *
config_ref(struct config *c)
{
	c->refs++;
	return c;
}

void
config_unref(struct config *c)
{
	if (c != NULL && --c->refs == 0)
		config_free(c);
}
