/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/deliveries.h - deliveries as the engine holds them, the budgets that are counted from them, and digests.
 */
#ifndef CORE_DELIVERIES_H
#define CORE_DELIVERIES_H

#include "base/hmap.h"
#include "base/list.h"
#include "base/vec.h"
#include "base/work.h"
#include "chore.h"
#include "config/gateways.h"
#include "core/delivery.h"
#include "core/notification.h"
#include "core/ports.h"
#include "sched.h"

/* The strings of a delivery that many have in common. */
enum delivery_name {
	NAME_GROUP_KEY,
	NAME_RECEIVER,
	NAME_INTEGRATION,
	NAME_RECIPIENT,
	NAME_GATEWAY,
	NAME_SEVERITY,
	NAME_WORST,
	NAME_COVERS,
	DELIVERY_NAMES,
};

/* One gateway that was met: there are as many as configurations name, and each keeps its pace. */
struct gate {
	struct hmap_node node;
	struct istr *name;
	struct list day;	/* struct held day_place: charged in the last 24 hours, in order */
	size_t day_n;
	struct mono next;	/* the first time that nobody has yet, of its pace */
};

struct digesting;

/* One recipient of one gateway, while there are deliveries or a digest is under way. */
struct person {
	struct hmap_node node;
	struct gate *gate;
	struct istr *recipient;
	size_t n;		/* deliveries */
	struct list hour;	/* struct held hour_place: charged in the last hour, in order */
	size_t hour_n;
	struct list owed;	/* struct held owed_place: suppressed, and no digest is under way for them */
	struct deadline timer;	/* of the digest: it may begin, is tried again, or is cut */
	struct digesting *digesting;	/* NULL: none is under way */
	unsigned refusals;	/* of digests, in a row */
	struct mono not_before;	/* the next one begins */
	struct held *failing;	/* the last delivery, when it failed or is unknown */
	struct list_node failing_place;
};

struct held {
	struct delivery d;	/* strings: those of `names`, and owned ones */
	struct istr *names[DELIVERY_NAMES];
	struct person *person;
	struct hmap_node by_note, by_provider;
	struct list_node place, hour_place, day_place, owed_place;
	bool provided;		/* it is in by_provider */
	bool in_hour, in_day;
	enum { OWED_NOT, OWED_WAITS, OWED_COVERED } owed;	/* in the person's list, or in that of its digest */
	bool restored;		/* it was pending before the restart, and nobody has looked yet whether it goes on */
	bool doubt;		/* it was pending then: its request may have left */
	bool out;		/* a request of it has left, and was not answered yet */
};

enum digest_phase {
	DIGEST_GATHERS,		/* what it is about */
	DIGEST_TELLS,		/* in attempts */
	DIGEST_TOLD,		/* those that it covers come to know */
	DIGEST_REFUSED,		/* those that it covers are owed another */
};

/* A digest on its way. As it may be about all deliveries there are, all but telling is a chore. */
struct digesting {
	struct list_node place;		/* of all */
	struct chore chore;
	enum digest_phase phase;
	struct person *person;
	struct arena *arena;		/* owns what the notification points to, but: */
	struct config *config;		/* owned reference */
	struct labels *labels;		/* likewise */
	struct digest digest;
	struct notification note;
	struct notification_life life;
	uint64_t attempt;		/* 0: none is out */
	struct hmap_node by_attempt;	/* while one is */
	span pause;
	struct list covers;		/* struct held owed_place */
	size_t least;			/* rank of the worst severity so far */
};

/* A report that came before the answer. */
struct early {
	struct istr *gateway;
	char *provider_id, *error;	/* owned */
	enum delivery_state state;
	struct mono until;
};

/* Zeroed: there are none. */
struct deliveries {
	struct list all;		/* struct held place, by id */
	size_t n;
	struct hmap by_note;		/* by notification and recipient */
	struct hmap by_provider;	/* by gateway and provider_id */
	struct hmap gates, persons;
	struct list failing;		/* struct person failing_place */
	size_t failing_n;
	struct list digests;		/* struct digesting place */
	struct hmap attempts;		/* of digests: struct digesting by_attempt */
	struct held *sweeping;		/* the next one of the sweep; NULL: at the end */
	struct held *resuming;		/* likewise of the look behind a restart */
	struct held *leaving;		/* likewise of that at requests that had left before it */
	struct held *told_of;		/* likewise of one at what a digest among those was about */
	struct chore resume_chore;
	VEC(struct early) early;	/* in order of time */
	VEC(struct delivery_counters) counters;
	uint64_t last;			/* id given */
	uint64_t digests_told;
	size_t owed_n;			/* suppressed ones that no digest has told of */
};

void deliveries_fini(struct engine *e);
/*
 * The notification n got on: its deliveries follow. over: nothing more is tried for it; in_doubt: the last request may have been
 * taken; why: the last error of the attempt, for those that never got one of their own.
 */
void deliveries_follow(struct engine *e, const struct notification *n, bool over, bool in_doubt, struct str why,
    struct moment now);
/* A slice of the sweep, which begins with deliveries_sweep_begin: those that have expired go. True: it is over. */
void deliveries_sweep_begin(struct engine *e);
bool deliveries_sweep_some(struct engine *e, struct moment now);

/*
 * departures.c: the attempt at n was cut. Recipients whose request had left are in doubt, and are given up if their gateway says so;
 * follow it with deliveries_follow.
 */
void deliveries_cut(struct engine *e, struct notification *n);
/*
 * Before what a restart cut short goes on, in slices: messages that had left by a gateway that gives up what has no answer are unknown,
 * also to the intents of their notifications. True: it is over.
 */
void deliveries_left_begin(struct engine *e);
bool deliveries_left_some(struct engine *e, struct moment now);

/* Between deliveries.c and budgets.c. */
/* NULL: there is none. */
struct held *delivery_find(const struct engine *e, uint64_t notification, struct str recipient);
/* The delivery of this recipient, made when there is none. */
struct held *delivery_of(struct engine *e, const struct notification *n, struct str recipient, struct str gateway,
    struct moment now);
/* Makes it be of that gateway: it was asked another one before. */
void delivery_by(struct engine *e, struct held *h, struct str gateway);
void delivery_name(struct held *h, enum delivery_name which, struct str s);
/* It came into that state; told, counted and written down. */
void delivery_set(struct engine *e, struct held *h, enum delivery_state state, bool reported, struct moment now);
void delivery_save(struct engine *e, struct held *h);

void delivery_text(struct str *to, struct str from);	/* an owned text */
/* Those who have that gateway and that address; NULL: nobody. */
struct person *person_find(const struct engine *e, const struct istr *gateway, const struct istr *recipient);
/* Frees it, unless there is a reason to have it. */
void person_forget(struct engine *e, struct person *p);
uint64_t delivery_hash(struct str a, struct str b);
/* delivery_reports.c: the report that came before h was known by its id. */
void reports_apply_early(struct engine *e, struct held *h, struct moment now);
void reports_fini(struct deliveries *all);

/* delivery_resume.c: they become unknown, in slices, unless their notification goes on (resume.h), which ends what is known of those. */
void deliveries_resumed(struct engine *e, struct moment now);
bool deliveries_resume_step(struct engine *e, struct moment now);

/* budgets.c */
void budget_restored(struct engine *e, struct held *h, struct moment now);
/* It counts no more, nor is a digest owed for it. */
void budget_uncharge(struct held *h);
/* It counts in the budgets of its gateway from now on. */
void budget_charge(struct held *h, struct moment now);
/* When the budgets let the person have one more message; now: at once. */
struct mono budget_opens(struct engine *e, struct person *p, struct moment now);

/* digests.c */
/* An attempt at one may take so long. */
#define DIGEST_ATTEMPT_TIME SPAN_MIN
void digest_owe(struct engine *e, struct held *h, struct moment now);
void digest_owe_not(struct engine *e, struct held *h);
void digest_due(struct engine *e, struct person *p, struct moment now);
/* A slice of what its phase has to do with each delivery; true: it is over, and g may be gone. */
bool digest_step(struct engine *e, struct digesting *g, struct moment now);
/* The digest whose attempt that is; NULL: none. */
struct digesting *digest_find(const struct engine *e, uint64_t attempt);
void digest_delivered(struct engine *e, struct digesting *g, const struct outcome *o, struct moment now);
/* A slice of: the digest h was given up before a restart, so what it covered counts as told. True: it is over. */
bool digest_given_up_some(struct engine *e, struct held *h, struct moment now);
/* Stops it, when all that it was to tell of is forgotten. */
void digest_abandon(struct engine *e, struct digesting *g);

#endif
