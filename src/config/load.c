/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes into a configuration: parse, read the sections, check them against
 * each other, compute what takes effect, read templates and rule files. A
 * configuration has one part, its file, or one for each file of a directory; the
 * extra file is one more.
 */
#include "base/mem.h"
#include "base/sbuf.h"
#include "conf.h"
#include "config/gateways.h"
#include "config/ui_conf.h"
#include "text/digest.h"
#include "tmpl/tmpl.h"

#define K struct top_keys
#define TOP_ROWS                                                                                                  \
	ANY_FIELD(K, global, .flags = F_RAW, .doc = "What receivers inherit."),                                   \
	ANY_FIELD(K, route, .flags = F_RAW, .doc = "The tree of routes."),                                        \
	ANY_FIELD(K, inhibit_rules, .flags = F_RAW, .doc = "Which alerts silence which others."),                 \
	ANY_FIELD(K, receivers, .flags = F_RAW, .doc = "Whom to notify, and how."),                               \
	STRINGS_FIELD(K, templates, .doc = "Files with templates."),                                              \
	ANY_FIELD(K, mute_time_intervals, .flags = F_RAW, .doc = "Deprecated: as time_intervals."),               \
	ANY_FIELD(K, time_intervals, .flags = F_RAW, .doc = "Named sets of times."),                              \
	ANY_FIELD(K, tracing, .flags = F_RAW, .doc = "Where to send traces."),                                    \
	ANY_FIELD(K, event_recorder, .flags = F_RAW, .doc = "Where to record events."),                           \
	STRINGS_FIELD(K, rule_files, .flags = F_EXTENSION,                                                        \
	    .doc = "Files with further inhibit_rules, time_intervals and silences."),                             \
	ANY_FIELD(K, ui, .flags = F_RAW | F_EXTENSION, .doc = "What the web page is to be like."),              \
	ANY_FIELD(K, gateways, .flags = F_RAW | F_EXTENSION, .doc = "Named ways to telephones, for sms_configs.")

static const struct field file_table[] = {
	TOP_ROWS,
	{ 0 },
};

const struct field part_fields[] = {
	TOP_ROWS,
	ANY_FIELD(K, routes, .flags = F_RAW | F_EXTENSION, .doc = "Further routes of the root."),
	{ 0 },
};

void
part_enter(struct loading *l, size_t part)
{
	struct reading *r = &l->r;

	r->part = part;
	r->path = l->parts[part].path;
	r->dir = path_dir(r->arena, str_from(r->path));
}

/* COMPAT: the original has no bounds (config.h), and takes pipes and devices for files. */
static bool
too_large(struct err *e, const char *path)
{
	return err_set(e, ERR_LIMIT, "read %s: the files of the configuration have more than %zu bytes together", path,
	    CONFIG_BYTES_MAX);
}

bool
part_file_read(struct loading *l, const char *path, struct arena *a, struct str *out, struct err *e)
{
	const struct config_env *env = l->r.env;

	if (!env->read_file(env->arg, path, CONFIG_BYTES_MAX - l->bytes, a, out, e))
		return e->kind == ERR_LIMIT ? too_large(e, path) : false;
	l->bytes += out->n;
	return true;
}

/* Leaves `root` NULL when there is nothing in the file. */
static void
part_parse(struct loading *l, struct part *p)
{
	struct reading *r = &l->r;
	struct err e = { 0 };

	if (!yaml_parse(r->arena, p->bytes, &p->root, &e)) {
		reading_problem_at(r, e.line, e.col, NULL, "%s", e.text);
		return;
	}
	if (p->root != NULL && r->env->expand_env)
		p->root = expand_env(r, p->root);
	if (p->root != NULL && node_is_null(p->root))
		p->root = NULL;
}

/* False when it is no mapping; other mistakes are noted, and what was read is worth to be looked at. */
static bool
part_read(struct loading *l, struct part *p)
{
	struct reading *r = &l->r;

	if (p->root == NULL)
		return true;
	fields_read(r, p->root, NULL, l->directory || p->extra ? part_fields : file_table, &p->k, NULL);
	for (size_t i = 0; i < p->k.templates.n; i++)
		p->k.templates.v[i] = path_join(r->arena, r->dir, p->k.templates.v[i]);
	return p->root->kind == YAML_MAP;
}

#define SECTION(name) offsetof(struct top_keys, name), #name

/* A section that only one file may have; its part is entered. NULL: there is none. */
static const struct yaml_node *
section(struct loading *l, size_t offset, const char *key)
{
	const struct yaml_node *found = NULL;
	size_t first = 0;

	for (size_t i = 0; i < l->parts_n; i++) {
		const char *keys = (const char *)&l->parts[i].k;
		const struct yaml_node *n = *(const struct yaml_node *const *)(const void *)(keys + offset);

		if (n == NULL)
			continue;
		if (found == NULL) {
			found = n;
			first = i;
			continue;
		}
		part_enter(l, i);
		reading_problem(&l->r, n, AT_KEY(NULL, str_from(key)), "%s:%d:%d has it already, and only one file may%s",
		    l->parts[first].path, found->line, found->col,
		    offset == offsetof(struct top_keys, route) ? " (others add to its routes by `routes`)" : "");
	}
	if (found != NULL)
		part_enter(l, first);
	return found;
}

static void
single_sections_read(struct loading *l)
{
	struct config *c = l->c;
	const struct yaml_node *n;

	n = section(l, SECTION(global));
	if (n != NULL)
		fields_read(&l->r, n, AT_KEY(NULL, STR("global")), global_fields, &c->global, NULL);
	l->global_node = n;
	l->global_part = l->r.part;
	n = section(l, SECTION(route));
	if (n != NULL)
		route_read(l, n);
	n = section(l, SECTION(tracing));
	if (n != NULL)
		tracing_read(l, n, AT_KEY(NULL, STR("tracing")));
	n = section(l, SECTION(event_recorder));
	if (n != NULL)
		event_recorder_read(l, n, AT_KEY(NULL, STR("event_recorder")));
	n = section(l, SECTION(ui));
	if (n != NULL)
		ui_read(l, n);
	c->tracing = l->tracing;
	c->event_recorder = l->event_recorder;
}

static void
templates_append(struct loading *l, const struct str_list *more)
{
	struct str_list *all = &l->c->templates;

	all->v = list_room(l->r.arena, all->v, all->n, more->n, sizeof(all->v[0]));
	for (size_t i = 0; i < more->n; i++)
		all->v[all->n++] = more->v[i];
	all->present = all->present || more->present;
}

static void
lists_read(struct loading *l)
{
	struct reading *r = &l->r;

	/* The deprecated intervals come first, whatever file they are in: the dump tells them apart by that. */
	for (size_t i = 0; i < l->parts_n; i++) {
		const struct top_keys *k = &l->parts[i].k;

		part_enter(l, i);
		if (k->mute_time_intervals != NULL)
			time_intervals_read(l, r, k->mute_time_intervals, AT_KEY(NULL, STR("mute_time_intervals")),
			    true);
	}
	for (size_t i = 0; i < l->parts_n; i++) {
		const struct top_keys *k = &l->parts[i].k;

		part_enter(l, i);
		if (k->inhibit_rules != NULL)
			inhibit_rules_read(l, r, k->inhibit_rules, AT_KEY(NULL, STR("inhibit_rules")));
		if (k->gateways != NULL)
			gateways_read(l, k->gateways, AT_KEY(NULL, STR("gateways")));
		if (k->receivers != NULL)
			receivers_read(l, k->receivers, AT_KEY(NULL, STR("receivers")));
		if (k->time_intervals != NULL)
			time_intervals_read(l, r, k->time_intervals, AT_KEY(NULL, STR("time_intervals")), false);
		if (k->routes != NULL && l->c->route != NULL)
			routes_add(l, k->routes, AT_KEY(NULL, STR("routes")));
		templates_append(l, &k->templates);
	}
}

/* The extra file is read here, the others have been. */
static bool
part_bytes(struct loading *l, struct part *p, struct err *e)
{
	if (p->extra)
		return part_file_read(l, p->path, l->r.arena, &p->bytes, e);
	l->bytes += p->bytes.n;
	return l->bytes <= CONFIG_BYTES_MAX || too_large(e, p->path);
}

static bool
load(struct loading *l)
{
	struct reading *r = &l->r;
	bool ok = true;

	fields_defaults(r, global_fields, &l->c->global);
	for (size_t i = 0; i < l->parts_n; i++) {
		struct err e = { 0 };

		part_enter(l, i);
		if (!part_bytes(l, &l->parts[i], &e))
			return reading_problem(r, NULL, NULL, "%s", e.text);
		part_parse(l, &l->parts[i]);
	}
	if (r->problems_n > 0)
		return false;
	if (!l->directory && l->parts[0].root == NULL)
		return reading_problem(r, NULL, NULL, "no route provided in config");
	for (size_t i = 0; i < l->parts_n; i++) {
		part_enter(l, i);
		ok = part_read(l, &l->parts[i]) && ok;
	}
	if (!ok)
		return false;
	single_sections_read(l);
	lists_read(l);
	return r->problems_n == 0 && rule_files_load(l) && config_check(l) && templates_load(l);
}

/* A file's own bytes, as Alertmanager does it; of several, their names and sizes too. */
static uint64_t
hash_of(const struct loading *l)
{
	struct str bytes = l->parts[0].bytes;
	struct sbuf all = SBUF_INIT(SBUF_UNLIMITED);
	unsigned char md5[MD5_SIZE];
	uint64_t h = 0;

	if (l->directory || l->parts_n > 1) {
		for (size_t i = 0; i < l->parts_n; i++) {
			sbuf_str(&all, path_base(str_from(l->parts[i].path)));
			sbuf_printf(&all, "%c%zu%c", 0, l->parts[i].bytes.n, 0);
			sbuf_str(&all, l->parts[i].bytes);
		}
		bytes = sbuf_get(&all);
	}
	if (digest_md5(bytes, md5)) {
		for (unsigned i = 0; i < 6; i++)
			h |= (uint64_t)md5[i] << (8 * i);
	}
	sbuf_fini(&all);
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
	for (size_t i = 0; c->ui != NULL && i < c->ui->heartbeats_n; i++)
		matchers_fini(&c->ui->heartbeats[i].compiled);
	for (size_t i = 0; i < c->gateways_n; i++)
		for (size_t k = 0; k < c->gateways[i].budget.exempt_n; k++)
			matchers_fini(&c->gateways[i].budget.exempt[k]);
	for (size_t i = 0; i < c->receivers_n; i++)
		labels_unref(c->receivers[i].labels);
	for (size_t i = 0; i < c->silences_n; i++)
		silence_unref(c->silences[i]);
	tmpl_set_free(&c->tmpl);
	names_fini(&c->receiver_names);
	names_fini(&c->gateway_names);
	mem_free(c);
	arena_free(&a);
}

/* Takes the loading. */
static bool
finish(struct loading *l, struct config **out, struct err *e)
{
	struct config *c = l->c;
	bool ok = load(l) && config_dump(l) && reading_end(&l->r, e);

	if (ok) {
		c->hash = hash_of(l);
		holdings_list(c);
		*out = c;
	} else {
		ok = reading_end(&l->r, e);
		config_free(c);
	}
	names_fini(&l->interval_names);
	names_fini(&l->rule_file_names);
	mem_free(l);
	return ok;
}

static struct loading *
begin(const struct config_file *files, size_t n, const char *path, const struct config_env *env)
{
	struct loading *l = NEW(struct loading);
	struct config *c = NEW(struct config);

	c->refs = 1;
	c->arena = arena_new();
	l->c = c;
	l->r.env = env;
	l->r.arena = c->arena;
	l->path = arena_strdup(c->arena, path);
	l->patterns = (struct path_bounds){ CONFIG_ENTRIES_MAX, CONFIG_FILES_MAX };
	l->parts_n = n + (env->extra_file != NULL ? 1 : 0);
	l->parts = ARENA_ARRAY(c->arena, l->parts_n, struct part);
	for (size_t i = 0; i < n; i++) {
		l->parts[i].path = arena_strdup(c->arena, files[i].path);
		l->parts[i].bytes = files[i].bytes;
	}
	if (env->extra_file != NULL)
		l->parts[n] = (struct part){ .path = arena_strdup(c->arena, env->extra_file), .extra = true };
	return l;
}

bool
config_load(struct str bytes, const char *path, const struct config_env *env, struct config **out, struct err *e)
{
	struct config_file file = { path, bytes };

	return finish(begin(&file, 1, path, env), out, e);
}

bool
config_load_directory(const struct config_file *files, size_t n, const char *path, const struct config_env *env,
    struct config **out, struct err *e)
{
	struct loading *l;

	if (n == 0)
		return err_set(e, ERR_INVALID, "%s: no files of configuration (wanted: *.yml or *.yaml)", path);
	l = begin(files, n, path, env);
	l->directory = true;
	return finish(l, out, e);
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
