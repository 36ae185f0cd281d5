/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear hashing: the table grows by one bucket at a time, which takes what is
 * its own from one other bucket, so that no insertion takes long however large
 * the map is. Buckets 0 to used - 1 are there; a hash whose place is not there
 * yet is still in the place that has one bit less.
 */
#include "base/hmap.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

#define MIN_BUCKETS ((size_t)8)

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

void
hmap_fini(struct hmap *m)
{
	mem_free(m->buckets);
	*m = (struct hmap){ 0 };
}

/* Room for n buckets; the marks stand behind them. Buckets behind `used` are not read before they are set. */
static void
resize(struct hmap *m, size_t n)
{
	size_t old = m->buckets != NULL ? m->mask + 1 : 0;

	if (n < old)
		memmove(m->buckets + n, m->marks, m->used);
	m->buckets = mem_realloc(m->buckets, n, sizeof(*m->buckets) + sizeof(uint8_t));
	m->marks = (uint8_t *)(m->buckets + n);
	if (n > old)
		memmove(m->marks, m->buckets + old, m->used);
	m->mask = n - 1;
}

/* One bucket more, with what belongs into it. */
static void
split(struct hmap *m)
{
	struct hmap_node **ends[2], *node;
	size_t to = m->used, from;

	if (to > m->mask)
		resize(m, 2 * (m->mask + 1));
	from = to - (m->mask + 1) / 2;
	m->used++;
	node = m->buckets[from];
	ends[0] = &m->buckets[from];
	ends[1] = &m->buckets[to];
	m->marks[from] = m->marks[to] = 0;
	/* Each keeps the order. */
	for (; node != NULL; node = node->next) {
		size_t at = slot(m, node->hash);
		struct hmap_node ***end = &ends[at == to];

		**end = node;
		*end = &node->next;
		m->marks[at] |= mark(node->hash);
	}
	*ends[0] = *ends[1] = NULL;
}

/* One bucket less: the last. */
static void
join(struct hmap *m)
{
	size_t last = --m->used, to = last - (m->mask + 1) / 2;
	struct hmap_node **end = &m->buckets[to];

	while (*end != NULL)
		end = &(*end)->next;
	*end = m->buckets[last];
	m->marks[to] |= m->marks[last];
	if (m->used == (m->mask + 1) / 2)
		resize(m, m->used);
}

void
hmap_insert(struct hmap *m, struct hmap_node *node, uint64_t hash)
{
	size_t at;

	if (m->buckets == NULL) {
		resize(m, MIN_BUCKETS);
		m->used = MIN_BUCKETS;
		memset(m->buckets, 0, MIN_BUCKETS * (sizeof(*m->buckets) + sizeof(uint8_t)));
	}
	/* A fourth of the buckets more than nodes: about two for each insertion. */
	while (m->n >= m->used - m->used / 4)
		split(m);
	at = slot(m, hash);
	node->hash = hash;
	node->next = m->buckets[at];
	m->buckets[at] = node;
	m->marks[at] |= mark(hash);
	m->n++;
}

void
hmap_remove(struct hmap *m, struct hmap_node *node)
{
	size_t bucket = slot(m, node->hash);
	struct hmap_node **at;

	assert(m->buckets != NULL);
	at = &m->buckets[bucket];
	while (*at != node) {
		assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
	if (m->buckets[bucket] == NULL)
		m->marks[bucket] = 0;
	m->n--;
}

#define JOIN_UNITS 2

bool
hmap_shrink_some(struct hmap *m, struct work *w)
{
	/* Half of what an insertion would want: what comes and goes all the time moves nothing. */
	while (m->used > MIN_BUCKETS && m->n < m->used / 8 * 3) {
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

	if (m->buckets == NULL || (m->marks[at] & mark(hash)) == 0)
		return NULL;
	return same_hash(m->buckets[at], hash);
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
		if (m->buckets[i] != NULL)
			return m->buckets[i];
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
	*node = m->buckets[c->at++];
	return true;
}
