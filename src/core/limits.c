/* SPDX-License-Identifier: Apache-2.0 */
#include "limits.h"

#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/mem.h"

/* One alert that counts. */
struct limited_place {
	struct hmap_node node;
	struct labels *labels;	/* reference */
	struct limited_name *name;
	struct wall ends;
	size_t index;		/* in the heap of its name */
};

struct limited_name {
	struct hmap_node node;
	struct limited_place **heap;	/* the one that ends first is on top */
	size_t n, cap;
	size_t name_n;
	char bytes[];
};

static void
heap_put(struct limited_name *name, size_t i, struct limited_place *p)
{
	name->heap[i] = p;
	p->index = i;
}

static void
heap_fix(struct limited_name *name, size_t i)
{
	struct limited_place *p = name->heap[i];

	while (i > 0 && wall_before(p->ends, name->heap[(i - 1) / 2]->ends)) {
		heap_put(name, i, name->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= name->n)
			break;
		if (child + 1 < name->n && wall_before(name->heap[child + 1]->ends, name->heap[child]->ends))
			child++;
		if (!wall_before(name->heap[child]->ends, p->ends))
			break;
		heap_put(name, i, name->heap[child]);
		i = child;
	}
	heap_put(name, i, p);
}

static struct limited_name *
name_get(struct limits *l, struct str alertname)
{
	uint64_t hash = hash_seeded(alertname.p, alertname.n);
	struct limited_name *name;

	for (struct hmap_node *n = hmap_first(&l->names, hash); n != NULL; n = hmap_next(n)) {
		name = CONTAINER_OF(n, struct limited_name, node);
		if (str_eq((struct str){ name->bytes, name->name_n }, alertname))
			return name;
	}
	name = mem_calloc(1, sizeof(*name) + alertname.n + 1);
	name->name_n = alertname.n;
	if (alertname.n > 0)
		memcpy(name->bytes, alertname.p, alertname.n);
	hmap_insert(&l->names, &name->node, hash);
	return name;
}

static struct limited_place *
place_find(const struct limits *l, const struct labels *labels)
{
	uint64_t hash = hash_seeded(&labels->fingerprint, sizeof(labels->fingerprint));

	for (struct hmap_node *n = hmap_first(&l->places, hash); n != NULL; n = hmap_next(n)) {
		struct limited_place *p = CONTAINER_OF(n, struct limited_place, node);

		if (labels_eq(p->labels, labels))
			return p;
	}
	return NULL;
}

static void
place_free(struct limits *l, struct limited_place *p)
{
	hmap_remove(&l->places, &p->node);
	labels_unref(p->labels);
	mem_free(p);
}

/* Takes p out of its heap, and the name away with its last place. */
static void
place_drop(struct limits *l, struct limited_place *p)
{
	struct limited_name *name = p->name;
	size_t i = p->index;

	name->n--;
	if (i != name->n) {
		heap_put(name, i, name->heap[name->n]);
		heap_fix(name, i);
	}
	place_free(l, p);
	if (name->n == 0) {
		hmap_remove(&l->names, &name->node);
		mem_free(name->heap);
		mem_free(name);
	}
}

static void
place_add(struct limits *l, struct limited_name *name, const struct alert *a)
{
	struct limited_place *p = NEW(struct limited_place);

	p->labels = labels_ref(a->labels);
	p->name = name;
	p->ends = a->ends;
	hmap_insert(&l->places, &p->node, hash_seeded(&a->labels->fingerprint, sizeof(a->labels->fingerprint)));
	if (name->n == name->cap) {
		name->cap = name->cap == 0 ? 4 : 2 * name->cap;
		name->heap = mem_realloc(name->heap, name->cap, sizeof(name->heap[0]));
	}
	heap_put(name, name->n, p);
	name->n++;
	heap_fix(name, p->index);
}

bool
limits_admit(struct limits *l, const struct alert *a, struct wall now)
{
	struct limited_place *p;
	struct limited_name *name;

	if (l->max <= 0)
		return true;
	p = place_find(l, a->labels);
	if (p != NULL) {
		p->ends = a->ends;
		heap_fix(p->name, p->index);
		return true;
	}
	name = name_get(l, labels_get(a->labels, STR("alertname")));
	if (name->n >= (uint64_t)l->max) {
		struct limited_place *first = name->heap[0];

		if (!wall_before(first->ends, now))
			return false;
		place_add(l, name, a);
		place_drop(l, first);
		return true;
	}
	place_add(l, name, a);
	return true;
}

void
limits_release(struct limits *l, const struct alert *a)
{
	struct limited_place *p = l->max > 0 ? place_find(l, a->labels) : NULL;

	if (p != NULL)
		place_drop(l, p);
}

void
limits_fini(struct limits *l)
{
	HMAP_EACH(&l->places, node)
		place_free(l, CONTAINER_OF(node, struct limited_place, node));
	HMAP_EACH(&l->names, node) {
		struct limited_name *name = CONTAINER_OF(node, struct limited_name, node);

		mem_free(name->heap);
		mem_free(name);
	}
	hmap_fini(&l->places);
	hmap_fini(&l->names);
}
