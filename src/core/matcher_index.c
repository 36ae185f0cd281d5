/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher_index.h"

#include <assert.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/mem.h"
#include "matcher_places.h"

/* Longer values are not gone through. */
#define GONE_THROUGH_MAX 256

/* All that is asked of one label. */
struct name {
	struct hmap_node node;
	struct istr *name;	/* reference */
	uint32_t keys;
	uint32_t count[PLACE_KINDS][PLACE_EDGE_MAX];	/* keys, by the length of their bytes less one */
	uint8_t lengths[PLACE_KINDS];		/* a bit for each such length that there is */
};

/* The items filed in one place. */
struct key {
	struct hmap_node node;
	struct name *name;
	struct matcher_place place;	/* with a reference to the value */
	struct matcher_index_list list;
};

static uint64_t
name_hash(const struct istr *name)
{
	/* Interned strings are known by address, and nobody outside chooses those. */
	return hash_mix(0, (uintptr_t)name);
}

/* The bytes are chosen by others, and differ in some of theirs only: what differs in the first go's high half comes down in the second. */
static ALWAYS_INLINE uint64_t
key_hash(const struct name *n, struct matcher_place p)
{
	return hash_mix(hash_mix(n->node.hash, p.what), (uint64_t)p.kind << 8 | p.len);
}

/* A bit of 64 that a name has: most names of a label set are not asked for, which is known without looking. */
static inline uint64_t
name_bit(const struct istr *name)
{
	return UINT64_C(1) << (name_hash(name) >> 58);
}

static struct name *
name_find(const struct matcher_index *x, const struct istr *name)
{
	for (struct hmap_node *n = hmap_first(&x->names, name_hash(name)); n != NULL; n = hmap_next(n)) {
		struct name *found = CONTAINER_OF(n, struct name, node);

		if (found->name == name)
			return found;
	}
	return NULL;
}

static ALWAYS_INLINE struct key *
key_find_hashed(const struct matcher_index *x, const struct name *name, struct matcher_place p, uint64_t hash)
{
	for (struct hmap_node *n = hmap_first(&x->keys, hash); n != NULL; n = hmap_next(n)) {
		struct key *k = CONTAINER_OF(n, struct key, node);

		if (k->name == name && k->place.what == p.what && k->place.kind == p.kind && k->place.len == p.len)
			return k;
	}
	return NULL;
}

static struct key *
key_find(const struct matcher_index *x, const struct name *name, struct matcher_place p)
{
	return key_find_hashed(x, name, p, key_hash(name, p));
}

static void
key_free(struct key *k)
{
	if (k->place.kind == PLACE_VALUE)
		istr_unref((struct istr *)(uintptr_t)k->place.what);
	mem_free(k->list.v);
	mem_free(k);
}

static void
name_free(struct name *n)
{
	istr_unref(n->name);
	mem_free(n);
}

#define FREE_UNITS 10

bool
matcher_index_fini_some(struct matcher_index *x, struct hmap_cursor *at, struct work *w)
{
	struct hmap_node *node, *next;

	while (hmap_next_bucket(&x->keys, at, &node)) {
		for (; node != NULL; node = next) {
			struct key *k = CONTAINER_OF(node, struct key, node);
			struct name *name = k->name;

			next = node->next;
			key_free(k);
			if (--name->keys == 0) {
				hmap_remove(&x->names, &name->node);
				name_free(name);
			}
			work_spend(w, FREE_UNITS);
		}
		if (work_used_up(w))
			return false;
	}
	assert(x->names.n == 0);
	hmap_fini(&x->names);
	hmap_fini(&x->keys);
	mem_free(x->rest.v);
	*x = (struct matcher_index){ 0 };
	*at = (struct hmap_cursor){ 0 };
	return true;
}

void
matcher_index_fini(struct matcher_index *x)
{
	struct work all = { INT64_MAX };
	struct hmap_cursor at = { 0 };
	bool done = matcher_index_fini_some(x, &at, &all);

	assert(done);
	(void)done;
}

/* An item that several keys of one matcher lead to may be in the list already. */
static void
list_add(struct matcher_index_list *l, uint64_t order, void *item)
{
	if (l->n > 0 && l->v[l->n - 1].order == order)
		return;
	assert(l->n == 0 || l->v[l->n - 1].order < order);
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 1 : 2 * l->cap;
		l->v = mem_realloc(l->v, l->cap, sizeof(l->v[0]));
	}
	l->v[l->n++] = (struct matcher_index_item){ order, item };
}

/* Index of the first item whose order is above `after`. */
static size_t
list_after(const struct matcher_index_list *l, uint64_t after)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->v[mid].order <= after)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
list_remove(struct matcher_index_list *l, uint64_t order)
{
	size_t i = order == 0 ? 0 : list_after(l, order - 1);

	if (i == l->n || l->v[i].order != order)
		return false;
	memmove(l->v + i, l->v + i + 1, (l->n - i - 1) * sizeof(l->v[0]));
	l->n--;
	return true;
}

static struct name *
name_get(struct matcher_index *x, struct istr *name)
{
	struct name *n = name_find(x, name);

	if (n != NULL)
		return n;
	n = NEW(struct name);
	n->name = istr_ref(name);
	hmap_insert(&x->names, &n->node, name_hash(name));
	x->name_bits |= name_bit(name);
	return n;
}

static void
file_in(struct matcher_index *x, struct name *name, struct matcher_place p, uint64_t order, void *item)
{
	struct key *k = key_find(x, name, p);

	if (k == NULL) {
		k = NEW(struct key);
		k->name = name;
		k->place = p;
		if (p.kind == PLACE_VALUE)
			istr_ref((struct istr *)(uintptr_t)p.what);
		hmap_insert(&x->keys, &k->node, key_hash(name, p));
		name->keys++;
		name->count[p.kind][p.len - 1]++;
		name->lengths[p.kind] |= (uint8_t)(1u << (p.len - 1));
	}
	list_add(&k->list, order, item);
}

/* Frees the name with its last key. */
static bool
take_out(struct matcher_index *x, struct name *name, struct matcher_place p, uint64_t order)
{
	struct key *k = key_find(x, name, p);

	if (k == NULL || !list_remove(&k->list, order))
		return false;
	if (k->list.n > 0)
		return true;
	hmap_remove(&x->keys, &k->node);
	if (--name->count[p.kind][p.len - 1] == 0)
		name->lengths[p.kind] &= (uint8_t)~(1u << (p.len - 1));
	key_free(k);
	if (--name->keys == 0) {
		hmap_remove(&x->names, &name->node);
		name_free(name);
	}
	return true;
}

static const struct matcher_place by_long = { PLACE_LONG, 1, 0 }, by_name = { PLACE_NAME, 1, 0 };

static size_t
cost(const struct matcher_index *x, const struct name *name, struct matcher_place p)
{
	const struct key *k = name != NULL ? key_find(x, name, p) : NULL;

	return matcher_place_price(p) + (k != NULL ? k->list.n : 0);
}

/* Asks for the memory of all places at once: they are far away, and one after the other each would be waited for. */
static void
fetch_places(const struct matcher_index *x, const struct name *name, const struct matcher_place *p, size_t n, uint64_t *hashes)
{
	for (size_t i = 0; i < n; i++) {
		hashes[i] = key_hash(name, p[i]);
		hmap_fetch(&x->keys, hashes[i]);
	}
	for (size_t i = 0; i < n; i++)
		hmap_fetch_node(&x->keys, hashes[i]);
}

static struct matcher_place
cheapest(const struct matcher_index *x, const struct name *name, const struct text_mark *m, size_t *cost_out)
{
	struct matcher_place places[MATCHER_PLACES_MAX], best = { 0 };
	uint64_t hashes[MATCHER_PLACES_MAX];
	size_t n = matcher_places(m, places);

	*cost_out = SIZE_MAX;
	if (name != NULL)
		fetch_places(x, name, places, n, hashes);
	for (size_t i = 0; i < n; i++) {
		const struct key *k = NULL;
		size_t c = matcher_place_price(places[i]);

		if (c < *cost_out && name != NULL)
			k = key_find_hashed(x, name, places[i], hashes[i]);
		if (k != NULL)
			c += k->list.n;
		if (c >= *cost_out)
			continue;
		best = places[i];
		*cost_out = c;
	}
	return best;
}

/* More matchers than these are not looked at, so that a silence of a thousand is filed and taken out in no time. */
#define LOOKED_AT 16

/* A matcher's demands on its label, which must not be absent: values that can be counted, or marks, or nothing more. */
struct asked {
	const struct str *values;
	const struct text_mark *marks;
	size_t values_n, marks_n;
	struct str one;
};

static bool
ask(const struct matcher *m, struct asked *a)
{
	if (!matcher_wants_label(m))
		return false;
	a->values_n = matcher_values(m, &a->one, &a->values);
	a->marks_n = a->values_n == 0 ? matcher_marks(m, &a->marks) : 0;
	return true;
}

/* The candidates more that filing under m's places means. */
static size_t
crowd(const struct matcher_index *x, const struct matcher *m, const struct asked *a)
{
	const struct name *name = name_find(x, m->name);
	size_t sum = 0, c;

	for (size_t i = 0; i < a->values_n; i++) {
		const struct istr *value = istr_find(a->values[i]);

		sum += value != NULL ? cost(x, name, matcher_place_of_value(value)) : matcher_place_price(matcher_place_of_value(NULL));
	}
	for (size_t i = 0; i < a->marks_n; i++) {
		cheapest(x, name, &a->marks[i], &c);
		sum += c;
	}
	return a->values_n + a->marks_n > 0 ? sum : cost(x, name, by_name);
}

static void
file_under(struct matcher_index *x, const struct matcher *m, const struct asked *a, uint64_t order, void *item)
{
	struct name *name = name_get(x, m->name);
	size_t c;

	for (size_t i = 0; i < a->values_n; i++) {
		struct istr *value = istr_get(a->values[i]);

		file_in(x, name, matcher_place_of_value(value), order, item);
		istr_unref(value);
	}
	for (size_t i = 0; i < a->marks_n; i++) {
		struct matcher_place p = cheapest(x, name, &a->marks[i], &c);

		file_in(x, name, p, order, item);
		if (p.kind == PLACE_WITHIN)
			file_in(x, name, by_long, order, item);
	}
	if (a->values_n + a->marks_n == 0)
		file_in(x, name, by_name, order, item);
}

static void
note_newest(struct matcher_index *x, uint64_t order, void *item)
{
	x->before_newest = x->newest[0].order;
	memmove(x->newest, x->newest + 1, sizeof(x->newest) - sizeof(x->newest[0]));
	x->newest[MATCHER_INDEX_NEWEST - 1] = (struct matcher_index_item){ order, item };
}

void
matcher_index_add(struct matcher_index *x, const struct matchers *ms, uint64_t order, void *item)
{
	const struct matcher *best = NULL;
	size_t best_crowd = 0;
	struct asked a;

	note_newest(x, order, item);
	for (size_t i = 0, looked = 0; i < ms->n && looked < LOOKED_AT; i++) {
		size_t c;

		if (!ask(&ms->m[i], &a))
			continue;
		looked++;
		c = crowd(x, &ms->m[i], &a);
		if (best == NULL || c < best_crowd) {
			best = &ms->m[i];
			best_crowd = c;
		}
	}
	if (best == NULL) {
		list_add(&x->rest, order, item);
		return;
	}
	(void)ask(best, &a);
	file_under(x, best, &a, order, item);
}

/* Out of all places where file_under may have put it. */
static void
take_from(struct matcher_index *x, const struct matcher *m, const struct asked *a, uint64_t order)
{
	struct name *name = name_find(x, m->name);
	struct matcher_place places[MATCHER_PLACES_MAX];

	/* Held, so that it is still there behind its last key. */
	if (name == NULL)
		return;
	name->keys++;
	for (size_t i = 0; i < a->values_n; i++) {
		const struct istr *value = istr_find(a->values[i]);

		if (value != NULL)
			take_out(x, name, matcher_place_of_value(value), order);
	}
	for (size_t i = 0; i < a->marks_n; i++)
		for (size_t k = matcher_places(&a->marks[i], places); k > 0; k--)
			take_out(x, name, places[k - 1], order);
	take_out(x, name, by_long, order);
	take_out(x, name, by_name, order);
	if (--name->keys > 0)
		return;
	hmap_remove(&x->names, &name->node);
	name_free(name);
}

void
matcher_index_remove(struct matcher_index *x, const struct matchers *ms, uint64_t order)
{
	struct asked a;

	for (size_t i = 0; i < MATCHER_INDEX_NEWEST; i++)
		if (x->newest[i].order == order)
			x->newest[i].item = NULL;
	if (list_remove(&x->rest, order))
		return;
	for (size_t i = 0, looked = 0; i < ms->n && looked < LOOKED_AT; i++) {
		if (!ask(&ms->m[i], &a))
			continue;
		looked++;
		take_from(x, &ms->m[i], &a, order);
	}
}

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
begin_list(struct matcher_index_iter *it, const struct matcher_index_list *l, uint64_t after)
{
	size_t from = list_after(l, after);

	if (from < l->n)
		add_cursor(it, (struct matcher_index_cursor){ l->v + from, l->v + l->n });
}

static void
begin_at(struct matcher_index_iter *it, const struct matcher_index *x, const struct name *name, struct matcher_place p)
{
	const struct key *k = key_find(x, name, p);

	it->looked++;
	if (k != NULL)
		begin_list(it, &k->list, it->order);
}

/* The bytes of the lengths that there are keys of, at the end of `last`, of which n are there. */
static void
begin_lengths(struct matcher_index_iter *it, const struct matcher_index *x, const struct name *name, enum matcher_place_kind kind, uint64_t last,
    size_t n)
{
	for (unsigned lengths = name->lengths[kind]; lengths != 0; lengths &= lengths - 1) {
		unsigned len = (unsigned)__builtin_ctz(lengths) + 1;

		if (len > n)
			return;
		begin_at(it, x, name, (struct matcher_place){ kind, len, last & UINT64_MAX >> (64 - 8 * len) });
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
			begin_at(it, x, name, (struct matcher_place){ PLACE_START, (unsigned)i + 1, last });
		if (within)
			begin_lengths(it, x, name, PLACE_WITHIN, last, i + 1);
	}
	if (name->lengths[PLACE_END] != 0) {
		if (i < s.n)
			last = matcher_place_of_bytes(PLACE_END, str_sub(s, s.n - PLACE_EDGE_MAX, s.n)).what;
		begin_lengths(it, x, name, PLACE_END, last, s.n);
	}
	if (!within && name->lengths[PLACE_LONG] != 0)
		begin_at(it, x, name, by_long);
}

void
matcher_index_begin(struct matcher_index_iter *it, const struct matcher_index *x, const struct labels *l, uint64_t after)
{
	it->n = it->looked = 0;
	it->cap = ARRAY_LEN(it->few);
	it->more = NULL;
	it->order = after;
	if (after > 0 && after >= x->before_newest) {
		const struct matcher_index_item *end = x->newest + MATCHER_INDEX_NEWEST, *at = end;

		while (at > x->newest && at[-1].order > after)
			at--;
		if (at < end)
			add_cursor(it, (struct matcher_index_cursor){ at, end });
		return;
	}
	begin_list(it, &x->rest, after);
	if (x->names.n == 0)
		return;
	it->looked = labels_n(l);
	for (uint32_t i = 0; i < labels_n(l); i++) {
		const struct name *name;

		if ((x->name_bits & name_bit(labels_name(l, i))) == 0)
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

void *
matcher_index_next(struct matcher_index_iter *it)
{
	while (it->n > 0) {
		struct matcher_index_item first = *cursors_of(it)[0].at;

		go_on(it);
		/* Several keys may lead to one item, and of the newest some may be gone. */
		if (first.order == it->order || first.item == NULL)
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
