/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/event.h - what happens in the engine, for logs, traces, records, history.
 *
 * A listener names the kinds it wants in a mask. An event that nobody wants is
 * never made: emitters ask event_heard() before they fill anything.
 *
 * All that an event points to is borrowed for the call. A listener that keeps
 * one takes references: alert_ref, silence_ref, labels_ref; config_ref of
 * group.config for route, integration, verdict's rule and the strings `receiver`
 * and `route->…`; it copies other strings (group.key, error), lists (alerts,
 * hashes, those of a verdict), and the payload itself, which is plain values.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/time.h"
#include "core/delivery.h"
#include "core/notification.h"
#include "core/verdict.h"
#include "model/alert.h"
#include "model/silence.h"

struct config;
struct integration;
struct port;
struct route;

enum event_kind {
#define EVENT(kind, member, payload) EVENT_##kind,
#include "core/events.def"
#undef EVENT
};
#define EVENT(kind, member, payload) +1
enum {
	EVENT_KINDS = 0
#include "core/events.def"
};
#undef EVENT

/* A set of kinds. */
typedef uint32_t event_mask;
#define EVENT_BIT(kind) ((event_mask)1 << (kind))
#define EVENTS_ALL (EVENT_BIT(EVENT_KINDS) - 1)

/* The group that an event is about, and the flush of it, if there is one. */
struct event_group {
	struct str key, receiver;
	const struct labels *labels;
	const struct route *route;
	struct config *config;		/* that route and receiver are of */
	uint64_t serial;		/* of the group in this process */
	uint64_t flush;			/* of the flush in its group, from 1; 0: none */
};

/* The leg that an event is about. */
struct event_leg {
	struct event_group group;
	const struct integration *integration;
	enum reason reason;		/* REASON_NONE: nothing to tell */
	unsigned attempts;		/* begun so far */
	const struct noted_alert *alerts;	/* those of the notification */
	size_t alerts_n;
	const struct recipients *recipients;	/* how far it got with them; of those there are */
};

/* An attempt that ended with the event. */
struct event_attempt {
	uint64_t number;		/* 0: none did */
	span took;
};

struct event_received {
	const struct alert *alert;	/* as it is held from now on */
	bool fresh;			/* not known before */
};

struct event_limited {
	const struct alert *alert;
};

struct event_grouped {
	struct event_group group;
	const struct alert *alert;
};

/*
 * States that an alert can be in, each for itself. A judge that was not asked
 * changes nothing: behind inhibition nobody asks for silences.
 */
enum alert_condition {
	ALERT_FIRES,
	ALERT_INHIBITED,
	ALERT_SILENCED,
	ALERT_ACKED,
};

struct event_condition {
	const struct alert *alert;
	enum alert_condition condition;
	bool on;			/* else it ceases; to cease to fire ends all others, without further events */
	const struct verdict *verdict;	/* what holds it back; NULL: nothing does */
};

struct event_group_muted {
	struct event_group group;
	const struct verdict *verdict;	/* its intervals; MUTE_NONE: not held back any more */
	size_t alerts_n;
};

struct event_flushed {
	struct event_group group;
	const struct noted_alert *alerts;	/* all in it */
	size_t alerts_n;
};

struct event_muted {
	struct event_group group;
	const struct alert *alert;	/* NULL: the whole group */
	const struct verdict *verdict;
};

struct event_flush_failed {
	struct event_group group;
	size_t alerts_n;
	struct str error;
	bool canceled;			/* by a reload or the end */
};

struct event_flush_ended {
	struct event_group group;
	bool failed;
};

struct event_decided {
	struct event_leg leg;
	size_t firing, resolved;	/* alerts that no stage held back */
	bool by_peer;			/* what the log says was told by another member of the cluster */
};

/* A leg waits for its turn among the members of the cluster. */
struct event_waits {
	struct event_leg leg;
	span wait;
	unsigned position, members;	/* struct cluster_state */
};

/* A leg is over: another member of the cluster has told a newer state of the group than it would. */
struct event_overtaken {
	struct event_leg leg;
	struct wall told;		/* the newer one, by that member's clock */
	bool again;			/* the group is looked at anew, at once: there seems to be something left to tell */
};

struct event_claimed {
	struct event_leg leg;
	struct str owner;		/* the member's name */
};

struct event_unsure {
	struct event_leg leg;
	struct decision decision;
	enum unsure_cause cause;
	bool held;			/* not told for it: struct receiver on_unknown */
	struct str owner;		/* of the claim that was abandoned; empty: another cause */
};

struct event_attempt_failed {
	struct event_leg leg;
	struct event_attempt attempt;
	struct str error;
	enum failure failure;
	bool first;			/* the text differs from the attempt before */
};

struct event_notified {
	struct event_leg leg;
	struct event_attempt attempt;
	/* Label hashes of what the flush had to tell, and of what it did not as it is muted. */
	const uint64_t *firing, *resolved, *muted;
	size_t firing_n, resolved_n, muted_n;
};

struct event_notify_failed {
	struct event_leg leg;
	struct event_attempt attempt;
	struct str error;
	enum failure failure;
	bool canceled;
};

struct event_delivery {
	const struct delivery *delivery;
	enum delivery_state before;	/* the same when it is new */
	bool reported;			/* by its gateway */
};

/* By whom a silence was made, changed or ended. */
enum silence_by {
	SILENCE_BY_REQUEST,
	SILENCE_BY_ITSELF,	/* with its alerts, or as one of its windows was over */
	SILENCE_BY_PEER,	/* another one of the cluster says so */
};

struct event_silence {
	const struct silence *silence;
	enum silence_by by;
};

struct event {
	enum event_kind kind;
	struct moment now;
	union {
#define EVENT(kind, member, payload) payload member;
#include "core/events.def"
#undef EVENT
	};
};

struct event_listener {
	event_mask mask;
	void (*hear)(void *arg, const struct event *ev);	/* does not call the engine */
	void *arg;
};

/* From here on l hears the port's events that l->mask names; l stays where it is until port_unlisten. */
void port_listen(struct port *p, struct event_listener *l);
/* Another mask, which may be empty. */
void port_listen_for(struct port *p, struct event_listener *l, event_mask mask);
/* l may be one that does not listen. */
void port_unlisten(struct port *p, struct event_listener *l);

#endif
