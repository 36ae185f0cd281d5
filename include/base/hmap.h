/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/hmap.h - intrusive hash map.
 *
 * The owner embeds a struct hmap_node in its own struct and supplies the hash;
 * the map owns only its bucket array. Equal hashes are told apart by the owner:
 *
 *	for (struct hmap_node *n = hmap_first(m, hash); n != NULL; n = hmap_next(n))
 *		if (same(CONTAINER_OF(n, struct thing, node), key)) ...
 *
 * Order of iteration is unspecified but depends only on the hashes and on the
 * history of the map, so runs can be repeated. Hash what a peer chooses with
 * a seeded hash (hash_seeded) or with one whose collisions cost nothing.
 */
#ifndef BASE_HMAP_H
#define BASE_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/work.h"

struct hmap_node {
	struct hmap_node *next;
	uint64_t hash;
};

struct hmap_line;

struct hmap {
	/* Buckets: one piece of memory, or many of the same size; see hmap.c. */
	union {
		struct hmap_line *piece;
		struct hmap_line **pieces;
	};
	size_t n;	/* nodes */
	size_t used;	/* buckets, of which there may be up to mask + 1 */
	size_t mask;
};

void hmap_fini(struct hmap *m);	/* the nodes are the owner's */
void hmap_insert(struct hmap *m, struct hmap_node *node, uint64_t hash);
/* The node must be in the map. */
void hmap_remove(struct hmap *m, struct hmap_node *node);
/*
 * Gives back buckets that many removals have left over: nothing else does, so that an
 * iteration may remove. Not within an iteration. False: w is used up, and there is more.
 */
bool hmap_shrink_some(struct hmap *m, struct work *w);
/* Buckets for n nodes, so that until then insertions move nothing. While there are few: each is moved. */
void hmap_reserve(struct hmap *m, size_t n);
/* Asks for the memory that hmap_first or an insertion will need, so that they do not wait for it. */
void hmap_fetch(const struct hmap *m, uint64_t hash);
/* The same when that is there: asks for the first node that may have this hash. */
void hmap_fetch_node(const struct hmap *m, uint64_t hash);
/* First node with this hash, then the next with the same; NULL at the end. */
struct hmap_node *hmap_first(const struct hmap *m, uint64_t hash);
struct hmap_node *hmap_next(const struct hmap_node *node);
/* All nodes: start with NULL; removing the returned node before the next call is allowed only
 * via hmap_each's `next` taken beforehand (see HMAP_EACH). */
struct hmap_node *hmap_each(const struct hmap *m, const struct hmap_node *after);

/* A place between two buckets; zeroed: before the first. */
struct hmap_cursor {
	size_t at, used;
};
/*
 * All nodes, bucket by bucket, however the map changes between two calls: *node is the first
 * of the next bucket, or NULL; they are chained by `next`. False: that was all. While the map
 * grows, a node may come twice; one that has shrunk since begins anew.
 */
bool hmap_next_bucket(const struct hmap *m, struct hmap_cursor *c, struct hmap_node **node);

/* Visits all nodes; the current one may be removed in the body. */
#define HMAP_EACH(m, node)                                                       \
	for (struct hmap_node *node = hmap_each((m), NULL),                      \
	    *node##_next = node != NULL ? hmap_each((m), node) : NULL;           \
	    node != NULL;                                                        \
	    node = node##_next,                                                  \
	    node##_next = node != NULL ? hmap_each((m), node) : NULL)

#endif
