/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/cluster.h - the engine as one of several that tell the same receivers.
 *
 * All members have the same alerts and decide for themselves; the first one in
 * the order of their names tells at once, each of the others waits for its turn
 * and tells only what the notification log, which all of them share, does not
 * have by then (Alertmanager notify: wait and dedup stages). So at least one
 * tells, whatever becomes of the others.
 *
 * Silences and entries of the log that others have changed come in here, each a
 * struct change as the store's. Those that this one has changed go to port.share.
 */
#ifndef CORE_CLUSTER_H
#define CORE_CLUSTER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/hmap.h"
#include "base/time.h"
#include "base/work.h"
#include "core/ports.h"

struct engine;

/* Zeroed: there is no cluster. */
struct cluster_state {
	bool on;
	bool settled;		/* nothing is told before */
	unsigned position;	/* among the members alive, by name; 0: the first */
	unsigned members;	/* alive, with this one */
	span peer_timeout;	/* the wait for each one before it; >= 0 */
};

/* The cluster is like that from now on. Waits that have begun go on as they are. */
void engine_cluster(struct engine *e, const struct cluster_state *c, struct moment now);
/* How long one at this place waits for its turn. */
span cluster_wait(const struct cluster_state *c);

/* The fate of a record of another member. */
enum merged {
	MERGED_TAKEN,	/* it is newer than what was held, and takes its place */
	MERGED_KNOWN,	/* it is not */
	MERGED_EXPIRED,	/* it would be forgotten at once */
	MERGED_REFUSED,	/* it is not valid, or there is no room for it */
	MERGED_N,
};
const char *merged_text(enum merged m);	/* "taken", "known", "expired", "refused" */

/*
 * Takes a record of another member if it is the newer one: of silences by the time of their last change, of log
 * entries by the time of what was told. It is stored like one of our own, and not shared: who received it passes it on.
 * c->silence is borrowed, and a reference is taken; what only we know in a log entry is left out. Spends from w, which it
 * does not ask: one record is one step. err: why it is refused.
 *
 * Log entries of a store with claims (core/claim.h) come with all that its record has: `told`, with `doubtful` and
 * `doubtful_ends`; `revision` of a record with the result sent or failed; of an open or unknown claim, `claimed`, what it is to
 * tell to fire (`telling`.firing), and its ends (`telling`.resolved) among doubtful_ends. Records that this member wrote come as
 * well: it learns their revision so, or from engine_claimed.
 */
enum merged engine_merge_silence(struct engine *e, const struct change *c, struct work *w, struct moment now,
    struct err *err);
enum merged engine_merge_log_entry(struct engine *e, const struct change *c, struct work *w, struct moment now,
    struct err *err);

/* Bounds on what others can make this one hold: Alertmanager has none. */
#define MERGE_SILENCES_MAX 200000
#define MERGE_LOG_ENTRIES_MAX 1000000
/* Matchers of a silence of another member; an acknowledgement of many alerts has a few thousand values in one. */
#define MERGE_MATCHERS_MAX 1000

/* All that the others may want to know; zeroed: from the beginning. */
struct share_cursor {
	struct hmap_cursor silences, log;
	bool silences_over;
};
/*
 * Calls `each` with records that are held and shared, in no certain order. False: w is used up, and the next call with
 * the same cursor goes on; what changes meanwhile is told by port.share, and may come twice here.
 */
bool view_shared_some(const struct engine *e, struct share_cursor *at, struct work *w,
    void (*each)(void *arg, const struct change *c), void *arg);

#endif
