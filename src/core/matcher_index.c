/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher_index.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/slab.h"
#include "matcher_index_private.h"

static void
list_fini(struct matcher_index_list *l)
{
	if (l->cap > 0)
		mem_free(l->v);
}

static void
key_free(struct key *k)
{
	if (k->place.kind == PLACE_VALUE)
		istr_unref((struct istr *)(uintptr_t)k->place.what);
	list_fini(&k->list);
	slab_free(k);
}

static void
name_free(struct name *n)
{
	istr_unref(n->name);
	mem_free(n);
}

/* Freeing a key, and the name of the last one, of which nothing is in the cache. */
#define FREE_UNITS 40
#define FREE_NAME_UNITS 100

bool
matcher_index_fini_some(struct matcher_index *x, struct hmap_cursor *at, struct work *w)
{
	struct hmap_node *node, *next;

	VEC_FINI(&x->later);
	while (hmap_next_bucket(&x->keys, at, &node)) {
		for (; node != NULL; node = next) {
			struct key *k = CONTAINER_OF(node, struct key, node);
			struct name *name = k->name;

			next = node->next;
			key_free(k);
			if (--name->keys == 0) {
				hmap_remove(&x->names, &name->node);
				name_free(name);
				work_spend(w, FREE_NAME_UNITS);
			}
			work_spend(w, FREE_UNITS);
		}
		if (work_used_up(w))
			return false;
	}
	assert(x->names.n == 0);
	hmap_fini(&x->names);
	hmap_fini(&x->keys);
	list_fini(&x->rest);
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

static void
list_grow(struct matcher_index_list *l)
{
	struct matcher_index_item *v = mem_realloc(l->cap > 0 ? l->v : NULL, 2 * (size_t)l->n, sizeof(l->v[0]));

	if (l->cap == 0)
		v[0] = l->one;
	l->v = v;
	l->cap = 2 * l->n;
}

/* An item that several keys of one matcher lead to may be in the list already: then it asks for what they have in common. */
static void
list_add(struct matcher_index_list *l, struct matcher_index_item add)
{
	struct matcher_index_item *last = l->cap == 0 ? &l->one : l->v + l->n - 1;

	if (l->n == 0 && l->cap == 0) {
		l->one = add;
		l->n = 1;
		return;
	}
	if (l->n > 0 && last->order == add.order) {
		/* All four bits go of what differs. */
		last->beside &= ~(matcher_beside_set(last->beside ^ add.beside) * 0xFu) & 0xFFFFu;
		return;
	}
	assert(l->n == 0 || last->order < add.order);
	if (l->n >= l->cap)
		list_grow(l);
	l->v[l->n++] = add;
}

static bool
list_remove(struct matcher_index_list *l, uint64_t order)
{
	size_t i = order == 0 ? 0 : list_after(l, order - 1);

	if (i == l->n || list_items(l)[i].order != order)
		return false;
	l->n--;
	if (l->cap > 0)
		memmove(l->v + i, l->v + i + 1, (l->n - i) * sizeof(l->v[0]));
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
	x->name_bits |= label_name_bit(name);
	return n;
}

/* A place, and what is filed there. */
struct spot {
	struct matcher_place place;
	uint64_t hash;
	struct key *key;	/* NULL: nothing */
};

static struct spot
spot_of(const struct matcher_index *x, const struct name *name, struct matcher_place p)
{
	uint64_t hash = key_hash(name->node.hash, p);

	return (struct spot){ p, hash, key_find_hashed(x, name, p, hash) };
}

static void
file_in(struct matcher_index *x, struct name *name, const struct spot *s, uint64_t order, void *item)
{
	struct matcher_place p = s->place;
	struct key *k = s->key;

	if (k == NULL) {
		k = SLAB_NEW(struct key);
		k->name = name;
		k->place = (struct matcher_place){ .kind = p.kind, .len = p.len, .what = p.what };
		if (p.kind == PLACE_VALUE)
			istr_ref((struct istr *)(uintptr_t)p.what);
		hmap_insert(&x->keys, &k->node, s->hash);
		name->keys++;
		name->count[p.kind][p.len - 1]++;
		name->lengths[p.kind] |= (uint8_t)(1u << (p.len - 1));
	}
	list_add(&k->list, (struct matcher_index_item){ order, p.beside, item });
}

static void
file_at(struct matcher_index *x, struct name *name, struct matcher_place p, uint64_t order, void *item)
{
	struct spot s = spot_of(x, name, p);

	file_in(x, name, &s, order, item);
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

static size_t
cost(const struct matcher_index *x, const struct name *name, struct matcher_place p)
{
	const struct key *k = name != NULL ? key_find(x, name, p) : NULL;

	return matcher_place_price(p) + (k != NULL ? k->list.n : 0);
}

/* The places of a mark, with their hashes: of several, one is chosen. */
struct choice {
	const struct text_mark *mark;	/* NULL: there is none */
	struct matcher_place places[MATCHER_PLACES_MAX];
	uint64_t hashes[MATCHER_PLACES_MAX];
	size_t n;
};

/* Asks for the memory of all places at once: they are far away, and one after the other each would be waited for. */
static void
choice_begin(struct choice *c, const struct matcher_index *x, const struct istr *name, const struct text_mark *m)
{
	c->mark = m;
	c->n = matcher_places(m, c->places);
	for (size_t i = 0; i < c->n; i++) {
		c->hashes[i] = key_hash(name_hash(name), c->places[i]);
		hmap_fetch(&x->keys, c->hashes[i]);
	}
}

/* When that is there: for the rest. */
static void
choice_go_on(const struct choice *c, const struct matcher_index *x)
{
	for (size_t i = 0; i < c->n; i++)
		hmap_fetch_node(&x->keys, c->hashes[i]);
}

/* name may be NULL, of which nothing is asked yet. */
static struct spot
cheapest(const struct choice *choice, const struct matcher_index *x, const struct name *name, size_t *cost_out)
{
	struct spot best = { 0 };

	*cost_out = SIZE_MAX;
	for (size_t i = 0; i < choice->n; i++) {
		struct key *k = NULL;
		size_t c = matcher_place_price(choice->places[i]);

		if (c < *cost_out && name != NULL)
			k = key_find_hashed(x, name, choice->places[i], choice->hashes[i]);
		if (k != NULL)
			c += k->list.n;
		if (c >= *cost_out)
			continue;
		best = (struct spot){ choice->places[i], choice->hashes[i], k };
		*cost_out = c;
	}
	return best;
}

static struct spot
cheapest_of(const struct matcher_index *x, const struct matcher *m, const struct name *name, const struct text_mark *mark, size_t *cost_out)
{
	struct choice c;

	choice_begin(&c, x, m->name, mark);
	choice_go_on(&c, x);
	return cheapest(&c, x, name, cost_out);
}

/* More matchers than these are not looked at, so that a silence of a thousand is filed and taken out in no time. */
#define LOOKED_AT 16

/* A matcher's demands on its label, which must not be absent: values that can be counted, or marks, or nothing more. */
struct asked {
	const struct matcher *m;
	const struct str *values;	/* or `one`, so that this is not to be copied */
	const struct text_mark *marks;
	size_t values_n, marks_n;
	struct str one;
	struct spot first;	/* where crowd() would file the first mark, which is mostly the only one */
};

static bool
ask(const struct matcher *m, struct asked *a)
{
	if (!matcher_wants_label(m))
		return false;
	a->m = m;
	a->values_n = matcher_values(m, &a->one, &a->values);
	a->marks_n = a->values_n == 0 ? matcher_marks(m, &a->marks) : 0;
	return true;
}

/* The candidates more that filing under these places means. `ahead` may have begun the choice for the first mark. */
static size_t
crowd(const struct matcher_index *x, struct asked *a, const struct choice *ahead)
{
	const struct name *name = name_find(x, a->m->name);
	size_t sum = 0, c;

	for (size_t i = 0; i < a->values_n; i++) {
		const struct istr *value = istr_find(a->values[i]);

		sum += value != NULL ? cost(x, name, matcher_place_of_value(value)) : matcher_place_price(matcher_place_of_value(NULL));
	}
	for (size_t i = 0; i < a->marks_n; i++) {
		bool begun = ahead->mark == &a->marks[i];
		struct spot s = begun ? cheapest(ahead, x, name, &c) : cheapest_of(x, a->m, name, &a->marks[i], &c);

		if (i == 0)
			a->first = s;
		sum += c;
	}
	return a->values_n + a->marks_n > 0 ? sum : cost(x, name, by_name);
}

/* Nothing has been filed since crowd(). */
static void
file_under(struct matcher_index *x, const struct asked *a, uint64_t order, void *item)
{
	struct name *name = name_get(x, a->m->name);
	size_t c;

	for (size_t i = 0; i < a->values_n; i++) {
		struct istr *value = istr_get(a->values[i]);

		file_at(x, name, matcher_place_of_value(value), order, item);
		istr_unref(value);
	}
	for (size_t i = 0; i < a->marks_n; i++) {
		struct spot s = i == 0 ? a->first : cheapest_of(x, a->m, name, &a->marks[i], &c);

		file_in(x, name, &s, order, item);
		if (s.place.kind == PLACE_WITHIN)
			file_at(x, name, by_long, order, item);
	}
	if (a->values_n + a->marks_n == 0)
		file_at(x, name, by_name, order, item);
}

static void
note_newest(struct matcher_index *x, uint64_t order, void *item)
{
	x->before_newest = x->newest[0].order;
	memmove(x->newest, x->newest + 1, sizeof(x->newest) - sizeof(x->newest[0]));
	x->newest[MATCHER_INDEX_NEWEST - 1] = (struct matcher_index_item){ .order = order, .item = item };
}

static void
file_list(struct matcher_index *x, const struct matchers *ms, uint64_t order, void *item, const struct choice *ahead)
{
	struct asked two[2], *best = NULL, *a = &two[0];
	size_t best_crowd = 0;

	for (size_t i = 0, looked = 0; i < ms->n && looked < LOOKED_AT; i++) {
		size_t c;

		if (!ask(&ms->m[i], a))
			continue;
		looked++;
		c = crowd(x, a, ahead);
		if (best != NULL && c >= best_crowd)
			continue;
		best = a;
		best_crowd = c;
		a = a == &two[0] ? &two[1] : &two[0];
	}
	if (best != NULL)
		file_under(x, best, order, item);
	else
		list_add(&x->rest, (struct matcher_index_item){ .order = order, .item = item });
}

/* Asks for the memory that filing ms will look at. */
static void
begin_ahead(struct choice *c, const struct matcher_index *x, const struct matchers *ms)
{
	struct asked a;

	c->mark = NULL;
	c->n = 0;
	for (size_t i = 0; i < ms->n && i < LOOKED_AT && c->mark == NULL; i++)
		if (ask(&ms->m[i], &a) && a.marks_n > 0)
			choice_begin(c, x, ms->m[i].name, &a.marks[0]);
}

/* So many lists are under way from memory: a power of two. */
#define AHEAD 16

static void
file_later(struct matcher_index *x)
{
	struct choice ahead[AHEAD];
	size_t n = x->later.n;

	for (size_t i = 0; i < n + AHEAD - 1; i++) {
		if (i < n)
			begin_ahead(&ahead[i % AHEAD], x, x->later.v[i].ms);
		if (i >= AHEAD / 2 && i - AHEAD / 2 < n)
			choice_go_on(&ahead[(i - AHEAD / 2) % AHEAD], x);
		if (i >= AHEAD - 1) {
			const struct matcher_index_later *l = &x->later.v[i - (AHEAD - 1)];

			file_list(x, l->ms, l->order, l->item, &ahead[(i - (AHEAD - 1)) % AHEAD]);
		}
	}
	VEC_FINI(&x->later);
}

void
matcher_index_add(struct matcher_index *x, const struct matchers *ms, uint64_t order, void *item)
{
	static const struct choice none;

	assert(order >> MATCHER_INDEX_ORDER_BITS == 0);
	note_newest(x, order, item);
	if (x->many)
		VEC_PUSH(&x->later, ((struct matcher_index_later){ ms, order, item }));
	else
		file_list(x, ms, order, item, &none);
}

void
matcher_index_begin_many(struct matcher_index *x)
{
	x->many = true;
}

void
matcher_index_end_many(struct matcher_index *x)
{
	x->many = false;
	file_later(x);
}

/* Out of all places where file_under may have put it. */
static void
take_from(struct matcher_index *x, const struct asked *a, uint64_t order)
{
	struct name *name = name_find(x, a->m->name);
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

	file_later(x);
	for (size_t i = 0; i < MATCHER_INDEX_NEWEST; i++)
		if (x->newest[i].order == order)
			x->newest[i].item = NULL;
	if (list_remove(&x->rest, order))
		return;
	for (size_t i = 0, looked = 0; i < ms->n && looked < LOOKED_AT; i++) {
		if (!ask(&ms->m[i], &a))
			continue;
		looked++;
		take_from(x, &a, order);
	}
}
