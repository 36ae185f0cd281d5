/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_sets.h - sets of runes: by name, in any case, turned around.
 */
#ifndef TEXT_REGEX_SETS_H
#define TEXT_REGEX_SETS_H

#include "regex_ast.h"

/* Sorts and joins r[0..n) in place; the new count. */
size_t rx_ranges_normalise(struct rx_range *r, size_t n);
/*
 * Adds the category (one or two letters) or script of that name, which has its first letter in upper and
 * the others in lower case; false when there is none.
 */
bool rx_set_add_named(struct rx_parser *p, struct rx_class *cls, struct str name);
/* Adds the other cases of what is in the set. */
void rx_set_fold(struct rx_parser *p, struct rx_class *cls);
/* Everything that is not in it. Normalises. */
void rx_set_negate(struct rx_parser *p, struct rx_class *cls);
/* The next rune that is the same letter in another case; itself when there is none. */
uint32_t rx_fold_next(uint32_t rune);

#endif
