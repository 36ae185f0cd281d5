/* SPDX-License-Identifier: Apache-2.0 */
#include "order.h"

#include <assert.h>
#include <string.h>

#include "base/slab.h"

/* Never empty. */
struct order_chunk {
	uint32_t n, cap;
	struct order_item v[];
};

struct order_place {
	uint64_t rank;	/* of the chunk's first item */
	struct order_chunk *chunk;
};

/* Items that lie side by side: those of a chunk, or the only one. */
struct run {
	const struct order_item *v;
	uint32_t n;
};

static inline uint32_t
runs_n(const struct order *o)
{
	return o->n > 1 ? o->chunks_n : (uint32_t)o->n;
}

static inline struct run
run_at(const struct order *o, uint32_t i)
{
	const struct order_chunk *k;

	if (o->n == 1)
		return (struct run){ &o->only, 1 };
	k = o->chunks[i].chunk;
	return (struct run){ k->v, k->n };
}

/* The item that is looked for; no cmp: it stands before all of its rank. */
struct wanted {
	uint64_t rank;
	const void *key;
	order_cmp *cmp;
};

static int
compare(const struct wanted *w, const struct order_item *x)
{
	if (w->rank != x->rank)
		return w->rank < x->rank ? -1 : 1;
	return w->cmp != NULL ? w->cmp(w->key, x->item) : -1;
}

static inline bool
is_before(const struct wanted *w, const struct order_place *p)
{
	return w->rank != p->rank ? w->rank < p->rank : compare(w, &p->chunk->v[0]) < 0;
}

/* The last run that does not begin behind what is wanted. */
static uint32_t
find_run(const struct order *o, const struct wanted *w)
{
	uint32_t low = 0, high = runs_n(o);

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (is_before(w, &o->chunks[mid]))
			high = mid;
		else
			low = mid;
	}
	return low;
}

/* Sets c to the first place that is not before what is wanted, at most behind the end of its run. True: it is there. */
static bool
locate(const struct order *o, const struct wanted *w, struct order_cursor *c)
{
	uint32_t low = 0, high;
	struct run r;

	*c = (struct order_cursor){ 0 };
	if (o->n == 0)
		return false;
	c->chunk = find_run(o, w);
	r = run_at(o, c->chunk);
	high = r.n;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int d = compare(w, &r.v[mid]);

		if (d == 0) {
			c->at = mid;
			return true;
		}
		if (d < 0)
			high = mid;
		else
			low = mid + 1;
	}
	c->at = low;
	return false;
}

/* The item at c, or at the beginning of the next run. */
static void *
item_at(const struct order *o, struct order_cursor *c)
{
	uint32_t n = runs_n(o);

	if (c->chunk < n && c->at == run_at(o, c->chunk).n) {
		c->chunk++;
		c->at = 0;
	}
	return c->chunk < n ? run_at(o, c->chunk).v[c->at].item : NULL;
}

/* Small ones, of which there may be one for each group, lie in slabs. */
static void *
moved(void *old, size_t had, size_t want)
{
	void *p = slab_alloc(want);

	if (old != NULL)
		memcpy(p, old, had < want ? had : want);
	slab_free(old);
	return p;
}

static size_t
chunk_size(uint32_t cap)
{
	return sizeof(struct order_chunk) + cap * sizeof(struct order_item);
}

/* A chunk gets room for so many more at a time: with twice as much a third would be empty, as full ones are halved. */
#define STEP 32

/* Room for some more than n. */
static uint32_t
room_for(uint32_t n)
{
	uint32_t cap = n < STEP ? 2 * n : n + STEP;

	return cap < ORDER_CHUNK ? cap : ORDER_CHUNK;
}

static struct order_chunk *
resize(struct order_chunk *k, uint32_t cap)
{
	k = moved(k, k != NULL ? chunk_size(k->cap) : 0, chunk_size(cap));
	k->cap = cap;
	return k;
}

static void
add_chunk(struct order *o, uint32_t at, uint32_t room)
{
	if (o->chunks_n == o->chunks_cap) {
		uint32_t cap = o->chunks_cap == 0 ? 1 : 2 * o->chunks_cap;

		o->chunks = moved(o->chunks, o->chunks_cap * sizeof(o->chunks[0]), cap * sizeof(o->chunks[0]));
		o->chunks_cap = cap;
	}
	memmove(&o->chunks[at + 1], &o->chunks[at], (o->chunks_n - at) * sizeof(o->chunks[0]));
	o->chunks_n++;
	o->chunks[at] = (struct order_place){ .chunk = resize(NULL, room) };
	o->chunks[at].chunk->n = 0;
}

static void
drop_chunk(struct order *o, uint32_t at)
{
	slab_free(o->chunks[at].chunk);
	o->chunks_n--;
	memmove(&o->chunks[at], &o->chunks[at + 1], (o->chunks_n - at) * sizeof(o->chunks[0]));
}

/* Another is about to come. */
static void
begin_chunks(struct order *o)
{
	struct order_item only = o->only;

	*o = (struct order){ .n = 1 };
	add_chunk(o, 0, 2);
	o->chunks[0].rank = only.rank;
	o->chunks[0].chunk->v[0] = only;
	o->chunks[0].chunk->n = 1;
}

/* One is left. */
static void
end_chunks(struct order *o)
{
	struct order_item only = { 0 };

	for (uint32_t i = 0; i < o->chunks_n; i++) {
		if (o->chunks[i].chunk->n > 0)
			only = o->chunks[i].chunk->v[0];
		slab_free(o->chunks[i].chunk);
	}
	slab_free(o->chunks);
	*o = (struct order){ .only = only, .n = 1 };
}

/* Makes room at c, which may move into the new chunk. Items that come in order fill the chunks; all else halves them. */
static void
split(struct order *o, struct order_cursor *c)
{
	struct order_chunk *k = o->chunks[c->chunk].chunk, *next;
	uint32_t stay = c->chunk + 1 == o->chunks_n && c->at == k->n ? k->n : k->n / 2;

	add_chunk(o, c->chunk + 1, 1);
	if (stay < k->n) {
		next = resize(o->chunks[c->chunk + 1].chunk, room_for(k->n - stay));
		o->chunks[c->chunk + 1] = (struct order_place){ k->v[stay].rank, next };
		next->n = k->n - stay;
		memcpy(next->v, &k->v[stay], next->n * sizeof(k->v[0]));
		k->n = stay;
		o->chunks[c->chunk].chunk = resize(k, room_for(stay));
	}
	if (c->at > stay || stay == ORDER_CHUNK) {
		c->chunk++;
		c->at -= stay;
	}
}

/* Things that come in order need no search. */
static bool
behind_all(const struct order *o, uint64_t rank, struct order_cursor *c)
{
	struct run last;

	if (o->n == 0)
		return false;
	last = run_at(o, runs_n(o) - 1);
	if (rank <= last.v[last.n - 1].rank)
		return false;
	*c = (struct order_cursor){ runs_n(o) - 1, last.n };
	return true;
}

/* Puts it at c, before what stands there. */
static void
put(struct order *o, struct order_cursor c, uint64_t rank, void *item)
{
	struct order_chunk *k;

	if (o->n == 0) {
		*o = (struct order){ .only = { rank, item }, .n = 1 };
		return;
	}
	if (o->n == 1)
		begin_chunks(o);
	if (o->chunks[c.chunk].chunk->n == ORDER_CHUNK)
		split(o, &c);
	k = o->chunks[c.chunk].chunk;
	if (k->n == k->cap)
		o->chunks[c.chunk].chunk = k = resize(k, room_for(k->cap));
	memmove(&k->v[c.at + 1], &k->v[c.at], (k->n - c.at) * sizeof(k->v[0]));
	k->v[c.at] = (struct order_item){ rank, item };
	o->chunks[c.chunk].rank = k->v[0].rank;
	k->n++;
	o->n++;
}

void
order_insert(struct order *o, uint64_t rank, const void *key, void *item, order_cmp *cmp)
{
	struct wanted w = { rank, key, cmp };
	struct order_cursor c;
	bool there = !behind_all(o, rank, &c) && locate(o, &w, &c);

	assert(!there);
	(void)there;
	put(o, c, rank, item);
}

void
order_append(struct order *o, uint64_t rank, void *item)
{
	struct order_cursor c = { 0 };

	if (o->n > 0)
		c = (struct order_cursor){ runs_n(o) - 1, run_at(o, runs_n(o) - 1).n };
	assert(o->n == 0 || rank >= run_at(o, c.chunk).v[c.at - 1].rank);
	put(o, c, rank, item);
}

/* Two neighbours that have become small are one. */
static void
merge(struct order *o, uint32_t at)
{
	struct order_chunk *k = o->chunks[at].chunk;
	const struct order_chunk *next = o->chunks[at + 1].chunk;

	if (k->n + next->n > k->cap)
		o->chunks[at].chunk = k = resize(k, ORDER_CHUNK / 2);
	memcpy(&k->v[k->n], next->v, next->n * sizeof(k->v[0]));
	k->n += next->n;
	drop_chunk(o, at + 1);
}

static bool
is_small(const struct order *o, uint32_t at)
{
	return at < o->chunks_n && o->chunks[at].chunk->n <= ORDER_CHUNK / 4;
}

/* After the chunk lost one: what is not needed any more is given back. */
static void
tidy(struct order *o, uint32_t at)
{
	struct order_chunk *k = o->chunks[at].chunk;

	if (o->n == 1)
		end_chunks(o);
	else if (k->n == 0)
		drop_chunk(o, at);
	else if (is_small(o, at) && is_small(o, at + 1))
		merge(o, at);
	else if (is_small(o, at) && at > 0 && is_small(o, at - 1))
		merge(o, at - 1);
	else if (k->n <= k->cap / 4)
		o->chunks[at].chunk = resize(k, k->cap / 2);
}

void
order_remove(struct order *o, uint64_t rank, const void *key, order_cmp *cmp)
{
	struct wanted w = { rank, key, cmp };
	struct order_cursor c;
	struct order_chunk *k;
	bool there = locate(o, &w, &c);

	assert(there);
	(void)there;
	if (o->n == 1) {
		*o = (struct order){ 0 };
		return;
	}
	k = o->chunks[c.chunk].chunk;
	k->n--;
	memmove(&k->v[c.at], &k->v[c.at + 1], (k->n - c.at) * sizeof(k->v[0]));
	o->chunks[c.chunk].rank = k->v[0].rank;
	o->n--;
	tidy(o, c.chunk);
}

void *
order_find(const struct order *o, uint64_t rank, const void *key, order_cmp *cmp)
{
	struct wanted w = { rank, key, cmp };
	struct order_cursor c;

	return locate(o, &w, &c) ? run_at(o, c.chunk).v[c.at].item : NULL;
}

void *
order_after_at(const struct order *o, uint64_t rank, const void *key, order_cmp *cmp, struct order_cursor *c)
{
	struct wanted w = { rank, key, cmp };

	if (locate(o, &w, c))
		c->at++;
	return item_at(o, c);
}

void *
order_after(const struct order *o, uint64_t rank, const void *key, order_cmp *cmp)
{
	struct order_cursor c;

	return order_after_at(o, rank, key, cmp, &c);
}

void *
order_from(const struct order *o, uint64_t rank)
{
	struct wanted w = { .rank = rank };
	struct order_cursor c;

	(void)locate(o, &w, &c);
	return item_at(o, &c);
}

void *
order_first(const struct order *o, struct order_cursor *c)
{
	*c = (struct order_cursor){ 0 };
	return item_at(o, c);
}

void *
order_next(const struct order *o, struct order_cursor *c)
{
	c->at++;
	return item_at(o, c);
}

uint64_t
order_rank(const struct order *o, const struct order_cursor *c)
{
	return run_at(o, c->chunk).v[c->at].rank;
}

void
order_fini(struct order *o)
{
	if (o->n > 1)
		end_chunks(o);
	*o = (struct order){ 0 };
}

size_t
order_behind(const struct order *o, uint64_t rank, const void *key, order_cmp *cmp)
{
	struct wanted w = { rank, key, cmp };
	struct order_cursor c;
	size_t before;

	before = locate(o, &w, &c);
	before += c.at;
	for (uint32_t i = 0; i < c.chunk; i++)
		before += run_at(o, i).n;
	return o->n - before;
}

/* The chunk of the first things of this rank; there is one. */
static uint32_t
chunk_of(const struct order *o, uint64_t rank)
{
	struct wanted w = { .rank = rank };

	return find_run(o, &w);
}

void
order_fetch(const struct order *o, uint64_t rank)
{
	if (o->n > 1)
		__builtin_prefetch(o->chunks[chunk_of(o, rank)].chunk);
}

/* Ranks that are hashes stand evenly: what is wanted is a few places from where it would be then. */
void
order_fetch_more(const struct order *o, uint64_t rank)
{
	uint32_t at = o->n > 1 ? chunk_of(o, rank) : 0;
	const struct order_place *p;
	uint64_t width, guess;

	if (at + 1 >= runs_n(o))
		return;
	p = &o->chunks[at];
	width = ((p[1].rank - p[0].rank) >> 16) + 1;
	guess = ((rank - p[0].rank) >> 16) * p->chunk->n / width;
	if (rank < p[0].rank || guess >= p->chunk->n)
		return;
	__builtin_prefetch(&p->chunk->v[guess > 4 ? guess - 4 : 0]);
	__builtin_prefetch(&p->chunk->v[guess]);
	__builtin_prefetch(&p->chunk->v[guess] + 4);
}

void *
order_peek(const struct order *o, const struct order_cursor *c, uint32_t ahead)
{
	uint32_t chunk = c->chunk, at = c->at + ahead, n = runs_n(o);

	if (chunk < n && at >= run_at(o, chunk).n)
		at -= run_at(o, chunk++).n;
	return chunk < n && at < run_at(o, chunk).n ? run_at(o, chunk).v[at].item : NULL;
}
