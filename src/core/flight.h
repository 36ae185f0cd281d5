/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/flight.h - one flush of one group on its way to the receivers.
 *
 * A flight sees the group as it was when its timer went off and the
 * configuration as it was then. Stages (Alertmanager notify.PipelineBuilder):
 * the cluster has settled, inhibition, active and mute intervals, silences;
 * then one leg for each integration: wait for one's turn, decide, send with
 * retries, log. It ends when the last leg has, or at its deadline.
 */
#ifndef CORE_FLIGHT_H
#define CORE_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert_entry.h"
#include "base/arena.h"
#include "base/hmap.h"
#include "base/sbuf.h"
#include "base/time.h"
#include "chore.h"
#include "config/config.h"
#include "core/notification.h"
#include "core/ports.h"
#include "flight_lists.h"
#include "reason.h"
#include "sched.h"
#include "stages.h"

struct engine;
struct group;
struct log_entry;

enum leg_state {
	LEG_WAITING,	/* for its turn in the cluster */
	LEG_CLAIMING,	/* for an answer of the common store: leg_claim.c */
	LEG_SENDING,	/* an attempt is out */
	LEG_PAUSING,	/* between attempts */
	LEG_DONE,
};

enum flight_phase {
	FLIGHT_SNAPSHOT,	/* of the group, with all that was posted before the flush was due */
	FLIGHT_SETTLING,	/* the cluster is */
	FLIGHT_STAGES,		/* hold alerts back: stages.h */
	FLIGHT_OUTDATED,	/* alerts have ended elsewhere: outdated.c */
	FLIGHT_HELD,		/* nothing is left to be told */
	FLIGHT_LISTS,		/* of what is told: flight_lists.h */
	FLIGHT_LEGS,		/* begins them */
	FLIGHT_TOLD,		/* all have begun */
	FLIGHT_FORGETTING,	/* takes out of the group what has ended */
};

/* The standing of a leg with the common store (core/claim.h). */
struct leg_claim {
	struct leg *leg;
	struct list_node place;		/* engine.claimants */
	uint64_t looked;		/* the look of engine.claims_look that saw it last */
	struct hmap_node node;		/* engine.claiming, by id, while id != 0 */
	uint64_t id;			/* of the question that is open, or of the claim that is held; 0: none */
	uint64_t revision;		/* of the record that it was judged by last, or of its own */
	bool corrected;			/* … as the store has said, which asks again with it */
	uint64_t term;			/* of the lease under which it was won */
	bool listed;
	bool won;
	bool held;			/* by another member, as the store says */
	bool fallback;			/* the store could not be asked: it waits for its turn as if there was none */
	bool take_over;			/* of a claim that was abandoned */
	bool hold;			/* that one is not told again: on_unknown */
	struct mono turn_from, asked;	/* it waits for its turn since; it asks since, 0: not yet */
	struct log_entry abandoned;	/* with hold: what its owner was about to tell; in the flight's arena */
	char owner[64];			/* with held or take_over: whose it is, cut short if need be */
};

/* The part of a flight that tells one integration. */
struct leg {
	struct flight *flight;
	const struct integration *integration;
	enum leg_state state;
	struct deadline timer;
	struct hmap_node node;		/* engine.attempts while sending */
	uint64_t attempt;		/* number of the one that is out */
	unsigned attempts;		/* begun */
	struct mono attempt_began;
	span pause;			/* base of the next one */
	enum reason reason;
	struct receiver_data data;
	struct notification note;	/* id 0: not made */
	uint64_t *owed;			/* hashes of alerts that the log, as of the decision, said were told to fire; sorted */
	size_t owed_n;
	uint64_t *kept;			/* hashes that the log is to remember as doubtful though this notification leaves them out */
	size_t kept_n;
	uint64_t merges;		/* struct engine merges, as of the last look into the log */
	bool in_turn;			/* of a resumed flight: the cluster has settled, and it waits for its turn */
	struct leg_claim *claim;	/* in the flight's arena; NULL: members do not claim */
	bool fenced;			/* the attempt that is out needs the lease (core/claim.h) */
	bool in_doubt;			/* some attempt may have reached the receiver though no answer came */
	char *error;			/* of the last failed attempt; owned */
	enum failure failure;
};

/* How the log and the store know an alert. */
struct alert_ids {
	uint64_t hash, fingerprint;
};

struct flight {
	struct arena *arena;		/* owns all below but references */
	struct config *config;		/* owned reference */
	struct group *group;
	const struct route *route;	/* of config */
	struct str key;			/* of the group */
	struct istr *held_key;		/* it is in there; owned reference */
	struct labels *group_labels, *route_labels;	/* owned references */
	uint64_t group_serial, serial;	/* of the group; of this flush in it */
	struct mono wanted;		/* the tick that the flush is for */
	struct wall tick;		/* the same as it was by the clock when the flush began: the time the stages see */
	struct wall seen;		/* when `all` began to be looked at */
	struct mono deadline;
	struct deadline timer;		/* looks again whether the cluster has settled; the deadline of filtering */
	struct chore chore;
	enum flight_phase phase;
	size_t at;			/* where FLIGHT_HELD, FLIGHT_LEGS and FLIGHT_FORGETTING have come to */
	struct noted_alert *all;	/* owned references; NULL: given up already */
	struct alert_ids *ids;		/* of those */
	struct alert_entry **entries;	/* of those, held (entry_hold); NULL when resumed */
	size_t all_n, all_cap;
	size_t let_go;			/* so many of `entries` are not held any more, and nothing may look at them */
	struct passage passage;		/* of `entries` */
	struct flight_lists lists;	/* how far they are made */
	struct noted_alert *passed;	/* those not muted; may be `all` */
	size_t passed_n;
	uint64_t *firing, *resolved;	/* label hashes of those, sorted */
	uint64_t *firing_ids, *resolved_ids;	/* and their fingerprints, in the order of `passed` */
	size_t firing_n, resolved_n;
	uint64_t *muted;		/* label hashes of what is in `all` only; sorted where there are other members */
	size_t muted_n;
	uint64_t *promised;		/* those of alerts that fire, held back by a silence under which their end is told; sorted */
	size_t promised_n;
	uint64_t *outdated;		/* those of alerts that fire here, but another member has told their end; sorted */
	size_t outdated_n;
	struct leg *legs;
	size_t legs_n, running;
	struct sbuf errors;		/* of legs, a line each */
	struct notification_life life;	/* of what its notifications point to */
	bool failed, canceled;
	uint64_t merges;		/* struct engine merges when `all` was looked at */
	bool overtaken;			/* a leg was, and the group is to be looked at anew */
	bool resumed;			/* goes on from before a restart, for some of its alerts and integrations */
	struct restored_intent *resumes;	/* the last of what it is made of, until it has legs */
};

/* flush.c: begins a flush that was due at g->due; it may be freed before this returns. */
void flush_begin(struct engine *e, struct group *g, struct moment now);
/* The tick of a flush that begins now and was due at `due`, not after now. Ticks that were missed altogether are left out. */
struct mono flush_wanted(const struct route *route, struct mono due, struct moment now);
/* A slice of FLIGHT_SNAPSHOT; false: there is more. */
bool flush_look(struct engine *e, struct flight *f, struct moment now);
/* All stages are through: keeps books and frees f. */
void flush_end(struct engine *e, struct flight *f, struct moment now);
/* The flight for what a restart cut short; the group's timer stays as it is. The caller fills it. */
struct flight *flush_resume(struct engine *e, struct group *g, struct wall tick, struct moment now);
/* The flight's tick by the wall clock as it goes now. */
struct wall flight_tick(const struct flight *f, struct moment now);
/* How long a flush may take, not counting the wait for one's turn in the cluster. */
span flush_time(const struct route *route);
struct labels *flush_route_labels(struct engine *e, const struct flight *f, struct moment now);
/* Reload: stops what is in flight; nothing is retried. Frees f. */
void flush_cancel(struct engine *e, struct flight *f, struct moment now);
/* The same in slices; false: there is more to be done before f is freed. */
bool flush_cancel_some(struct engine *e, struct flight *f, struct moment now);
/* Shutdown: as flush_cancel, and nobody is told. */
void flush_abandon(struct engine *e, struct flight *f);
void flight_failed(struct flight *f, struct str error);
/* For events about it; all of it is borrowed from f. */
struct event_group flight_event_group(const struct flight *f);
/* A slice of FLIGHT_FORGETTING; true: it was the last one, and f is freed. */
bool flush_forget(struct engine *e, struct flight *f, struct moment now);

/* pipeline.c */
/* A slice of f's chore; true: it is over, and f may have ended. */
bool flight_step(struct engine *e, struct flight *f, struct moment now);
/* Another configuration is in force. */
void pipeline_rules_changed(struct flight *f);
/* Flights that wait for the cluster to settle look again after that. */
#define SETTLE_POLL (100 * SPAN_MS)
/* f's timer went off. */
void pipeline_due(struct engine *e, struct flight *f, struct moment now);
/* n legs, to be given their integrations and begun; pipeline_leg_done once more than n times. */
void pipeline_make_legs(struct flight *f, size_t n);
/* One leg less. */
void pipeline_leg_done(struct engine *e, struct flight *f, struct moment now);

/* leg_note.c: leg->note, for the decision that the leg is at. */
void leg_make_note(struct engine *e, struct leg *leg);
/* It is not tried again. */
void leg_forget_note(struct engine *e, struct leg *leg);

/* leg.c */
/* The judgement on a leg, as a value: is its integration to be told, and why? */
struct leg_verdict {
	enum reason reason;
	bool logged;	/* the notification log changes */
	bool told;	/* an attempt is made */
};
/* The facts that a leg is judged by; borrows from f. */
struct reason_facts leg_facts(const struct flight *f, const struct integration *i);
/* Pure. entry: what the log holds; NULL: nothing. */
struct leg_verdict leg_judge(const struct log_entry *entry, const struct reason_facts *facts);
void leg_begin(struct engine *e, struct leg *leg, struct moment now);
/* As leg_begin, for what was under way before a restart. */
void leg_resume(struct engine *e, struct leg *leg, const struct intent_state *from, struct moment now);
bool leg_sends_resolved(const struct leg *leg);
/* Some recipients were served. */
void leg_progressed(struct engine *e, struct leg *leg, struct moment now);
void leg_copy_data(struct arena *a, const struct receiver_data *from, struct receiver_data *to);
void leg_copy_recipients(struct arena *a, const struct recipients *from, struct recipients *to);
void leg_attempt_begin(struct engine *e, struct leg *leg, struct moment now);
void leg_due(struct engine *e, struct leg *leg, struct moment now);
void leg_delivered(struct engine *e, struct leg *leg, const struct outcome *o, struct moment now);
/* Ends the leg with "context canceled"; the caller ends the flight. */
void leg_cancel(struct engine *e, struct leg *leg, struct moment now);
/* Stops an attempt that is out; frees what the leg owns. */
void leg_fini(struct engine *e, struct leg *leg);
/* The leg whose attempt this is; NULL: none any more. */
struct leg *leg_find(const struct engine *e, uint64_t attempt);

/* For events about it; borrowed from the leg. */
struct event_leg leg_event(const struct leg *leg);
/* Its timer goes off then, or at the flight's deadline. */
void leg_arm(struct engine *e, struct leg *leg, struct mono at);
/* It is over, and its flight has not failed by it. */
void leg_succeeded(struct engine *e, struct leg *leg, struct moment now);

/* leg_log.c */
/* The key of its entry in the notification log. */
struct log_key log_key_of(struct str group_key, const struct receiver *r, const struct integration *i);
/* How long the notification log remembers what a route told. */
span leg_log_time(const struct engine *e, const struct route *route);
/*
 * leg_logged for a decision: a tick after the flight's own is one of a clock that was set back since, unless it is by the clock
 * of a peer, and is put right.
 */
const struct log_entry *leg_log_entry(struct engine *e, const struct leg *leg, struct moment now);
/* `at`, or later if clocks differ: what leg tells is told after what the log holds, and after its doubts, which it ends. */
struct wall leg_after(const struct engine *e, const struct leg *leg, const struct log_entry *held, struct wall at);
/* Writes down what the receiver now knows. */
void leg_log_told(struct engine *e, struct leg *leg, const struct receiver_data *data, struct moment now);

/* leg_peers.c */
/* The log's entry of its group and integration; NULL: none. */
const struct log_entry *leg_logged(const struct engine *e, const struct leg *leg);
/* Did a peer tell it since the flight looked at the group? entry may be NULL. */
bool leg_told_meanwhile(const struct log_entry *entry, const struct flight *f);
/*
 * Has a peer told a newer state of the group than this flight has seen, or the end of what fires here? After a restart it cannot be
 * known when that came, but the flight is of before. entry may be NULL.
 */
bool leg_is_overtaken(struct engine *e, const struct leg *leg, const struct log_entry *entry, struct moment now);
/*
 * One that is overtaken leaves the receiver to the peer: once in a row, as a peer that tells of other alerts all the time must not
 * keep this one from telling for ever; but always when it would say of an alert the contrary of what is newer.
 */
bool leg_should_yield(const struct leg *leg, const struct log_entry *entry);
/* One says that an alert fires, the other that it ended. */
bool log_entries_contradict(const struct log_entry *a, const struct log_entry *b);
/* It is over: peers have told, and the log stays as they wrote it. again: the group is looked at anew. */
void leg_overtaken(struct engine *e, struct leg *leg, const struct log_entry *entry, bool again, struct moment now);
/* outdated.c: takes out of f->passage what the stages let pass and has ended elsewhere. A slice; false: there is more. */
bool outdated_leave_out(struct engine *e, struct flight *f, struct moment now);
/* Would it be left out now, after what others have told since f looked? */
bool outdated_meanwhile(struct engine *e, const struct flight *f, struct moment now);
/* Nothing was said of them: entry says what held, which may be NULL, says. In f's arena. */
void outdated_stay_told(const struct flight *f, struct log_entry *entry, const struct log_entry *held);
/* Does entry say of one that was left out that it fires? */
bool outdated_fires(const struct flight *f, const struct log_entry *entry);
/* decision.c: gives leg->note its decision, if it has none yet; told: what the log holds, or NULL. */
void decision_find(struct leg *leg, const struct log_entry *told, uint64_t revision);

/* leg_claim.c: what a leg has to do with claims; leg->claim is not NULL but for the first one, and for leg_claim_waits. */
void leg_claim_enter(struct engine *e, struct leg *leg, struct moment now);
/* Begins an attempt, or what has to come before it; the leg may be over. */
void leg_claim_attempt(struct engine *e, struct leg *leg, struct moment now);
/* LEG_CLAIMING, and its timer went off. */
void leg_claim_due(struct engine *e, struct leg *leg, struct moment now);
/* An attempt ended without success. */
void leg_claim_failed(struct engine *e, struct leg *leg, struct moment now);
/* Another member has told something later while an attempt was out: entry is not the last word. held may be NULL. */
bool leg_claim_told_late(struct engine *e, struct leg *leg, const struct log_entry *entry, const struct log_entry *held,
    struct moment now);
/* The receiver was told, and held is what the log has now. */
void leg_claim_told(struct engine *e, struct leg *leg, const struct log_entry *held, struct moment now);
void leg_claim_end(struct engine *e, struct leg *leg);
/* The same, and nobody hears of it. */
void leg_claim_fini(struct engine *e, struct leg *leg);
/* Nothing was sent yet, and it waits for the store or for those who have claimed it. */
bool leg_claim_waits(const struct leg *leg);
/* Puts into the log what leg has told, or what it is to forget; held: what was there, may be NULL. */
void leg_log_set(struct engine *e, struct leg *leg, struct log_entry *entry, const struct log_entry *held, struct moment now);

/* Before an attempt that is not the first: false: the leg is over, as peers have told. */
bool leg_still_to_be_told(struct engine *e, struct leg *leg, struct moment now);
/* LEG_WAITING until its timer goes off; false: there is nobody to wait for. */
bool leg_wait_for_turn(struct engine *e, struct leg *leg, struct moment now);

/* log_debts.c: what the next flush has to know of a notification that was given up. */
void log_debts_by_leg(struct engine *e, const struct leg *leg, struct moment now);
/* Notes in the log a notification about group g that a restart cut short, and that is not taken up again. */
void log_debts_by_intent(struct engine *e, const struct restored_intent *r, const struct group *g,
    const struct integration *integration, struct moment now);
/*
 * Keeps in the log that those of f->promised that integration i may have been told of fire. entry: what the log holds
 * of this; may be NULL. Returns what it holds then.
 */
const struct log_entry *log_debts_keep(struct engine *e, const struct flight *f, const struct integration *i,
    const struct log_entry *entry, struct moment now);
/* Another member, or this one before, may have told what it had claimed: telling. Its claim counts as doubt from now on. */
void log_debts_by_claim(struct engine *e, const struct leg *leg, const struct log_entry *telling, struct moment now);
/* Two members told together: where rival, which is not held, says the contrary of entry, entry is in doubt. In the arena. */
void log_debts_by_rival(const struct log_entry *rival, struct log_entry *entry, struct arena *a);
/* Notes who has been told all of leg->note already, leg->owed and leg->kept; entry may be NULL. */
void log_debts_find(const struct log_entry *entry, struct leg *leg, struct moment now);

#endif
