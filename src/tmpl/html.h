/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/html.h - html/template: templates rewritten so that each action's output
 * is escaped for the place where it stands.
 *
 * Source: Go html/template escape.go.
 */
#ifndef TMPL_HTML_H
#define TMPL_HTML_H

#include "base/err.h"
#include "node.h"

struct html_program;

/*
 * Escapes the tree "" of `own` and all it calls, looked up in `own` and then in
 * `shared`. Both must outlive the program, which holds copies where escapes
 * were put in. Never NULL: a failure is kept inside.
 */
struct html_program *html_escape_program(const struct tree_map *own, const struct tree_map *shared) MUST_CHECK;
/* The tree to execute; NULL with e filled when the template cannot be escaped. */
const struct tree_map *html_program_trees(const struct html_program *p, struct err *e);
/* Sets *p to NULL; *p may be NULL already. */
void html_program_free(struct html_program **p);

#endif
