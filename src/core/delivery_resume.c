/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries that were pending before a restart: those that nobody goes on with become unknown. There may be as many as are kept, so it goes in slices. */
#include "engine_state.h"

#define LOOK_UNITS 5
#define SAVE_UNITS 400

void
deliveries_resumed(struct engine *e, struct moment now)
{
	struct deliveries *all = &e->deliveries;

	all->resuming = LIST_ITEM(all->all.first, struct held, place);
	all->resume_chore.kind = CHORE_RESUMED;
	chore_begin(e, &all->resume_chore, now);
}

static bool
goes_on(const struct engine *e, uint64_t notification)
{
	const struct restored_intent *r = resume_find(e, notification);

	return r != NULL && r->resumed;
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
		if (h->d.state != DELIVERY_PENDING || goes_on(e, h->d.notification))
			continue;
		work_spend(&e->work, SAVE_UNITS);
		delivery_text(&h->d.error, STR("the notification did not go on after a restart"));
		delivery_set(e, h, DELIVERY_UNKNOWN, false, now);
	}
	resume_fini(e);
	return true;
}
