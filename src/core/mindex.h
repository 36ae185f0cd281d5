/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/mindex.h - which of many matcher lists may match a label set.
 *
 * A list that asks for certain values of a label (a="b", a=~"b|c") is filed
 * under those; the rest are always candidates. What comes out are candidates
 * in their order: the caller still matches them.
 *
 * Items are the caller's; their order numbers are unique and given by the
 * caller, each larger than all before. Nothing is retained of the matchers
 * but references to interned strings.
 */
#ifndef CORE_MINDEX_H
#define CORE_MINDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"
#include "model/labels.h"
#include "model/matcher.h"

struct mindex_item {
	uint64_t order;
	void *item;
};

struct mindex_list {
	struct mindex_item *v;	/* by order */
	size_t n, cap;
};

/* Zeroed memory is an empty index. */
struct mindex {
	struct hmap keys;
	struct mindex_list rest;
};

void mindex_fini(struct mindex *x);
/* The same in slices, each with *at, zeroed at first; nothing else may be done with x meanwhile. False: there is more. */
bool mindex_fini_some(struct mindex *x, struct hmap_cursor *at, struct work *w);
void mindex_add(struct mindex *x, const struct matchers *ms, uint64_t order, void *item);
/* Takes back what was added with these matchers and this order. */
void mindex_remove(struct mindex *x, const struct matchers *ms, uint64_t order);

struct mindex_cursor {
	const struct mindex_item *at, *end;
};

/* Going through the candidates; the index must not change meanwhile. May be moved in memory. */
struct mindex_iter {
	uint64_t order;			/* of the item that came last */
	struct mindex_cursor *more;	/* instead of `few`, or NULL */
	size_t n;
	struct mindex_cursor few[6];
};

/* Candidates for l whose order is above `after`. */
void mindex_begin(struct mindex_iter *it, const struct mindex *x, const struct labels *l, uint64_t after);
/* The next item by order, or NULL at the end. */
void *mindex_next(struct mindex_iter *it);
void mindex_end(struct mindex_iter *it);

#endif
