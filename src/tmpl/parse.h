/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/parse.h - template source into trees.
 *
 * Source: Go text/template/parse parse.go.
 */
#ifndef TMPL_PARSE_H
#define TMPL_PARSE_H

#include "base/err.h"
#include "lex.h"
#include "node.h"

/* A function that templates may name: one from the tables of funcs.h. */
struct builtin;
const struct builtin *builtin_find(struct str name, bool with_am_functions);

/* Deeper nesting of parentheses and control structures is refused. */
#define PARSE_MAX_DEPTH 500

struct parser {
	struct arena *arena;
	struct err *err;
	struct lexer lexer;
	struct str parse_name;
	struct str text;
	struct tree_map *trees;		/* what this source defines */
	bool with_am_functions;
	/* Look-ahead: the last token read is in slot 0 (Go's errors name its line). */
	struct token token[3];
	int peeked;
	int action_line;		/* 0: not inside an action */
	int range_depth;
	int depth;
	/* Names of the variables in scope; a definition starts a new scope at `vars_base`. */
	struct str *vars;
	size_t vars_n, vars_cap, vars_base;
};

/*
 * Parses a source: its whole text as the tree `name`, and its definitions, all
 * into *trees. text must live as long as the trees. Errors as Go's.
 */
bool parse_source(struct str name, struct str text, bool with_am_functions, struct tree_map *trees,
    struct arena *a, struct err *e) MUST_CHECK;

/* --- shared by parse.c and parse_expr.c --- */

struct token parse_next(struct parser *p);
void parse_backup(struct parser *p);
/* Also pushes back `first`, read before the token that is in slot 0. */
void parse_backup2(struct parser *p, struct token first);
void parse_backup3(struct parser *p, struct token second, struct token first);
struct token parse_peek(struct parser *p);
struct token parse_next_non_space(struct parser *p);
struct token parse_peek_non_space(struct parser *p);
/* Both return NULL, so that one can return them. */
struct node *parse_fail(struct parser *p, const char *fmt, ...) PRINTF(2, 3);
struct node *parse_unexpected(struct parser *p, struct token t, const char *context);
struct node *parse_node(struct parser *p, enum node_type type, size_t pos, int line);
void parse_push_var(struct parser *p, struct str name);
/* A pipeline up to and with the token `end`. */
struct node *parse_pipeline(struct parser *p, const char *context, enum token_type end);
/* The value of a string literal; false after parse_fail. */
bool parse_unquote(struct parser *p, struct str literal, struct str *out);
/* number.c: a numeric literal's value in all the types it fits. */
bool parse_number(struct str text, enum token_type type, struct number *out, struct err *e) MUST_CHECK;

#endif
