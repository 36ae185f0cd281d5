/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <assert.h>
#include <stdarg.h>

#include "base/mem.h"
#include "base/quote.h"
#include "funcs.h"

enum walk {
	WALK_ON,
	WALK_BREAK,
	WALK_CONTINUE,
	WALK_FAILED,
};

static enum walk walk(struct value_call *c, struct value dot, const struct node *n);

bool
exec_fail(struct value_call *c, const char *fmt, ...)
{
	va_list ap;

	if (c->failed)
		return false;
	c->failed = true;
	va_start(ap, fmt);
	struct str s = arena_vprintf(c->arena, fmt, ap);
	va_end(ap);
	if (c->node == NULL) {
		err_set(c->err, ERR_INVALID, "template: %.*s: %.*s", STR_ARG(c->tree->name), STR_ARG(s));
		return false;
	}
	struct sbuf name = SBUF_INIT(SBUF_UNLIMITED);
	quote_go(&name, c->tree->name);
	struct str place = tree_location(c->tree, c->node->pos, c->arena);
	struct str expr = node_text(c->node, c->arena);
	err_set(c->err, ERR_INVALID, "template: %.*s: executing %s at <%.*s>: %.*s", STR_ARG(place),
	    sbuf_cstr(&name), STR_ARG(expr), STR_ARG(s));
	sbuf_fini(&name);
	return false;
}

bool
value_fail(struct value_call *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	c->call_error = arena_vprintf(c->arena, fmt, ap);
	va_end(ap);
	return false;
}

struct arena *
value_call_arena(struct value_call *c)
{
	return c->arena;
}

/* The template may be right, and what it was given too much. */
static bool
bound_passed(struct value_call *c)
{
	c->err->kind = ERR_LIMIT;
	return false;
}

bool
value_charge(struct value_call *c, size_t units)
{
	if (c->failed)
		return false;
	if (units > c->max_steps - c->steps) {
		c->steps = c->max_steps;
		exec_fail(c, "template takes too many steps");
		return bound_passed(c);
	}
	c->steps += units;
	if (arena_used(c->arena) - c->arena_start > c->max_arena) {
		exec_fail(c, "template needs too much memory");
		return bound_passed(c);
	}
	return true;
}

bool
exec_enter(struct value_call *c)
{
	if (!value_charge(c, 1))
		return false;
	if (c->depth >= EXEC_MAX_DEPTH)
		return exec_fail(c, "exceeded maximum nesting depth (%d)", EXEC_MAX_DEPTH);
	c->depth++;
	return true;
}

void
exec_push_var(struct value_call *c, struct str name, struct value v)
{
	if (c->vars_n == c->vars_cap) {
		size_t cap = c->vars_cap == 0 ? 32 : c->vars_cap * 2;
		c->vars = mem_realloc(c->vars, cap, sizeof c->vars[0]);
		c->vars_cap = cap;
	}
	c->vars[c->vars_n++] = (struct variable){ name, v };
}

bool
exec_set_var(struct value_call *c, struct str name, struct value v)
{
	for (size_t i = c->vars_n; i-- > c->vars_base;)
		if (str_eq(c->vars[i].name, name)) {
			c->vars[i].value = v;
			return value_charge(c, (c->vars_n - i) / 8);
		}
	return exec_fail(c, "undefined variable: %.*s", STR_ARG(name));
}

static enum walk
write_out(struct value_call *c, struct str s)
{
	if (!value_charge(c, s.n / 16))
		return WALK_FAILED;
	sbuf_str(&c->out, s);
	if (c->out.overflow) {
		exec_fail(c, "output is larger than %zu bytes", c->max_output);
		bound_passed(c);
		return WALK_FAILED;
	}
	return WALK_ON;
}

size_t
exec_print_price(struct value v, size_t bytes)
{
	const struct value_type *t = v.type;

	if (t != NULL && (t->kind == V_LIST || t->kind == V_MAP) && t->elem != NULL)
		t = t->elem;
	if (t == &type_time)
		return bytes * 2;
	switch (t != NULL ? t->kind : V_INVALID) {
	case V_FLOAT:
	case V_COMPLEX:
	case V_ANY:
		return bytes * 10;
	case V_LIST:
	case V_MAP:
	case V_STRUCT:
	case V_PTR:
		return bytes;
	case V_INVALID:
	case V_BOOL:
	case V_INT:
	case V_UINT:
	case V_STRING:
	case V_FUNC:
	default:
		return bytes / 8;
	}
}

static enum walk
print_value(struct value_call *c, const struct node *n, struct value v)
{
	bool nil;

	exec_at(c, n);
	if (v.type == NULL || v.type->string == NULL)
		v = eval_indirect(v, &nil);
	if (v.type == NULL)
		return write_out(c, STR("<no value>"));
	if (v.type->kind == V_STRING && v.type->string == NULL)
		return write_out(c, v.u.s);
	if (v.type->kind == V_FUNC) {
		struct str text = node_text(n, c->arena);
		exec_fail(c, "can't print %.*s of type %s", STR_ARG(text), value_type_name(v));
		return WALK_FAILED;
	}
	size_t before = c->out.n;
	print_sprint(&c->out, &v, 1);
	if (c->out.overflow) {
		exec_fail(c, "output is larger than %zu bytes, or a value nested too deeply", c->max_output);
		bound_passed(c);
		return WALK_FAILED;
	}
	return value_charge(c, exec_print_price(v, c->out.n - before)) ? WALK_ON : WALK_FAILED;
}

static enum walk
walk_action(struct value_call *c, struct value dot, const struct node *n)
{
	struct value v;

	if (!eval_pipeline(c, dot, n->u.branch.pipe, &v))
		return WALK_FAILED;
	if (n->u.branch.pipe->u.pipe.decl.n > 0)
		return WALK_ON;
	return print_value(c, n, v);
}

static enum walk
walk_if_or_with(struct value_call *c, struct value dot, const struct node *n)
{
	size_t mark = c->vars_n;
	enum walk w = WALK_ON;
	struct value v;

	if (!eval_pipeline(c, dot, n->u.branch.pipe, &v))
		return WALK_FAILED;
	if (value_truth(v))
		w = walk(c, n->type == NODE_WITH ? v : dot, n->u.branch.list);
	else if (n->u.branch.else_list != NULL)
		w = walk(c, dot, n->u.branch.else_list);
	c->vars_n = mark;
	return w;
}

/* One turn of a range: sets its variables, walks the body. WALK_CONTINUE does not come back. */
static enum walk
iteration(struct value_call *c, const struct node *n, struct value index, struct value elem)
{
	const struct node *pipe = n->u.branch.pipe;
	size_t decls = pipe->u.pipe.decl.n, mark = c->vars_n;

	if (pipe->u.pipe.assign) {
		struct node **d = pipe->u.pipe.decl.v;
		if (!exec_set_var(c, d[0]->u.chain.names[0], decls > 1 ? index : elem) ||
		    (decls > 1 && !exec_set_var(c, d[1]->u.chain.names[0], elem)))
			return WALK_FAILED;
	} else {
		if (decls > 0)
			c->vars[mark - 1].value = elem;
		if (decls > 1)
			c->vars[mark - 2].value = index;
	}
	enum walk w = walk(c, elem, n->u.branch.list);
	c->vars_n = mark;
	return w == WALK_CONTINUE ? WALK_ON : w;
}

static size_t
range_length(struct value v)
{
	switch (value_kind(v)) {
	case V_LIST:
		return v.u.list.n;
	case V_MAP:
		return v.u.map.n;
	case V_INT:
		return v.u.i > 0 ? (size_t)v.u.i : 0;
	case V_UINT:
		return v.u.u;
	case V_INVALID:
	case V_BOOL:
	case V_FLOAT:
	case V_COMPLEX:
	case V_STRING:
	case V_STRUCT:
	case V_PTR:
	case V_FUNC:
	case V_ANY:
	default:
		return 0;
	}
}

static enum walk
turn(struct value_call *c, const struct node *n, struct value v, size_t i)
{
	struct value index = value_int((int64_t)i), elem = v;

	if (v.type->kind == V_LIST)
		return iteration(c, n, index, v.u.list.items[i]);
	if (v.type->kind == V_MAP)
		return iteration(c, n, value_str(v.u.map.entries[i].key), v.u.map.entries[i].value);
	if (v.type->kind == V_INT)
		elem.u.i = (int64_t)i;
	else
		elem.u.u = i;
	return iteration(c, n, VALUE_NIL, elem);
}

static enum walk
walk_range(struct value_call *c, struct value dot, const struct node *n)
{
	size_t mark = c->vars_n;
	enum walk w = WALK_ON;
	struct value v;
	bool nil;

	exec_at(c, n);
	if (!eval_pipeline(c, dot, n->u.branch.pipe, &v))
		return WALK_FAILED;
	v = eval_indirect(v, &nil);
	enum value_kind kind = value_kind(v);
	bool number = kind == V_INT || kind == V_UINT;
	if (number && n->u.branch.pipe->u.pipe.decl.n > 1) {
		struct str s = value_text(c->arena, v);
		exec_fail(c, "can't use %.*s to iterate over more than one variable", STR_ARG(s));
		return WALK_FAILED;
	}
	if (!number && kind != V_LIST && kind != V_MAP && kind != V_INVALID) {
		struct str s = value_text(c->arena, v);
		exec_fail(c, "range can't iterate over %.*s", STR_ARG(s));
		return WALK_FAILED;
	}
	size_t len = range_length(v);
	for (size_t i = 0; i < len && w == WALK_ON; i++)
		w = turn(c, n, v, i);
	if (w == WALK_BREAK)
		w = WALK_ON;
	if (len == 0 && n->u.branch.else_list != NULL)
		w = walk(c, dot, n->u.branch.else_list);
	c->vars_n = mark;
	return w;
}

static const struct tree *
find_tree(const struct value_call *c, struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(c->trees); i++) {
		const struct tree *t = c->trees[i] != NULL ? tree_map_find(c->trees[i], name) : NULL;
		if (t != NULL)
			return t;
	}
	return NULL;
}

static enum walk
walk_template(struct value_call *c, struct value dot, const struct node *n)
{
	const struct tree *callee = find_tree(c, n->text), *caller = c->tree;
	size_t mark = c->vars_n, base = c->vars_base;

	exec_at(c, n);
	if (callee == NULL) {
		struct sbuf name = SBUF_INIT(SBUF_UNLIMITED);
		quote_go(&name, n->text);
		exec_fail(c, "template %s not defined", sbuf_cstr(&name));
		sbuf_fini(&name);
		return WALK_FAILED;
	}
	if (c->templates >= EXEC_MAX_TEMPLATES) {
		exec_fail(c, "exceeded maximum template depth (%d)", EXEC_MAX_TEMPLATES);
		return WALK_FAILED;
	}
	struct value arg = VALUE_NIL;
	if (n->u.branch.pipe != NULL && !eval_pipeline(c, dot, n->u.branch.pipe, &arg))
		return WALK_FAILED;
	c->templates++;
	c->tree = callee;
	c->vars_base = c->vars_n;
	exec_push_var(c, STR("$"), arg);
	enum walk w = walk(c, arg, callee->root);
	if (w == WALK_FAILED)
		return w;
	c->templates--;
	c->tree = caller;
	c->vars_base = base;
	c->vars_n = n->u.branch.pipe != NULL ? mark + n->u.branch.pipe->u.pipe.decl.n : mark;
	exec_at(c, n);
	return w;
}

static enum walk
walk_list(struct value_call *c, struct value dot, const struct node *n)
{
	enum walk w = WALK_ON;

	for (size_t i = 0; i < n->u.list.n && w == WALK_ON; i++)
		w = walk(c, dot, n->u.list.v[i]);
	return w;
}

static enum walk
walk_node(struct value_call *c, struct value dot, const struct node *n)
{
	exec_at(c, n);
	switch (n->type) {
	case NODE_ACTION:
		return walk_action(c, dot, n);
	case NODE_IF:
	case NODE_WITH:
		return walk_if_or_with(c, dot, n);
	case NODE_RANGE:
		return walk_range(c, dot, n);
	case NODE_LIST:
		return walk_list(c, dot, n);
	case NODE_TEMPLATE:
		return walk_template(c, dot, n);
	case NODE_TEXT:
		return write_out(c, n->text);
	case NODE_BREAK:
		return WALK_BREAK;
	case NODE_CONTINUE:
		return WALK_CONTINUE;
	case NODE_BOOL:
	case NODE_CHAIN:
	case NODE_COMMAND:
	case NODE_DOT:
	case NODE_ELSE:
	case NODE_END:
	case NODE_FIELD:
	case NODE_IDENTIFIER:
	case NODE_NIL:
	case NODE_NUMBER:
	case NODE_PIPE:
	case NODE_STRING:
	case NODE_VARIABLE:
	default:
		assert(!"no such node in a list");
		return WALK_FAILED;
	}
}

static enum walk
walk(struct value_call *c, struct value dot, const struct node *n)
{
	if (!exec_enter(c))
		return WALK_FAILED;
	enum walk w = walk_node(c, dot, n);
	exec_leave(c);
	return w;
}

bool
exec_run(struct value_call *c, const struct tree *tree, struct value data)
{
	c->tree = tree;
	c->node = NULL;
	c->vars_n = c->vars_base = 0;
	exec_push_var(c, STR("$"), data);
	enum walk w = walk(c, data, tree->root);
	mem_free(c->vars);
	c->vars = NULL;
	c->vars_n = c->vars_cap = 0;
	return w != WALK_FAILED;
}
