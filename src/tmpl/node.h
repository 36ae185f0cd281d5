/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/node.h - the parse tree of a template.
 *
 * Nodes live in the arena of whoever parsed them and do not change once the
 * parser returned them; the html engine works on copies.
 * Source: Go text/template/parse node.go.
 */
#ifndef TMPL_NODE_H
#define TMPL_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/hmap.h"
#include "tmpl/value.h"

enum node_type {
	NODE_TEXT,
	NODE_ACTION,
	NODE_BOOL,
	NODE_CHAIN,	/* a term followed by field accesses */
	NODE_COMMAND,	/* an element of a pipeline */
	NODE_DOT,
	NODE_ELSE,	/* from the parser to itself only */
	NODE_END,	/* likewise */
	NODE_FIELD,
	NODE_IDENTIFIER,	/* a function's name */
	NODE_IF,
	NODE_LIST,
	NODE_NIL,
	NODE_NUMBER,
	NODE_PIPE,
	NODE_RANGE,
	NODE_STRING,
	NODE_TEMPLATE,
	NODE_VARIABLE,
	NODE_WITH,
	NODE_BREAK,
	NODE_CONTINUE,
};

struct tree;

/* A growing array of nodes in an arena. */
struct node_list {
	struct node **v;
	size_t n, cap;
};

struct number {
	bool is_int, is_uint, is_float, is_complex;
	int64_t i;
	uint64_t u;
	double f;
	double c[2];
};

struct node {
	enum node_type type;
	size_t pos;
	int line;
	/*
	 * TEXT the text; STRING and NUMBER the source; IDENTIFIER and TEMPLATE the name.
	 */
	struct str text;
	union {
		struct str string;	/* STRING: its value */
		struct number number;
		bool truth;		/* BOOL */
		struct {		/* FIELD, VARIABLE (names[0] is the variable), CHAIN (of node) */
			struct str *names;
			size_t n;
			struct node *node;
		} chain;
		struct node_list list;	/* LIST; COMMAND: its arguments */
		struct {		/* PIPE */
			struct node_list decl, commands;
			bool assign;
		} pipe;
		/* ACTION, TEMPLATE: pipe alone (may be NULL in a TEMPLATE); IF, WITH, RANGE */
		struct {
			struct node *pipe, *list, *else_list;
		} branch;
		const struct builtin *function;	/* IDENTIFIER: what it calls */
	} u;
};

/* A named template: a file, a definition in one, or an inline string. */
struct tree {
	struct hmap_node by_name;	/* in a struct tree_map */
	struct str name;
	struct str parse_name;		/* of the file, for error messages */
	struct str text;		/* of the whole file */
	struct node *root;		/* LIST */
};

struct tree_map {
	struct hmap map;
};

void node_list_push(struct node_list *l, struct node *n, struct arena *a);
/* Source-like text of the node, as error messages quote it. */
void node_print(struct sbuf *b, const struct node *n);
struct str node_text(const struct node *n, struct arena *a);
/* A deep copy; function bindings and texts are shared. */
struct node *node_copy(const struct node *n, struct arena *a);
/* Does the list hold nothing but blanks? */
bool node_is_empty(const struct node *n);

struct tree *tree_map_find(const struct tree_map *m, struct str name);
/* Adds, or replaces the tree of the same name. */
void tree_map_put(struct tree_map *m, struct tree *t);
void tree_map_fini(struct tree_map *m);

/* "FILE:LINE:COLUMN" of a byte of the tree's source. */
struct str tree_location(const struct tree *t, size_t pos, struct arena *a);

#endif
