/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/silences.h - the silences, and which of them match a label set.
 *
 * An entry keeps the silences that match it. They are looked for once per
 * silence: every new one has a version, and an entry remembers up to which it
 * has looked. Whether a matching silence is active is a question of the time
 * alone. Rules of editing: Alertmanager silence/silence.go.
 */
#ifndef CORE_SILENCES_H
#define CORE_SILENCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert_entry.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/rand.h"
#include "base/time.h"
#include "base/work.h"
#include "core/counters.h"
#include "matcher_index.h"
#include "model/matcher.h"
#include "model/silence.h"
#include "silence_lists.h"

struct sched;
struct silence_watch;

struct silence_entry {
	struct hmap_node node;	/* by id */
	struct silence *silence;	/* owned reference */
	struct silence_version *listed;	/* NULL when gone */
	struct wall expires;	/* when it may be forgotten */
	struct wall held;	/* when a flush last held an alert back by it; WALL_ZERO: none in this process */
	uint64_t version;
	uint64_t declared_by;	/* number of the declaration that it is of: settle.c */
	struct silence_watch *watch;	/* owned; NULL: neither ends nor comes again by itself */
	uint32_t refs;		/* the store's and those of entries */
	bool gone;		/* out of the store */
};

struct silences {
	struct hmap by_id;
	struct matcher_index index;	/* by version */
	struct silence_lists lists;
	uint64_t version;	/* of the newest */
	uint32_t steps;		/* of the wall clock, back: what was looked at before the last does not count */
	size_t declared;	/* by rule files */
	uint64_t declarations;	/* so far: one for each configuration */
	uint64_t ackings;	/* so far: tells those apart that an acknowledging has looked at */
	void (*unwatch)(struct silences *ss, struct silence_entry *entry);	/* one that is watched ends: silence_watch.h */
	struct list watches;
	struct hmap witnesses;	/* watches that have one, by its label set */
	struct list wanting;	/* those that want a witness */
	struct sched *sched;	/* borrowed, for their deadlines */
	struct port *port;	/* for its stopwatch; with counters, or NULL */
	struct counters *counters;	/* borrowed; NULL: nothing is counted */
	span retention;
	int64_t max, max_bytes;	/* <= 0: no limit */
	enum naming naming;
};

void silences_init(struct silences *ss, span retention, int64_t max, int64_t max_bytes, enum naming naming);
/* No entry may hold silences any more. */
void silences_fini(struct silences *ss);

/* The effect of silences_set. */
struct silence_change {
	struct silence_entry *set;
	bool created;		/* else updated in place */
	struct silence_entry *expired;	/* the one that `set` replaces; NULL: none */
};
/* As engine_silence_set. */
bool silences_set(struct silences *ss, const struct silence *draft, struct rand *rand, struct wall now,
    struct silence_change *out, struct err *e) MUST_CHECK;
/* As engine_silence_expire; *out is NULL when it had ended already. */
bool silences_expire(struct silences *ss, struct str id, struct wall now, struct silence_entry **out,
    struct err *e) MUST_CHECK;
/* It ends now, and does not come again. */
void silences_end(struct silences *ss, struct silence_entry *entry, struct wall now);
/* It has covered something. */
void silences_note_covered(struct silences *ss, struct silence_entry *entry);
/* About n are about to be put, and no list is open until silences_end_many. Lists see them then. */
void silences_begin_many(struct silences *ss, size_t n);
void silences_end_many(struct silences *ss);
/* Takes s as it is. There is none of this id. */
struct silence_entry *silences_add(struct silences *ss, struct silence *s, struct wall expires);
/* The same; an older one of this id goes. */
struct silence_entry *silences_put(struct silences *ss, struct silence *s, struct wall expires);
/* As silences_put; what matched the older one goes on to match if that is all that changes. */
struct silence_entry *silences_merge(struct silences *ss, struct silence *s, struct wall expires, struct wall now);
struct silence_entry *silences_find(const struct silences *ss, struct str id);
void silences_drop(struct silences *ss, struct silence_entry *entry);
/*
 * Calls `dropped` for each silence whose retention is over, before it goes. False: w is
 * used up, and the next call with the same cursor, zeroed at first, goes on.
 */
bool silences_gc_some(struct silences *ss, struct wall now, struct hmap_cursor *at, struct work *w,
    void (*dropped)(void *arg, const struct silence_entry *entry), void *arg);

/* Brings what r remembers of silences up to date (entry_memory); returns how many of them are active now. */
size_t silences_match(const struct silences *ss, const struct alert_entry *r, struct wall now);
/*
 * Where looking for the silences of an entry stopped within one of them; zeroed:
 * nowhere. Those looked at before are in the entry itself, so that others may go
 * on meanwhile. The entry must not be freed before the end or
 * silences_run_reset.
 */
struct silences_run {
	struct silence *silence;	/* owned reference */
	struct labels *labels;		/* likewise */
	uint64_t order;
	struct match_run match;
};
/* silences_match within what w, which is not used up, has left; false: it is used up, and the next call goes on. */
bool silences_match_some(const struct silences *ss, const struct alert_entry *r, struct wall now,
    struct silences_run *run, struct work *w, size_t *active_out);
void silences_run_reset(struct silences_run *run);
/*
 * The active ones among r->silences, as of silences_match; `out` has room for all of them. If the alert is resolved,
 * those that hold that back.
 */
size_t silences_active(const struct alert_entry *r, struct wall now, bool resolved, const struct silence **out);
/* A flush holds the alert of r back by those of its silences that are active. */
void silences_note_held(const struct alert_entry *r, struct wall now);
/* r forgets its silences. */
void silences_forget(struct alert_entry *r);
/* The wall clock went back: what had ended may be active again. */
void silences_clock_stepped(struct silences *ss);

#endif
