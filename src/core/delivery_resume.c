/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries that were pending before a restart: those that nobody goes on with become unknown. There may be as many as are kept, so it goes in slices. */
#include <stdlib.h>

#include "engine_state.h"

static int
cmp_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

#define LOOK_UNITS 5
#define SAVE_UNITS 400

void
deliveries_resumed(struct engine *e, const uint64_t *notifications, size_t n, struct moment now)
{
	struct deliveries *all = &e->deliveries;

	for (size_t i = 0; i < n; i++)
		VEC_PUSH(&all->going_on, notifications[i]);
	if (n > 1)
		qsort(all->going_on.v, n, sizeof(all->going_on.v[0]), cmp_ids);
	all->resuming = LIST_ITEM(all->all.first, struct held, place);
	all->resume_chore.kind = CHORE_RESUMED;
	chore_begin(e, &all->resume_chore, now);
}

static bool
goes_on(const struct deliveries *all, uint64_t notification)
{
	return all->going_on.n > 0 &&
	    bsearch(&notification, all->going_on.v, all->going_on.n, sizeof(all->going_on.v[0]), cmp_ids) != NULL;
}

bool
deliveries_resume_step(struct engine *e, struct moment now)
{
	struct deliveries *all = &e->deliveries;

	while (all->resuming != NULL) {
		struct held *h = all->resuming;

		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, LOOK_UNITS);
		all->resuming = LIST_ITEM(h->place.next, struct held, place);
		if (!h->restored)
			continue;
		h->restored = false;
		/* A report may have told more meanwhile. */
		if (h->d.state != DELIVERY_PENDING || goes_on(all, h->d.notification))
			continue;
		work_spend(&e->work, SAVE_UNITS);
		delivery_text(&h->d.error, STR("the notification did not go on after a restart"));
		delivery_set(e, h, DELIVERY_UNKNOWN, false, now);
	}
	VEC_FINI(&all->going_on);
	return true;
}
