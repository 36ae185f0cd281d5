/* SPDX-License-Identifier: Apache-2.0 */
#include "silence_lists.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/ranks.h"
#include "base/slab.h"

/* A version that is over and no more wanted goes with the next edits and pieces of lists, a few each time. */
#define REAP 4
/* To go one further. */
#define STEP_UNITS 20

/* Behind all times. */
#define LATEST ((struct wall){ INT64_MAX, 0, 0 })

static uint64_t
rank_of(struct wall t)
{
	return (uint64_t)t.s ^ (UINT64_C(1) << 63);
}

/* Equal ones go by the time when they were made or edited. */
static int
by_edit(const struct silence_version *a, const struct silence_version *b)
{
	int d = wall_cmp(a->silence->updated, b->silence->updated);

	if (d == 0)
		d = strcmp(a->silence->id, b->silence->id);
	return d != 0 ? d : (a->from > b->from) - (a->from < b->from);
}

static int
by_end(const void *a, const void *b)
{
	const struct silence_version *x = a, *y = b;
	int d = wall_cmp(x->silence->ends, y->silence->ends);

	return d != 0 ? d : by_edit(x, y);
}

static int
by_end_down(const void *a, const void *b)
{
	const struct silence_version *x = a, *y = b;
	int d = wall_cmp(y->silence->ends, x->silence->ends);

	return d != 0 ? d : by_edit(x, y);
}

static int
by_start(const void *a, const void *b)
{
	const struct silence_version *x = a, *y = b;
	int d = wall_cmp(x->silence->starts, y->silence->starts);

	return d != 0 ? d : by_edit(x, y);
}

static void
drop_version(struct silence_lists *l, struct silence_version *v)
{
	const struct silence *s = v->silence;

	order_remove(&l->by_end, rank_of(s->ends), v, by_end);
	order_remove(&l->by_end_down, ~rank_of(s->ends), v, by_end_down);
	order_remove(&l->by_start, rank_of(s->starts), v, by_start);
	if (s->sets_n != 1)
		order_remove(&l->several, rank_of(s->ends), v, by_end);
	silence_unref(v->silence);
	slab_free(v);
}

static bool
is_wanted(const struct silence_lists *l, const struct silence_version *v)
{
	for (const struct silence_cursor *c = l->open; c != NULL; c = c->next)
		if (v->from <= c->edits && c->edits < v->until)
			return true;
	return false;
}

/* They end in order: behind one that is wanted there may be others that are not, which wait for it. */
static void
reap(struct silence_lists *l)
{
	/* The orders may lack it yet. */
	if (l->many)
		return;
	for (int i = 0; i < REAP && l->over != NULL && !is_wanted(l, l->over); i++) {
		struct silence_version *v = l->over;

		l->over = v->next;
		if (l->over == NULL)
			l->over_end = NULL;
		drop_version(l, v);
	}
}

struct silence_version *
silence_lists_add(struct silence_lists *l, struct silence *s, struct wall expires)
{
	struct silence_version *v = SLAB_NEW(struct silence_version);

	v->silence = silence_ref(s);
	v->from = ++l->edits;
	v->bytes = silence_wire_size(s, expires);
	l->bytes += v->bytes;
	if (s->sets_n != 1)
		order_insert(&l->several, rank_of(s->ends), v, v, by_end);
	if (l->many) {
		VEC_PUSH(&l->to_order, v);
	} else {
		order_insert(&l->by_end, rank_of(s->ends), v, v, by_end);
		order_insert(&l->by_end_down, ~rank_of(s->ends), v, v, by_end_down);
		order_insert(&l->by_start, rank_of(s->starts), v, v, by_start);
	}
	reap(l);
	return v;
}

void
silence_lists_begin_many(struct silence_lists *l, size_t n)
{
	assert(!l->many && l->open == NULL);
	l->many = true;
	VEC_RESERVE(&l->to_order, n);
}

/* Times that are so near to 1970, as nearly all are, are one number to sort by. The others are before or behind all of these, and compared. */
#define NEAR_S (INT64_C(1) << 33)
#define NS_BITS 30
#define TOO_EARLY UINT64_C(0)
#define TOO_LATE UINT64_MAX

static uint64_t
number_of(struct wall t)
{
	if (t.s < -NEAR_S || t.s >= NEAR_S)
		return t.s < 0 ? TOO_EARLY : TOO_LATE;
	return (uint64_t)(t.s + NEAR_S) << NS_BITS | (uint64_t)t.ns;
}

static bool
is_exact(uint64_t number)
{
	return number != TOO_EARLY && number != TOO_LATE;
}

/* By its end or by its start. */
struct sorting {
	order_cmp *cmp;
	int (*cmp_ranked)(const void *a, const void *b);	/* the same of two struct ranked */
	struct wall (*time)(const struct silence_version *v);
};

static struct wall
end_of(const struct silence_version *v)
{
	return v->silence->ends;
}

static struct wall
start_of(const struct silence_version *v)
{
	return v->silence->starts;
}

static int
ranked_by_end(const void *a, const void *b)
{
	return by_end(((const struct ranked *)a)->thing, ((const struct ranked *)b)->thing);
}

static int
ranked_by_start(const void *a, const void *b)
{
	return by_start(((const struct ranked *)a)->thing, ((const struct ranked *)b)->thing);
}

static const struct sorting by_ends = { by_end, ranked_by_end, end_of }, by_starts = { by_start, ranked_by_start, start_of };

static size_t
equal_from(const struct ranked *v, size_t n, size_t from)
{
	size_t to = from + 1;

	while (to < n && v[to].rank == v[from].rank)
		to++;
	return to;
}

/* Those of one time: by when they were edited, of which few have the same. */
static void
sort_by_edit(struct ranked *v, size_t n, const struct sorting *by)
{
	uint64_t number = v[0].rank;

	if (!is_exact(number)) {
		qsort(v, n, sizeof(v[0]), by->cmp_ranked);
		return;
	}
	for (size_t i = 0; i < n; i++)
		v[i].rank = number_of(((const struct silence_version *)v[i].thing)->silence->updated);
	ranks_sort(v, n);
	for (size_t from = 0, to; from < n; from = to) {
		to = equal_from(v, n, from);
		if (to - from > 1)
			qsort(v + from, to - from, sizeof(v[0]), by->cmp_ranked);
	}
	for (size_t i = 0; i < n; i++)
		v[i].rank = number;
}

static void
sort_versions(struct ranked *v, const struct silence_lists *l, const struct sorting *by)
{
	size_t n = l->to_order.n;

	for (size_t i = 0; i < n; i++)
		v[i] = (struct ranked){ number_of(by->time(l->to_order.v[i])), l->to_order.v[i] };
	ranks_sort(v, n);
	for (size_t from = 0, to; from < n; from = to) {
		to = equal_from(v, n, from);
		if (to - from > 1)
			sort_by_edit(v + from, to - from, by);
	}
}

/* The rank of x in an order by its time, without a look at the silence, which is far away. */
static uint64_t
rank_in_order(const struct ranked *x, const struct sorting *by)
{
	if (is_exact(x->rank))
		return rank_of((struct wall){ .s = (int64_t)(x->rank >> NS_BITS) - NEAR_S });
	return rank_of(by->time(x->thing));
}

/* Behind all that are in, unless there were some before; cmp is the order's own. */
static void
fill_one(struct order *o, bool alone, uint64_t rank, struct silence_version *v, order_cmp *cmp)
{
	if (alone)
		order_append(o, rank, v);
	else
		order_insert(o, rank, v, v, cmp);
}

static void
fill(struct order *o, const struct ranked *v, size_t n, const struct sorting *by)
{
	bool alone = o->n == 0;

	for (size_t i = 0; i < n; i++)
		fill_one(o, alone, rank_in_order(&v[i], by), v[i].thing, by->cmp);
}

static bool
same_end(const struct ranked *a, const struct ranked *b)
{
	return a->rank == b->rank && (is_exact(a->rank) || wall_cmp(end_of(a->thing), end_of(b->thing)) == 0);
}

/* The latest first, of which those of one time stand as they do in v. */
static void
fill_down(struct order *o, const struct ranked *v, size_t n)
{
	bool alone = o->n == 0;

	for (size_t end = n, from; end > 0; end = from) {
		for (from = end - 1; from > 0 && same_end(&v[from - 1], &v[from]); from--)
			;
		for (size_t i = from; i < end; i++)
			fill_one(o, alone, ~rank_in_order(&v[i], &by_ends), v[i].thing, by_end_down);
	}
}

void
silence_lists_end_many(struct silence_lists *l)
{
	size_t n = l->to_order.n;
	struct ranked *v = mem_alloc(n * sizeof(*v));

	assert(l->many);
	l->many = false;
	sort_versions(v, l, &by_ends);
	fill(&l->by_end, v, n, &by_ends);
	fill_down(&l->by_end_down, v, n);
	sort_versions(v, l, &by_starts);
	fill(&l->by_start, v, n, &by_starts);
	mem_free(v);
	VEC_FINI(&l->to_order);
	reap(l);
}

void
silence_lists_remove(struct silence_lists *l, struct silence_version *v)
{
	assert(v->until == 0);
	v->until = ++l->edits;
	l->bytes -= v->bytes;
	if (l->over == NULL)
		l->over = v;
	else
		*l->over_end = v;
	l->over_end = &v->next;
	reap(l);
}

/* The first that is in force at or behind the rank whose time is after now. */
static const struct silence_version *
first_after(const struct order *o, struct wall now, order_cmp *cmp, bool ends)
{
	struct silence key = { .ends = now, .starts = now, .updated = now };
	struct silence_version wanted = { .silence = &key, .from = UINT64_MAX };
	struct order_cursor at;
	const struct silence_version *v;

	for (v = order_after_at(o, rank_of(now), &wanted, cmp, &at); v != NULL; v = order_next(o, &at))
		if (v->until == 0 && wall_after(ends ? v->silence->ends : v->silence->starts, now))
			break;
	return v;
}

bool
silence_lists_turn(const struct silence_lists *l, struct wall now, struct wall *at_out)
{
	const struct silence_version *end = first_after(&l->by_end, now, by_end, true);
	const struct silence_version *start = first_after(&l->by_start, now, by_start, false);

	if (end != NULL)
		*at_out = end->silence->ends;
	if (start != NULL && (end == NULL || wall_before(start->silence->starts, *at_out)))
		*at_out = start->silence->starts;
	return end != NULL || start != NULL;
}

/* Without those that are over, which are only there for lists that are being written. */
static size_t
in_force(const struct silence_lists *l, size_t n, struct wall now, enum silence_state state)
{
	for (const struct silence_version *v = l->over; v != NULL; v = v->next)
		n -= silence_state_at(v->silence, now) == state;
	return n;
}

void
silence_lists_count(const struct silence_lists *l, struct wall now, size_t out[3])
{
	struct wall before = wall_add(now, -1);
	struct silence end = { .ends = before, .updated = LATEST }, start = { .starts = now, .updated = LATEST };
	struct silence_version ended = { .silence = &end }, started = { .silence = &start };
	size_t pending = order_behind(&l->by_start, rank_of(now), &started, by_start);
	size_t left = order_behind(&l->by_end, rank_of(before), &ended, by_end);

	/* None ends before it starts. */
	out[SILENCE_PENDING] = in_force(l, pending, now, SILENCE_PENDING);
	out[SILENCE_ACTIVE] = in_force(l, left - pending, now, SILENCE_ACTIVE);
	out[SILENCE_EXPIRED] = in_force(l, l->by_end.n - left, now, SILENCE_EXPIRED);
}

void
silence_lists_fini(struct silence_lists *l)
{
	assert(l->open == NULL);
	while (l->over != NULL)
		reap(l);
	assert(l->by_end.n == 0);
	order_fini(&l->by_end);
	order_fini(&l->by_end_down);
	order_fini(&l->by_start);
	order_fini(&l->several);
}

/* One for each state, in the order in which lists show them. */
static const struct phase {
	enum silence_state state;
	size_t order;	/* offset in struct silence_lists */
	order_cmp *cmp;
} phases[] = {
	{ SILENCE_ACTIVE, offsetof(struct silence_lists, by_end), by_end },
	{ SILENCE_PENDING, offsetof(struct silence_lists, by_start), by_start },
	{ SILENCE_EXPIRED, offsetof(struct silence_lists, by_end_down), by_end_down },
};

#define PHASES (int)(sizeof(phases) / sizeof(phases[0]))

/* Where s stands in the order of a phase. */
static uint64_t
rank_in(const struct phase *p, struct wall starts, struct wall ends)
{
	switch (p->state) {
	case SILENCE_ACTIVE:
		return rank_of(ends);
	case SILENCE_PENDING:
		return rank_of(starts);
	case SILENCE_EXPIRED:
		break;
	}
	return ~rank_of(ends);
}

void
silence_list_begin(struct silence_cursor *c, const struct silence_lists *lists, const bool wanted[3], struct wall now)
{
	struct silence_lists *l = (struct silence_lists *)(uintptr_t)lists;

	*c = (struct silence_cursor){ .next = l->open, .lists = l, .edits = l->edits, .now = now };
	memcpy(c->wanted, wanted, sizeof(c->wanted));
	l->open = c;
}

static void
remember(struct silence_cursor *c, const struct silence_version *v)
{
	struct silence *was = c->last.silence;

	c->last = (struct silence_version){ 0 };
	if (v != NULL)
		c->last = (struct silence_version){ .silence = silence_ref(v->silence), .from = v->from };
	silence_unref(was);
}

/* The next one in the order of the phase; at its beginning the first that can be in its state. */
static struct silence_version *
step(const struct silence_cursor *c, const struct phase *p)
{
	const struct order *o = (const void *)((const char *)c->lists + p->order);
	const struct silence *s = c->last.silence;

	if (s == NULL)
		return order_from(o, rank_in(p, c->now, c->now));
	return order_after(o, rank_in(p, s->starts, s->ends), &c->last, p->cmp);
}

static bool
shows(const struct silence_cursor *c, const struct silence_version *v, enum silence_state state)
{
	return v->from <= c->edits && (v->until == 0 || v->until > c->edits) &&
	    silence_state_at(v->silence, c->now) == state;
}

struct silence *
silence_list_next(struct silence_cursor *c, struct work *w)
{
	while (c->phase < PHASES && !work_used_up(w)) {
		const struct phase *p = &phases[c->phase];
		struct silence_version *v = c->wanted[p->state] ? step(c, p) : NULL;

		work_spend(w, STEP_UNITS);
		remember(c, v);
		if (v == NULL)
			c->phase++;
		else if (shows(c, v, p->state))
			return v->silence;
	}
	reap(c->lists);
	return NULL;
}

void
silence_list_end(struct silence_cursor *c)
{
	struct silence_cursor **at;

	if (c->lists == NULL)
		return;
	at = &c->lists->open;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	remember(c, NULL);
	reap(c->lists);
	c->lists = NULL;
}
