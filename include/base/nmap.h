/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/nmap.h - intrusive hash map of numbered objects (base/numbered.h), of which there are millions.
 *
 * As base/hmap.h, whose algorithm it shares, in half of the memory: links are numbers, and hashes have 32 bits. So each node is a part of an object that
 * numbered_alloc gave, at the same offset in all of a map.
 */
#ifndef BASE_NMAP_H
#define BASE_NMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/work.h"

struct nmap_node {
	uint32_t next;	/* the number of its object, or 0 */
	uint32_t hash;
};

struct nmap_line;

struct nmap {
	union {
		struct nmap_line *piece;
		struct nmap_line **pieces;
	};
	size_t n;
	size_t used;
	size_t mask;
	size_t offset;	/* of the node in its object: set by the owner, kept by nmap_fini */
};

/* All as the functions of hmap.h. */
void nmap_fini(struct nmap *m);
void nmap_insert(struct nmap *m, struct nmap_node *node, uint32_t hash);
void nmap_remove(struct nmap *m, struct nmap_node *node);
bool nmap_shrink_some(struct nmap *m, struct work *w);
void nmap_reserve(struct nmap *m, size_t n);
void nmap_fetch(const struct nmap *m, uint32_t hash);
void nmap_fetch_node(const struct nmap *m, uint32_t hash);
struct nmap_node *nmap_first(const struct nmap *m, uint32_t hash);
struct nmap_node *nmap_next(const struct nmap *m, const struct nmap_node *node);

#endif
