/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nmap.h"

#include "base/numbered.h"

#define MAP nmap
#define NODE nmap_node
#define LINE nmap_line
#define MAP_FINI nmap_fini
#define MAP_INSERT nmap_insert
#define MAP_REMOVE nmap_remove
#define MAP_SHRINK_SOME nmap_shrink_some
#define MAP_RESERVE nmap_reserve
#define MAP_FETCH nmap_fetch
#define MAP_FETCH_NODE nmap_fetch_node
#define MAP_FIRST nmap_first

typedef uint32_t map_link;
typedef uint32_t map_hash;

#define NONE 0
#define AT(m, link) node_at(m, link)
#define LINK_TO(m, node) link_to(m, node)
#define RESET(m) (*(m) = (struct nmap){ .offset = (m)->offset })
#define WIDTH ((size_t)12)
#define MIN_MASK 15

static inline struct nmap_node *
node_at(const struct nmap *m, uint32_t link)
{
	return link != 0 ? (struct nmap_node *)((char *)numbered_at(link) + m->offset) : NULL;
}

static inline uint32_t
link_to(const struct nmap *m, const struct nmap_node *node)
{
	return numbered_of((const char *)node - m->offset);
}

#include "hmap.def"

struct nmap_node *
nmap_next(const struct nmap *m, const struct nmap_node *node)
{
	return same_hash(m, node->next, node->hash);
}
