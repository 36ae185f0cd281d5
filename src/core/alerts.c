/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts.h"

#include <assert.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/mem.h"

static uint64_t
hash_of(uint64_t fingerprint)
{
	return hash_seeded(&fingerprint, sizeof(fingerprint));
}

struct record *
alerts_find(const struct alerts *as, const struct labels *l)
{
	for (struct hmap_node *n = hmap_first(&as->records, hash_of(l->fingerprint)); n != NULL; n = hmap_next(n)) {
		struct record *r = CONTAINER_OF(n, struct record, node);

		if (labels_eq(r->alert->labels, l))
			return r;
	}
	return NULL;
}

struct record *
alerts_find_fingerprint(const struct alerts *as, uint64_t fingerprint)
{
	for (struct hmap_node *n = hmap_first(&as->records, hash_of(fingerprint)); n != NULL; n = hmap_next(n)) {
		struct record *r = CONTAINER_OF(n, struct record, node);

		if (r->alert->labels->fingerprint == fingerprint)
			return r;
	}
	return NULL;
}

struct record *
alerts_add(struct alerts *as, struct alert *a)
{
	struct record *r = NEW(struct record);

	r->alert = alert_ref(a);
	hmap_insert(&as->records, &r->node, hash_of(a->labels->fingerprint));
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
	assert(!r->stored && r->members == NULL && r->hits == NULL && r->silences == NULL);
	hmap_remove(&as->records, &r->node);
	alert_unref(r->alert);
	mem_free(r);
}

void
alerts_fini(struct alerts *as)
{
	assert(as->records.n == 0);
	hmap_fini(&as->records);
}
