/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/alerts.h - the entries of all alerts, by label set and in the order of lists.
 *
 * That order is by fingerprint. Fingerprints are 64 bits of FNV-1a and can be
 * made to collide: equal ones stand in the order of their label sets.
 */
#ifndef CORE_ALERTS_H
#define CORE_ALERTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert_entry.h"
#include "base/nmap.h"
#include "base/ranks.h"
#include "base/vec.h"
#include "order.h"

/*
 * A place in the row of all entries, the oldest first. It stays good whatever
 * comes or goes; what is added or moved to the end meanwhile comes too.
 */
struct alerts_cursor {
	struct alert_entry *entry;	/* the one that is next; NULL: none */
	struct alerts_cursor *others;
	bool active;
};

/* Zeroed memory is empty. */
struct alerts {
	struct nmap entries;
	struct order order;
	VEC(struct ranked) to_order;	/* by fingerprint, what came between alerts_begin_many and alerts_end_many */
	bool many;
	struct alert_entry *oldest, *newest;
	struct alerts_cursor *cursors;
	size_t stored;
};

/*
 * Asks for the memory that alerts_find and alerts_add will need for these alerts, which come one after the other: to be called
 * before each of them with its place. (Only where there are many: else it is near.)
 */
void alerts_fetch(const struct alerts *as, struct alert *const *alerts, size_t n, size_t at);
/* So many are about to be added. They are put in order, and found by their fingerprint, when alerts_end_many is called. */
void alerts_begin_many(struct alerts *as, size_t n);
void alerts_end_many(struct alerts *as);
/* NULL when there is none. */
struct alert_entry *alerts_find(const struct alerts *as, const struct labels *l);
/* The first entry of this fingerprint, or NULL. */
struct alert_entry *alerts_find_fingerprint(const struct alerts *as, uint64_t fingerprint);
/*
 * The first entry behind that of l (NULL: the very first), whether or not there
 * is one of l any more; NULL: l was the last. A walk through all alerts, piece
 * by piece: it keeps a reference to the label set it has come to. Within a piece
 * order_next(&as->order, c) goes on from there.
 */
struct alert_entry *alerts_after_at(const struct alerts *as, const struct labels *l, struct order_cursor *c);
/* Among label sets of one fingerprint, the comparison that `order` goes by. */
int alert_order(const void *labels, const void *entry);
/* For walks through an order of entries (ahead.h): gets what comes soon after c. */
void alerts_fetch_ahead(const struct order *o, const struct order_cursor *c);
/* c, which is not active, is at the oldest entry. */
void alerts_begin(struct alerts *as, struct alerts_cursor *c);
/* c, which is not active, is behind all entries: it comes to those that are added from now on. */
void alerts_begin_behind(struct alerts *as, struct alerts_cursor *c);
/* To the next entry; there must be one at c. */
void alerts_advance(struct alerts_cursor *c);
/* c is not looked after any more; it may be inactive. */
void alerts_end(struct alerts *as, struct alerts_cursor *c);
/* r counts as the newest: cursors that were past it come to it again. */
void alerts_renew(struct alerts *as, struct alert_entry *r);
/* A new entry of a; takes a reference. There must be none yet with these labels. */
struct alert_entry *alerts_add(struct alerts *as, struct alert *a);
void entry_set_stored(struct alerts *as, struct alert_entry *r, bool stored);
/* Frees r, which must not be stored, in a group, nor known to the inhibitor or silences. */
void alerts_remove(struct alerts *as, struct alert_entry *r);
void alerts_fini(struct alerts *as);

#endif
