/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/verdict.h - what a stage makes of an alert, or of a whole group.
 *
 * A value: it says which stage judged, whether it holds back, and by what, with
 * references instead of texts. Pointers in it are borrowed: of the alerts,
 * silences and configuration of the engine until the next call that may change
 * it; lists are in the arena that the judge was given.
 */
#ifndef CORE_VERDICT_H
#define CORE_VERDICT_H

#include <stddef.h>

#include "base/str.h"

struct alert;
struct inhibit_rule;
struct silence;

/* Stages in their order; see core/stages.def. */
enum stage {
#define STAGE(id, scope, judge) STAGE_##id,
#include "core/stages.def"
#undef STAGE
	STAGE_N,
};

/* Why something is held back; counted, and told as the label of a metric. */
enum mute_cause {
	MUTE_NONE,			/* it is not: it passes */
	MUTE_SILENCE,
	MUTE_INHIBITION,
	MUTE_TIME_INTERVAL,		/* a mute_time_intervals entry is active */
	MUTE_ACTIVE_TIME_INTERVAL,	/* no active_time_intervals entry is */
	MUTE_N,
};
const char *mute_cause_text(enum mute_cause c);	/* "silence", "inhibition", "mute_time_interval", … */

struct verdict {
	enum stage stage;
	enum mute_cause cause;
	/* By `cause`; zeroed with MUTE_NONE. */
	union {
		struct {
			const struct silence *const *v;	/* the active ones, the oldest first */
			size_t n;
		} silences;
		struct {
			const struct alert *source;
			const struct inhibit_rule *rule;
		} inhibition;
		struct {
			const struct str *names;	/* of those that mute, or of all that would have to be active */
			size_t n;
		} intervals;
	} by;
};

#endif
