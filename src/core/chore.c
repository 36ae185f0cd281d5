/* SPDX-License-Identifier: Apache-2.0 */
#include "chore.h"

#include <assert.h>

#include "engine_state.h"

/* A turn has room for slices of so many chores. */
#define SLICES 8

static void
append(struct engine *e, struct chore *c)
{
	struct chores *cs = &e->chores;

	assert(!c->waits);
	c->waits = true;
	c->prev = cs->last;
	c->next = NULL;
	if (cs->last != NULL)
		cs->last->next = c;
	else
		cs->first = c;
	cs->last = c;
}

void
chore_drop(struct engine *e, struct chore *c)
{
	struct chores *cs = &e->chores;

	if (!c->waits)
		return;
	c->waits = false;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		cs->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		cs->last = c->prev;
}

/* A slice; true: it is over, and c may be gone. */
static bool
step(struct engine *e, struct chore *c, struct moment now)
{
	if (c->kind != CHORE_POSTED && c->kind != CHORE_APPLY && e->posted.done < c->after) {
		work_spend(&e->work, 1);
		return false;
	}
	switch (c->kind) {
	case CHORE_POSTED:
		return posted_step(e, now);
	case CHORE_FLIGHT:
		return flight_step(e, CONTAINER_OF(c, struct flight, chore), now);
	case CHORE_APPLY:
		return apply_step(e, now);
	case CHORE_ALERT_GC:
		return alert_gc_step(e, now);
	case CHORE_MAINTENANCE:
		return maintenance_step(e, now);
	case CHORE_SAVE:
		return save_step(e, now);
	}
	return true;
}

void
chore_begin(struct engine *e, struct chore *c, struct moment now)
{
	assert(!c->waits);
	c->after = e->posted.taken;
	if (settling(e) || e->chores.first != NULL || work_used_up(&e->work) || !step(e, c, now))
		append(e, c);
}

/* While a configuration settles, all else waits. */
static struct chore *
next_chore(struct engine *e)
{
	return settling(e) ? &e->applying.chore : e->chores.first;
}

void
chores_run(struct engine *e, struct moment now)
{
	int64_t slice = e->options.turn_work / SLICES > 0 ? e->options.turn_work / SLICES : 1;
	struct chore *c;

	while ((c = next_chore(e)) != NULL && !work_used_up(&e->work)) {
		int64_t kept = e->work.left > slice ? e->work.left - slice : 0;

		e->work.left -= kept;
		chore_drop(e, c);
		if (!step(e, c, now))
			append(e, c);
		e->work.left += kept;
	}
}
