/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/view.h - the read side of the engine.
 *
 * Answers from memory, changes nothing, borrows everything until the next call
 * into the engine that may change state. Results that are lists are written into
 * the caller's arena. The caller has told the engine the time (engine_see).
 *
 * Long lists are gone through piece by piece: whoever does keeps the key of what
 * came last, and the engine may change between two pieces. An item that is there
 * all the while comes exactly once, in order.
 */
#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"
#include "base/work.h"
#include "core/counters.h"
#include "core/engine.h"
#include "model/alert.h"
#include "model/matcher.h"
#include "model/silence.h"

/* The reasons that hold an alert back at this moment. */
struct alert_status {
	const char *const *silenced_by;	/* ids of active silences, the oldest first; acknowledgements too */
	const struct silence *const *silences;	/* the same, borrowed */
	size_t silenced_by_n;
	const struct silence *acked_by;	/* the newest acknowledgement among them; NULL: none */
	uint64_t inhibited_by;		/* fingerprint */
	bool inhibited;
	const struct inhibit_rule *rule;	/* that inhibits it; borrowed from the configuration */
	/* active, suppressed; "unprocessed" does not occur in predicted states */
};
/* For any alert, known or not. */
void view_alert_status(const struct engine *e, const struct alert *a, struct moment now, struct arena *arena,
    struct alert_status *out);

/*
 * The same of a stored alert, within what w has left. False: it is used up, and the
 * next call for this alert goes on; with another alert it begins anew.
 */
struct status_run;
struct status_run *status_run_new(void);
/* Sets *run to NULL. */
void status_run_free(struct status_run **run);
struct alert_entry;
bool view_entry_status_some(const struct engine *e, const struct alert_entry *entry, struct moment now,
    struct status_run *run, struct work *w, struct arena *arena, struct alert_status *out) MUST_CHECK;

/*
 * Numbers that grow when what lists show has changed: an alert came, went, or was posted with another text, start or
 * end, not just again; a group was told, or has other members; a silence was made, edited or ended by somebody; a
 * configuration came into force. Changes by the clock alone they do not tell: see view_silences_turn.
 */
struct view_revision {
	uint64_t alerts, silences, config;
};
void view_revision(const struct engine *e, struct view_revision *out);
/* When the next silence begins or ends by itself, after now; false: none does. */
bool view_silences_turn(const struct engine *e, struct moment now, struct wall *at_out);

/* The configuration in force (borrowed); NULL before the first engine_apply. */
struct config *view_config(const struct engine *e);

/* The stored alert of exactly these labels, or NULL. */
struct alert *view_alert_of(const struct engine *e, const struct labels *l);
size_t view_alerts_count(const struct engine *e);
/* The stored alert with this fingerprint, or NULL. */
struct alert *view_alert(const struct engine *e, uint64_t fingerprint);

/* The routes that take these labels, in order (Alertmanager dispatch.Route.Match); never empty; indexes c's tree for the one answer. */
void view_match_config(struct config *c, const struct labels *l, struct arena *arena, const struct route ***out,
    size_t *n_out);

/*
 * All alerts, resolved ones too, by fingerprint: `visit` is called for each stored alert behind the labels *at (an owned reference, NULL:
 * from the first) and moves *at. It returns false when it is not done with one, which then comes again. True: that was the
 * last; false: w is used up, or visit stopped. The entry serves view_entry_… until the next call of the engine.
 */
typedef bool view_visit(void *arg, const struct alert_entry *entry, const struct alert *a);
bool view_alerts_some(const struct engine *e, struct labels **at, struct work *w, view_visit *visit, void *arg) MUST_CHECK;
/*
 * The same of those that ms may match, which costs by what it finds: alerts that a label's value rules out are passed over.
 * `visit` still has to match. The choice is of one ms; *at of a walk with it goes back to NULL for another walk.
 */
struct alert_choice;
struct alert_choice *alert_choice_new(void);
/* Sets *choice to NULL, which it may be already. */
void alert_choice_free(struct alert_choice **choice);
bool view_chosen_some(struct engine *e, const struct matchers *ms, struct alert_choice *choice, struct labels **at,
    struct work *w, view_visit *visit, void *arg) MUST_CHECK;
/* The routes that take its labels, as view_match_config has them. */
void view_entry_routes(const struct engine *e, const struct alert_entry *entry, const struct route *const **out, size_t *n_out);
/* The intervals that keep back all groups that hold it, as of their last flushes; none when one of them is not kept back. */
void view_entry_muted(const struct alert_entry *entry, struct arena *arena, const struct str **out, size_t *n_out);
/* The receivers of those, in no order; one may come twice. */
void view_entry_receivers(const struct alert_entry *entry, struct arena *arena, const struct receiver ***out, size_t *n_out);
/* The groups that hold it: calls visit for each. */
struct group_item;
void view_entry_groups(const struct alert_entry *entry, void (*visit)(void *arg, const struct group_item *g), void *arg);
/* The entry of the stored alert of these labels, or NULL. */
const struct alert_entry *view_entry(const struct engine *e, const struct labels *l);

/* One aggregation group. */
struct group_view {
	const struct route *route;
	const struct receiver *receiver;
	struct labels *labels;		/* group labels */
	struct str key;
	struct alert **alerts;		/* sorted as in notifications, resolved ones too */
	size_t alerts_n;
	const struct str *muted_by;	/* interval names found active by the last flush; empty: not muted */
	size_t muted_by_n;
	bool flushed;
	struct wall next_flush;
};
/*
 * Place of a group among all of them, by group labels, then receiver name, then
 * routes, children before their parents. Owned references; zeroed: before all groups.
 */
struct group_place {
	struct labels *labels;
	struct istr *receiver;
	size_t route;
};
void group_place_set(struct group_place *p, const struct route *route, struct labels *group_labels);
void group_place_fini(struct group_place *p);
/* A group as lists see it. */
struct group;
struct group_item {
	const struct route *route;
	struct labels *labels;		/* group labels */
	struct str key;
	size_t alerts_n;
	const struct group *group;	/* for the functions below */
};
/* Units of work that finding the group and making its name cost, by the length of its key. */
int64_t view_group_units(const struct group_item *g);
/* Groups are not yet all as a new configuration has them: lists of them wait, which is a matter of turns. */
bool view_groups_settle(const struct engine *e);
/* The group behind that place, or at it; false: there is none. */
bool view_group_after(const struct engine *e, const struct group_place *at, struct group_item *out) MUST_CHECK;
bool view_group_at(const struct engine *e, const struct group_place *at, struct group_item *out) MUST_CHECK;
/* Alerts of the group, in the order of notifications: the one behind the labels `at` (NULL: the first); NULL at the end. */
struct alert *view_member_after(const struct group *g, const struct labels *at);
/* Many at once, as view_alerts_some. */
bool view_members_some(const struct group *g, struct labels **at, struct work *w, view_visit *visit, void *arg) MUST_CHECK;
/* When a group tells next, and what came of the last time. Borrowed. */
struct group_facts {
	struct wall next_flush;
	struct wall next_repeat;	/* the first of its integrations that was told; WALL_ZERO: none was */
	struct wall told_at;		/* when the last notification ended, well or not; WALL_ZERO: none in this process */
	bool told;
	span took;			/* of its last attempt */
	struct str error;		/* empty when told */
};
void view_group_facts(const struct engine *e, const struct group *g, struct moment now, struct group_facts *out);
/* Names of the intervals found active by the last flush. */
void view_group_muted(const struct group *g, struct arena *arena, const struct str **out, size_t *n_out);
/*
 * A new reference: rendered at the last flush; for a group that changed since, predicted, of a big one from its
 * first alerts. Predictions are not kept.
 */
struct labels *view_route_labels(const struct engine *e, const struct group *g, struct moment now, struct arena *arena);
/* All live groups at once, in the same order. */
void view_groups(const struct engine *e, struct moment now, struct arena *arena, struct group_view **out, size_t *n_out);

/* Borrowed; NULL when unknown. */
struct silence *view_silence(const struct engine *e, struct str id);
/* When a flush last held an alert back by the silence of that id; WALL_ZERO: none in this process. */
struct wall view_silence_held(const struct engine *e, struct str id);
/* Silences that have not just one set of matchers, which API v2 cannot show; false from visit stops, and is returned. */
bool view_silences_of_several(const struct engine *e, bool (*visit)(void *arg, const struct silence *s), void *arg);
/*
 * Silences as they are now, of the states that are wanted (by enum silence_state): active
 * ones first, the next to end on top; then pending, the next to start; then
 * expired, the latest. Equal ones in the order in which they were made or edited.
 */
struct silence_list;
struct silence_list *view_silence_list(const struct engine *e, const bool wanted[3], struct moment now);
/* The next one, borrowed until the next call; NULL: that was the last, or w is used up and there may be more. */
const struct silence *view_silence_next(struct silence_list *l, struct work *w);
/* Before the engine ends. Sets *l to NULL. */
void view_silence_list_end(struct silence_list **l);
/* All silences at once, in no order. */
void view_silences(const struct engine *e, struct arena *arena, struct silence ***out, size_t *n_out);

const struct counters *view_counters(const struct engine *e);
/* Numbers that cost the same however much there is. */
struct view_gauges {
	size_t alerts_active, alerts_suppressed, alerts_unprocessed;	/* unresolved, held by groups, no duplicates: alert_counts.h */
	size_t groups;
	size_t silences_active, silences_pending, silences_expired;
	size_t log_entries;
	size_t silences_bytes, log_bytes;	/* encoded as Alertmanager's snapshots; the log's is an estimate */
	size_t silence_keys;			/* of the index by matcher */
};
void view_gauges(struct engine *e, struct moment now, struct view_gauges *out);
/* The same within what w has left, as many ends of alerts may have passed since the last time. False: it is used up, and the next call goes on. */
bool view_gauges_some(struct engine *e, struct moment now, struct work *w, struct view_gauges *out) MUST_CHECK;

/* Unresolved alerts of one group by the state that the last flush left them in. */
struct group_marks {
	size_t active, suppressed, unprocessed;
};
/* Adds those behind the labels *at (as view_member_after), and moves *at, an owned reference. False: w is used up. */
bool view_group_marks_some(const struct group *g, struct moment now, struct labels **at, struct work *w,
    struct group_marks *sum) MUST_CHECK;

#endif
