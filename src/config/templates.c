/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The templates of a configuration: the built-in ones, then the files that
 * `templates` names, in its order; what comes later wins.
 */
#include "base/embedded.h"
#include "conf.h"
#include "tmpl/tmpl.h"

static bool
file_load(struct loading *l, struct str path, struct err *e)
{
	struct arena *scratch = arena_new();
	struct str text, name = arena_str(scratch, path);
	bool ok = part_file_read(l, name.p, scratch, &text, e) &&
	    tmpl_set_add_file(l->c->tmpl, path_base(path), text, e);

	arena_free(&scratch);
	return ok;
}

static bool
pattern_load(struct loading *l, struct str pattern, struct template_pattern *out, struct err *e)
{
	const struct config_env *env = l->r.env;
	struct str_list paths = { 0 };

	if (!env->glob(env->arg, arena_str(l->r.arena, pattern).p, &l->patterns, l->r.arena, &paths, e))
		return false;
	out->files = paths.n;
	for (size_t i = 0; i < paths.n; i++) {
		if (!file_load(l, paths.v[i], e))
			return false;
	}
	return true;
}

static bool
part_load(struct loading *l, const struct part *p, struct template_pattern *out)
{
	const struct yaml_node *list = yaml_get(p->root, "templates");
	struct err e = { 0 };

	for (size_t i = 0; i < p->k.templates.n; i++) {
		const struct yaml_node *n = NULL;

		if (list != NULL && list->kind == YAML_SEQ && i < list->n)
			n = list->items[i];
		out[i] = (struct template_pattern){ .path = p->path };
		if (n != NULL) {
			out[i].line = n->line;
			out[i].col = n->col;
		}
		if (!pattern_load(l, p->k.templates.v[i], &out[i], &e))
			return reading_problem(&l->r, n, AT_INDEX(AT_KEY(NULL, STR("templates")), i),
			    "failed to parse templates: %s", e.text);
	}
	return true;
}

bool
templates_load(struct loading *l)
{
	struct err e = { 0 };
	size_t at = 0;

	l->c->tmpl = tmpl_set_new();
	for (const struct embedded *b = l->r.env->builtin_templates; b != NULL && b->name != NULL; b++) {
		if (!tmpl_set_add_file(l->c->tmpl, STR_NONE, (struct str){ b->bytes, b->size }, &e))
			return reading_problem(&l->r, NULL, NULL, "built-in templates: %s", e.text);
	}
	l->c->template_patterns = ARENA_ARRAY(l->r.arena, l->c->templates.n, struct template_pattern);
	for (size_t p = 0; p < l->parts_n; p++) {
		part_enter(l, p);
		if (!part_load(l, &l->parts[p], l->c->template_patterns + at))
			return false;
		at += l->parts[p].k.templates.n;
	}
	return true;
}
