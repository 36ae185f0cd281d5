/* SPDX-License-Identifier: Apache-2.0 */
/*
 * label_table.h - the table of texts (label_texts.c), as the sets themselves see it.
 */
#ifndef MODEL_LABEL_TABLE_H
#define MODEL_LABEL_TABLE_H

#include "base/work.h"

struct labels;

/* l goes. */
void label_text_forget(struct labels *l);
/* The part of interned_leave and interned_shrink_some that is the texts'. */
void label_texts_leave(void);
bool label_texts_shrink_some(struct work *w);

#endif
