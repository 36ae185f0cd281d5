/* SPDX-License-Identifier: Apache-2.0 */
#include "tmpl/tmpl.h"

#include <assert.h>

#include "base/hash.h"
#include "base/mem.h"
#include "calls.h"
#include "exec.h"
#include "html.h"
#include "parse.h"
#include "regex_cache.h"

/* A parsed inline string; kept for the life of the set. */
struct inline_source {
	struct hmap_node by_text;	/* in struct tmpl_set */
	struct str text;
	struct arena *arena;
	struct tree_map trees;		/* its own definitions and itself, as "" */
	struct err *err;		/* why it does not parse; else NULL */
	struct html_program *html;	/* escaped, on first use as HTML */
};

struct tmpl_set {
	struct arena *arena;
	struct tree_map trees;
	struct hmap sources;
	size_t bytes;			/* of the files */
	struct tmpl_set *base;		/* of a view: whose trees it has; else NULL */
};

/* The cost of parsing, and of escaping for HTML, in steps for a byte. */
#define PARSE_BYTE_STEPS 1
#define ESCAPE_BYTE_STEPS 1

static const struct tree_map *
trees_of(const struct tmpl_set *s)
{
	return s->base != NULL ? &s->base->trees : &s->trees;
}

const struct builtin *
builtin_find(struct str name, bool with_am_functions)
{
	const struct builtin *const tables[] = {
		builtins_go, builtins_compare, builtins_am, builtins_am_data,
	};

	for (size_t i = 0; i < (with_am_functions ? ARRAY_LEN(tables) : 2); i++)
		for (const struct builtin *b = tables[i]; b->func.name != NULL; b++)
			if (str_is(name, b->func.name))
				return b;
	return NULL;
}

struct tmpl_set *
tmpl_set_new(void)
{
	struct tmpl_set *s = NEW(struct tmpl_set);

	s->arena = arena_new();
	return s;
}

static void
inline_free(struct inline_source *i)
{
	struct arena *a = i->arena;

	html_program_free(&i->html);
	tree_map_fini(&i->trees);
	arena_free(&a);	/* i itself is in it */
}

void
tmpl_forget_inline(struct tmpl_set *s)
{
	HMAP_EACH(&s->sources, n) {
		hmap_remove(&s->sources, n);
		inline_free(CONTAINER_OF(n, struct inline_source, by_text));
	}
}

struct tmpl_set *
tmpl_set_view(struct tmpl_set *s)
{
	struct tmpl_set *view = tmpl_set_new();

	assert(s->base == NULL);
	view->base = s;
	view->bytes = s->bytes;
	return view;
}

static struct inline_source *inline_find(const struct tmpl_set *s, struct str source, uint64_t hash);

void
tmpl_view_end(struct tmpl_set **v)
{
	struct tmpl_set *view = *v;

	if (view == NULL)
		return;
	HMAP_EACH(&view->sources, n) {
		struct inline_source *i = CONTAINER_OF(n, struct inline_source, by_text);
		struct inline_source *there = inline_find(view->base, i->text, n->hash);
		/* One that is escaped serves for both forms. */
		bool better = there == NULL || (there->html == NULL && i->html != NULL);
		uint64_t hash = n->hash;

		if (!better)
			continue;
		hmap_remove(&view->sources, n);
		if (there != NULL) {
			hmap_remove(&view->base->sources, &there->by_text);
			inline_free(there);
		}
		hmap_insert(&view->base->sources, n, hash);
	}
	tmpl_set_free(v);
}

void
tmpl_set_free(struct tmpl_set **s)
{
	if (*s == NULL)
		return;
	tmpl_forget_inline(*s);
	hmap_fini(&(*s)->sources);
	tree_map_fini(&(*s)->trees);
	arena_free(&(*s)->arena);
	mem_free(*s);
	*s = NULL;
}

bool
tmpl_set_add_file(struct tmpl_set *s, struct str name, struct str text, struct err *e)
{
	struct tree_map parsed = { 0 };

	/* Trees escaped for HTML may hold copies of those that change now. */
	tmpl_forget_inline(s);
	s->bytes += text.n;
	bool ok = parse_source(arena_str(s->arena, name), arena_str(s->arena, text), true, &parsed, s->arena, e);
	HMAP_EACH(&parsed.map, n) {
		struct tree *t = CONTAINER_OF(n, struct tree, by_name);
		hmap_remove(&parsed.map, n);
		if (ok && (!node_is_empty(t->root) || tree_map_find(&s->trees, t->name) == NULL))
			tree_map_put(&s->trees, t);
	}
	tree_map_fini(&parsed);
	return ok;
}

/* An empty definition does not hide one of the set; the string itself always counts. */
static void
drop_empty(struct inline_source *i, const struct tmpl_set *s)
{
	HMAP_EACH(&i->trees.map, n) {
		struct tree *t = CONTAINER_OF(n, struct tree, by_name);
		if (t->name.n > 0 && node_is_empty(t->root) && tree_map_find(trees_of(s), t->name) != NULL)
			hmap_remove(&i->trees.map, n);
	}
}

static struct inline_source *
inline_find(const struct tmpl_set *s, struct str source, uint64_t hash)
{
	for (struct hmap_node *n = hmap_first(&s->sources, hash); n != NULL; n = hmap_next(n)) {
		struct inline_source *i = CONTAINER_OF(n, struct inline_source, by_text);
		if (str_eq(i->text, source))
			return i;
	}
	return NULL;
}

/* NULL: parsing it would take more than `steps`. */
static struct inline_source *
inline_get(struct tmpl_set *s, struct str source, uint64_t steps)
{
	uint64_t hash = fnv64(FNV64_INIT, source.p, source.n);
	struct inline_source *i = inline_find(s, source, hash);
	struct err e = { 0 };

	if (i != NULL || source.n * PARSE_BYTE_STEPS > steps)
		return i;
	struct arena *a = arena_new();
	i = ARENA_NEW(a, struct inline_source);
	i->arena = a;
	i->text = arena_str(a, source);
	if (parse_source(STR(""), i->text, true, &i->trees, a, &e)) {
		drop_empty(i, s);
	} else {
		i->err = ARENA_NEW(a, struct err);
		*i->err = e;
	}
	hmap_insert(&s->sources, &i->by_text, hash);
	return i;
}

static uint64_t
steps_left(const struct tmpl_env *env)
{
	uint64_t max = env->max_steps != 0 ? env->max_steps : TMPL_MAX_STEPS;

	if (env->steps_used != NULL)
		max -= *env->steps_used < max ? *env->steps_used : max;
	return max;
}

static bool
too_long(struct err *e)
{
	return err_set(e, ERR_LIMIT, "template: it is too long to be read within the steps that are left");
}

static void
begin(struct value_call *c, const struct tmpl_env *env, struct arena *a, struct err *e)
{
	*c = (struct value_call){ .arena = a, .env = env, .err = e };
	c->max_steps = steps_left(env);
	c->max_output = env->max_output != 0 ? env->max_output : TMPL_MAX_OUTPUT;
	c->arena_start = arena_used(a);
	c->max_arena = 4 * c->max_output + (1 << 20);
	c->out = (struct sbuf)SBUF_INIT(c->max_output);
}

static bool
run(struct value_call *c, const struct tree *tree, struct value data, struct str *out)
{
	bool ok = exec_run(c, tree, data);

	if (c->env->steps_used != NULL)
		*c->env->steps_used += c->steps;
	*out = arena_str(c->arena, sbuf_get(&c->out));
	sbuf_fini(&c->out);
	regex_cache_fini(c);
	return ok;
}

/* The inline source of s; NULL with the reason: it is too long, or wrong. */
static struct inline_source *
inline_of(struct tmpl_set *s, struct str source, const struct tmpl_env *env, struct err *e)
{
	struct inline_source *i = inline_get(s, source, steps_left(env));

	if (i == NULL)
		(void)too_long(e);
	else if (i->err != NULL && e != NULL)
		*e = *i->err;
	return i != NULL && i->err == NULL ? i : NULL;
}

bool
tmpl_text(struct tmpl_set *s, struct str source, struct value data, struct arena *a, const struct tmpl_env *env,
    struct str *out, struct err *e)
{
	struct value_call c;

	*out = STR("");
	if (source.n == 0)
		return true;
	struct inline_source *i = inline_of(s, source, env, e);
	if (i == NULL)
		return false;
	begin(&c, env, a, e);
	c.trees[0] = &i->trees;
	c.trees[1] = trees_of(s);
	return run(&c, tree_map_find(&i->trees, STR("")), data, out);
}

bool
tmpl_html(struct tmpl_set *s, struct str source, struct value data, struct arena *a, const struct tmpl_env *env,
    struct str *out, struct err *e)
{
	struct value_call c;

	*out = STR("");
	if (source.n == 0)
		return true;
	struct inline_source *i = inline_of(s, source, env, e);
	if (i == NULL)
		return false;
	if (i->html == NULL && (source.n + s->bytes) * ESCAPE_BYTE_STEPS > steps_left(env))
		return too_long(e);
	if (i->html == NULL)
		i->html = html_escape_program(&i->trees, trees_of(s));
	const struct tree_map *trees = html_program_trees(i->html, e);
	if (trees == NULL)
		return false;
	begin(&c, env, a, e);
	c.trees[0] = trees;
	return run(&c, tree_map_find(trees, STR("")), data, out);
}

bool
tmpl_check_calls(struct tmpl_set *s, struct str source, uint64_t *steps, struct err *e)
{
	const struct inline_source *i = inline_get(s, source, UINT64_MAX);

	if (i->err == NULL)
		return calls_check(&i->trees, trees_of(s), steps, e);
	if (e != NULL)
		*e = *i->err;
	return false;
}

bool
tmpl_check_syntax(struct str source, bool with_am_functions, struct err *e)
{
	struct arena *a = arena_new();
	struct tree_map trees = { 0 };
	bool ok = parse_source(STR(""), arena_str(a, source), with_am_functions, &trees, a, e);

	tree_map_fini(&trees);
	arena_free(&a);
	return ok;
}
