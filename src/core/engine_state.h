/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/engine_state.h - what the engine is made of; private to the room.
 */
#ifndef CORE_ENGINE_STATE_H
#define CORE_ENGINE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alerts.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "core/counters.h"
#include "core/engine.h"
#include "core/nflog.h"
#include "core/ports.h"
#include "flight.h"
#include "group.h"
#include "inhibit.h"
#include "limits.h"
#include "measure.h"
#include "mute.h"
#include "routing.h"
#include "sched.h"
#include "silences.h"

/* What a deadline is embedded in (struct deadline.kind). */
enum due {
	DUE_GROUP,
	DUE_FLIGHT,
	DUE_LEG,
	DUE_ALERT_GC,
	DUE_MAINTENANCE,
	DUE_SAVE,
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

/* A notification that was under way, likewise. */
struct restored_intent {
	struct intent_state state;	/* in engine.restored_arena; the labels are an owned reference */
	bool resumed;
};

struct engine {
	struct engine_options options;
	struct port *port;
	bool inside;			/* an entry point is running */
	bool closing;			/* engine_free: nobody is told */
	struct mono first_flush;	/* no flush before */
	struct moment latest;		/* time of the last entry */
	uint64_t gave_up;		/* matchers that had, at the last entry's end */

	struct sched sched;
	struct deadline alert_gc, maintenance, save;
	struct alerts alerts;
	struct limits limits;
	struct silences silences;
	struct nflog *nflog;
	struct routing *routing;	/* NULL before the first engine_apply */
	struct inhibitor *inhibitor;	/* as routing */
	struct hmap groups;
	struct order groups_order;	/* in the order of lists; see group.h */
	struct mono started;
	int64_t ended_period;		/* number of the maintenance period that ended_groups counts in */
	size_t ended_groups;		/* no more there, but counted until the period ends (Alertmanager dispatch.go) */
	struct hmap attempts;		/* legs that are sending, by attempt */
	uint64_t last_attempt, last_notification;

	VEC(struct group *) save_soon, save_now;
	VEC(uint64_t) fingerprints;	/* scratch */
	struct counters counters;

	struct arena *restored_arena;	/* NULL after the first engine_apply */
	VEC(struct restored_group) restored;
	VEC(struct restored_intent) restored_intents;
	struct hmap retired;		/* groups that a reload ends, while it runs */
};

/* engine.c: all public entry points but the restoring ones begin and end so. */
void engine_enter(struct engine *e, struct moment now);
void engine_leave(struct engine *e, struct moment now);
/* The read side too may be the first to see that the wall clock was stepped back. */
void engine_see_clock(struct engine *e, struct moment now);

/* dispatch.c: puts r into the groups it belongs to. */
void dispatch(struct engine *e, struct record *r, struct moment now);
/* Frees r unless it is stored or in a group. */
void record_release(struct engine *e, struct record *r);

/* save.c: tells the store; each does nothing when nothing is durable. */
void save_group(struct engine *e, struct group *g, enum save when, struct moment now);
void save_group_dropped(struct engine *e, struct group *g);
void save_groups_due(struct engine *e, bool all, struct moment now);
void save_alert(struct engine *e, struct record *r, enum change_kind kind);
void save_silence(struct engine *e, const struct silence_entry *entry, enum change_kind kind);
void save_log_entry(struct engine *e, const struct log_entry *entry, enum change_kind kind);
void save_intent(struct engine *e, const struct leg *leg, enum change_kind kind);
void save_intent_dropped(struct engine *e, uint64_t id);

/* events.c */
void emit(struct engine *e, struct event *ev, struct moment now);
struct integration_counters *counters_of(struct engine *e, const struct integration *i, struct str receiver);
/* Also frees them. */
void counters_forget_receivers(struct counters *c);

/* restore.c: the groups that survived a restart go on; what they held is awaited. */
void restore_groups(struct engine *e, struct moment now);
/* The route of that id in the configuration in force; NULL: there is none. */
const struct route *restore_route(const struct engine *e, struct str id);
/* Does r, routed today, belong to g? */
bool restore_belongs(struct engine *e, struct record *r, const struct group *g);
/* resume.c: what was being told is in its groups; before alerts are dispatched. */
void resume_members(struct engine *e);
/* Takes up what was under way; the end of restoring. */
void resume_intents(struct engine *e, struct moment now);

/* alike.c: may groups of `a` go on as groups of `b`, the route with the same id of another configuration? */
bool routes_alike(const struct route *a, const struct route *b);

#endif
