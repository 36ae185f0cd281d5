/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.h - whether the templates that a template calls are there.
 */
#ifndef TMPL_CALLS_H
#define TMPL_CALLS_H

#include "base/compiler.h"
#include "base/err.h"
#include "node.h"

/*
 * From the tree "" of `own` on: names are looked for there, then in `set`.
 * False with e at the first that is in neither. Adds to *steps; see tmpl_check_calls.
 */
bool calls_check(const struct tree_map *own, const struct tree_map *set, uint64_t *steps, struct err *e) MUST_CHECK;

#endif
