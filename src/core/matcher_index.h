/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/matcher_index.h - which of many matcher lists may match a label set.
 *
 * A list that asks for certain values of a label (a="b", a=~"b|c") is filed
 * under those; the rest are always candidates. It gives candidates in their
 * order: the caller still matches them.
 *
 * Items are the caller's; their order numbers are unique and given by the
 * caller, each larger than all before. Nothing is retained of the matchers
 * but references to interned strings.
 */
#ifndef CORE_MATCHER_INDEX_H
#define CORE_MATCHER_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"
#include "model/labels.h"
#include "model/matcher.h"

struct matcher_index_item {
	uint64_t order;
	void *item;
};

struct matcher_index_list {
	struct matcher_index_item *v;	/* by order */
	size_t n, cap;
};

/* Zeroed memory is an empty index. */
struct matcher_index {
	struct hmap keys;
	struct matcher_index_list rest;
};

void matcher_index_fini(struct matcher_index *x);
/* The same in slices, each with *at, zeroed at first; nothing else may be done with x meanwhile. False: there is more. */
bool matcher_index_fini_some(struct matcher_index *x, struct hmap_cursor *at, struct work *w);
void matcher_index_add(struct matcher_index *x, const struct matchers *ms, uint64_t order, void *item);
/* Takes back what was added with these matchers and this order. */
void matcher_index_remove(struct matcher_index *x, const struct matchers *ms, uint64_t order);

struct matcher_index_cursor {
	const struct matcher_index_item *at, *end;
};

/* Going through the candidates; the index must not change meanwhile. May be moved in memory. */
struct matcher_index_iter {
	uint64_t order;			/* of the item that came last */
	struct matcher_index_cursor *more;	/* instead of `few`, or NULL */
	size_t n;
	struct matcher_index_cursor few[6];
};

/* Candidates for l whose order is above `after`. */
void matcher_index_begin(struct matcher_index_iter *it, const struct matcher_index *x, const struct labels *l, uint64_t after);
/* The next item by order, or NULL at the end. */
void *matcher_index_next(struct matcher_index_iter *it);
void matcher_index_end(struct matcher_index_iter *it);

#endif
