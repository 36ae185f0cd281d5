/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher_index.h"

#include <assert.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/mem.h"

/* The items filed under one label. */
struct key {
	struct hmap_node node;
	struct istr *name, *value;	/* references */
	struct matcher_index_list list;
};

/* Interned strings are known by address, and nobody outside chooses those. */
static uint64_t
key_hash(const struct istr *name, const struct istr *value)
{
	return hash_mix(hash_mix(0, (uintptr_t)name), (uintptr_t)value);
}

static struct key *
key_find(const struct matcher_index *x, const struct istr *name, const struct istr *value)
{
	for (struct hmap_node *n = hmap_first(&x->keys, key_hash(name, value)); n != NULL; n = hmap_next(n)) {
		struct key *k = CONTAINER_OF(n, struct key, node);

		if (k->name == name && k->value == value)
			return k;
	}
	return NULL;
}

static void
key_free(struct key *k)
{
	istr_unref(k->name);
	istr_unref(k->value);
	mem_free(k->list.v);
	mem_free(k);
}

#define FREE_UNITS 10

bool
matcher_index_fini_some(struct matcher_index *x, struct hmap_cursor *at, struct work *w)
{
	struct hmap_node *node, *next;

	while (hmap_next_bucket(&x->keys, at, &node)) {
		for (; node != NULL; node = next) {
			next = node->next;
			key_free(CONTAINER_OF(node, struct key, node));
			work_spend(w, FREE_UNITS);
		}
		if (work_used_up(w))
			return false;
	}
	hmap_fini(&x->keys);
	mem_free(x->rest.v);
	*x = (struct matcher_index){ 0 };
	*at = (struct hmap_cursor){ 0 };
	return true;
}

void
matcher_index_fini(struct matcher_index *x)
{
	struct work all = { INT64_MAX };
	struct hmap_cursor at = { 0 };
	bool done = matcher_index_fini_some(x, &at, &all);

	assert(done);
	(void)done;
}

/* The values that m asks for; 0 when they cannot be counted or an absent label would do. */
static size_t
wanted(const struct matcher *m, struct str *one, const struct str **values)
{
	size_t n = matcher_values(m, one, values);

	for (size_t i = 0; i < n; i++)
		if ((*values)[i].n == 0)
			return 0;
	return n;
}

/* More matchers than these are not looked at, so that a silence of a thousand is filed and taken out in no time. */
#define LOOKED_AT 16

/* How crowded the places are where m would be filed. */
static size_t
crowd(const struct matcher_index *x, const struct matcher *m, const struct str *values, size_t n)
{
	size_t sum = n;

	for (size_t i = 0; i < n; i++) {
		struct istr *value = istr_find(values[i]);
		const struct key *k = value != NULL ? key_find(x, m->name, value) : NULL;

		if (k != NULL)
			sum += k->list.n;
	}
	return sum;
}

static void
list_add(struct matcher_index_list *l, uint64_t order, void *item)
{
	assert(l->n == 0 || l->v[l->n - 1].order < order);
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 1 : 2 * l->cap;
		l->v = mem_realloc(l->v, l->cap, sizeof(l->v[0]));
	}
	l->v[l->n++] = (struct matcher_index_item){ order, item };
}

/* Index of the first item whose order is above `after`. */
static size_t
list_after(const struct matcher_index_list *l, uint64_t after)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->v[mid].order <= after)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
list_remove(struct matcher_index_list *l, uint64_t order)
{
	size_t i = order == 0 ? 0 : list_after(l, order - 1);

	if (i == l->n || l->v[i].order != order)
		return false;
	memmove(l->v + i, l->v + i + 1, (l->n - i - 1) * sizeof(l->v[0]));
	l->n--;
	return true;
}

static void
file_under(struct matcher_index *x, struct istr *name, struct str value_text, uint64_t order, void *item)
{
	struct istr *value = istr_get(value_text);
	struct key *k = key_find(x, name, value);

	if (k == NULL) {
		k = NEW(struct key);
		k->name = istr_ref(name);
		k->value = istr_ref(value);
		hmap_insert(&x->keys, &k->node, key_hash(name, value));
	}
	istr_unref(value);
	list_add(&k->list, order, item);
}

void
matcher_index_add(struct matcher_index *x, const struct matchers *ms, uint64_t order, void *item)
{
	const struct matcher *best = NULL;
	const struct str *values;
	struct str one;
	size_t best_crowd = 0, n;

	for (size_t i = 0, looked = 0; i < ms->n && looked < LOOKED_AT; i++) {
		size_t c;

		n = wanted(&ms->m[i], &one, &values);
		if (n == 0)
			continue;
		looked++;
		c = crowd(x, &ms->m[i], values, n);
		if (best == NULL || c < best_crowd) {
			best = &ms->m[i];
			best_crowd = c;
		}
	}
	if (best == NULL) {
		list_add(&x->rest, order, item);
		return;
	}
	n = wanted(best, &one, &values);
	for (size_t i = 0; i < n; i++)
		file_under(x, best->name, values[i], order, item);
}

void
matcher_index_remove(struct matcher_index *x, const struct matchers *ms, uint64_t order)
{
	if (list_remove(&x->rest, order))
		return;
	for (size_t i = 0, looked = 0; i < ms->n && looked < LOOKED_AT; i++) {
		const struct str *values;
		struct str one;
		size_t n = wanted(&ms->m[i], &one, &values);

		looked += n > 0 ? 1 : 0;
		for (size_t j = 0; j < n; j++) {
			struct istr *value = istr_find(values[j]);
			struct key *k = value != NULL ? key_find(x, ms->m[i].name, value) : NULL;

			if (k == NULL || !list_remove(&k->list, order) || k->list.n > 0)
				continue;
			hmap_remove(&x->keys, &k->node);
			key_free(k);
		}
	}
}

static void
begin_list(struct matcher_index_iter *it, const struct matcher_index_list *l, uint64_t after)
{
	struct matcher_index_cursor *cursors = it->more != NULL ? it->more : it->few;
	size_t from = list_after(l, after);

	if (from < l->n)
		cursors[it->n++] = (struct matcher_index_cursor){ l->v + from, l->v + l->n };
}

void
matcher_index_begin(struct matcher_index_iter *it, const struct matcher_index *x, const struct labels *l, uint64_t after)
{
	it->n = 0;
	it->more = NULL;
	it->order = after;
	begin_list(it, &x->rest, after);
	if (x->keys.n == 0)
		return;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct key *k = key_find(x, l->l[i].name, l->l[i].value);

		if (k == NULL)
			continue;
		if (it->n == ARRAY_LEN(it->few) && it->more == NULL) {
			it->more = mem_calloc(l->n + 1, sizeof(it->more[0]));
			memcpy(it->more, it->few, sizeof(it->few));
		}
		begin_list(it, &k->list, after);
	}
}

void *
matcher_index_next(struct matcher_index_iter *it)
{
	struct matcher_index_cursor *cursors = it->more != NULL ? it->more : it->few;
	struct matcher_index_cursor *first = NULL;
	void *item;

	for (size_t i = 0; i < it->n; i++)
		if (first == NULL || cursors[i].at->order < first->at->order)
			first = &cursors[i];
	if (first == NULL)
		return NULL;
	it->order = first->at->order;
	item = first->at->item;
	if (++first->at == first->end)
		*first = cursors[--it->n];
	return item;
}

void
matcher_index_end(struct matcher_index_iter *it)
{
	mem_free(it->more);
	it->more = NULL;
}
