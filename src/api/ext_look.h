/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_look.h (private) - which alerts a request is about, and what is seen of each.
 *
 * Parameters: filter (matchers, repeated), receiver (regular expression), q (a text in a label's value or an annotation, in
 * whatever case), age_min (seconds since it began), owner (of its acknowledgement), and active, silenced, inhibited, muted, acked as API v2 has them:
 * false leaves out alerts in that state. Alerts that have ended are never seen.
 */
#ifndef API_EXT_LOOK_H
#define API_EXT_LOOK_H

#include "ext.h"

/* Their names, for ext_query_known. */
#define LOOK_PARAMETERS "filter", "receiver", "q", "age_min", "owner", "active", "silenced", "inhibited", "muted", "acked"

/* In the order in which the first that is true is what the alert is shown as. */
enum seen_state { SEEN_ACKED, SEEN_SILENCED, SEEN_INHIBITED, SEEN_MUTED, SEEN_ACTIVE, SEEN_STATES };
const char *seen_state_text(enum seen_state s);

/* One alert as it is seen; all borrowed, until the slice ends. */
struct seen {
	const struct alert *alert;
	const struct alert_entry *entry;
	struct alert_status status;
	const struct str *muted;	/* intervals that keep all its groups quiet */
	size_t muted_n;
	enum seen_state state;
};

struct look {
	struct alert_filter f;	/* its filter, receiver and what goes on in slices */
	bool left_out[SEEN_STATES];
	struct str q;		/* in the request's arena */
	struct labels *q_passed;	/* of the alert that spoke of it last; owned reference */
	span age_min;
	struct str owner;	/* in the request's arena */
	size_t *counts;		/* by state, all that pass but for their state are added up here; NULL: they are not */
};

/* l stays where it is until look_fini. False: answered 400, and nothing is to be freed. */
bool look_init(struct look *l, struct call *c);
/* Nothing is left out. */
void look_init_all(struct look *l);
void look_fini(struct look *l);
/* Is the alert, of a stored entry, one of those? MATCH_YES: *out is filled. MATCH_LATER: w is used up; ask again. */
enum match look_at(struct look *l, struct engine *e, const struct alert_entry *entry, const struct alert *a,
    struct moment now, struct work *w, struct arena *scratch, struct seen *out);
/* The same without regard to its receivers, for a group, whose receiver is known to pass. */
enum match look_at_member(struct look *l, struct engine *e, const struct alert_entry *entry, const struct alert *a,
    struct moment now, struct work *w, struct arena *scratch, struct seen *out);
/* Only what is seen, of any; false: w is used up. */
bool look_only(struct look *l, struct engine *e, const struct alert_entry *entry, const struct alert *a, struct moment now,
    struct work *w, struct arena *scratch, struct seen *out);

/* Is the text, not empty, somewhere in s, in whatever case of ASCII? */
bool text_contains(struct str s, struct str text);

#endif
