/* SPDX-License-Identifier: Apache-2.0 */
#include "limits.h"

#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/min_heap.h"

/* One alert that counts. */
struct limited_place {
	struct hmap_node node;
	struct labels *labels;	/* reference */
	struct limited_name *name;
	struct min_item item;	/* in the heap of its name */
};

struct limited_name {
	struct hmap_node node;
	struct min_heap heap;	/* by when they end */
	size_t name_n;
	char bytes[];
};

/* Years 1 to 9999 fit. */
static int64_t
micros(struct wall t)
{
	return t.s * 1000000 + t.ns / 1000;
}

static struct limited_name *
name_find(const struct limits *l, struct str alertname, uint64_t hash)
{
	for (struct hmap_node *n = hmap_first(&l->names, hash); n != NULL; n = hmap_next(n)) {
		struct limited_name *name = CONTAINER_OF(n, struct limited_name, node);

		if (str_eq((struct str){ name->bytes, name->name_n }, alertname))
			return name;
	}
	return NULL;
}

static struct limited_name *
name_get(struct limits *l, struct str alertname)
{
	uint64_t hash = hash_seeded(alertname.p, alertname.n);
	struct limited_name *name = name_find(l, alertname, hash);

	if (name != NULL)
		return name;
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
	uint64_t hash = labels_key(labels);

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

	min_heap_remove(&name->heap, &p->item);
	place_free(l, p);
	if (name->heap.n == 0) {
		hmap_remove(&l->names, &name->node);
		min_heap_fini(&name->heap);
		mem_free(name);
	}
}

static void
place_add(struct limits *l, struct limited_name *name, const struct alert *a)
{
	struct limited_place *p = NEW(struct limited_place);

	p->labels = labels_ref(a->labels);
	p->name = name;
	hmap_insert(&l->places, &p->node, labels_key(a->labels));
	min_heap_set(&name->heap, &p->item, micros(alert_ends(a)));
}

static bool
is_full(const struct limits *l, const struct limited_name *name)
{
	return name->heap.n >= (uint64_t)l->max;
}

/* Has the one that ends first ended? */
static bool
one_has_ended(const struct limited_name *name, struct wall now)
{
	return name->heap.v[0]->key < micros(now);
}

bool
limits_would_admit(const struct limits *l, const struct labels *labels, struct wall now)
{
	struct str alertname = labels_get(labels, STR("alertname"));
	const struct limited_name *name;

	if (l->max <= 0 || place_find(l, labels) != NULL)
		return true;
	name = name_find(l, alertname, hash_seeded(alertname.p, alertname.n));
	return name == NULL || !is_full(l, name) || one_has_ended(name, now);
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
		min_heap_set(&p->name->heap, &p->item, micros(alert_ends(a)));
		return true;
	}
	name = name_get(l, labels_get(a->labels, STR("alertname")));
	if (is_full(l, name)) {
		struct min_item *first = name->heap.v[0];

		if (!one_has_ended(name, now))
			return false;
		place_add(l, name, a);
		place_drop(l, CONTAINER_OF(first, struct limited_place, item));
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

		min_heap_fini(&name->heap);
		mem_free(name);
	}
	hmap_fini(&l->places);
	hmap_fini(&l->names);
}
