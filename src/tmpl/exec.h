/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/exec.h - walks a parsed template with data.
 *
 * The order of evaluation, and which node an error names, are Go's.
 * Source: Go text/template exec.go.
 */
#ifndef TMPL_EXEC_H
#define TMPL_EXEC_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "funcs.h"
#include "node.h"
#include "value_private.h"

/*
 * Nested {{template}} calls, and nested nodes on the C stack altogether. Go's
 * limit is 100000, which its growing stacks allow and ours does not.
 */
#define EXEC_MAX_TEMPLATES 1000
#define EXEC_MAX_DEPTH 5000

/* Runs `tree` into c->out. False with c->err filled. */
bool exec_run(struct value_call *c, const struct tree *tree, struct value data);

/* --- shared by exec.c, eval.c and eval_call.c --- */

/* Fails with Go's frame around the message: where, in which template, at which expression. */
bool exec_fail(struct value_call *c, const char *fmt, ...) PRINTF(2, 3);
/* One more level on the C stack; pair with exec_leave. False when that is too deep. */
bool exec_enter(struct value_call *c);
static inline void
exec_leave(struct value_call *c)
{
	c->depth--;
}
static inline void
exec_at(struct value_call *c, const struct node *n)
{
	c->node = n;
}
void exec_push_var(struct value_call *c, struct str name, struct value v);
bool exec_set_var(struct value_call *c, struct str name, struct value v);

/* The pipeline's value, after its declarations. */
bool eval_pipeline(struct value_call *c, struct value dot, const struct node *pipe, struct value *out);
/*
 * An argument for a parameter of type t (NULL: anything).
 */
bool eval_arg(struct value_call *c, struct value dot, const struct value_type *t, const struct node *n,
    struct value *out);
/* Fits v to a parameter of type t. */
bool eval_validate(struct value_call *c, struct value v, const struct value_type *t, struct value *out);
/* The price of v printed as `bytes` bytes: looking for the digits of a float takes long. */
size_t exec_print_price(struct value v, size_t bytes);
/* How a field, method or function is used in the template. */
struct use {
	struct value dot;
	const struct node *node;	/* what errors of a call are about */
	const struct node_list *args;	/* the first is the callee itself; NULL: none */
	const struct value *final;	/* from the pipeline; NULL: nothing */
};

/* A function or a method (then receiver != NULL). */
bool eval_call(struct value_call *c, const struct use *u, const struct value_func *f, enum builtin_kind kind,
    const struct value *receiver, struct str name, struct value *out);
/* Where a pointer points to; v itself otherwise. A nil pointer stays (*nil set). */
struct value eval_indirect(struct value v, bool *nil);
#endif
