/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "exec.h"
#include "funcs.h"

static size_t
params_count(const struct value_func *f)
{
	size_t n = 0;

	while (n < ARRAY_LEN(f->params) && f->params[n] != NULL)
		n++;
	return n;
}

static bool
check_count(struct value_call *c, const struct value_func *f, struct str name, size_t params, size_t args,
    size_t in)
{
	if (f->variadic && in < params - 1)
		return exec_fail(c, "wrong number of args for %.*s: want at least %zu got %zu", STR_ARG(name),
		    params - 1, args);
	if (!f->variadic && in != params)
		return exec_fail(c, "wrong number of args for %.*s: want %zu got %zu", STR_ARG(name), params, in);
	if (f->call == NULL)
		return exec_fail(c, "%s", f->refusal);
	return true;
}

/* Arguments one by one until one decides. */
static bool
eval_and_or(struct value_call *c, struct value dot, const struct node_list *args, size_t n, bool or,
    const struct value *final, struct value *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!eval_arg(c, dot, &type_reflect, args->v[i + 1], out))
			return false;
		if (value_truth(*out) == or)
			return true;
	}
	if (final != NULL)
		*out = *final;
	return true;
}

static struct str
callee_text(struct value_call *c, const struct node_list *args, size_t n, const struct value *final)
{
	return n > 0 ? node_text(args->v[1], c->arena) : value_text(c->arena, *final);
}

/* The type of the i-th argument. */
static const struct value_type *
param_type(const struct value_func *f, size_t params, size_t i)
{
	return f->params[f->variadic && i >= params - 1 ? params - 1 : i];
}

bool
eval_call(struct value_call *c, struct value dot, const struct value_func *f, const struct builtin *builtin,
    const struct value *receiver, const struct node *node, struct str name, const struct node_list *args,
    const struct value *final, struct value *out)
{
	enum builtin_kind kind = builtin != NULL ? builtin->kind : BUILTIN_PLAIN;
	size_t given = args != NULL ? args->n - 1 : 0, in = given + (final != NULL);
	size_t params = params_count(f), argc = 0;

	if (!check_count(c, f, name, params, given, in))
		return false;
	if (kind == BUILTIN_AND || kind == BUILTIN_OR)
		return eval_and_or(c, dot, args, given, kind == BUILTIN_OR, final, out);
	struct value few[8], *argv = few;
	if (in + 2 > ARRAY_LEN(few))
		argv = ARENA_ARRAY(c->arena, in + 2, struct value);
	if (receiver != NULL)
		argv[argc++] = *receiver;
	if (kind == BUILTIN_CALL)
		argv[argc++] = value_str(callee_text(c, args, given, final));
	if (!exec_enter(c))
		return false;
	for (size_t i = 0; i < given; i++)
		if (!eval_arg(c, dot, param_type(f, params, i), args->v[i + 1], &argv[argc++]))
			return false;
	if (final != NULL &&
	    !eval_validate(c, *final, param_type(f, params, given), &argv[argc++]))
		return false;
	struct value result = VALUE_NIL;
	bool ok = value_charge(c, 1) && f->call(c, argv, argc, &result);
	exec_leave(c);
	if (!ok) {
		if (c->failed)
			return false;
		exec_at(c, node);
		return exec_fail(c, "error calling %.*s: %.*s", STR_ARG(name), STR_ARG(c->call_error));
	}
	*out = result;
	return true;
}
