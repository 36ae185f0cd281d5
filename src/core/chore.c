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

	if (c->kind == CHORE_POSTED || c->kind == CHORE_APPLY || c->kind == CHORE_CLAIMS || c->kind == CHORE_DIGEST)
		return false;
	for (size_t i = 0; i < POSTED_ROWS; i++) {
		if (e->posted.rows[i].looked < c->after[i])
			return true;
		routed = routed && e->posted.rows[i].done >= c->after[i];
	}
	return !routed && mono_sub(now.mono, c->since) < ROUTING_WAIT;
}

void
tick_parts_begin(struct engine *e)
{
	e->parts = (struct tick_parts){ .began = stopwatch(e->port), .left = e->work.left };
}

void
tick_part_over(struct engine *e, const char *what)
{
	struct tick_parts *p = &e->parts;
	struct mono now = stopwatch(e->port);
	span took = mono_sub(now, p->began);

	if (took > p->took) {
		p->longest = (struct engine_part){ what, p->left - e->work.left };
		p->took = took;
	}
	p->began = now;
	p->left = e->work.left;
}

struct engine_part
engine_longest_part(const struct engine *e)
{
	return e->parts.longest;
}

static const char *
name_of(enum chore_kind kind)
{
	static const char *const names[] = {
		[CHORE_POSTED] = "posted alerts",
		[CHORE_FLIGHT] = "flights",
		[CHORE_APPLY] = "a new configuration",
		[CHORE_ALERT_GC] = "alerts that are over",
		[CHORE_MAINTENANCE] = "maintenance",
		[CHORE_SAVE] = "saving groups",
		[CHORE_WITNESSES] = "silences that end with their alerts",
		[CHORE_CLAIMS] = "claims",
		[CHORE_DIGEST] = "digests",
		[CHORE_RESUMED] = "deliveries of before the restart",
	};

	return names[kind];
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
	case CHORE_RESUMED:
		return deliveries_resume_step(e, now);
	case CHORE_DIGEST:
		return digest_step(e, CONTAINER_OF(c, struct digesting, chore), now);
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
		const char *what = name_of(c->kind);

		e->work.left -= kept;
		e->parts.left = e->work.left;
		chore_drop(e, c);
		if (!step(e, c, now))
			append(e, c);
		tick_part_over(e, what);
		e->work.left += kept;
	}
}
