/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts.h"

#include <assert.h>

#include "base/compiler.h"
#include "base/mem.h"

/* Among the label sets of one fingerprint. */
static int
by_labels(const void *labels, const void *record)
{
	return labels_cmp(labels, ((const struct record *)record)->alert->labels);
}

struct record *
alerts_find(const struct alerts *as, const struct labels *l)
{
	/* Seeded, unlike the fingerprint, which anybody can make collide. */
	for (struct hmap_node *n = hmap_first(&as->records, l->node.hash); n != NULL; n = hmap_next(n)) {
		struct record *r = CONTAINER_OF(n, struct record, node);

		if (labels_eq(r->alert->labels, l))
			return r;
	}
	return NULL;
}

struct record *
alerts_find_fingerprint(const struct alerts *as, uint64_t fingerprint)
{
	struct record *r = order_from(&as->order, fingerprint);

	return r != NULL && r->alert->labels->fingerprint == fingerprint ? r : NULL;
}

struct record *
alerts_after(const struct alerts *as, const struct labels *l)
{
	if (l == NULL)
		return order_from(&as->order, 0);
	return order_after(&as->order, l->fingerprint, l, by_labels);
}

struct record *
alerts_add(struct alerts *as, struct alert *a)
{
	struct record *r = NEW(struct record);

	r->alert = alert_ref(a);
	hmap_insert(&as->records, &r->node, a->labels->node.hash);
	order_insert(&as->order, a->labels->fingerprint, a->labels, r, by_labels);
	return r;
}

void
record_set_stored(struct alerts *as, struct record *r, bool stored)
{
	if (r->stored == stored)
		return;
	r->stored = stored;
	as->stored += stored ? 1 : (size_t)-1;
}

void
alerts_remove(struct alerts *as, struct record *r)
{
	assert(!r->stored && r->members == NULL && r->silences == NULL);
	hmap_remove(&as->records, &r->node);
	order_remove(&as->order, r->alert->labels->fingerprint, r->alert->labels, by_labels);
	alert_unref(r->alert);
	mem_free(r);
}

void
alerts_fini(struct alerts *as)
{
	assert(as->records.n == 0);
	hmap_fini(&as->records);
	order_fini(&as->order);
}
