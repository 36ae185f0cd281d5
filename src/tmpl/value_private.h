/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/value_private.h - what this room alone knows of values, and of the execution that they are seen in.
 */
#ifndef TMPL_VALUE_PRIVATE_H
#define TMPL_VALUE_PRIVATE_H

#include "base/sbuf.h"
#include "tmpl/env.h"
#include "tmpl/value.h"

struct node;
struct regex;
struct tree;
struct tree_map;

struct variable {
	struct str name;
	struct value value;
};

/* An execution; functions know it by this name (tmpl/value.h). */
struct value_call {
	struct arena *arena;
	const struct tmpl_env *env;
	struct err *err;
	/* Where {{template}} looks names up: the first map that has it. */
	const struct tree_map *trees[2];
	struct sbuf out;
	uint64_t steps, max_steps;
	size_t max_output;
	size_t arena_start, max_arena;	/* bytes of the arena before; bytes allowed */
	int templates, depth;

	/* of the template that runs now */
	const struct tree *tree;
	const struct node *node;	/* what an error is about; NULL: nothing yet */
	struct variable *vars;
	size_t vars_n, vars_cap, vars_base;

	struct regex *regexes[8];	/* regex_cache.h */
	size_t regexes_next;

	bool failed;		/* err is filled */
	struct str call_error;	/* of value_fail, until the caller words it */
};

/* The zero value of a type. */
struct value value_zero(const struct value_type *t);
/* How messages name a type. */
const char *value_type_name(struct value v);
/* Go's reflect AssignableTo. */
bool value_assignable(const struct value_type *from, const struct value_type *to);
/* v as fmt's %v, in the arena. */
struct str value_text(struct arena *a, struct value v);

#endif
