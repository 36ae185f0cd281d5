/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label_texts.h"

#include "label_table.h"

/* Texts of this thread's sets. */
static _Thread_local struct hmap texts;

struct hash128
label_text_hash(enum label_text_kind kind, struct str text)
{
	return hash128_text(kind, text.p, text.n);
}

/* The part of its second half that is kept. */
static uint32_t
more(struct hash128 text)
{
	return (uint32_t)text.second & ((1u << 28) - 1);
}

struct labels *
label_text_find(struct hash128 text)
{
	for (struct hmap_node *n = hmap_first(&texts, text.first); n != NULL; n = hmap_next(n)) {
		struct labels *l = CONTAINER_OF(n, struct labels, text);

		if (l->text_more == more(text))
			return l;
	}
	return NULL;
}

void
label_text_fetch(struct hash128 text)
{
	hmap_fetch(&texts, text.first);
}

void
label_text_fetch_node(struct hash128 text)
{
	hmap_fetch_node(&texts, text.first);
}

void
label_text_forget(struct labels *l)
{
	if (!l->has_text)
		return;
	hmap_remove(&texts, &l->text);
	l->has_text = false;
}

void
label_text_set(struct labels *l, struct hash128 text)
{
	label_text_forget(l);
	hmap_insert(&texts, &l->text, text.first);
	l->text_more = more(text);
	l->has_text = true;
}

void
label_texts_leave(void)
{
	hmap_fini(&texts);
	texts = (struct hmap){ 0 };
}

bool
label_texts_shrink_some(struct work *w)
{
	return hmap_shrink_some(&texts, w);
}
