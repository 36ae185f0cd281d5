/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/matcher_index.h - which of many matcher lists may match a label set.
 *
 * A list asks for something of a label: certain values (a="b", a=~"b|c"), values that begin, end or go on in a certain
 * way (a=~"web-1.*", the marks of an expression: text/regex.h), or any value at all. It is filed under the least crowded
 * of these. A few bytes of a mark are its key, so that a look-up costs what the label set is long, however many lists
 * there are: one question for each length of the keys at either end of a value, and at each of its bytes for those
 * within. Lists that ask for nothing are always candidates. Beside the key an item has something of four bytes of its mark (matcher_beside): who
 * looks knows what stands there in the value, and passes over most of those in vain without a look at what is far away.
 *
 * It gives candidates in their order: the caller still matches them. Items are the caller's; their order numbers are
 * unique and given by the caller, each larger than all before. Nothing is retained of the matchers but references to
 * interned strings.
 */
#ifndef CORE_MATCHER_INDEX_H
#define CORE_MATCHER_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"
#include "base/vec.h"
#include "model/labels.h"
#include "model/matcher.h"

/* Order numbers are below this. */
#define MATCHER_INDEX_ORDER_BITS 48

struct matcher_index_item {
	uint64_t order : MATCHER_INDEX_ORDER_BITS;
	uint64_t beside : 16;
	void *item;
};

/* By order. Most places have one item, which needs no memory of its own. */
struct matcher_index_list {
	union {
		struct matcher_index_item one;	/* without cap */
		struct matcher_index_item *v;
	};
	uint32_t n, cap;
};

/* One that is filed with many others. */
struct matcher_index_later {
	const struct matchers *ms;
	uint64_t order;
	void *item;
};

#define MATCHER_INDEX_NEWEST 4

/* Zeroed memory is an empty index. */
struct matcher_index {
	struct hmap names, keys;
	uint64_t name_bits;		/* of all names that were ever there */
	struct matcher_index_list rest;
	VEC(struct matcher_index_later) later;
	bool many;
	/* The last ones added: who has seen all others looks at these, and nowhere else. */
	struct matcher_index_item newest[MATCHER_INDEX_NEWEST];
	uint64_t before_newest;	/* all that are not among them have this order or a lower one */
};

void matcher_index_fini(struct matcher_index *x);
/* The same in slices, each with *at, zeroed at first; nothing else may be done with x meanwhile. False: there is more. */
bool matcher_index_fini_some(struct matcher_index *x, struct hmap_cursor *at, struct work *w);
void matcher_index_add(struct matcher_index *x, const struct matchers *ms, uint64_t order, void *item);
/* All that is added between these is filed at the end, together, which is faster: its matchers stay where they are, and nobody looks meanwhile. */
void matcher_index_begin_many(struct matcher_index *x);
void matcher_index_end_many(struct matcher_index *x);
/* Takes back what was added with these matchers and this order. */
void matcher_index_remove(struct matcher_index *x, const struct matchers *ms, uint64_t order);

struct matcher_index_cursor {
	const struct matcher_index_item *at, *end;
	uint16_t beside;	/* in the value; 0 also where no item asks */
};

/* Going through the candidates; the index must not change meanwhile. May be moved in memory. */
struct matcher_index_iter {
	uint64_t order;			/* of the item that came last */
	struct matcher_index_cursor *more;	/* instead of `few`, or NULL */
	size_t n, cap;			/* cursors: a heap, the one with the lowest order first */
	size_t looked;			/* so many places were looked at */
	struct matcher_index_cursor few[8];
};

/* Candidates for l whose order is above `after`. */
void matcher_index_begin(struct matcher_index_iter *it, const struct matcher_index *x, const struct labels *l, uint64_t after);
/* The next item by order, or NULL at the end. */
void *matcher_index_next(struct matcher_index_iter *it);
/* Spends what looking for them has cost: at the end, so that whoever has but little left gets on. */
void matcher_index_end(struct matcher_index_iter *it, struct work *w);

#endif
