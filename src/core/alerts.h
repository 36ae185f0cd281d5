/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/alerts.h - the records of all alerts, by label set and in the order of lists.
 *
 * That order is by fingerprint. Fingerprints are 64 bits of FNV-1a and can be
 * made to collide: equal ones stand in the order of their label sets.
 */
#ifndef CORE_ALERTS_H
#define CORE_ALERTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"
#include "order.h"
#include "record.h"

/* Zeroed memory is empty. */
struct alerts {
	struct hmap records;
	struct order order;
	size_t stored;
};

/* NULL when there is none. */
struct record *alerts_find(const struct alerts *as, const struct labels *l);
/* The first record of this fingerprint, or NULL. */
struct record *alerts_find_fingerprint(const struct alerts *as, uint64_t fingerprint);
/*
 * The first record behind that of l (NULL: the very first), whether or not there
 * is one of l any more; NULL: l was the last. Whoever goes through all alerts
 * piece by piece keeps a reference to the label set it has come to.
 */
struct record *alerts_after(const struct alerts *as, const struct labels *l);
/* A new record of a; takes a reference. There must be none yet with these labels. */
struct record *alerts_add(struct alerts *as, struct alert *a);
void record_set_stored(struct alerts *as, struct record *r, bool stored);
/* Frees r, which must not be stored, in a group, nor known to the inhibitor or silences. */
void alerts_remove(struct alerts *as, struct record *r);
void alerts_fini(struct alerts *as);

#endif
