/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_covered.h (private) - how many alerts each silence covers.
 *
 * Active ones are counted together, in one walk through the alerts, each of which knows its silences. A pending one, which
 * holds nothing back yet, takes a walk of its own.
 */
#ifndef API_EXT_COVERED_H
#define API_EXT_COVERED_H

#include "base/hmap.h"
#include "ext_look.h"

/* Zeroed, but for look (look_init_all). */
struct covered {
	struct look look;
	struct hmap counts;	/* by the ids of active silences */
	bool counted;
	struct labels *at;	/* alerts up to here, of either walk; owned reference */
	/* The pending one that is being counted: */
	const struct silence *of;
	size_t alerts, set;
	struct match_run run;
};

void covered_fini(struct covered *c);
/* Counts again, of now. */
void covered_reset(struct covered *c);
/* Alerts that s, of the state, covers; false: w is used up, and the next call for s goes on. */
bool covered_by(struct covered *c, const struct engine *e, const struct silence *s, enum silence_state state, struct moment now,
    struct work *w, struct arena *scratch, size_t *out) MUST_CHECK;

#endif
