/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label_strings.h - strings of a whole set, interned together.
 *
 * Memory of a table of millions is far away: those that are looked for at once are waited for together.
 */
#ifndef MODEL_LABEL_STRINGS_H
#define MODEL_LABEL_STRINGS_H

#include <stddef.h>

struct label;
struct label_pair;

/* A new reference (istr_get) to each name and value of n pairs. */
void istr_get_pairs(const struct label_pair *pairs, size_t n, struct label *out);

#endif
