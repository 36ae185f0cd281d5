/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hmap.h"

#define MAP hmap
#define NODE hmap_node
#define LINE hmap_line
#define MAP_FINI hmap_fini
#define MAP_INSERT hmap_insert
#define MAP_REMOVE hmap_remove
#define MAP_SHRINK_SOME hmap_shrink_some
#define MAP_RESERVE hmap_reserve
#define MAP_FETCH hmap_fetch
#define MAP_FETCH_NODE hmap_fetch_node
#define MAP_FIRST hmap_first

typedef struct hmap_node *map_link;
typedef uint64_t map_hash;

#define NONE NULL
#define AT(m, link) ((void)(m), (link))
#define LINK_TO(m, node) ((void)(m), (node))
#define RESET(m) (*(m) = (struct hmap){ 0 })
#define WIDTH ((size_t)7)
#define MIN_MASK 7

#include "hmap.def"

struct hmap_node *
hmap_next(const struct hmap_node *node)
{
	return same_hash(NULL, node->next, node->hash);
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
