/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/nmap.h - hash map of numbered objects (base/numbered.h), of which there are millions.
 *
 * The object has nothing of it: the table has each object's number and its hash of 32 bits, eight of them in a line of the cache. So to
 * find an object, or that there is none, is to look at one line and at the object itself, and no other object is touched, neither when one
 * comes or goes nor when the table becomes larger. In a map of millions each of these would be a wait for memory.
 *
 * The owner supplies the hash, and tells objects of equal hashes apart:
 *
 *	for (struct thing *t = nmap_first(m, hash); t != NULL; t = nmap_next(m, t, hash))
 *		if (same(t, key)) ...
 *
 * All bits of it must be good, and what a peer chooses needs a seeded hash (hash_seeded).
 */
#ifndef BASE_NMAP_H
#define BASE_NMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/work.h"

struct nmap_line;

/* Lines in pieces of memory; of the map's own. */
struct nmap_table {
	struct nmap_line **pieces;
	uint32_t pieces_n, each;	/* where an object can belong: so many pieces of so many lines; 0: there is no table */
	uint32_t lines;		/* of these in all */
	uint32_t ready;		/* that are in use, or were: behind those for what has no room where it belongs, too */
	uint32_t room;		/* that there is memory for */
};

struct nmap {
	size_t n;			/* objects */
	struct nmap_table now, old;	/* the old one is being emptied into the other, from its first line on */
	uint32_t emptied;		/* lines of the old one */
	uint64_t moved;			/* hashes below this are in the other one */
};

void nmap_fini(struct nmap *m);	/* the objects are the owner's */
/* An object that numbered_alloc gave and that is not in the map. */
void nmap_insert(struct nmap *m, const void *object, uint32_t hash);
/* One that is, by the hash that it was inserted with. */
void nmap_remove(struct nmap *m, const void *object, uint32_t hash);
/* Gives back memory that many removals have left over: nothing else does. False: w is used up, and there is more. */
bool nmap_shrink_some(struct nmap *m, struct work *w);
/* Room for n objects, so that until then insertions move nothing. While there are few: each is moved. */
void nmap_reserve(struct nmap *m, size_t n);
/* Asks for the memory that nmap_first or an insertion will need, so that they do not wait for it. */
void nmap_fetch(const struct nmap *m, uint32_t hash);
/* The same when that is there: asks for the first object that has this hash. */
void nmap_fetch_object(const struct nmap *m, uint32_t hash);
/* First object with this hash, then the next with the same; NULL at the end. */
void *nmap_first(const struct nmap *m, uint32_t hash);
void *nmap_next(const struct nmap *m, const void *object, uint32_t hash);
/*
 * All objects, some at a time, in the order of their places: *from is 0 at first, and what has a hash below it has been visited. An object that is in
 * all the while comes once, however the map changes between two calls; `visit` changes nothing in it. False: that was all.
 */
bool nmap_next_some(const struct nmap *m, uint64_t *from, void (*visit)(void *arg, void *object), void *arg);

#endif
