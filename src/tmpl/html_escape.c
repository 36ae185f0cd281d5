/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a template and all it calls, keeping track of the HTML context.
 * Source: Go html/template escape.go.
 */
#include "html_escape.h"

#include <stdarg.h>

#include "base/mem.h"

/*
 * Bounds on the walk: templates that call each other in many contexts, or
 * recursively, are walked again for each.
 */
#define MAX_WALKED 200000
#define MAX_DEPTH 1000

struct html_context
html_node_error(struct html_escaper *e, const struct node *n, const char *fmt, ...)
{
	struct arena *a = e->program->arena;
	va_list ap;

	va_start(ap, fmt);
	struct str s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	struct html_context c = html_context_error(a, "%.*s", STR_ARG(s));
	c.err->location = tree_location(e->tree, n->pos, a);
	return c;
}

#define GROW(e, array, type)                                                                    \
	do {                                                                                    \
		if ((e)->array##_n == (e)->array##_cap) {                                       \
			size_t cap = (e)->array##_cap == 0 ? 8 : (e)->array##_cap * 2;          \
			(e)->array = arena_grow((e)->program->arena, (e)->array, (e)->array##_cap, cap, \
			    sizeof(type));                                                      \
			(e)->array##_cap = cap;                                                 \
		}                                                                               \
	} while (0)

struct html_edit *
html_add_edit(struct html_escaper *e, struct node *n)
{
	GROW(e, edits, struct html_edit);
	struct html_edit *edit = &e->edits[e->edits_n++];
	*edit = (struct html_edit){ .node = n };
	return edit;
}

static void
set_output(struct html_escaper *e, struct str name, struct html_context c)
{
	for (size_t i = 0; i < e->outputs_n; i++)
		if (str_eq(e->outputs[i].name, name)) {
			e->outputs[i].context = c;
			return;
		}
	GROW(e, outputs, struct html_output);
	e->outputs[e->outputs_n++] = (struct html_output){ name, c };
}

static bool
get_output(const struct html_escaper *e, struct str name, struct html_context *c)
{
	for (size_t i = 0; i < e->outputs_n; i++)
		if (str_eq(e->outputs[i].name, name)) {
			*c = e->outputs[i].context;
			return true;
		}
	return false;
}

static bool
was_called(const struct html_escaper *e, struct str name)
{
	for (size_t i = 0; i < e->called_n; i++)
		if (str_eq(e->called[i], name))
			return true;
	return false;
}

static void
set_called(struct html_escaper *e, struct str name)
{
	if (was_called(e, name))
		return;
	GROW(e, called, struct str);
	e->called[e->called_n++] = name;
}

static struct tree *
copy_tree(const struct tree *t, struct str name, struct arena *a)
{
	struct tree *c = ARENA_NEW(a, struct tree);

	*c = *t;
	c->name = name;
	c->root = node_copy(t->root, a);
	return c;
}

/* The template in its copy for this program; NULL when there is none. */
static struct tree *
find_template(struct html_escaper *e, struct str name)
{
	struct html_program *p = e->program;
	struct tree *t = tree_map_find(&p->trees, name);

	for (size_t i = 0; t == NULL && i < e->derived_n; i++)
		if (str_eq(e->derived[i]->name, name))
			t = e->derived[i];
	if (t != NULL)
		return t;
	const struct tree *original = tree_map_find(p->own, name);
	if (original == NULL)
		original = tree_map_find(p->shared, name);
	if (original == NULL)
		return NULL;
	t = copy_tree(original, original->name, p->arena);
	tree_map_put(&p->trees, t);
	return t;
}

static void
print_context(struct sbuf *b, const char *separator, const struct html_context *c)
{
	sbuf_puts(b, separator);
	html_context_print(b, c);
}

/* The context behind branches that end in a and in b. */
static struct html_context
join(struct html_escaper *e, struct html_context a, struct html_context b, const struct node *n, const char *word)
{
	struct html_context c = a, d;

	if (a.state == stateError || b.state == stateDead)
		return a;
	if (b.state == stateError || a.state == stateDead)
		return b;
	if (html_context_eq(&a, &b))
		return a;
	c.url_part = b.url_part;
	if (html_context_eq(&c, &b)) {
		c.url_part = urlPartUnknown;
		return c;
	}
	c = a;
	c.js_ctx = b.js_ctx;
	if (html_context_eq(&c, &b)) {
		c.js_ctx = jsCtxUnknown;
		return c;
	}
	/* <p title={{if .C}}{{.}}{{end}} may end before the value or in it. */
	c = html_context_nudge(a);
	d = html_context_nudge(b);
	if (!html_context_eq(&c, &a) || !html_context_eq(&d, &b)) {
		c = join(e, c, d, n, word);
		if (c.state != stateError)
			return c;
	}
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	print_context(&text, "", &a);
	print_context(&text, ", ", &b);
	c = html_node_error(e, n, "{{%s}} branches end in different contexts: %s", word, sbuf_cstr(&text));
	sbuf_fini(&text);
	return c;
}

static struct html_context
prefix_error(struct html_escaper *e, struct html_context c, int line, const char *prefix)
{
	c.err->line = line;
	c.err->description = arena_printf(e->program->arena, "%s: %.*s", prefix, STR_ARG(c.err->description));
	return c;
}

/* Merges the contexts at breaks, then at continues, into that of the body. */
static struct html_context
join_loop(struct html_escaper *e, struct html_context c, const struct html_loop *loop)
{
	static const enum node_type order[] = { NODE_BREAK, NODE_CONTINUE };

	for (size_t k = 0; k < ARRAY_LEN(order); k++)
		for (size_t i = 0; i < loop->n; i++) {
			const struct node *n = loop->jumps[i].node;
			if (n->type != order[k])
				continue;
			struct html_context jump = loop->jumps[i];
			jump.node = NULL;
			c = join(e, c, jump, n, "range");
			if (c.state == stateError)
				return prefix_error(e, c, n->line, n->type == NODE_BREAK ?
				    "at range loop break" : "at range loop continue");
		}
	return c;
}

/* A trial: a fresh escaper that knows what e knows about templates. */
static struct html_escaper
trial(const struct html_escaper *e)
{
	struct html_escaper t = { .program = e->program, .loop = e->loop, .tree = e->tree };

	for (size_t i = 0; i < e->outputs_n; i++)
		set_output(&t, e->outputs[i].name, e->outputs[i].context);
	return t;
}

static void
adopt(struct html_escaper *e, const struct html_escaper *t)
{
	for (size_t i = 0; i < t->outputs_n; i++)
		set_output(e, t->outputs[i].name, t->outputs[i].context);
	for (size_t i = 0; i < t->called_n; i++)
		set_called(e, t->called[i]);
	for (size_t i = 0; i < t->derived_n; i++) {
		GROW(e, derived, struct tree *);
		e->derived[e->derived_n++] = t->derived[i];
	}
	for (size_t i = 0; i < t->edits_n; i++)
		*html_add_edit(e, t->edits[i].node) = t->edits[i];
}

/* The body may run many times: twice has to end where once does. */
static struct html_context
escape_loop(struct html_escaper *e, struct html_context c, struct node *n)
{
	struct html_loop first = { .outer = e->loop }, second = { .outer = e->loop };

	e->loop = &first;
	struct html_context c0 = html_escape_list(e, c, n->u.branch.list);
	if (c0.state != stateError)
		c0 = join_loop(e, c0, &first);
	e->loop = first.outer;
	if (c0.state == stateError)
		return c0;
	struct html_escaper again = trial(e);
	again.loop = &second;
	struct html_context c1 = html_escape_list(&again, c0, n->u.branch.list);
	c0 = join(e, c0, c1, n, "range");
	if (c0.state == stateError)
		return prefix_error(e, c0, n->line, "on range loop re-entry");
	return join_loop(e, c0, &second);
}

static struct html_context
escape_branch(struct html_escaper *e, struct html_context c, struct node *n)
{
	const char *word = n->type == NODE_IF ? "if" : n->type == NODE_WITH ? "with" : "range";
	struct html_context c0 = n->type == NODE_RANGE ? escape_loop(e, c, n) :
	    html_escape_list(e, c, n->u.branch.list);

	if (n->type == NODE_RANGE && c0.state == stateError)
		return c0;
	return join(e, c0, html_escape_list(e, c, n->u.branch.else_list), n, word);
}

/*
 * Walks the body on trial, assuming that it ends in `assumed`. Keeps the
 * results if the assumption was right, or not needed.
 */
static struct html_context
escape_body(struct html_escaper *e, struct html_context assumed, struct tree *t, bool *ok)
{
	set_output(e, t->name, assumed);
	struct html_escaper attempt = trial(e);
	attempt.tree = t;
	/* A walk that is only tried out must not count its jumps twice: the loop is the caller's. */
	struct html_context c = html_escape_list(&attempt, assumed, t->root);
	*ok = c.state != stateError && (!was_called(&attempt, t->name) || html_context_eq(&assumed, &c));
	if (*ok)
		adopt(e, &attempt);
	return c;
}

static struct html_context
output_context(struct html_escaper *e, struct html_context c, struct tree *t)
{
	bool ok;
	struct html_context c1 = escape_body(e, c, t, &ok);

	if (!ok) {
		/* Perhaps c1 is a fixed point. */
		struct html_context c2 = escape_body(e, c1, t, &ok);
		if (ok)
			c1 = c2;
	}
	if (ok || c1.state == stateError)
		return c1;
	const struct tree *caller = e->tree;
	e->tree = t;
	c1 = html_node_error(e, t->root, "cannot compute output context for template %.*s", STR_ARG(t->name));
	e->tree = caller;
	return c1;
}

/* The named template, called in context c. *mangled is the name of its version for that context. */
static struct html_context
escape_tree(struct html_escaper *e, struct html_context c, const struct node *n, struct str name,
    struct str *mangled)
{
	struct arena *a = e->program->arena;
	struct html_context out;

	*mangled = html_context_mangle(&c, name, a);
	set_called(e, *mangled);
	if (get_output(e, *mangled, &out))
		return out;
	struct tree *t = find_template(e, name);
	if (t == NULL) {
		struct str q = html_quote(a, name, 0);
		return html_node_error(e, n, "no such template %.*s", STR_ARG(q));
	}
	if (!str_eq(*mangled, name)) {
		struct tree *derived = find_template(e, *mangled);
		if (derived == NULL) {
			derived = copy_tree(t, *mangled, a);
			GROW(e, derived, struct tree *);
			e->derived[e->derived_n++] = derived;
		}
		t = derived;
	}
	if (e->program->depth >= MAX_DEPTH)
		return html_node_error(e, n, "templates call each other too deeply");
	e->program->depth++;
	out = output_context(e, c, t);
	e->program->depth--;
	return out;
}

static struct html_context
escape_template(struct html_escaper *e, struct html_context c, struct node *n)
{
	struct str mangled;

	c = escape_tree(e, c, n, n->text, &mangled);
	if (!str_eq(mangled, n->text))
		html_add_edit(e, n)->text = mangled;
	return c;
}

static struct html_context
escape_jump(struct html_escaper *e, struct html_context c, const struct node *n)
{
	struct html_loop *loop = e->loop;

	if (loop->n == loop->cap) {
		size_t cap = loop->cap == 0 ? 4 : loop->cap * 2;
		loop->jumps = arena_grow(e->program->arena, loop->jumps, loop->cap, cap, sizeof loop->jumps[0]);
		loop->cap = cap;
	}
	c.node = n;
	loop->jumps[loop->n++] = c;
	return (struct html_context){ .state = stateDead };
}

static struct html_context
escape_node(struct html_escaper *e, struct html_context c, struct node *n)
{
	if (++e->program->walked > MAX_WALKED)
		return html_node_error(e, n, "template is too complex to escape");
	switch ((int)n->type) {
	case NODE_ACTION:
		return html_escape_action(e, c, n);
	case NODE_TEXT:
		return html_escape_text(e, c, n);
	case NODE_TEMPLATE:
		return escape_template(e, c, n);
	case NODE_IF:
	case NODE_RANGE:
	case NODE_WITH:
		return escape_branch(e, c, n);
	case NODE_BREAK:
	case NODE_CONTINUE:
		return escape_jump(e, c, n);
	default:
		return html_escape_list(e, c, n);
	}
}

struct html_context
html_escape_list(struct html_escaper *e, struct html_context c, const struct node *list)
{
	for (size_t i = 0; list != NULL && i < list->u.list.n && c.state != stateDead; i++)
		c = escape_node(e, c, list->u.list.v[i]);
	return c;
}

/* Applies what was recorded. */
static void
commit(struct html_escaper *e)
{
	for (size_t i = 0; i < e->derived_n; i++)
		tree_map_put(&e->program->trees, e->derived[i]);
	for (size_t i = 0; i < e->edits_n; i++) {
		struct html_edit *edit = &e->edits[i];
		if (edit->node->type == NODE_ACTION)
			html_extend_pipeline(edit->node->u.branch.pipe, edit->escapers, edit->escapers_n,
			    e->program->arena);
		else
			edit->node->text = edit->text;
	}
}

struct html_program *
html_escape_program(const struct tree_map *own, const struct tree_map *shared)
{
	struct html_program *p = NEW(struct html_program);
	struct html_escaper e = { .program = p };
	const struct node nowhere = { .type = NODE_LIST };
	struct str mangled;

	p->arena = arena_new();
	p->own = own;
	p->shared = shared;
	e.tree = tree_map_find(own, STR(""));
	struct html_context c = escape_tree(&e, HTML_TEXT, &nowhere, STR(""), &mangled);
	if (c.state == stateError) {
		p->err = c.err;
	} else if (c.state != stateText) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
		html_context_print(&b, &c);
		p->err = html_context_error(p->arena, "ends in a non-text context: %s", sbuf_cstr(&b)).err;
		sbuf_fini(&b);
	} else {
		commit(&e);
	}
	return p;
}

const struct tree_map *
html_program_trees(const struct html_program *p, struct err *e)
{
	const struct html_error *h = p->err;

	if (h == NULL)
		return &p->trees;
	if (h->location.n > 0)
		err_set(e, ERR_INVALID, "html/template:%.*s: %.*s", STR_ARG(h->location), STR_ARG(h->description));
	else if (h->line != 0)
		err_set(e, ERR_INVALID, "html/template::%d: %.*s", h->line, STR_ARG(h->description));
	else
		err_set(e, ERR_INVALID, "html/template: %.*s", STR_ARG(h->description));
	return NULL;
}

void
html_program_free(struct html_program **p)
{
	if (*p == NULL)
		return;
	tree_map_fini(&(*p)->trees);
	arena_free(&(*p)->arena);
	mem_free(*p);
	*p = NULL;
}
