/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/view.h - the read side of the engine.
 *
 * Answers from memory, changes nothing, borrows everything until the next call
 * into the engine that may change state. Results that are lists are written
 * into the caller's arena.
 */
#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"
#include "core/counters.h"
#include "core/engine.h"
#include "model/alert.h"
#include "model/silence.h"

/* What holds an alert back at this moment. */
struct alert_status {
	const char *const *silenced_by;	/* ids of active silences, the oldest first */
	size_t silenced_by_n;
	uint64_t inhibited_by;		/* fingerprint */
	bool inhibited;
	/* active, suppressed; "unprocessed" does not occur in predicted states */
};
void view_alert_status(struct engine *e, const struct alert *a, struct moment now, struct arena *arena,
    struct alert_status *out);

/* The configuration in force (borrowed); NULL before the first engine_apply. */
struct config *view_config(const struct engine *e);

/* All stored alerts, resolved ones too, in no order. Return false from visit to stop. */
void view_alerts(const struct engine *e, bool (*visit)(void *arg, struct alert *a), void *arg);
size_t view_alerts_count(const struct engine *e);
/* The stored alert with this fingerprint, or NULL. */
struct alert *view_alert(const struct engine *e, uint64_t fingerprint);

/* The routes that take these labels, in order (Alertmanager dispatch.Route.Match); never empty. */
void view_match_routes(const struct engine *e, const struct labels *l, struct arena *arena,
    const struct route ***out, size_t *n_out);
/* The same of a configuration that no engine runs; indexes its tree for the one answer. */
void view_match_config(struct config *c, const struct labels *l, struct arena *arena, const struct route ***out,
    size_t *n_out);

/* One aggregation group. */
struct group_view {
	const struct route *route;
	const struct receiver *receiver;
	struct labels *labels;		/* group labels */
	struct labels *route_labels;	/* rendered, of the last flush or predicted */
	struct str key;
	struct alert **alerts;		/* sorted as in notifications, resolved ones too */
	size_t alerts_n;
	const struct str *muted_by;	/* interval names found active by the last flush; empty: not muted */
	size_t muted_by_n;
	bool flushed;
	struct wall next_flush;
};
/* All live groups, sorted by group labels then receiver name. */
void view_groups(struct engine *e, struct moment now, struct arena *arena, struct group_view **out, size_t *n_out);

/* Borrowed; NULL when unknown. */
struct silence *view_silence(const struct engine *e, struct str id);
/* All silences, in no order. */
void view_silences(const struct engine *e, struct arena *arena, struct silence ***out, size_t *n_out);

const struct counters *view_counters(const struct engine *e);
/* Numbers that are counted when asked. */
struct view_gauges {
	size_t alerts_active, alerts_suppressed, alerts_unprocessed;	/* unresolved, held by groups, no duplicates */
	size_t groups;
	size_t silences_active, silences_pending, silences_expired;
	size_t log_entries;
	size_t silences_bytes, log_bytes;	/* encoded as Alertmanager's snapshots; the log's is an estimate */
	size_t silence_keys;			/* of the index by matcher */
};
void view_gauges(struct engine *e, struct moment now, struct view_gauges *out);

/* Unresolved alerts of one group by the state that the last flush left them in; no order. */
struct group_marks {
	struct str key;		/* of the group; borrowed */
	size_t active, suppressed, unprocessed;
};
void view_group_marks(const struct engine *e, struct moment now, struct arena *arena, struct group_marks **out,
    size_t *n_out);

#endif
