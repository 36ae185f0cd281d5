/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/label_texts.h - label sets by the text that they were posted as.
 *
 * Senders post the same alerts again and again, and what moves is a time. A JSON object that was
 * read as a set of labels is the same set whenever the same bytes come again, since its reader
 * looks at nothing else. So a set remembers a hash of the text that it came from last, and who
 * meets that text again need not read it.
 *
 * Texts are told apart by the hash alone, of which 92 bits are kept. It has a key that nobody outside knows, so
 * that no text can be made that has the hash of another, and none will have it by chance.
 */
#ifndef MODEL_LABEL_TEXTS_H
#define MODEL_LABEL_TEXTS_H

#include "base/hash.h"
#include "model/labels.h"

/* The same text may stand for one set as labels, which lose those without value, and for another as annotations. */
enum label_text_kind { LABEL_TEXT_LABELS, LABEL_TEXT_ANNOTATIONS };

struct hash128 label_text_hash(enum label_text_kind kind, struct str text);
/* The set, borrowed, that was read from such a text; NULL: none is known. */
struct labels *label_text_find(struct hash128 text);
/* Asks for the memory that label_text_find will look at; then, when that is there, for what it may find. */
void label_text_fetch(struct hash128 text);
void label_text_fetch_node(struct hash128 text);
/* l is what this text stands for: its own text from now on. */
void label_text_set(struct labels *l, struct hash128 text);

#endif
