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
eval_and_or(struct value_call *c, const struct use *u, size_t n, bool or, struct value *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!eval_arg(c, u->dot, &type_reflect, u->args->v[i + 1], out))
			return false;
		if (value_truth(*out) == or)
			return true;
	}
	if (u->final != NULL)
		*out = *u->final;
	return true;
}

static struct str
callee_text(struct value_call *c, const struct use *u, size_t n)
{
	return n > 0 ? node_text(u->args->v[1], c->arena) : value_text(c->arena, *u->final);
}

/* The type of the i-th argument. */
static const struct value_type *
param_type(const struct value_func *f, size_t params, size_t i)
{
	return f->params[f->variadic && i >= params - 1 ? params - 1 : i];
}

/* The price of a function that looks at all of its strings, and of one that moves dates. */
static size_t
price(const struct value *argv, size_t argc)
{
	size_t units = 1;

	for (size_t i = 0; i < argc; i++) {
		if (value_kind(argv[i]) == V_STRING)
			units += argv[i].u.s.n / 32;
		else if (argv[i].type == &type_time)
			units += 20;
	}
	return units;
}

bool
eval_call(struct value_call *c, const struct use *u, const struct value_func *f, enum builtin_kind kind,
    const struct value *receiver, struct str name, struct value *out)
{
	size_t given = u->args != NULL ? u->args->n - 1 : 0, in = given + (u->final != NULL);
	size_t params = params_count(f), argc = 0;
	struct value few[8], *argv = few, result = VALUE_NIL;

	if (!check_count(c, f, name, params, given, in))
		return false;
	if (kind == BUILTIN_AND || kind == BUILTIN_OR)
		return eval_and_or(c, u, given, kind == BUILTIN_OR, out);
	if (in + 2 > ARRAY_LEN(few))
		argv = ARENA_ARRAY(c->arena, in + 2, struct value);
	if (receiver != NULL)
		argv[argc++] = *receiver;
	if (kind == BUILTIN_CALL)
		argv[argc++] = value_str(callee_text(c, u, given));
	if (!exec_enter(c))
		return false;
	for (size_t i = 0; i < given; i++)
		if (!eval_arg(c, u->dot, param_type(f, params, i), u->args->v[i + 1], &argv[argc++]))
			return false;
	if (u->final != NULL && !eval_validate(c, *u->final, param_type(f, params, given), &argv[argc++]))
		return false;
	bool ok = value_charge(c, price(argv, argc)) && f->call(c, argv, argc, &result);
	exec_leave(c);
	if (!ok) {
		if (c->failed)
			return false;
		exec_at(c, u->node);
		return exec_fail(c, "error calling %.*s: %.*s", STR_ARG(name), STR_ARG(c->call_error));
	}
	*out = result;
	return true;
}
