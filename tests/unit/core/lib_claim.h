/* SPDX-License-Identifier: Apache-2.0 */
/* One member that claims (core/claim.h); the common store is played by the test. */
#ifndef LIB_CLAIM_H
#define LIB_CLAIM_H

#include "core/claim.h"
#include "lib_core.h"

extern struct fake_world w;
/* Claims and results so far, and the last ones of them. */
extern unsigned asked, over, results[CLAIM_RESULTS];
extern uint64_t last_revision, result_revision;
extern struct decision last_decision;
extern bool last_in_doubt;
extern struct wall result_at;	/* of what was told */
extern size_t told_firing, result_firing, result_doubtful, result_ends;

/* The world with one alert, A, in one group. Ends with world_fini. */
void begin(enum on_unknown policy);
/* So long from now on; 0: there is none. With `others` other members, behind whom this one is. */
void lease(span l, size_t others);
/* The store's answer to the last claim. */
void answer(enum claim_verdict v, uint64_t revision, const struct log_entry *telling);
uint64_t hash_of(const char *alert);
/* A record of another member, which has told that A fires, or claims so. */
struct log_entry theirs(const uint64_t *hash, bool told, uint64_t revision);
void merge(const struct log_entry *entry);
const struct unsure_counters *counted(void);

#endif
