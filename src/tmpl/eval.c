/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/quote.h"
#include "exec.h"
#include "funcs.h"

struct value
eval_indirect(struct value v, bool *nil)
{
	*nil = false;
	if (value_kind(v) == V_ANY)
		*nil = true;
	if (value_kind(v) != V_PTR)
		return v;
	*nil = v.u.object == NULL;
	return *nil ? v : value_object(v.type->elem, v.u.object);
}

/* Refuses arguments for what is no function. */
static bool
not_a_function(struct value_call *c, const struct node_list *args, const struct value *final)
{
	if ((args == NULL || args->n <= 1) && final == NULL)
		return true;
	struct str s = args != NULL ? node_text(args->v[0], c->arena) : STR("nil");
	return exec_fail(c, "can't give argument to non-function %.*s", STR_ARG(s));
}

static bool
ideal_constant(struct value_call *c, const struct node *n, struct value *out)
{
	const struct number *k = &n->u.number;
	bool hex = n->text.n > 2 && n->text.p[0] == '0' && (n->text.p[1] | 32) == 'x' &&
	    str_chr(n->text, 'p') == n->text.n && str_chr(n->text, 'P') == n->text.n;
	bool rune = n->text.n > 0 && n->text.p[0] == '\'';
	bool marks = false;

	for (size_t i = 0; i < n->text.n; i++)
		marks = marks || strchr(".eEpP", n->text.p[i]) != NULL;
	if (k->is_complex)
		*out = (struct value){ .type = &type_complex128, .u.c = { k->c[0], k->c[1] } };
	else if (k->is_float && !hex && !rune && marks)
		*out = value_float(k->f);
	else if (k->is_int)
		*out = value_int(k->i);
	else
		return exec_fail(c, "%.*s overflows int", STR_ARG(n->text));
	return true;
}

/* The entry of a map, or the zero value of its elements. */
static struct value
map_entry(struct value map, struct str key)
{
	const struct value *v = value_map_find(map, key);

	return v != NULL ? *v : value_zero(map.type->elem);
}

static const struct value_func *
find_method(const struct value_type *t, struct str name)
{
	for (size_t i = 0; t != NULL && i < t->methods_n; i++)
		if (str_is(name, t->methods[i].name))
			return &t->methods[i];
	return NULL;
}

static bool
is_exported(struct str name)
{
	return name.n > 0 && name.p[0] >= 'A' && name.p[0] <= 'Z';
}

static bool
struct_field(struct value_call *c, struct value v, struct str name, struct value *out)
{
	char cname[128];

	if (name.n >= sizeof cname)
		return false;
	memcpy(cname, name.p, name.n);
	cname[name.n] = '\0';
	return value_field(v, cname, c->arena, out);
}

static bool
no_field(struct value_call *c, bool nil, struct str name, const char *type)
{
	if (nil)
		return exec_fail(c, "nil pointer evaluating %s.%.*s", type, STR_ARG(name));
	return exec_fail(c, "can't evaluate field %.*s in type %s", STR_ARG(name), type);
}

/* A field or method of `receiver`, which came out of a container of anything if `boxed`. */
static bool
eval_field(struct value_call *c, const struct use *u, struct str name, struct value receiver, bool boxed,
    struct value *out)
{
	const char *type = boxed ? type_any.name : value_type_name(receiver);
	bool nil, has_args = (u->args != NULL && u->args->n > 1) || u->final != NULL;

	*out = VALUE_NIL;
	if (receiver.type == NULL)
		return true;
	struct value v = eval_indirect(receiver, &nil), *self = &receiver;
	if (v.type->kind == V_ANY)
		return no_field(c, true, name, type);
	const struct value_func *method = is_exported(name) ? find_method(receiver.type, name) : NULL;
	if (method == NULL && !nil && is_exported(name)) {
		/* a pointer has the methods of what it points to */
		method = find_method(v.type, name);
		self = &v;
	}
	if (method != NULL)
		return eval_call(c, u, method, BUILTIN_PLAIN, self, name, out);
	if (v.type->kind == V_STRUCT && struct_field(c, v, name, out)) {
		if (has_args)
			return exec_fail(c, "%.*s has arguments but cannot be invoked as function", STR_ARG(name));
		return true;
	}
	if (v.type->kind == V_MAP) {
		if (has_args)
			return exec_fail(c, "%.*s is not a method but has arguments", STR_ARG(name));
		*out = map_entry(v, name);
		return true;
	}
	return no_field(c, nil, name, type);
}

static bool
holds_anything(struct value v)
{
	return value_kind(v) == V_MAP && v.type->elem == &type_any;
}

/* receiver.names[0].names[1]…; only the last gets the arguments. */
static bool
eval_field_chain(struct value_call *c, const struct use *u, struct value receiver, const struct str *names,
    size_t n, struct value *out)
{
	const struct use plain = { .dot = u->dot, .node = u->node };
	bool boxed = false;

	for (size_t i = 0; i < n; i++) {
		if (!value_charge(c, 1) ||
		    !eval_field(c, i + 1 < n ? &plain : u, names[i], receiver, boxed, out))
			return false;
		boxed = holds_anything(receiver);
		receiver = *out;
	}
	return true;
}

static bool
eval_variable(struct value_call *c, const struct use *u, struct value *out)
{
	const struct str *names = u->node->u.chain.names;
	size_t i = c->vars_n;

	exec_at(c, u->node);
	while (i > c->vars_base && !str_eq(c->vars[i - 1].name, names[0]))
		i--;
	if (i == c->vars_base)
		return exec_fail(c, "undefined variable: %.*s", STR_ARG(names[0]));
	if (!value_charge(c, (c->vars_n - i) / 8))
		return false;
	*out = c->vars[i - 1].value;
	if (u->node->u.chain.n == 1)
		return not_a_function(c, u->args, u->final);
	return eval_field_chain(c, u, *out, names + 1, u->node->u.chain.n - 1, out);
}

static bool
eval_chain(struct value_call *c, const struct use *u, struct value *out)
{
	const struct node *n = u->node;
	struct value receiver;

	exec_at(c, n);
	if (n->u.chain.node->type == NODE_NIL) {
		struct str s = node_text(n, c->arena);
		return exec_fail(c, "indirection through explicit nil in %.*s", STR_ARG(s));
	}
	return eval_arg(c, u->dot, NULL, n->u.chain.node, &receiver) &&
	    eval_field_chain(c, u, receiver, n->u.chain.names, n->u.chain.n, out);
}

static bool
eval_field_node(struct value_call *c, const struct use *u, struct value *out)
{
	exec_at(c, u->node);
	return eval_field_chain(c, u, u->dot, u->node->u.chain.names, u->node->u.chain.n, out);
}

/* u->node is the command, n the function's name in it. */
static bool
eval_function(struct value_call *c, const struct use *u, const struct node *n, struct value *out)
{
	exec_at(c, n);
	return eval_call(c, u, &n->u.function->func, n->u.function->kind, NULL, n->text, out);
}

static bool
eval_literal(struct value_call *c, struct value dot, const struct node *n, struct value *out)
{
	if (n->type == NODE_BOOL)
		*out = value_bool(n->u.truth);
	else if (n->type == NODE_DOT)
		*out = dot;
	else if (n->type == NODE_NIL)
		return exec_fail(c, "nil is not a command");
	else if (n->type == NODE_NUMBER)
		return ideal_constant(c, n, out);
	else
		*out = value_str(n->u.string);
	return true;
}

static bool
eval_command(struct value_call *c, struct value dot, const struct node *cmd, const struct value *final,
    struct value *out)
{
	const struct node *first = cmd->u.list.v[0];
	struct use u = { dot, first, &cmd->u.list, final };

	if (first->type == NODE_FIELD)
		return eval_field_node(c, &u, out);
	if (first->type == NODE_CHAIN)
		return eval_chain(c, &u, out);
	if (first->type == NODE_IDENTIFIER) {
		u.node = cmd;
		return eval_function(c, &u, first, out);
	}
	if (first->type == NODE_PIPE)
		return not_a_function(c, u.args, final) && eval_pipeline(c, dot, first, out);
	if (first->type == NODE_VARIABLE)
		return eval_variable(c, &u, out);
	exec_at(c, first);
	return not_a_function(c, u.args, final) && eval_literal(c, dot, first, out);
}

bool
eval_pipeline(struct value_call *c, struct value dot, const struct node *pipe, struct value *out)
{
	const struct node_list *decl = &pipe->u.pipe.decl;
	struct value v = VALUE_NIL;

	exec_at(c, pipe);
	if (!exec_enter(c))
		return false;
	for (size_t i = 0; i < pipe->u.pipe.commands.n; i++) {
		struct value previous = v;
		if (!eval_command(c, dot, pipe->u.pipe.commands.v[i], i > 0 ? &previous : NULL, &v))
			return false;
		if (value_kind(v) == V_ANY)
			v = VALUE_NIL;
	}
	for (size_t i = 0; i < decl->n; i++) {
		struct str name = decl->v[i]->u.chain.names[0];
		if (!pipe->u.pipe.assign)
			exec_push_var(c, name, v);
		else if (!exec_set_var(c, name, v))
			return false;
	}
	exec_leave(c);
	*out = v;
	return true;
}

static bool
can_be_nil(const struct value_type *t)
{
	return t == &type_reflect || t->kind == V_ANY || t->kind == V_LIST || t->kind == V_MAP ||
	    t->kind == V_PTR || t->kind == V_FUNC;
}

bool
eval_validate(struct value_call *c, struct value v, const struct value_type *t, struct value *out)
{
	*out = v;
	if (t == NULL || t == &type_reflect)
		return true;
	if (v.type == NULL) {
		if (!can_be_nil(t))
			return exec_fail(c, "invalid value; expected %s", t->name);
		*out = value_zero(t);
		return true;
	}
	if (value_assignable(v.type, t))
		return true;
	if (v.type->kind == V_PTR && value_assignable(v.type->elem, t)) {
		if (v.u.object == NULL)
			return exec_fail(c, "dereference of nil pointer of type %s", t->name);
		*out = value_object(v.type->elem, v.u.object);
		return true;
	}
	return exec_fail(c, "wrong type for value; expected %s; got %s", t->name, v.type->name);
}

static bool
expected(struct value_call *c, const char *what, const struct node *n)
{
	struct str s = node_text(n, c->arena);

	return exec_fail(c, "expected %s; found %.*s", what, STR_ARG(s));
}

/* A literal as an argument of a type that is not an interface. */
static bool
eval_literal_arg(struct value_call *c, const struct value_type *t, const struct node *n, struct value *out)
{
	bool number = n->type == NODE_NUMBER;

	*out = value_zero(t);
	switch (t->kind) {
	case V_BOOL:
		out->u.b = n->u.truth;
		return n->type == NODE_BOOL || expected(c, "bool", n);
	case V_STRING:
		if (n->type != NODE_STRING)
			return expected(c, "string", n);
		out->u.s = n->u.string;
		return true;
	case V_INT:
		if (!number || !n->u.number.is_int)
			return expected(c, "integer", n);
		out->u.i = n->u.number.i;
		return true;
	case V_UINT:
		if (!number || !n->u.number.is_uint)
			return expected(c, "unsigned integer", n);
		out->u.u = n->u.number.u;
		return true;
	case V_FLOAT:
		if (!number || !n->u.number.is_float)
			return expected(c, "float", n);
		out->u.f = n->u.number.f;
		return true;
	case V_INVALID:
	case V_COMPLEX:
	case V_LIST:
	case V_MAP:
	case V_STRUCT:
	case V_PTR:
	case V_FUNC:
	case V_ANY:
	default: {
		struct str s = node_text(n, c->arena);
		return exec_fail(c, "can't handle %.*s for arg of type %s", STR_ARG(s), t->name);
	}
	}
}

bool
eval_arg(struct value_call *c, struct value dot, const struct value_type *t, const struct node *n,
    struct value *out)
{
	const struct use u = { .dot = dot, .node = n };

	exec_at(c, n);
	switch (n->type) {
	case NODE_DOT:
		return eval_validate(c, dot, t, out);
	case NODE_NIL:
		assert(t != NULL);
		if (!can_be_nil(t))
			return exec_fail(c, "cannot assign nil to %s", t->name);
		*out = value_zero(t);
		return true;
	case NODE_FIELD:
		return eval_field_node(c, &u, out) && eval_validate(c, *out, t, out);
	case NODE_VARIABLE:
		return eval_variable(c, &u, out) && eval_validate(c, *out, t, out);
	case NODE_PIPE:
		return eval_pipeline(c, dot, n, out) && eval_validate(c, *out, t, out);
	case NODE_IDENTIFIER:
		return eval_function(c, &u, n, out) && eval_validate(c, *out, t, out);
	case NODE_CHAIN:
		return eval_chain(c, &u, out) && eval_validate(c, *out, t, out);
	case NODE_BOOL:
	case NODE_NUMBER:
	case NODE_STRING:
		if (t == NULL || t == &type_any || t == &type_reflect)
			return eval_literal(c, dot, n, out);
		return eval_literal_arg(c, t, n, out);
	case NODE_TEXT:
	case NODE_ACTION:
	case NODE_COMMAND:
	case NODE_ELSE:
	case NODE_END:
	case NODE_IF:
	case NODE_LIST:
	case NODE_RANGE:
	case NODE_TEMPLATE:
	case NODE_WITH:
	case NODE_BREAK:
	case NODE_CONTINUE:
	default:
		assert(!"no such node among arguments");
		return false;
	}
}
