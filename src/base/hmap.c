/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hmap.h"

#include <assert.h>

#include "base/mem.h"

#define MIN_BUCKETS ((size_t)8)

/* Hashes whose low half is poor are helped by their high half. */
static inline size_t
slot(uint64_t hash, size_t mask)
{
	return (size_t)(hash ^ hash >> 32) & mask;
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

static void
grow(struct hmap *m)
{
	size_t old_n = m->buckets != NULL ? m->mask + 1 : 0;
	size_t n = old_n != 0 ? old_n * 2 : MIN_BUCKETS;
	/* The marks stand behind the buckets. */
	struct hmap_node **buckets = mem_calloc(n, sizeof(*buckets) + sizeof(uint8_t));
	uint8_t *marks = (uint8_t *)(buckets + n);

	for (size_t i = 0; i < old_n; i++) {
		struct hmap_node *next;

		for (struct hmap_node *node = m->buckets[i]; node != NULL; node = next) {
			size_t at = slot(node->hash, n - 1);

			next = node->next;
			node->next = buckets[at];
			buckets[at] = node;
			marks[at] |= mark(node->hash);
		}
	}
	mem_free(m->buckets);
	m->buckets = buckets;
	m->marks = marks;
	m->mask = n - 1;
}

void
hmap_insert(struct hmap *m, struct hmap_node *node, uint64_t hash)
{
	size_t at;

	if (m->buckets == NULL || m->n > m->mask)
		grow(m);
	at = slot(hash, m->mask);
	node->hash = hash;
	node->next = m->buckets[at];
	m->buckets[at] = node;
	m->marks[at] |= mark(hash);
	m->n++;
}

/* Never shrinks: that would move nodes under an iteration that removes. */
void
hmap_remove(struct hmap *m, struct hmap_node *node)
{
	size_t bucket = slot(node->hash, m->mask);
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
	size_t at = slot(hash, m->mask);

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

	if (m->buckets == NULL)
		return NULL;
	if (after != NULL) {
		if (after->next != NULL)
			return after->next;
		i = slot(after->hash, m->mask) + 1;
	}
	for (; i <= m->mask; i++)
		if (m->buckets[i] != NULL)
			return m->buckets[i];
	return NULL;
}

bool
hmap_next_bucket(const struct hmap *m, struct hmap_cursor *c, struct hmap_node **node)
{
	if (c->mask != m->mask) {
		c->mask = m->mask;
		c->at = 0;
	}
	if (m->buckets == NULL || c->at > m->mask)
		return false;
	*node = m->buckets[c->at++];
	return true;
}
