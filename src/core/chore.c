/* SPDX-License-Identifier: Apache-2.0 */
#include "chore.h"

#include <assert.h>

#include "engine_state.h"

/* A turn has room for slices of so many chores. */
#define SLICES 8
/* For alerts to come into their groups: those that are posted in one go are told in one go, if they are not dear. */
#define ROUTING_WAIT (250 * SPAN_MS)

static void
append(struct engine *e, struct chore *c)
{
	assert(!c->waits);
	c->waits = true;
	list_append(&e->chores, &c->place);
}

void
chore_drop(struct engine *e, struct chore *c)
{
	if (!c->waits)
		return;
	c->waits = false;
	list_remove(&e->chores, &c->place);
}

/* For those that were posted before c began. */
static bool
must_wait(const struct engine *e, const struct chore *c, struct moment now)
{
	bool routed = true;

	if (c->kind == CHORE_POSTED || c->kind == CHORE_APPLY || c->kind == CHORE_CLAIMS)
		return false;
	for (size_t i = 0; i < POSTED_ROWS; i++) {
		if (e->posted.rows[i].looked < c->after[i])
			return true;
		routed = routed && e->posted.rows[i].done >= c->after[i];
	}
	return !routed && mono_sub(now.mono, c->since) < ROUTING_WAIT;
}

/* A slice; true: it is over, and c may be gone. */
static bool
step(struct engine *e, struct chore *c, struct moment now)
{
	if (must_wait(e, c, now)) {
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
	case CHORE_WITNESSES:
		return witness_walk_step(e, now);
	case CHORE_CLAIMS:
		return claims_look_step(e, now);
	}
	return true;
}

void
chore_begin(struct engine *e, struct chore *c, struct moment now)
{
	assert(!c->waits);
	c->since = now.mono;
	for (size_t i = 0; i < POSTED_ROWS; i++)
		c->after[i] = e->posted.rows[i].taken;
	if (settling(e) || e->chores.first != NULL || work_used_up(&e->work) || !step(e, c, now))
		append(e, c);
}

/* While a configuration settles, all else waits. */
static struct chore *
next_chore(struct engine *e)
{
	struct list_node *first = e->chores.first;

	if (settling(e))
		return &e->applying.chore;
	return first != NULL ? CONTAINER_OF(first, struct chore, place) : NULL;
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
