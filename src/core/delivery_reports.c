/* SPDX-License-Identifier: Apache-2.0 */
/* Reports of gateways, and what others see of deliveries. */
#include <string.h>

#include "base/mem.h"
#include "engine_state.h"

static void
drop_early(struct deliveries *all, size_t i)
{
	istr_unref(all->early.v[i].gateway);
	mem_free(all->early.v[i].provider_id);
	mem_free(all->early.v[i].error);
	all->early.n--;
	memmove(all->early.v + i, all->early.v + i + 1, (all->early.n - i) * sizeof(all->early.v[0]));
}

static void
report(struct engine *e, struct held *h, enum delivery_state state, struct str error, struct moment now)
{
	bool open = h->d.state == DELIVERY_PENDING || h->d.state == DELIVERY_ACCEPTED || h->d.state == DELIVERY_UNKNOWN;

	if (!open || (state != DELIVERY_DELIVERED && state != DELIVERY_FAILED))
		return;
	delivery_text(&h->d.error, state == DELIVERY_FAILED ? str_sub(error, 0, RECIPIENT_ERROR_MAX) : STR_NONE);
	delivery_set(e, h, state, true, now);
}

/* The report that came before h was known by its id. */
void
reports_apply_early(struct engine *e, struct held *h, struct moment now)
{
	struct deliveries *all = &e->deliveries;

	for (size_t i = 0; i < all->early.n; i++) {
		const struct early *r = &all->early.v[i];

		if (r->gateway != h->names[NAME_GATEWAY] || !str_is(h->d.provider_id, r->provider_id))
			continue;
		if (mono_sub(r->until, now.mono) > 0)
			report(e, h, r->state, str_from(r->error), now);
		drop_early(all, i);
		return;
	}
}

enum reported
engine_report(struct engine *e, struct str gateway, struct str provider_id, enum delivery_state state, struct str error,
    struct moment now)
{
	struct deliveries *all = &e->deliveries;
	enum reported found = REPORT_EARLY;

	/* No message will ever have it. */
	if (provider_id.n > PROVIDER_ID_MAX)
		return found;
	engine_enter(e, now);
	for (struct hmap_node *n = hmap_first(&all->by_provider, delivery_hash(gateway, provider_id)); n != NULL; n = hmap_next(n)) {
		struct held *h = CONTAINER_OF(n, struct held, by_provider);

		if (!str_eq(h->d.gateway, gateway) || !str_eq(h->d.provider_id, provider_id))
			continue;
		report(e, h, state, error, now);
		found = REPORT_FOUND;
		break;
	}
	if (found == REPORT_EARLY && (state == DELIVERY_DELIVERED || state == DELIVERY_FAILED)) {
		while (all->early.n > 0 && (all->early.n >= REPORTS_EARLY_MAX || mono_sub(all->early.v[0].until, now.mono) <= 0))
			drop_early(all, 0);
		error = str_sub(error, 0, RECIPIENT_ERROR_MAX);
		VEC_PUSH(&all->early, ((struct early){ istr_get(gateway), mem_strndup(provider_id.n > 0 ? provider_id.p : "", provider_id.n),
			mem_strndup(error.n > 0 ? error.p : "", error.n), state, mono_add(now.mono, REPORTS_EARLY_TIME) }));
	}
	engine_leave(e, now);
	return found;
}

void
reports_fini(struct deliveries *all)
{
	while (all->early.n > 0)
		drop_early(all, all->early.n - 1);
	VEC_FINI(&all->early);
}

void
view_deliveries(const struct engine *e, uint64_t before, bool (*visit)(void *arg, const struct delivery *d), void *arg)
{
	struct list_node *n = e->deliveries.all.last;

	for (; n != NULL; n = n->prev) {
		const struct held *h = CONTAINER_OF(n, struct held, place);

		if (h->d.id < before && !visit(arg, &h->d))
			return;
	}
}

void
view_delivery_counters(const struct engine *e, const struct delivery_counters **out, size_t *n_out)
{
	*out = e->deliveries.counters.v;
	*n_out = e->deliveries.counters.n;
}

void
view_failing_recipients(const struct engine *e, size_t most, void (*visit)(void *arg, const struct delivery *last), void *arg)
{
	struct list_node *n = e->deliveries.failing.first;

	for (; n != NULL && most > 0; n = n->next, most--)
		visit(arg, &CONTAINER_OF(n, struct person, failing_place)->failing->d);
}

void
view_digests(const struct engine *e, size_t *owed, uint64_t *told)
{
	*owed = e->deliveries.owed_n;
	*told = e->deliveries.digests_told;
}
