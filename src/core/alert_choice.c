/* SPDX-License-Identifier: Apache-2.0 */
#include "alert_choice.h"

#include "base/mem.h"

/* Fewer alerts than these are all looked at. */
#define WALK_ALERTS 512
/* Values that are looked up, and parts that are merged. */
#define VALUES_MAX 512
/* New columns for one list. */
#define COLUMNS_MAX 2
/* A matcher that so great a part of all alerts satisfies is good enough, and is of use at all. */
#define GOOD 8
#define OF_USE 2
/* Looking at a matcher, at a value. */
#define MATCHER_UNITS 2
#define VALUE_UNITS 20

enum { PASS_PRESENT, PASS_COUNTED, PASS_JUDGED, PASSES };

static bool
good(const struct alert_choice *c, const struct alerts *as)
{
	return c->best <= as->order.n / GOOD;
}

/* The part of that value, which must be a shared text to have one. */
static const struct alert_part *
part_of(const struct alert_column *column, struct str value)
{
	struct istr *known = value.n > 0 ? istr_find(value) : NULL;

	return value.n > 0 && known == NULL ? NULL : alert_column_part(column, known);
}

static size_t
count(const struct alert_column *column, const struct str *values, size_t n, struct work *w)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		const struct alert_part *p = part_of(column, values[i]);

		sum += p != NULL ? p->entries.n : 0;
	}
	work_spend(w, (int64_t)n * VALUE_UNITS);
	return sum;
}

static void
drop_values(struct alert_choice *c)
{
	for (size_t i = 0; i < c->values.n; i++)
		istr_unref(c->values.v[i]);
	c->values.n = 0;
}

/* Matchers whose values can be counted: those that have a column, then others. False: w is used up. */
static bool
look_at_counted(struct alert_choice *c, struct alert_columns *cs, struct alerts *as, const struct matchers *ms, struct work *w)
{
	for (; c->at < ms->n && !good(c, as); c->at++) {
		const struct matcher *m = &ms->m[c->at];
		struct alert_column *column;
		const struct str *values;
		struct str one;
		size_t n = matcher_values(m, &one, &values), alerts;

		if (!c->waits) {
			if (work_used_up(w))
				return false;
			work_spend(w, MATCHER_UNITS);
		}
		if (n == 0 || n > VALUES_MAX)
			continue;
		if (!c->waits && alert_columns_have(cs, m->name) != (c->pass == PASS_PRESENT))
			continue;
		if (!c->waits && c->pass == PASS_COUNTED && !alert_columns_worth(cs, m->name))
			continue;
		if (!c->waits && c->pass == PASS_COUNTED && c->columns++ == COLUMNS_MAX)
			break;
		c->waits = true;
		if (work_used_up(w) || !alert_columns_get(cs, as, m->name, false, w, &column))
			return false;
		c->waits = false;
		if (column == NULL)
			continue;
		alerts = count(column, values, n, w);
		if (alerts < c->best) {
			c->best = alerts;
			c->best_at = c->at;
		}
	}
	return true;
}

/* The first expression, or else the first negation. */
static struct matcher *
to_be_judged(const struct matchers *ms)
{
	struct matcher *other = NULL;
	const struct str *values;
	struct str one;

	for (size_t i = 0; i < ms->n; i++) {
		if (matcher_values(&ms->m[i], &one, &values) > 0)
			continue;
		if (ms->m[i].op == MATCH_RE)
			return &ms->m[i];
		if (other == NULL)
			other = &ms->m[i];
	}
	return other;
}

static void
drop_value(struct alert_choice *c)
{
	istr_unref(c->value);
	labels_unref(c->sample);
	c->value = NULL;
	c->sample = NULL;
}

/* The next value that is judged becomes c->value; false: that was the last. */
static bool
next_value(struct alert_choice *c, const struct alert_column *column)
{
	const struct alert_part *p = alert_column_after(column, c->value, !c->begun);
	const struct alert_entry *sample;
	struct order_cursor at;

	if (p == NULL)
		return false;
	sample = order_first(&p->entries, &at);
	drop_value(c);
	c->value = p->value != NULL ? istr_ref(p->value) : NULL;
	c->sample = labels_ref(sample->alert->labels);
	c->begun = c->judging = true;
	return true;
}

/* Asks m of each value, of which there are few; false: w is used up. */
static bool
judge(struct alert_choice *c, struct alert_columns *cs, struct alerts *as, struct matcher *m, struct work *w)
{
	const struct matchers one = { m, 1 };
	struct alert_column *column;
	const struct alert_part *p;

	if (!alert_columns_get(cs, as, m->name, true, w, &column))
		return false;
	if (column == NULL) {
		c->judged = SIZE_MAX;
		return true;
	}
	while (c->judging || next_value(c, column)) {
		enum match passes = matchers_match_some(&one, c->sample, &c->run, w);

		if (passes == MATCH_LATER)
			return false;
		c->judging = false;
		work_spend(w, VALUE_UNITS);
		p = passes == MATCH_YES ? alert_column_part(column, c->value) : NULL;
		if (p == NULL)
			continue;
		c->judged += p->entries.n;
		VEC_PUSH(&c->values, c->value != NULL ? istr_ref(c->value) : NULL);
	}
	return true;
}

static void
keep_counted(struct alert_choice *c, const struct matcher *m)
{
	const struct str *values;
	struct str one;
	size_t n = matcher_values(m, &one, &values);

	drop_values(c);
	for (size_t i = 0; i < n; i++) {
		struct istr *known = values[i].n > 0 ? istr_find(values[i]) : NULL;

		if (known != NULL || values[i].n == 0)
			VEC_PUSH(&c->values, known != NULL ? istr_ref(known) : NULL);
	}
}

static void
decide(struct alert_choice *c, const struct alerts *as, const struct matchers *ms, const struct matcher *judged)
{
	size_t most = as->order.n / OF_USE;

	if (judged != NULL && c->judged < c->best && c->judged <= most && c->values.n <= VALUES_MAX) {
		c->name = istr_ref(judged->name);
	} else if (c->best <= most) {
		c->name = istr_ref(ms->m[c->best_at].name);
		keep_counted(c, &ms->m[c->best_at]);
	} else {
		drop_values(c);
		c->scans = true;
	}
}

/* When all numbers are known. */
static bool
choose(struct alert_choice *c, struct alert_columns *cs, struct alerts *as, const struct matchers *ms, struct work *w)
{
	struct matcher *judged = good(c, as) ? NULL : to_be_judged(ms);

	if (!c->asked && judged != NULL)
		c->judges = alert_columns_have(cs, judged->name) || alert_columns_worth(cs, judged->name);
	c->asked = true;
	if (!c->judges)
		judged = NULL;
	if (judged != NULL && !judge(c, cs, as, judged, w))
		return false;
	decide(c, as, ms, judged);
	return true;
}

bool
alert_choice_make_some(struct alert_choice *c, struct alert_columns *cs, struct alerts *as, const struct matchers *ms,
    struct work *w)
{
	if (c->made)
		return true;
	if (ms->n == 0 || as->order.n < WALK_ALERTS) {
		c->made = true;
		return true;
	}
	if (c->pass == 0 && c->at == 0 && !c->waits)
		c->best = SIZE_MAX;
	for (; c->pass < PASS_JUDGED; c->pass++, c->at = 0)
		if (!look_at_counted(c, cs, as, ms, w))
			return false;
	if (!c->scans && c->name == NULL && !choose(c, cs, as, ms, w))
		return false;
	if (c->scans && !alert_scan_some(&c->scan, as, ms, w))
		return false;
	c->made = true;
	return true;
}

static bool
before(const struct part_place *a, const struct part_place *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	return alert_order(a->entry->alert->labels, b->entry) < 0;
}

static void
sift_down(struct alert_choice *c, size_t i)
{
	struct part_place *v = c->heap.v, x;

	for (size_t child; (child = 2 * i + 1) < c->heap.n; i = child) {
		if (child + 1 < c->heap.n && before(&v[child + 1], &v[child]))
			child++;
		if (!before(&v[child], &v[i]))
			return;
		x = v[i];
		v[i] = v[child];
		v[child] = x;
	}
}

bool
alert_choice_begin(struct alert_choice *c, struct alert_columns *cs, struct alerts *as, const struct labels *at,
    struct work *w)
{
	struct alert_column *column = NULL;

	if (c->name == NULL)
		return true;
	c->heap.n = 0;
	/* It had to give way to others: as well as it can be done without, it is not made again. */
	if (!alert_columns_have(cs, c->name)) {
		istr_unref(c->name);
		c->name = NULL;
		return true;
	}
	if (!alert_columns_get(cs, as, c->name, false, w, &column))
		return false;
	for (size_t i = 0; i < c->values.n; i++) {
		struct part_place p = { .part = alert_column_part(column, c->values.v[i]) };

		if (p.part == NULL)
			continue;
		p.entry = at == NULL ? order_first(&p.part->entries, &p.at)
				     : order_after_at(&p.part->entries, labels_fingerprint(at), at, alert_order, &p.at);
		if (p.entry == NULL)
			continue;
		p.rank = order_rank(&p.part->entries, &p.at);
		VEC_PUSH(&c->heap, p);
	}
	for (size_t i = c->heap.n / 2; i-- > 0;)
		sift_down(c, i);
	return true;
}

bool
alert_choice_is_all(const struct alert_choice *c)
{
	return c->name == NULL && (!c->scans || c->scan.given_up);
}

struct alert_entry *
alert_choice_top(struct alert_choice *c)
{
	if (c->scans)
		return alert_scan_top(&c->scan);
	return c->heap.n > 0 ? c->heap.v[0].entry : NULL;
}

void
alert_choice_pop(struct alert_choice *c)
{
	struct part_place *p = c->heap.v;

	if (c->scans) {
		alert_scan_pop(&c->scan);
		return;
	}
	p->entry = order_next(&p->part->entries, &p->at);
	if (p->entry != NULL) {
		p->rank = order_rank(&p->part->entries, &p->at);
		alerts_fetch_ahead(&p->part->entries, &p->at);
	} else {
		*p = c->heap.v[--c->heap.n];
	}
	sift_down(c, 0);
}

void
alert_choice_fini(struct alert_choice *c)
{
	drop_values(c);
	VEC_FINI(&c->values);
	VEC_FINI(&c->heap);
	istr_unref(c->name);
	drop_value(c);
	match_run_reset(&c->run);
	alert_scan_fini(&c->scan);
	*c = (struct alert_choice){ 0 };
}
