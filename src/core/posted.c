/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts that were posted are stored at once. Looking for the rules and routes
 * of one that is new can take long: what does not fit into the call waits here,
 * in the order in which it came. An alert that is posted again while it waits
 * keeps its place.
 *
 * Those that came few at a time have a row of their own, and one of it is served
 * for one of the other, so that whoever posts thousands keeps only itself waiting.
 *
 * While other chores wait, some of the work goes to look ahead for sources of inhibition:
 * flushes need no more than that (chore.h).
 */
#include <assert.h>

#include "base/slab.h"
#include "engine_state.h"

/* Posted in one go, at most: what a single rule tells of. */
#define FEW 16

/* Putting an alert into its groups; looking whether it is a source, beside what the rules cost. */
#define DISPATCH_UNITS 300
#define LOOK_UNITS 5

/* Puts r, which has been looked at as a source, into its groups. False: there is more to be looked at. */
static bool
route(struct engine *e, struct posted_queue *q, struct alert_entry *r, struct moment now)
{
	if (entry_routes(e, r) == NULL) {
		if (work_used_up(&e->work))
			return false;
		r->routes[e->slot] = routing_match_some(e->routing, r->alert->labels, &q->routing, &e->work);
		if (entry_routes(e, r) == NULL)
			return false;
	}
	work_spend(&e->work, DISPATCH_UNITS);
	dispatch(e, r, now);
	e->counters.processed++;
	return true;
}

static bool
is_known(const struct engine *e, const struct alert_entry *r)
{
	const struct route_list *routes = entry_routes(e, r);

	return routes != NULL && r->members_n == routes->n && inhibit_observed(e->inhibitor, r);
}

#define PER_BLOCK ((SLAB_PAGE - sizeof(struct posted_block)) / sizeof(struct alert_entry *))

/* The entry there; NULL: none is yet. */
static struct alert_entry *
entry_at(struct posted_place *p)
{
	if (p->block != NULL && p->at == PER_BLOCK && p->block->next != NULL)
		*p = (struct posted_place){ p->block->next, 0 };
	return p->block != NULL && p->at < p->block->n ? p->block->v[p->at] : NULL;
}

static void
append(struct posted_queue *q, struct alert_entry *r)
{
	if (q->last == NULL || q->last->n == PER_BLOCK) {
		struct posted_block *b = slab_page();

		b->next = NULL;
		b->n = 0;
		if (q->last != NULL)
			q->last->next = b;
		else
			q->first = q->look = (struct posted_place){ b, 0 };
		q->last = b;
	}
	q->last->v[q->last->n++] = r;
}

/* The first one, which has been looked at, is no more in the row. */
static void
drop_first(struct posted_queue *q)
{
	struct posted_block *b = q->first.block;

	if (++q->first.at < b->n)
		return;
	/* All of the block were served: there are others, or nobody waits. */
	q->first = (struct posted_place){ b->next, 0 };
	if (q->look.block == b)
		q->look = q->first;
	if (q->last == b)
		q->last = NULL;
	slab_free(b);
}

static void
enqueue(struct engine *e, struct posted_queue *q, struct alert_entry *r, struct moment now)
{
	struct posted *p = &e->posted;

	r->waits = true;
	append(q, r);
	q->taken++;
	if (!p->chore.waits)
		chore_begin(e, &p->chore, now);
}

void
posted_take(struct engine *e, struct alert_entry *r, size_t n, struct moment now)
{
	struct posted_queue *q = &e->posted.rows[n <= FEW ? POSTED_FEW : POSTED_MANY];

	if (r->waits) {
		if (inhibit_observed(e->inhibitor, r))
			inhibit_observe(e->inhibitor, r, now.wall);
		return;
	}
	/* Looking at a known alert costs as little as queueing it. */
	if (!settling(e) && is_known(e, r)) {
		inhibit_observe(e->inhibitor, r, now.wall);
		(void)route(e, q, r, now);
		return;
	}
	if (!settling(e) && q->last == NULL && !work_used_up(&e->work) &&
	    inhibit_observe_some(e->inhibitor, r, now.wall, &q->inhibit, &e->work) && route(e, q, r, now))
		return;
	enqueue(e, q, r, now);
}

/* Looks at the next one as a source of inhibition; there must be one. False: there is more to be looked at. */
static bool
look(struct engine *e, struct posted_queue *q, struct moment now)
{
	if (work_used_up(&e->work) || !inhibit_observe_some(e->inhibitor, entry_at(&q->look), now.wall, &q->inhibit, &e->work))
		return false;
	work_spend(&e->work, LOOK_UNITS);
	q->look.at++;
	q->looked++;
	return true;
}

/* For sources of inhibition, with at most half of the work that is left. */
static void
look_ahead(struct engine *e, struct moment now)
{
	int64_t kept = e->work.left / 2;

	e->work.left -= kept;
	for (size_t i = 0; i < POSTED_ROWS; i++)
		while (entry_at(&e->posted.rows[i].look) != NULL && look(e, &e->posted.rows[i], now))
			;
	e->work.left += kept;
}

/* Serves the first one. False: there is more to be done for it. */
static bool
serve(struct engine *e, struct posted_queue *q, struct moment now)
{
	struct alert_entry *r = entry_at(&q->first);

	if (entry_at(&q->look) == r && !look(e, q, now))
		return false;
	if (work_used_up(&e->work) || !route(e, q, r, now))
		return false;
	drop_first(q);
	r->waits = false;
	q->done++;
	return true;
}

/* NULL: nobody waits. */
static struct posted_queue *
whose_turn(struct posted *p)
{
	if (p->rows[p->turn].last == NULL)
		p->turn = p->turn == POSTED_FEW ? POSTED_MANY : POSTED_FEW;
	return p->rows[p->turn].last != NULL ? &p->rows[p->turn] : NULL;
}

bool
posted_step(struct engine *e, struct moment now)
{
	struct posted *p = &e->posted;

	if (e->chores.first != NULL)
		look_ahead(e, now);
	for (struct posted_queue *q; (q = whose_turn(p)) != NULL;) {
		if (!serve(e, q, now))
			return false;
		p->turn = p->turn == POSTED_FEW ? POSTED_MANY : POSTED_FEW;
	}
	return true;
}

void
posted_rules_changed(struct engine *e)
{
	for (size_t i = 0; i < POSTED_ROWS; i++) {
		routing_run_reset(&e->posted.rows[i].routing);
		inhibit_run_reset(&e->posted.rows[i].inhibit);
	}
}

void
posted_fini(struct engine *e)
{
	posted_rules_changed(e);
	for (size_t i = 0; i < POSTED_ROWS; i++) {
		struct posted_queue *q = &e->posted.rows[i];

		routing_run_fini(&q->routing);
		for (struct alert_entry *r; (r = entry_at(&q->first)) != NULL;) {
			drop_first(q);
			r->waits = false;
		}
	}
}
