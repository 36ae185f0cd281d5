/* SPDX-License-Identifier: Apache-2.0 */
#include "base/min_heap.h"

#include <assert.h>
#include <stdbool.h>

#include "base/vec.h"

static bool
before(const struct min_item *a, const struct min_item *b)
{
	if (a->key != b->key)
		return a->key < b->key;
	return a->order < b->order;
}

static void
put(struct min_heap *h, size_t i, struct min_item *item)
{
	h->v[i] = item;
	item->place = (uint32_t)(i + 1);
}

static void
sift_up(struct min_heap *h, size_t i)
{
	struct min_item *item = h->v[i];

	while (i > 0) {
		size_t parent = (i - 1) / 2;

		if (!before(item, h->v[parent]))
			break;
		put(h, i, h->v[parent]);
		i = parent;
	}
	put(h, i, item);
}

static void
sift_down(struct min_heap *h, size_t i)
{
	struct min_item *item = h->v[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= h->n)
			break;
		if (child + 1 < h->n && before(h->v[child + 1], h->v[child]))
			child++;
		if (!before(h->v[child], item))
			break;
		put(h, i, h->v[child]);
		i = child;
	}
	put(h, i, item);
}

void
min_heap_fini(struct min_heap *h)
{
	mem_free(h->v);
	*h = (struct min_heap){ 0 };
}

void
min_heap_set(struct min_heap *h, struct min_item *item, int64_t key)
{
	min_heap_remove(h, item);
	VEC_RESERVE(h, h->n + 1);
	assert(h->cap < UINT32_MAX);
	item->key = key;
	item->order = h->set++;
	put(h, h->n, item);
	h->n++;
	sift_up(h, h->n - 1);
}

void
min_heap_remove(struct min_heap *h, struct min_item *item)
{
	size_t i;

	if (item->place == 0)
		return;
	i = item->place - 1;
	assert(i < h->n && h->v[i] == item);
	item->place = 0;
	h->n--;
	if (i == h->n)
		return;
	put(h, i, h->v[h->n]);
	if (i > 0 && before(h->v[i], h->v[(i - 1) / 2]))
		sift_up(h, i);
	else
		sift_down(h, i);
}
