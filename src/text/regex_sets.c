/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_sets.h"

#include <stdlib.h>

#include "regex_tables.h"

static int
by_lo(const void *pa, const void *pb)
{
	const struct rx_range *a = pa, *b = pb;

	return a->lo < b->lo ? -1 : a->lo > b->lo;
}

size_t
rx_ranges_normalise(struct rx_range *r, size_t n)
{
	size_t out = 0;
	bool sorted = true;

	for (size_t i = 1; i < n && sorted; i++)
		sorted = r[i - 1].lo <= r[i].lo;
	if (!sorted)
		qsort(r, n, sizeof(*r), by_lo);
	for (size_t i = 0; i < n; i++) {
		if (out > 0 && r[i].lo <= r[out - 1].hi + 1) {
			if (r[i].hi > r[out - 1].hi)
				r[out - 1].hi = r[i].hi;
		} else {
			r[out++] = r[i];
		}
	}
	return out;
}

static void
add_set(struct rx_parser *p, struct rx_class *cls, size_t i)
{
	for (size_t k = 0; k < rune_sets[i].n; k++) {
		uint32_t lo = rune_spans[rune_sets[i].from + k].lo;
		rx_class_add(p, cls, lo, lo + rune_spans[rune_sets[i].from + k].more);
	}
}

bool
rx_set_add_named(struct rx_parser *p, struct rx_class *cls, struct str name)
{
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(rune_sets); i++) {
		struct str candidate = str_from(rune_sets[i].name);
		/* A category of one letter is all of those that begin with it; Yi is a script. */
		if (str_eq(candidate, name) ||
		    (name.n == 1 && name.p[0] != 'Y' && candidate.n == 2 && candidate.p[0] == name.p[0])) {
			add_set(p, cls, i);
			found = true;
		}
	}
	return found;
}

uint32_t
rx_fold_next(uint32_t rune)
{
	size_t lo = 0, hi = ARRAY_LEN(rune_folds);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (rune_folds[mid].lo <= rune)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (size_t i = lo; i > 0 && lo - i < RUNE_FOLD_BACK; i--) {
		uint32_t first = rune_folds[i - 1].lo, step = rune_folds[i - 1].step;
		if (rune <= first + rune_folds[i - 1].more * step && (rune - first) % step == 0)
			return (uint32_t)((int32_t)rune + rune_folds[i - 1].delta);
	}
	return rune;
}

static uint32_t
last_of(size_t row)
{
	return rune_folds[row].lo + (uint32_t)rune_folds[row].more * rune_folds[row].step;
}

/* Is it in one of the first n ranges, which are in order? */
static bool
is_among(const struct rx_class *cls, size_t n, uint32_t rune)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (cls->range[mid].hi < rune)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && cls->range[lo].lo <= rune;
}

/*
 * Adds the other cases of one of the n ranges that were there before any was added, but not what they have already.
 * Rows before *from are not needed any more.
 */
static void
fold_range(struct rx_parser *p, struct rx_class *cls, size_t n, struct rx_range r, size_t *from)
{
	while (*from < ARRAY_LEN(rune_folds) && last_of(*from) < r.lo)
		(*from)++;
	for (size_t i = *from; i < ARRAY_LEN(rune_folds) && rune_folds[i].lo <= r.hi; i++) {
		uint32_t first = rune_folds[i].lo, step = rune_folds[i].step;
		if (first < r.lo)
			first += (r.lo - first + step - 1) / step * step;
		for (; first <= last_of(i) && first <= r.hi; first += step)
			for (uint32_t x = rx_fold_next(first); x != first; x = rx_fold_next(x)) {
				p->folded++;
				if (!is_among(cls, n, x))
					rx_class_add(p, cls, x, x);
			}
	}
}

void
rx_set_fold(struct rx_parser *p, struct rx_class *cls)
{
	size_t from = 0;

	cls->n = rx_ranges_normalise(cls->range, cls->n);
	for (size_t i = 0, n = cls->n; i < n; i++)
		fold_range(p, cls, n, cls->range[i], &from);
	cls->n = rx_ranges_normalise(cls->range, cls->n);
}

void
rx_set_negate(struct rx_parser *p, struct rx_class *cls)
{
	struct rx_class out = { 0 };
	uint32_t from = 0;

	cls->n = rx_ranges_normalise(cls->range, cls->n);
	for (size_t i = 0; i < cls->n; i++) {
		if (cls->range[i].lo > from)
			rx_class_add(p, &out, from, cls->range[i].lo - 1);
		from = cls->range[i].hi + 1;
	}
	if (from <= RX_RUNE_MAX)
		rx_class_add(p, &out, from, RX_RUNE_MAX);
	*cls = out;
}
