/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/ports.h - all that the engine asks of the world.
 *
 * The engine calls these; they never call back into it (the engine asserts
 * that). Whatever takes time is answered later by an engine_… call that names
 * the attempt by number. Arguments are borrowed for the call unless said
 * otherwise.
 */
#ifndef CORE_PORTS_H
#define CORE_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rand.h"
#include "base/str.h"
#include "base/time.h"
#include "core/notification.h"
#include "core/verdict.h"
#include "model/alert.h"
#include "model/silence.h"

struct log_entry;

/* One thing that happened, for logs, metrics, history. Only the members that fit `kind` are set. */
enum event_kind {
	EVENT_ALERT_RECEIVED,	/* alert; `fresh`: not known before */
	EVENT_ALERT_LIMITED,	/* alert: refused by the per-alertname limit */
	EVENT_GROUP_FLUSHED,	/* group_key, receiver, count: alerts in it, firing, resolved */
	EVENT_ALERT_GROUPED,	/* alert, put or renewed in a group: group_key, group_labels, receiver */
	EVENT_ALERT_RESOLVED,	/* alert, told to have ended and out of its group: as ALERT_GROUPED */
	EVENT_MUTED,		/* group_key, alert (or NULL for the whole group), verdict */
	EVENT_NOTIFY_DECIDED,	/* group_key, receiver, integration, reason (REASON_NONE: nothing to tell) */
	EVENT_ATTEMPT_FAILED,	/* …, attempts, error, first: the text differs from the attempt before */
	EVENT_NOTIFIED,		/* …, attempts, took; route, group_labels, hashes, muted, serials */
	EVENT_NOTIFY_FAILED,	/* …, attempts, error, failure: given up for this flush */
	EVENT_FLUSH_FAILED,	/* group_key, receiver, count, error, canceled */
	EVENT_FLUSH_ENDED,	/* group_key, receiver, failed: the flush is over, whatever came of it */
	EVENT_SILENCE_CREATED,	/* silence */
	EVENT_SILENCE_UPDATED,
	EVENT_SILENCE_EXPIRED,
	EVENT_ROUTE_LABEL_FAILED,	/* group_key, label, error */
};

struct event {
	enum event_kind kind;
	struct moment now;
	const struct alert *alert;
	const struct silence *silence;
	struct str group_key, receiver, label, error;
	const struct integration *integration;
	const struct verdict *verdict;
	enum reason reason;
	enum failure failure;
	size_t count, firing, resolved;
	unsigned attempts;
	span took;
	uint64_t attempt;	/* the number of the one that ended with this event, after `took`; 0: none did */
	bool fresh, first, canceled, failed;
	const struct noted_alert *alerts;	/* with GROUP_FLUSHED, NOTIFIED, NOTIFY_FAILED: `count` of them */
	const struct route *route;
	const struct labels *group_labels;
	const uint64_t *firing_hashes, *resolved_hashes;	/* label hashes; `firing` and `resolved` of them */
	const uint64_t *muted_hashes;			/* of what the flush did not tell */
	size_t muted_n;
	/* With what a flush did: of the group in this process; of the flush in its group, from 1. */
	uint64_t group_serial, flush_serial;
};

/* A change that has to survive. The store numbers them; see port.persist. */
enum change_kind {
	CHANGE_SILENCE,		/* silence, expires: set (also when expired by a user) */
	CHANGE_SILENCE_DROPPED,	/* silence id: retention is over */
	CHANGE_LOG_ENTRY,	/* log_entry: set */
	CHANGE_LOG_ENTRY_DROPPED,
	CHANGE_ALERT,		/* alert: set */
	CHANGE_ALERT_DROPPED,	/* alert */
	CHANGE_GROUP,		/* group_id, next flush and what else a group needs to go on: see struct group_state */
	CHANGE_GROUP_DROPPED,
	CHANGE_INTENT,		/* notification, about to be attempted; again when it got on: see struct intent_state */
	CHANGE_INTENT_DROPPED,	/* notification id: it ended */
};

/* What a group needs to go on after a restart. */
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

/* What a notification that is under way needs to go on after a restart. */
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

struct change {
	enum change_kind kind;
	const struct silence *silence;
	struct wall expires;
	const struct log_entry *entry;
	const struct alert *alert;
	void **place;		/* with an alert or a group: where the store may keep what it likes until that is dropped; NULL at first */
	const struct group_state *group;
	const struct notification *notification;
	uint64_t notification_id;
	unsigned attempts;	/* with CHANGE_INTENT: begun so far */
};

struct port {
	/*
	 * Starts one attempt. The notification stays valid until engine_delivered
	 * for `attempt` or the return of port.cancel for it. `deadline` is when the
	 * engine gives up (it calls cancel then).
	 */
	void (*send)(struct port *self, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now);
	/* Stops it; no engine_delivered will come for it. */
	void (*cancel)(struct port *self, uint64_t attempt);
	/*
	 * Takes note of a change; returns at once. Changes become durable in their
	 * order, those of one call of the engine together. NULL: nothing is durable.
	 */
	void (*persist)(struct port *self, const struct change *c);
	/* NULL: nobody listens. */
	void (*event)(struct port *self, const struct event *ev);
	/* c is in force from now on: what the engine does after this is done under it. NULL: nobody asks. */
	void (*applied)(struct port *self, struct config *c);
	/*
	 * Renders the route labels of a group: sources are route->labels. Returns a
	 * new reference. NULL function: route labels are empty.
	 */
	struct labels *(*route_labels)(struct port *self, const struct config *c, const struct route *r,
	    struct labels *group_labels, struct noted_alert *alerts, size_t n, struct moment now);
	/*
	 * How long this instance waits before it may send (position in the cluster ×
	 * peer timeout), or -1: not ready at all yet. NULL: 0.
	 */
	span (*wait)(struct port *self);
	/*
	 * Time on a stopwatch, for metrics of durations only: nothing the engine
	 * does depends on it. NULL: durations are not measured.
	 */
	struct mono (*stopwatch)(struct port *self);
	struct rand rand;	/* seeded by whoever makes the port */
};

#endif
