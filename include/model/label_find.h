/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/label_find.h - looking for each label of one set in another.
 *
 * A client may well post alerts of thousands of labels: two of them side by side must not take a square of those.
 */
#ifndef MODEL_LABEL_FIND_H
#define MODEL_LABEL_FIND_H

#include <stddef.h>

#include "model/labels.h"

/* The pair of that name among n that are sorted by name; NULL: there is none. Loop thread, as the strings are. */
const struct label *label_find(const struct label *sorted, size_t n, const struct istr *name);

#endif
