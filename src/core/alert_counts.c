/* SPDX-License-Identifier: Apache-2.0 */
#include "alert_counts.h"

#include <assert.h>

#include "alert_entry.h"
#include "base/slab.h"
#include "group.h"

#define PARTS_OF_A_SECOND 16
#define PART_NS (1000000000 / PARTS_OF_A_SECOND)
/* To move past one time. */
#define STEP_UNITS 10

/* Alerts that end at one time, in parts of a second. */
struct alerts_ending {
	int64_t at;
	uint32_t n[ALERT_COUNTS];
};

static int64_t
part_of(struct wall t)
{
	return t.s * PARTS_OF_A_SECOND + t.ns / PART_NS;
}

/* Rounded up, for none ends before its time; but what had ended when it was posted counts no more from then on. */
static int64_t
end_of(const struct alert *a)
{
	struct wall ends = alert_ends(a);

	if (wall_is_zero(ends))
		return INT64_MAX;
	return part_of(ends) + (ends.ns % PART_NS != 0 && !alert_resolved_at(a, alert_updated(a)));
}

static uint64_t
rank_of(int64_t at)
{
	return (uint64_t)at ^ (UINT64_C(1) << 63);
}

/* There is one of each rank. */
static int
by_rank(const void *at, const void *ending)
{
	(void)at;
	(void)ending;
	return 0;
}

/* Places in `last`. */
enum { FROM, TO };

static struct alerts_ending *
get(struct alert_counts *c, int which, int64_t at)
{
	struct alerts_ending *x = c->last[which];

	if (x != NULL && x->at == at)
		return x;
	x = order_find(&c->ends, rank_of(at), NULL, by_rank);
	if (x == NULL) {
		x = SLAB_NEW(struct alerts_ending);
		x->at = at;
		order_insert(&c->ends, rank_of(at), NULL, x, by_rank);
	}
	c->last[which] = x;
	return x;
}

static void
drop(struct alert_counts *c, struct alerts_ending *x)
{
	order_remove(&c->ends, rank_of(x->at), NULL, by_rank);
	for (int i = 0; i < 2; i++)
		if (c->last[i] == x)
			c->last[i] = NULL;
	slab_free(x);
}

static enum mark
worst_of(const struct alert_entry *r)
{
	enum mark worst = MARK_UNPROCESSED;

	for (const struct member *m = entry_members(r); m != NULL; m = m->next)
		if (member_notes(m)->mark > worst)
			worst = (enum mark)member_notes(m)->mark;
	return worst;
}

void
alert_counts_with(struct alert_counts *c, const struct alert_entry *r)
{
	int64_t at;
	enum mark mark;

	if (r->members_n == 0)
		return;
	at = end_of(r->alert);
	mark = worst_of(r);
	get(c, TO, at)->n[mark]++;
	c->ahead[mark] += at > c->seen;
}

void
alert_counts_without(struct alert_counts *c, const struct alert_entry *r)
{
	struct alerts_ending *x;
	int64_t at;
	enum mark mark;

	if (r->members_n == 0)
		return;
	at = end_of(r->alert);
	mark = worst_of(r);
	x = get(c, FROM, at);
	assert(x->n[mark] > 0);
	x->n[mark]--;
	c->ahead[mark] -= at > c->seen;
	if (x->n[MARK_UNPROCESSED] + x->n[MARK_ACTIVE] + x->n[MARK_SUPPRESSED] == 0)
		drop(c, x);
}

/* The clock may have been set back: then what was past is ahead again. */
static void
go_past(struct alert_counts *c, const struct alerts_ending *x, bool back)
{
	for (int i = 0; i < ALERT_COUNTS; i++)
		c->ahead[i] = back ? c->ahead[i] + x->n[i] : c->ahead[i] - x->n[i];
}

static bool
move_on(struct alert_counts *c, int64_t now, struct work *w)
{
	struct order_cursor at;
	const struct alerts_ending *x = order_after_at(&c->ends, rank_of(c->seen), NULL, by_rank, &at);

	for (; x != NULL && x->at <= now; x = order_next(&c->ends, &at)) {
		if (work_used_up(w))
			return false;
		work_spend(w, STEP_UNITS);
		go_past(c, x, false);
		c->seen = x->at;
	}
	c->seen = now;
	return true;
}

static void
move_back(struct alert_counts *c, int64_t now)
{
	struct order_cursor at;
	const struct alerts_ending *x = order_after_at(&c->ends, rank_of(now), NULL, by_rank, &at);

	for (; x != NULL && x->at <= c->seen; x = order_next(&c->ends, &at))
		go_past(c, x, true);
	c->seen = now;
}

bool
alert_counts_some(struct alert_counts *c, struct wall now, struct work *w, size_t out[ALERT_COUNTS])
{
	int64_t at = part_of(now);

	if (at < c->seen)
		move_back(c, at);
	else if (!move_on(c, at, w))
		return false;
	for (int i = 0; i < ALERT_COUNTS; i++)
		out[i] = c->ahead[i];
	return true;
}

void
alert_counts_fini(struct alert_counts *c)
{
	assert(c->ends.n == 0);
	order_fini(&c->ends);
}
