/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts.h"

#include <assert.h>
#include <string.h>

#include "ahead.h"
#include "base/compiler.h"
#include "base/mem.h"
#include "base/numbered.h"

int
alert_order(const void *labels, const void *entry)
{
	return labels_cmp(labels, ((const struct alert_entry *)entry)->alert->labels);
}

struct alert_entry *
alerts_find(const struct alerts *as, const struct labels *l)
{
	/* Seeded, unlike the fingerprint, which anybody can make collide. */
	for (struct alert_entry *r = nmap_first(&as->entries, l->hash); r != NULL; r = nmap_next(&as->entries, r, l->hash))
		if (labels_eq(r->alert->labels, l))
			return r;
	return NULL;
}

_Static_assert(sizeof(void *) != 8 || sizeof(struct alert_entry) == 2 * CACHE_LINE, "each of a million has it");

/* From so many entries on memory is far away. */
#define MANY ((size_t)16 << 10)
/* So many alerts ahead their places are asked for, then what stands there, then the entry itself. */
#define PLACE_AHEAD 12
#define NODE_AHEAD 8
#define FOUND_AHEAD 4

void
alerts_fetch(const struct alerts *as, struct alert *const *alerts, size_t n, size_t at)
{
	const struct labels *l;
	const struct alert_entry *r;

	if (as->entries.n < MANY)
		return;
	if (at + PLACE_AHEAD < n) {
		l = alerts[at + PLACE_AHEAD]->labels;
		nmap_fetch(&as->entries, l->hash);
		order_fetch(&as->order, labels_fingerprint(l));
	}
	if (at + NODE_AHEAD < n) {
		l = alerts[at + NODE_AHEAD]->labels;
		nmap_fetch_object(&as->entries, l->hash);
		order_fetch_more(&as->order, labels_fingerprint(l));
	}
	if (at + FOUND_AHEAD < n) {
		r = alerts_find(as, alerts[at + FOUND_AHEAD]->labels);
		if (r != NULL) {
			fetch_object(r);
			fetch_object(r->alert);
			fetch_lines(r->stored_as, 1);
		}
	}
}

struct alert_entry *
alerts_find_fingerprint(const struct alerts *as, uint64_t fingerprint)
{
	struct alert_entry *r = order_from(&as->order, fingerprint);

	return r != NULL && labels_fingerprint(r->alert->labels) == fingerprint ? r : NULL;
}

struct alert_entry *
alerts_after_at(const struct alerts *as, const struct labels *l, struct order_cursor *c)
{
	if (l == NULL)
		return order_first(&as->order, c);
	return order_after_at(&as->order, labels_fingerprint(l), l, alert_order, c);
}

void
alerts_fetch_ahead(const struct order *o, const struct order_cursor *c)
{
	const struct alert_entry *entry = order_peek(o, c, ENTRY_AHEAD);

	if (entry != NULL)
		fetch_object(entry);
	entry = order_peek(o, c, ALERT_AHEAD);
	if (entry != NULL)
		fetch_object(entry->alert);
	entry = order_peek(o, c, LABELS_AHEAD);
	if (entry != NULL)
		fetch_labels(entry->alert->labels);
}

void
alerts_begin(struct alerts *as, struct alerts_cursor *c)
{
	assert(!c->active);
	*c = (struct alerts_cursor){ .entry = as->oldest, .others = as->cursors, .active = true };
	as->cursors = c;
}

void
alerts_begin_behind(struct alerts *as, struct alerts_cursor *c)
{
	alerts_begin(as, c);
	c->entry = NULL;
}

void
alerts_advance(struct alerts_cursor *c)
{
	c->entry = c->entry->newer;
}

void
alerts_end(struct alerts *as, struct alerts_cursor *c)
{
	struct alerts_cursor **at = &as->cursors;

	if (!c->active)
		return;
	while (*at != c)
		at = &(*at)->others;
	*at = c->others;
	*c = (struct alerts_cursor){ 0 };
}

static void
enter_row(struct alerts *as, struct alert_entry *r)
{
	r->older = as->newest;
	r->newer = NULL;
	if (as->newest != NULL)
		as->newest->newer = r;
	else
		as->oldest = r;
	as->newest = r;
	for (struct alerts_cursor *c = as->cursors; c != NULL; c = c->others)
		if (c->entry == NULL)
			c->entry = r;
}

static void
leave_row(struct alerts *as, struct alert_entry *r)
{
	for (struct alerts_cursor *c = as->cursors; c != NULL; c = c->others)
		if (c->entry == r)
			c->entry = r->newer;
	if (r->older != NULL)
		r->older->newer = r->newer;
	else
		as->oldest = r->newer;
	if (r->newer != NULL)
		r->newer->older = r->older;
	else
		as->newest = r->older;
}

void
alerts_renew(struct alerts *as, struct alert_entry *r)
{
	leave_row(as, r);
	enter_row(as, r);
}

struct alert_entry *
alerts_add(struct alerts *as, struct alert *a)
{
	struct alert_entry *r = memset(numbered_alloc(sizeof(*r)), 0, sizeof(*r));

	r->alert = alert_ref(a);
	nmap_insert(&as->entries, r, a->labels->hash);
	if (as->many)
		VEC_PUSH(&as->to_order, ((struct ranked){ labels_fingerprint(a->labels), r }));
	else
		order_insert(&as->order, labels_fingerprint(a->labels), a->labels, r, alert_order);
	enter_row(as, r);
	return r;
}

void
alerts_begin_many(struct alerts *as, size_t n)
{
	assert(!as->many);
	as->many = true;
	nmap_reserve(&as->entries, as->entries.n + n);
	VEC_RESERVE(&as->to_order, n);
}

/* Each goes behind all others then, where no place has to be looked for, and labels are only looked at where fingerprints are equal. */
void
alerts_end_many(struct alerts *as)
{
	bool alone = as->order.n == 0;

	assert(as->many);
	as->many = false;
	ranks_sort(as->to_order.v, as->to_order.n);
	for (size_t i = 0; i < as->to_order.n; i++) {
		const struct ranked *x = &as->to_order.v[i];
		struct alert_entry *r = x->thing;
		bool differs = i == 0 || x[-1].rank != x->rank;

		order_insert(&as->order, x->rank, alone && differs ? NULL : r->alert->labels, r, alert_order);
	}
	VEC_FINI(&as->to_order);
}

void
entry_set_stored(struct alerts *as, struct alert_entry *r, bool stored)
{
	if (r->stored == stored)
		return;
	r->stored = stored;
	r->dropped = r->dropped && !stored;
	as->stored += stored ? 1 : (size_t)-1;
}

void
alerts_remove(struct alerts *as, struct alert_entry *r)
{
	assert(!r->stored && !r->waits && r->members_n == 0 && r->silences == NULL);
	leave_row(as, r);
	nmap_remove(&as->entries, r, r->alert->labels->hash);
	order_remove(&as->order, labels_fingerprint(r->alert->labels), r->alert->labels, alert_order);
	alert_unref(r->alert);
	numbered_free(r);
}

void
alerts_fini(struct alerts *as)
{
	assert(as->entries.n == 0 && as->cursors == NULL);
	nmap_fini(&as->entries);
	order_fini(&as->order);
}
