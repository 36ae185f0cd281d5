/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/key_order.h - the keys of the set of labels that came last, and their order.
 *
 * A sender writes the labels of all alerts of a rule in one order, whichever that is. So the next set mostly has the same keys, written
 * alike, and then its values are taken as they come, to where they stand by name: no key is read, and nothing is sorted. Many values are
 * the same, too: pairs that stand there as in one of the last sets are that set's (model/labels.h, labels_like), and need not be
 * looked for. It is a guess again: what is otherwise is read pair by pair.
 */
#ifndef API_KEY_ORDER_H
#define API_KEY_ORDER_H

#include "model/labels.h"
#include "text/json_read.h"

#define KEY_ORDER_MAX 24
#define KEY_ORDER_BYTES 512
#define KEY_ORDER_PAIRS 1536

/* Zeroed memory knows of none. */
struct key_order {
	size_t n;
	struct str keys[KEY_ORDER_MAX];		/* each from its opening quote to its colon, as they came; in `bytes` */
	uint8_t place[KEY_ORDER_MAX];		/* by name */
	char bytes[KEY_ORDER_BYTES];
	/* One of the last sets that came in this order; owned reference, NULL: none. Its pairs, as they came: those that may come again, in pair_bytes, where there is room. */
	struct labels *like;
	unsigned used;				/* sets since then */
	struct str pairs[KEY_ORDER_MAX];
	char pair_bytes[KEY_ORDER_PAIRS];
};

void key_order_fini(struct key_order *o);
/*
 * After JSON_T_OBJECT_BEGIN: the whole object into o->n pairs, which are then sorted by name, without a name twice, and borrow
 * from the input. False: it is none of this order, and nothing has been taken. like_out: a set that they are like, an owned reference, or none; pairs
 * that are the same as that set's are not set then.
 */
bool key_order_read(const struct key_order *o, struct json_reader *r, struct label_pair *pairs, struct labels_like *like_out);
/*
 * Remembers the order of pairs that were read of this text, from brace to brace, if it is one that can come again: their names stand there as
 * they are, each once.
 */
void key_order_note(struct key_order *o, const struct label_pair *pairs, size_t n, struct str text);
/* Pairs that were read in some order, maybe this one, are this set: the next ones may be like it. */
void key_order_made(struct key_order *o, struct labels *l);

#endif
