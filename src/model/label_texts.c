/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label_texts.h"

#include "base/nmap.h"
#include "label_table.h"

/* Texts of this thread's sets. */
static _Thread_local struct nmap texts;

struct hash128
label_text_hash(enum label_text_kind kind, struct str text)
{
	return hash128_text(kind, text.p, text.n);
}

/* Its first half: what the table has, and the rest. */
static uint32_t
low(struct hash128 text)
{
	return (uint32_t)text.first;
}

static uint32_t
rest(struct hash128 text)
{
	return (uint32_t)(text.first >> 32);
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
	for (struct labels *l = nmap_first(&texts, low(text)); l != NULL; l = nmap_next(&texts, l, low(text)))
		if (l->text_rest == rest(text) && l->text_more == more(text))
			return l;
	return NULL;
}

void
label_text_fetch(struct hash128 text)
{
	nmap_fetch(&texts, low(text));
}

void
label_text_fetch_node(struct hash128 text)
{
	nmap_fetch_object(&texts, low(text));
}

void
label_text_forget(struct labels *l)
{
	if (!l->has_text)
		return;
	nmap_remove(&texts, l, l->text);
	l->has_text = false;
}

void
label_text_set(struct labels *l, struct hash128 text)
{
	label_text_forget(l);
	nmap_insert(&texts, l, low(text));
	l->text = low(text);
	l->text_rest = rest(text);
	l->text_more = more(text);
	l->has_text = true;
}

void
label_texts_leave(void)
{
	nmap_fini(&texts);
}

bool
label_texts_shrink_some(struct work *w)
{
	return nmap_shrink_some(&texts, w);
}
