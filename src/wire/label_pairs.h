/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label_pairs.h - label sets within our own records: one field a pair.
 */
#ifndef LABEL_PAIRS_H
#define LABEL_PAIRS_H

#include <stdbool.h>

#include "base/sbuf.h"
#include "base/vec.h"
#include "model/labels.h"

/* Labels as they come in; end with VEC_FINI(&pairs.v). */
struct label_pairs {
	VEC(struct label_pair) v;
};

void label_pairs_put(struct sbuf *b, unsigned field, const struct labels *l);
/* Adds the pair of one such field; borrows from bytes. False: it is malformed. */
bool label_pairs_get(struct str bytes, struct label_pairs *to);

#endif
