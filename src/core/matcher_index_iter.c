/* SPDX-License-Identifier: Apache-2.0 */
/* Going through the candidates of an index of matchers. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "matcher_index_private.h"

/* Longer values are not gone through. */
#define GONE_THROUGH_MAX 256

static struct matcher_index_cursor *
cursors_of(struct matcher_index_iter *it)
{
	return it->more != NULL ? it->more : it->few;
}

/* One more cursor, where it belongs in the heap. */
static void
add_cursor(struct matcher_index_iter *it, struct matcher_index_cursor c)
{
	struct matcher_index_cursor *v;
	size_t i = it->n++;

	if (it->n > it->cap) {
		it->cap *= 2;
		v = mem_realloc(it->more, it->cap, sizeof(*v));
		if (it->more == NULL)
			memcpy(v, it->few, sizeof(it->few));
		it->more = v;
	}
	v = cursors_of(it);
	for (; i > 0 && v[(i - 1) / 2].at->order > c.at->order; i = (i - 1) / 2)
		v[i] = v[(i - 1) / 2];
	v[i] = c;
}

static void
begin_list(struct matcher_index_iter *it, const struct matcher_index_list *l, uint64_t after, uint16_t beside)
{
	const struct matcher_index_item *v = list_items(l);
	size_t from = list_after(l, after);

	if (from < l->n)
		add_cursor(it, (struct matcher_index_cursor){ v + from, v + l->n, beside });
}

static void
begin_at(struct matcher_index_iter *it, const struct matcher_index *x, const struct name *name, struct matcher_place p)
{
	const struct key *k = key_find(x, name, p);

	it->looked++;
	if (k != NULL)
		begin_list(it, &k->list, it->order, 0);
}

/* The len bytes of s that end before `end`, with `last`. */
static void
begin_in(struct matcher_index_iter *it, const struct matcher_index *x, const struct name *name, enum matcher_place_kind kind, unsigned len, struct str s,
    size_t end, uint64_t last)
{
	struct matcher_place p = { .kind = kind, .len = (uint8_t)len, .what = last & UINT64_MAX >> (64 - 8 * len) };
	const struct key *k = key_find(x, name, p);
	uint16_t beside;

	it->looked++;
	if (k == NULL)
		return;
	beside = matcher_beside(end > len, end > len ? s.p[end - len - 1] : '\0', end < s.n, end < s.n ? s.p[end] : '\0', true, s.p[0], true,
	    s.p[s.n - 1]);
	begin_list(it, &k->list, it->order, beside);
}

/* The bytes of the lengths that there are keys of, that end before `end` with `last`. */
static void
begin_lengths(struct matcher_index_iter *it, const struct matcher_index *x, const struct name *name, enum matcher_place_kind kind, struct str s,
    size_t end, uint64_t last)
{
	for (unsigned lengths = name->lengths[kind]; lengths != 0; lengths &= lengths - 1) {
		unsigned len = (unsigned)__builtin_ctz(lengths) + 1;

		if (len > end)
			return;
		begin_in(it, x, name, kind, len, s, end, last);
	}
}

static void
begin_bytes(struct matcher_index_iter *it, const struct matcher_index *x, const struct name *name, struct str s)
{
	bool within = name->lengths[PLACE_WITHIN] != 0 && s.n <= GONE_THROUGH_MAX;
	uint64_t last = 0;
	size_t i;

	/* At its start each length is met once, when so many bytes have been read. */
	for (i = 0; i < s.n && (within || i < PLACE_EDGE_MAX); i++) {
		last = last << 8 | (unsigned char)s.p[i];
		if (i < PLACE_EDGE_MAX && (name->lengths[PLACE_START] & 1u << i) != 0)
			begin_in(it, x, name, PLACE_START, (unsigned)i + 1, s, i + 1, last);
		if (within)
			begin_lengths(it, x, name, PLACE_WITHIN, s, i + 1, last);
	}
	if (name->lengths[PLACE_END] != 0) {
		if (i < s.n)
			last = matcher_place_of_bytes(PLACE_END, str_sub(s, s.n - PLACE_EDGE_MAX, s.n)).what;
		begin_lengths(it, x, name, PLACE_END, s, s.n, last);
	}
	if (!within && name->lengths[PLACE_LONG] != 0)
		begin_at(it, x, name, by_long);
}

void
matcher_index_begin(struct matcher_index_iter *it, const struct matcher_index *x, const struct labels *l, uint64_t after)
{
	assert(x->later.n == 0);
	it->n = it->looked = 0;
	it->cap = ARRAY_LEN(it->few);
	it->more = NULL;
	it->order = after;
	if (after > 0 && after >= x->before_newest) {
		const struct matcher_index_item *end = x->newest + MATCHER_INDEX_NEWEST, *at = end;

		while (at > x->newest && at[-1].order > after)
			at--;
		if (at < end)
			add_cursor(it, (struct matcher_index_cursor){ .at = at, .end = end });
		return;
	}
	begin_list(it, &x->rest, after, 0);
	if (x->names.n == 0)
		return;
	it->looked = labels_n(l);
	if ((x->name_bits & l->names->bits) == 0)
		return;
	for (uint32_t i = 0; i < labels_n(l); i++) {
		const struct name *name;

		if ((x->name_bits & label_name_bit(labels_name(l, i))) == 0)
			continue;
		name = name_find(x, labels_name(l, i));
		if (name == NULL || labels_value(l, i)->n == 0)
			continue;
		if (name->lengths[PLACE_VALUE] != 0)
			begin_at(it, x, name, matcher_place_of_value(labels_value(l, i)));
		if (name->lengths[PLACE_NAME] != 0)
			begin_at(it, x, name, by_name);
		if ((name->lengths[PLACE_START] | name->lengths[PLACE_END] | name->lengths[PLACE_WITHIN]) != 0)
			begin_bytes(it, x, name, istr_str(labels_value(l, i)));
	}
}

/* The first cursor goes on, or gives way to the last; then down to where it belongs. */
static void
go_on(struct matcher_index_iter *it)
{
	struct matcher_index_cursor *v = cursors_of(it), c = v[0];
	size_t i = 0, child;

	if (++c.at == c.end)
		c = v[--it->n];
	while ((child = 2 * i + 1) < it->n) {
		if (child + 1 < it->n && v[child + 1].at->order < v[child].at->order)
			child++;
		if (v[child].at->order >= c.at->order)
			break;
		v[i] = v[child];
		i = child;
	}
	v[i] = c;
}

/* So many are passed over at most before one is a candidate nevertheless: whoever looks counts those, and may have to stop. */
#define PASSED_MAX 256

void *
matcher_index_next(struct matcher_index_iter *it)
{
	size_t passed = 0;

	while (it->n > 0) {
		struct matcher_index_cursor c = cursors_of(it)[0];
		struct matcher_index_item first = *c.at;

		go_on(it);
		/* Several keys may lead to one item, and of the newest some may be gone. */
		if (first.order == it->order || first.item == NULL)
			continue;
		if (!matcher_beside_fits(first.beside, c.beside) && passed++ < PASSED_MAX)
			continue;
		it->order = first.order;
		return first.item;
	}
	return NULL;
}

void
matcher_index_end(struct matcher_index_iter *it, struct work *w)
{
	work_spend(w, (int64_t)it->looked);
	mem_free(it->more);
	it->more = NULL;
}
