/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/label_find.h - looking for each label of one set in another.
 *
 * A client may well post alerts of thousands of labels: two of them side by side must not take a square of those.
 */
#ifndef MODEL_LABEL_FIND_H
#define MODEL_LABEL_FIND_H

#include <stdint.h>

#include "model/labels.h"

/* The place of that name in l; labels_n(l): it has none. Loop thread, as the strings are. */
uint32_t label_find(const struct labels *l, const struct istr *name);

#endif
