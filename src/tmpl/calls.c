/* SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include "base/hash.h"
#include "base/quote.h"
#include "tmpl/env.h"

/* A template that is or was to be looked at: each of them once, so that recursion ends. */
struct met {
	struct hmap_node by_name;
	struct met *next;
	const struct tree *tree;
};

struct calls {
	const struct tree_map *own, *set;
	struct arena *arena;
	struct hmap met;
	struct met **end;
	const struct tree *tree;	/* at hand */
	uint64_t *steps;
	struct err *e;
};

static void
meet(struct calls *c, const struct tree *t)
{
	uint64_t hash = fnv64(FNV64_INIT, t->name.p, t->name.n);
	struct met *m;

	for (struct hmap_node *n = hmap_first(&c->met, hash); n != NULL; n = hmap_next(n))
		if (CONTAINER_OF(n, struct met, by_name)->tree == t)
			return;
	m = ARENA_NEW(c->arena, struct met);
	m->tree = t;
	hmap_insert(&c->met, &m->by_name, hash);
	*c->end = m;
	c->end = &m->next;
}

static bool
call_check(struct calls *c, const struct node *n)
{
	const struct tree *t = tree_map_find(c->own, n->text);
	struct sbuf name = SBUF_INIT(SBUF_UNLIMITED);

	if (t == NULL)
		t = tree_map_find(c->set, n->text);
	if (t != NULL) {
		meet(c, t);
		return true;
	}
	quote_go(&name, n->text);
	err_set(c->e, ERR_NOT_FOUND, "template: %.*s: template %s not defined",
	    STR_ARG(tree_location(c->tree, n->pos, c->arena)), sbuf_cstr(&name));
	sbuf_fini(&name);
	return false;
}

/* As deep as the parser lets nodes nest. */
static bool
node_check(struct calls *c, const struct node *n)
{
	if (n == NULL || ++*c->steps > TMPL_MAX_STEPS)
		return true;
	if (n->type == NODE_TEMPLATE)
		return call_check(c, n);
	if (n->type == NODE_IF || n->type == NODE_WITH || n->type == NODE_RANGE)
		return node_check(c, n->u.branch.list) && node_check(c, n->u.branch.else_list);
	for (size_t i = 0; n->type == NODE_LIST && i < n->u.list.n; i++)
		if (!node_check(c, n->u.list.v[i]))
			return false;
	return true;
}

bool
calls_check(const struct tree_map *own, const struct tree_map *set, uint64_t *steps, struct err *e)
{
	struct calls c = { .own = own, .set = set, .arena = arena_new(), .steps = steps, .e = e };
	struct met *first = NULL;
	bool ok = true;

	c.end = &first;
	meet(&c, tree_map_find(own, STR("")));
	for (const struct met *m = first; ok && m != NULL; m = m->next) {
		c.tree = m->tree;
		ok = node_check(&c, m->tree->root);
	}
	hmap_fini(&c.met);
	arena_free(&c.arena);
	return ok;
}
