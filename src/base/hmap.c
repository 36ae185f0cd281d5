/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear hashing: the table grows by one bucket at a time, which takes what is
 * its own from one other bucket, so that no insertion takes long however large
 * the map is. Buckets 0 to used - 1 are there; a hash whose place is not there
 * yet is still in the place that has one bit less. A large table is in pieces, as
 * to make one larger is to copy it.
 */
#include "base/hmap.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

#define MIN_BUCKETS ((size_t)8)
/* Buckets in a piece. */
#define PIECE ((size_t)4096)

/* Hashes whose low half is poor are helped by their high half. */
static inline size_t
slot(const struct hmap *m, uint64_t hash)
{
	size_t at = (size_t)(hash ^ hash >> 32) & m->mask;

	return at < m->used ? at : at & m->mask >> 1;
}

/*
 * One bit of eight per node: a bucket without it has no node of this hash. Most
 * of what is looked for is not there, and memory that is far away need not be
 * touched to learn it. Bits of nodes that left stay until the bucket is empty.
 */
static inline uint8_t
mark(uint64_t hash)
{
	return (uint8_t)(1u << (hash >> 61));
}

static inline bool
is_in_pieces(const struct hmap *m)
{
	return m->mask >= PIECE;
}

static inline struct hmap_node **
bucket(const struct hmap *m, size_t at)
{
	return is_in_pieces(m) ? &m->pieces[at / PIECE][at % PIECE] : &m->piece[at];
}

static inline uint8_t *
marks(const struct hmap *m, size_t at)
{
	return is_in_pieces(m) ? (uint8_t *)(m->pieces[at / PIECE] + PIECE) + at % PIECE : (uint8_t *)(m->piece + m->mask + 1) + at;
}

void
hmap_fini(struct hmap *m)
{
	if (is_in_pieces(m))
		for (size_t at = 0; at < m->used; at += PIECE)
			mem_free(m->pieces[at / PIECE]);
	mem_free(is_in_pieces(m) ? (void *)m->pieces : (void *)m->piece);
	*m = (struct hmap){ 0 };
}

/* The one piece has room for n buckets then. Buckets behind `used` are not read before they are set. */
static void
resize_piece(struct hmap *m, size_t n)
{
	size_t old = m->used > 0 ? m->mask + 1 : 0;

	if (n < old)
		memmove(m->piece + n, m->piece + old, m->used);
	m->piece = mem_realloc(m->piece, n, sizeof(*m->piece) + sizeof(uint8_t));
	if (n > old)
		memmove(m->piece + n, m->piece + old, m->used);
	m->mask = n - 1;
}

/* Names for twice as many buckets, all of those that there are names for being used. */
static void
widen(struct hmap *m)
{
	size_t n = 2 * (m->mask + 1);
	struct hmap_node **first = m->piece;

	if (n <= PIECE) {
		resize_piece(m, n);
		return;
	}
	if (is_in_pieces(m)) {
		m->pieces = mem_realloc(m->pieces, n / PIECE, sizeof(m->pieces[0]));
	} else {
		m->pieces = mem_calloc(n / PIECE, sizeof(m->pieces[0]));
		m->pieces[0] = first;
	}
	m->mask = n - 1;
}

/* … for half as many, as no more are used. */
static void
narrow(struct hmap *m)
{
	struct hmap_node ***pieces = m->pieces;

	if (!is_in_pieces(m)) {
		resize_piece(m, m->used);
		return;
	}
	m->mask = m->used - 1;
	if (is_in_pieces(m))
		return;
	m->piece = pieces[0];
	mem_free(pieces);
}

/* One bucket more, with what belongs into it. */
static void
split(struct hmap *m)
{
	struct hmap_node **ends[2], *node;
	size_t to = m->used, from;

	if (to > m->mask)
		widen(m);
	if (to % PIECE == 0)
		m->pieces[to / PIECE] = mem_alloc(PIECE * (sizeof(*m->piece) + sizeof(uint8_t)));
	from = to - (m->mask + 1) / 2;
	m->used++;
	node = *bucket(m, from);
	ends[0] = bucket(m, from);
	ends[1] = bucket(m, to);
	*marks(m, from) = *marks(m, to) = 0;
	/* Each keeps the order. */
	for (; node != NULL; node = node->next) {
		size_t at = slot(m, node->hash);
		struct hmap_node ***end = &ends[at == to];

		**end = node;
		*end = &node->next;
		*marks(m, at) |= mark(node->hash);
	}
	*ends[0] = *ends[1] = NULL;
}

/* One bucket less: the last. */
static void
join(struct hmap *m)
{
	size_t last = --m->used, to = last - (m->mask + 1) / 2;
	struct hmap_node **end = bucket(m, to);

	while (*end != NULL)
		end = &(*end)->next;
	*end = *bucket(m, last);
	*marks(m, to) |= *marks(m, last);
	if (last % PIECE == 0)
		mem_free(m->pieces[last / PIECE]);
	if (m->used == (m->mask + 1) / 2)
		narrow(m);
}

void
hmap_insert(struct hmap *m, struct hmap_node *node, uint64_t hash)
{
	size_t at;

	if (m->used == 0) {
		resize_piece(m, MIN_BUCKETS);
		m->used = MIN_BUCKETS;
		memset(m->piece, 0, MIN_BUCKETS * (sizeof(*m->piece) + sizeof(uint8_t)));
	}
	/* As many buckets as nodes. */
	while (m->n >= m->used)
		split(m);
	at = slot(m, hash);
	node->hash = hash;
	node->next = *bucket(m, at);
	*bucket(m, at) = node;
	*marks(m, at) |= mark(hash);
	m->n++;
}

void
hmap_remove(struct hmap *m, struct hmap_node *node)
{
	size_t place = slot(m, node->hash);
	struct hmap_node **at;

	assert(m->used > 0);
	at = bucket(m, place);
	while (*at != node) {
		assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
	if (*bucket(m, place) == NULL)
		*marks(m, place) = 0;
	m->n--;
}

#define JOIN_UNITS 2

bool
hmap_shrink_some(struct hmap *m, struct work *w)
{
	/* Half of what an insertion would want: what comes and goes all the time moves nothing. */
	while (m->used > MIN_BUCKETS && m->n < m->used / 2) {
		if (work_used_up(w))
			return false;
		work_spend(w, JOIN_UNITS);
		join(m);
	}
	return true;
}

static inline struct hmap_node *
same_hash(struct hmap_node *node, uint64_t hash)
{
	while (node != NULL && node->hash != hash)
		node = node->next;
	return node;
}

struct hmap_node *
hmap_first(const struct hmap *m, uint64_t hash)
{
	size_t at = slot(m, hash);

	if (m->used == 0 || (*marks(m, at) & mark(hash)) == 0)
		return NULL;
	return same_hash(*bucket(m, at), hash);
}

struct hmap_node *
hmap_next(const struct hmap_node *node)
{
	return same_hash(node->next, node->hash);
}

struct hmap_node *
hmap_each(const struct hmap *m, const struct hmap_node *after)
{
	size_t i = 0;

	if (after != NULL) {
		if (after->next != NULL)
			return after->next;
		i = slot(m, after->hash) + 1;
	}
	for (; i < m->used; i++)
		if (*bucket(m, i) != NULL)
			return *bucket(m, i);
	return NULL;
}

bool
hmap_next_bucket(const struct hmap *m, struct hmap_cursor *c, struct hmap_node **node)
{
	/*
	 * As the table grows, nodes that a visited bucket gives away come again; as it
	 * shrinks, nodes that it takes from one not yet visited would not come at all.
	 */
	if (m->used < c->used)
		c->at = 0;
	c->used = m->used;
	if (c->at >= m->used)
		return false;
	*node = *bucket(m, c->at++);
	return true;
}
