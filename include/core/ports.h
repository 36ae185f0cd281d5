/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/ports.h - all that the engine asks of the world.
 *
 * The engine calls these; they never call back into it (the engine asserts
 * that). An act that takes time is answered later by an engine_… call that
 * names the attempt by number. Arguments are borrowed for the call unless said
 * otherwise.
 */
#ifndef CORE_PORTS_H
#define CORE_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rand.h"
#include "base/str.h"
#include "base/time.h"
#include "core/claim.h"
#include "core/event.h"
#include "core/notification.h"
#include "model/alert.h"
#include "model/silence.h"

struct delivery;
struct reply_mark;
struct log_entry;

/* Changes that have to survive: of each kind of record, that it is set, and that it is dropped. */
enum change_kind {
#define RECORD(KIND, name, table, number) LOGGED(KIND, name)
#define LOGGED(KIND, name) CHANGE_##KIND, CHANGE_##KIND##_DROPPED,
#include "core/changes.def"
	CHANGE_N,
};

/* The state that a group needs to go on after a restart. */
struct group_state {
	struct str route_id;		/* struct route id */
	struct str receiver;
	const struct labels *labels;	/* group labels */
	struct wall next_flush;
	bool flushed;			/* has been flushed at least once */
	span group_wait, group_interval;	/* as they were: a change rebuilds the group */
	const uint64_t *alerts;		/* fingerprints of its members */
	size_t alerts_n;
};

/* The state that a notification under way needs to go on after a restart. */
struct intent_state {
	uint64_t id;			/* struct notification id */
	struct str route_id, receiver;
	struct str integration;		/* its kind's name */
	uint32_t index;			/* of the integration in the receiver */
	const struct labels *labels;	/* of the group */
	enum reason reason;
	struct wall flushed;
	unsigned attempts;		/* begun */
	const uint64_t *firing, *resolved;	/* fingerprints of its alerts */
	size_t firing_n, resolved_n;
	struct receiver_data data;
	struct recipients recipients;
};

/* To the store by port.persist, and from it by engine_restore_...: the members of its kind are set. */
struct change {
	enum change_kind kind;
	const struct silence *silence;		/* SILENCE, with: */
	struct wall expires;			/* it is kept until then */
	const struct log_entry *entry;		/* LOG_ENTRY; to port.persist: one in the log, which may be referred to */
	bool claimed;				/* with port.share: port.claim_result carries it too */
	const struct intent_state *intent;	/* INTENT, before the first attempt and when it got on; dropped: its id alone */
	const struct delivery *delivery;	/* DELIVERY; dropped: its id alone */
	const struct reply_mark *reply;		/* REPLY; dropped: its number alone */
	const struct alert *alert;		/* ALERT */
	const struct group_state *group;	/* GROUP; dropped: what it is found by alone */
	void **place;		/* with an alert, a group or a log entry: where the store may keep what it likes until that is dropped; NULL at first */
};

#define PORT_LISTENERS 8

struct port {
	/*
	 * Starts one attempt. The notification stays valid until engine_delivered
	 * for `attempt` or the return of port.cancel for it. `deadline` is when the
	 * engine gives up (it calls cancel then).
	 */
	void (*send)(struct port *self, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now);
	/* Stops it; no engine_delivered will come for it. */
	void (*cancel)(struct port *self, uint64_t attempt);
	/* There will be no more attempts, and none is out: n->kept, which is not NULL, may go. NULL function: nobody keeps anything. */
	void (*forget)(struct port *self, struct notification *n);
	/*
	 * Takes note of a change; returns at once. Changes become durable in their
	 * order, those of one call of the engine together. NULL: nothing is durable.
	 */
	void (*persist)(struct port *self, const struct change *c);
	/*
	 * Tells the other members of the cluster (core/cluster.h) of a silence or a log entry that this one has changed; returns at
	 * once. Parts that are nobody else's business (struct log_entry) are to be left out. NULL: there are none.
	 */
	void (*share)(struct port *self, const struct change *c);
	/*
	 * Asks the common store (core/claim.h) for a claim, once the intent that was persisted before is durable. The answer comes
	 * by engine_claimed, and when it is CLAIM_HELD another one later. NULL: there is none.
	 */
	void (*claim)(struct port *self, const struct claim *c, struct moment now);
	/*
	 * Nobody waits for an answer to that question any more, and nothing was sent for it: if it was won, or is won yet, it is to be
	 * withdrawn. The same holds for one that was answered CLAIM_UNANSWERED.
	 */
	void (*claim_over)(struct port *self, uint64_t id);
	/*
	 * The result of what was claimed, for the record. CLAIM_SENT may come without a claim of its own (id 0, the key and `told`
	 * alone) for what was told while the store could not be asked: then the newer of the two entries stays.
	 */
	void (*claim_result)(struct port *self, const struct claim *c, enum claim_result result, struct moment now);
	/* Events (core/event.h): listeners, and what any of them hears; see port_listen. */
	struct event_listener *listeners[PORT_LISTENERS];
	size_t listeners_n;
	event_mask heard;
	/* c is in force from now on: what the engine does after this is done under it. NULL: nobody asks. */
	void (*applied)(struct port *self, struct config *c);
	/*
	 * Renders the route labels of a group: sources are route->labels. Returns a
	 * new reference. NULL function: route labels are empty.
	 */
	struct labels *(*route_labels)(struct port *self, const struct config *c, const struct route *r,
	    struct labels *group_labels, struct noted_alert *alerts, size_t n, struct moment now);
	/*
	 * Time on a stopwatch, for metrics of durations only: nothing the engine
	 * does depends on it. NULL: durations are not measured.
	 */
	struct mono (*stopwatch)(struct port *self);
	struct rand rand;	/* seeded by whoever makes the port */
};

#endif
