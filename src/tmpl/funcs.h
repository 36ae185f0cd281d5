/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/funcs.h - the functions that templates call by name.
 */
#ifndef TMPL_FUNCS_H
#define TMPL_FUNCS_H

#include "base/sbuf.h"
#include "tmpl/value.h"

/* How the evaluator treats a function. */
enum builtin_kind {
	BUILTIN_PLAIN,
	BUILTIN_AND,	/* arguments are evaluated one by one */
	BUILTIN_OR,
	BUILTIN_CALL,	/* the callee's source text is put in front of the arguments */
};

struct builtin {
	struct value_func func;
	enum builtin_kind kind;
};

/* Parameters and results that take any value as it is, an invalid one too (Go's reflect.Value). */
extern const struct value_type type_reflect;

/* Each table ends in an entry without a name. */
extern const struct builtin builtins_go[];	/* funcs_go.c */
extern const struct builtin builtins_compare[];	/* funcs_compare.c */
extern const struct builtin builtins_am[];	/* funcs_am.c */
extern const struct builtin builtins_am_data[];	/* funcs_am_data.c */
extern const struct builtin builtins_html[];	/* html_funcs.c: what the html engine inserts */
const struct builtin *builtin_find_html(const char *name);

/* The concatenated arguments as the escapers see them: one string as it is, else like print. */
struct str func_join_args(struct value_call *c, const struct value *args, size_t n);
/* The content of b as a string value in the arena; frees b. False when it passed its cap. */
bool func_take(struct value_call *c, struct sbuf *b, struct value *out);
/* Charges for printing these, which made so many bytes. */
void func_pay_print(struct value_call *c, const struct value *args, size_t n, size_t bytes);
/* A buffer for a function's result, with the cap of the execution. */
struct sbuf func_buffer(struct value_call *c);

/* printf.c */
void print_sprintf(struct sbuf *b, struct str format, const struct value *args, size_t n);
void print_sprint(struct sbuf *b, const struct value *args, size_t n);
void print_sprintln(struct sbuf *b, const struct value *args, size_t n);

/* humanize.c: false when v is no number (text for value_fail in *e). */
bool humanize_duration(struct value_call *c, struct value v, struct value *out);
/* title.c: each word's first letter in upper case, the rest in lower. */
void title_case(struct sbuf *b, struct str s);

#endif
