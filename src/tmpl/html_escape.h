/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/html_escape.h - the working state of the HTML escaper.
 *
 * The walk over the templates only records what to change; the changes are
 * applied at the end, because a body may be walked several times on trial.
 */
#ifndef TMPL_HTML_ESCAPE_H
#define TMPL_HTML_ESCAPE_H

#include "html.h"
#include "html_context.h"
#include "node.h"

/* At most this many escapers are put behind one action. */
#define HTML_MAX_ESCAPERS 4

struct html_edit {
	struct node *node;
	struct str text;		/* TEXT: its new text; TEMPLATE: its new callee */
	const char *escapers[HTML_MAX_ESCAPERS];	/* ACTION */
	size_t escapers_n;
};

struct html_output {
	struct str name;		/* mangled */
	struct html_context context;	/* in which it ends */
};

/* The loop that is walked now: contexts at its breaks and continues. */
struct html_loop {
	struct html_loop *outer;
	struct html_context *jumps;
	size_t n, cap;
};

struct html_escaper {
	struct html_program *program;
	struct html_loop *loop;
	const struct tree *tree;	/* being walked: for places in messages */
	struct html_output *outputs;
	size_t outputs_n, outputs_cap;
	struct str *called;
	size_t called_n, called_cap;
	struct tree **derived;
	size_t derived_n, derived_cap;
	struct html_edit *edits;
	size_t edits_n, edits_cap;
};

struct html_program {
	struct arena *arena;
	const struct tree_map *own, *shared;
	struct tree_map trees;		/* copies, escaped */
	struct html_error *err;
	/* Walks so far: a template can make the escaper walk it again and again. */
	size_t walked;
	int depth;
};

struct html_context html_escape_list(struct html_escaper *e, struct html_context c, const struct node *list);
/* html_text.c */
struct html_context html_escape_text(struct html_escaper *e, struct html_context c, struct node *n);
/* html_action.c */
struct html_context html_escape_action(struct html_escaper *e, struct html_context c, struct node *n);
/* Puts the escapers behind the pipeline, merging them with those it has. */
void html_extend_pipeline(struct node *pipe, const char *const *escapers, size_t n, struct arena *a);

struct html_edit *html_add_edit(struct html_escaper *e, struct node *n);
/* An error context about a node. */
struct html_context html_node_error(struct html_escaper *e, const struct node *n, const char *fmt, ...)
    PRINTF(3, 4);

#endif
