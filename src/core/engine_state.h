/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/engine_state.h - what the engine is made of; private to the room.
 */
#ifndef CORE_ENGINE_STATE_H
#define CORE_ENGINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert_columns.h"
#include "alert_counts.h"
#include "alerts.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "base/work.h"
#include "chore.h"
#include "core/claim.h"
#include "core/cluster.h"
#include "core/counters.h"
#include "core/engine.h"
#include "core/nflog.h"
#include "core/ports.h"
#include "deliveries.h"
#include "reply_marks.h"
#include "resume.h"
#include "flight.h"
#include "group.h"
#include "inhibit.h"
#include "limits.h"
#include "measure.h"
#include "routing.h"
#include "sched.h"
#include "settle.h"
#include "silence_watch.h"
#include "silences.h"
#include "stages.h"

/* The object that a deadline is embedded in (the mark of its item). */
enum due {
	DUE_GROUP,
	DUE_FLIGHT,
	DUE_LEG,
	DUE_ALERT_GC,
	DUE_MAINTENANCE,
	DUE_SAVE,
	DUE_SILENCE,
	DUE_LEASE,
	DUE_AWAKE,
	DUE_DIGEST,
};

/* A group as the store remembers it, until the first engine_apply. */
struct restored_group {
	struct str route_id, receiver;	/* in engine.restored_arena */
	struct labels *labels;		/* owned reference */
	struct wall next_flush;
	bool flushed;
	span group_wait, group_interval;
	uint64_t *alerts;
	size_t alerts_n;
	void *stored_as;
};

/* Many entries of a row, one behind the other, and a place among them. */
struct posted_block {
	struct posted_block *next;
	size_t n;
	struct alert_entry *v[];
};

struct posted_place {
	struct posted_block *block;
	size_t at;
};

/* Alerts to be looked at before they are put into groups, first come first served. */
struct posted_queue {
	struct posted_block *last;	/* owned, as those before it; NULL: nobody waits */
	struct posted_place first;
	struct posted_place look;	/* this one and those behind it have not been looked at as sources of inhibition */
	uint64_t taken, looked, done;	/* ever */
	struct routing_run routing;	/* of the first */
	struct inhibit_run inhibit;	/* of `look` */
};

/* See posted.c. */
struct posted {
	struct chore chore;
	struct posted_queue rows[POSTED_ROWS];
	enum posted_row turn;		/* whose first one is next */
};

/* Where maintenance has come to. */
struct maintenance {
	struct hmap_cursor silences, log;
	bool silences_over;
};

/* A member's last time of standing still; see awake.c. */
struct awake {
	struct deadline timer;
	struct wall since;
	struct mono hears_until;	/* what came meanwhile is being read */
};

enum apply_stage {
	APPLY_NOTHING,
	APPLY_CLEAN,	/* removes the traces of a configuration that is not in force any more, or never came to be */
	APPLY_INDEX,	/* of the routes and rules of the next one */
	APPLY_PREPARE,	/* looks at all alerts under the next one */
	APPLY_SETTLE,	/* it is in force: settle.h */
};

/* The way of a configuration into force; see apply.c. */
struct applying {
	struct chore chore;
	enum apply_stage stage;
	struct routing *routing;	/* of the next one; NULL: there is none */
	struct inhibitor *inhibitor;	/* of the next one, from APPLY_PREPARE on */
	struct routing *old_routing;	/* to be cleaned away; may be NULL */
	struct inhibitor *old_inhibitor;
	struct alerts_cursor at;
	struct routing_run routing_run;
	struct inhibit_run inhibit_run;
};

/* A group whose members are being gathered to be saved; see save.c. */
struct saving {
	struct group *group;		/* NULL: none */
	struct labels *last;		/* owned reference: those behind it are missing yet; NULL: all are */
	bool again;			/* it has changed meanwhile */
	VEC(uint64_t) fingerprints;
};

struct engine {
	struct engine_options options;
	struct port *port;
	bool inside;			/* an entry point is running */
	bool closing;			/* engine_close: nobody is told */
	struct mono first_flush;	/* no flush before */
	struct moment latest;		/* time of the last entry */
	struct work work;		/* what the call may still do */
	struct mono filled;		/* when that was filled last */
	struct tick_parts parts;
	struct list chores;
	struct posted posted;
	struct applying applying;
	struct settle settle;
	struct chore alert_gc_chore, maintenance_chore, save_chore;
	struct alerts_cursor alert_gc_at;
	struct maintenance maintenance_at;

	struct sched sched;
	struct deadline alert_gc, maintenance, save;
	struct alerts alerts;
	struct alert_columns columns;
	struct alert_counts counts;
	struct limits limits;
	struct silences silences;
	uint64_t revision, config_revision;	/* see view_revision */
	struct witness_walk witness_walk;
	struct nflog *nflog;
	struct cluster_state cluster;
	struct claims_state claims;
	struct awake awake;
	struct deadline lease;		/* ends */
	struct list claimants;		/* struct leg_claim of all legs that are not over, those looked at last behind */
	struct chore claims_chore;	/* looks at them */
	uint64_t claims_look;		/* how often they had to be looked at */
	uint64_t lease_term;		/* a lease that was got after another had ended is a new one */
	struct mono unleased;		/* since when it is known that there is no lease; 0: there is one */
	struct hmap claiming;		/* struct leg_claim by id */
	uint64_t last_claim;
	uint64_t merges;		/* log entries taken from other members so far */
	struct routing *routing;	/* NULL before the first engine_apply */
	struct inhibitor *inhibitor;	/* NULL until the first configuration is in force */
	unsigned slot;			/* of entries: the inhibitor's */
	struct hmap groups;
	struct order groups_order;	/* in the order of lists; see group.h */
	struct mono started;
	int64_t ended_period;		/* number of the maintenance period that ended_groups counts in */
	size_t ended_groups;		/* no more there, but counted until the period ends (Alertmanager dispatch.go) */
	struct hmap attempts;		/* legs that are sending, by attempt */
	struct deliveries deliveries;
	struct reply_marks reply_marks;
	uint64_t last_attempt, last_notification, last_group;	/* numbers given so far */

	VEC(struct group *) save_soon, save_now;
	size_t save_anew_n;		/* of the former: see SAVE_ANEW */
	struct saving saving;		/* slice by slice */
	struct saving saving_whole;	/* scratch */
	VEC(uint64_t) fingerprints;	/* scratch */
	struct counters counters;

	struct arena *restored_arena;	/* NULL when the first configuration has settled */
	VEC(struct restored_group) restored;
	struct resuming resuming;
	struct hmap retired;		/* groups that a reload ends, while it settles */
};

static inline bool
settling(const struct engine *e)
{
	return e->settle.stage != SETTLED;
}

/* The routes of r under the configuration in force; NULL: not matched yet. */
static inline const struct route_list *
entry_routes(const struct engine *e, const struct alert_entry *r)
{
	return r->routes[e->slot];
}

/* engine.c: all public entry points but the restoring ones begin and end so. */
void engine_enter(struct engine *e, struct moment now);
void engine_leave(struct engine *e, struct moment now);

/* engine.c: tells store, other members and listeners of a silence that was made, changed or ended; the listeners alone. */
void tell_silence(struct engine *e, const struct silence_entry *entry, enum event_kind kind, enum silence_by by,
    struct moment now);
void tell_silence_event(struct engine *e, const struct silence_entry *entry, enum event_kind kind, enum silence_by by,
    struct moment now);
/* engine.c: no inhibitor knows r any more. */
void rules_forget(struct engine *e, struct alert_entry *r);
/* r, which stays, is stored or is not any more: what it takes part in is found out anew. */
void rules_look_again(struct engine *e, struct alert_entry *r);

/* posted.c: r was posted as one of n: puts it into its groups, now or later. */
void posted_take(struct engine *e, struct alert_entry *r, size_t n, struct moment now);
/* Another configuration is in force. */
void posted_rules_changed(struct engine *e);
void posted_fini(struct engine *e);

/* Slices of chores, here and in flight.h; true: it is over. */
bool posted_step(struct engine *e, struct moment now);
bool apply_step(struct engine *e, struct moment now);
void apply_fini(struct engine *e);

/* sweep.c */
void alert_gc_due(struct engine *e, struct moment now);
bool alert_gc_step(struct engine *e, struct moment now);
void maintenance_due(struct engine *e, struct moment now);
bool maintenance_step(struct engine *e, struct moment now);

/* dispatch.c: puts r into the groups it belongs to. */
void dispatch(struct engine *e, struct alert_entry *r, struct moment now);
/* Frees r unless it is stored, in a group or held. */
void entry_release(struct engine *e, struct alert_entry *r);
/* Ends an entry_hold. */
void entry_let_go(struct engine *e, struct alert_entry *r);

/* save.c: tells the store; each does nothing when nothing is durable. */
void save_group(struct engine *e, struct group *g, enum save when, struct moment now);
void save_group_dropped(struct engine *e, struct group *g);
/* Takes g off the lists of groups to be saved. */
void save_group_not(struct engine *e, struct group *g);
/* Saves the groups that a call has to save before it ends; `all`: those that may wait, too. */
void save_groups_due(struct engine *e, bool all, struct moment now);
void save_due(struct engine *e, struct moment now);
bool save_step(struct engine *e, struct moment now);
/* For a store that begins anew: g is saved soon, and all such groups are by slices, the last of which returns true. */
void save_group_anew(struct engine *e, struct group *g, struct moment now);
bool save_anew_step(struct engine *e, struct moment now);
void save_alert(struct engine *e, struct alert_entry *r, enum change_kind kind);
void save_silence(struct engine *e, const struct silence_entry *entry, enum change_kind kind);
void save_log_entry(struct engine *e, const struct log_entry *entry, enum change_kind kind);
void save_intent(struct engine *e, const struct leg *leg);
/* The same for the other members of the cluster, if there are any. */
void share_silence(struct engine *e, const struct silence_entry *entry);
/* claimed: struct change */
void share_log_entry(struct engine *e, const struct log_entry *entry, bool claimed);
void save_intent_dropped(struct engine *e, uint64_t id);

/* events.c */

static inline bool
event_heard(const struct engine *e, enum event_kind kind)
{
	return (e->port->heard & EVENT_BIT(kind)) != 0;
}

/* Do others tell the same receivers? */
static inline bool
clustered(const struct engine *e)
{
	return e->cluster.on || e->claims.on;
}

/* Nothing is told before. */
static inline bool
cluster_has_settled(const struct engine *e)
{
	return (!e->cluster.on || e->cluster.settled) && (!e->claims.on || e->claims.settled);
}

/* awake.c: after each change of whether there are others. */
void awake_keep(struct engine *e, struct moment now);
/* Notices that it stood still since the last entry. */
void awake_look(struct engine *e, struct moment now);
/* It has just stood still: nothing new is told before awake.hears_until. */
bool awake_hears(const struct engine *e, struct moment now);
/* Takes the reference over, and returns one to what is to be kept: it may have waited to be read. */
struct alert *awake_received(const struct engine *e, struct alert *a, struct moment now);

/*
 * A time of the log that is further ahead is of a clock that is wrong by more than is to be expected, and no measure of ends. Prometheus posts
 * alerts that fire to end in four minutes at least: that is more, so none of them is held back.
 */
#define CLOCKS_DIFFER_MOST (2 * SPAN_MIN)

/* claim.c */
/* Notes, when there is none any more, since when that is known. */
bool claims_have_lease(struct engine *e, struct moment now);
/* The rank's wait. */
span claims_wait(const struct claims_state *c, struct str group_key);
/* How long a leg of that group waits for its turn: by rank, or as long as the store cannot be asked by position, if there is one. */
span cluster_turn(struct engine *e, struct str group_key, struct moment now);
span cluster_longest_turn(const struct engine *e, struct str group_key);
/* A slice of the look at all legs that claim; true: it is over. */
bool claims_look_step(struct engine *e, struct moment now);
/* The lease may have ended. */
void claims_lease_due(struct engine *e, struct moment now);
/* That what leg tells is told twice cannot be ruled out; held: so it is not told. */
void tell_unsure(struct engine *e, const struct leg *leg, enum unsure_cause cause, bool held, struct moment now);
/* Another member has claimed what leg was to tell. */
void tell_claimed(struct engine *e, const struct leg *leg, struct moment now);
/* leg_claim.c: members or the lease have changed. The leg may be over. */
void leg_claim_look(struct engine *e, struct leg *leg, struct moment now);

/* merge.c: is it for other members, or only what this one has to remember for itself? */
bool log_entry_is_shared(const struct log_entry *entry);

/* Ask event_heard() first, and fill the event only then. */
void emit(struct engine *e, const struct event *ev);
struct integration_counters *counters_of(struct engine *e, const struct integration *i, struct str receiver);
/* Also frees them. */
void counters_forget_receivers(struct counters *c);
/* Those of that receiver. */
struct unsure_counters *unsure_counters_of(struct counters *c, struct str receiver);
void unsure_counters_fini(struct counters *c);

/*
 * restore.c: the groups that survived a restart go on, from the one at *at, 0 at first;
 * what they held is awaited. False: there are more.
 */
bool restore_groups_some(struct engine *e, size_t *at, struct moment now);
/* Does r, routed today, belong to g? */
bool restore_belongs(struct engine *e, struct alert_entry *r, const struct group *g);
/* alike.c: may groups of `a` go on as groups of `b`, the route with the same id of another configuration? */
bool routes_alike(const struct route *a, const struct route *b);

#endif
