/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/mute.h - what holds back an alert at a moment.
 *
 * The rules and silences that match it are looked for once and remembered by
 * its entry; what is new since may take more than one turn.
 */
#ifndef CORE_MUTE_H
#define CORE_MUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "alert_entry.h"
#include "base/str.h"
#include "base/time.h"
#include "base/work.h"
#include "core/ports.h"
#include "inhibit.h"
#include "silences.h"

struct engine;
struct flight;

/* Where the look at an entry stopped; zeroed: nowhere. */
struct mute_run {
	struct inhibit_run inhibit;
	struct silences_run silences;
};
void mute_run_reset(struct mute_run *run);

/* Not to be copied: `by` may point into it. */
struct mute {
	enum mute_verdict verdict;
	struct str by;			/* fingerprint of the source in hex, or id of the oldest active silence */
	const struct inhibit_rule *rule;	/* with MUTE_INHIBITION */
	char hex[17];
};

/*
 * What holds back r now: MUTE_NONE or MUTE_INHIBITION, and MUTE_NONE or
 * MUTE_SILENCE. False: w, which must not be used up before, is; the next call
 * with the same r and run goes on. r must not go before the end or mute_run_reset.
 */
bool mute_inhibited(struct engine *e, struct alert_entry *r, struct wall now, struct mute_run *run, struct work *w,
    struct mute *out);
bool mute_silenced(struct engine *e, struct alert_entry *r, struct wall now, struct mute_run *run, struct work *w,
    struct mute *out);
/* Whole group, at the flight's tick: names that mute it into `names` (arena). */
enum mute_verdict mute_by_time(const struct flight *f, struct str **names_out, size_t *n_out);

#endif
