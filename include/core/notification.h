/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/notification.h - what is told to one integration of one receiver.
 *
 * Built once per flush and integration, immutable, shared by all attempts of
 * that notification; lives until the engine has seen the attempt end, and as long as it is held.
 */
#ifndef CORE_NOTIFICATION_H
#define CORE_NOTIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/time.h"
#include "config/config.h"
#include "model/alert.h"

/* Why we notify (Alertmanager notify/dedup_stage.go); the texts are part of webhook payloads. */
enum reason {
	REASON_NONE,
	REASON_FIRST,
	REASON_NEW_ALERTS,
	REASON_SOME_RESOLVED,
	REASON_ALL_RESOLVED,
	REASON_REPEAT,
	REASON_UNKNOWN,
};
const char *reason_text(enum reason r);

/* An alert as seen at the moment of the flush. */
struct noted_alert {
	struct alert *alert;
	bool resolved;	/* if not, its end is not to be shown */
};

/*
 * The memory of an integration between notifications of one firing episode
 * (Slack's thread); kept in the notification log. Small and sorted by key.
 */
struct receiver_value {
	struct str key;
	enum { RECEIVER_STR, RECEIVER_INT, RECEIVER_DOUBLE } type;
	struct str s;
	int64_t i;
	double d;
};
struct receiver_data {
	struct receiver_value *v;
	size_t n;
};

/* How far a notification with several recipients got; an attempt serves only those not yet done. */
enum recipient_state {
	RECIPIENT_PENDING,
	RECIPIENT_DONE,		/* accepted by the gateway, or served by an earlier notification: then without tries */
	RECIPIENT_FAILED,	/* given up: refused */
	RECIPIENT_UNKNOWN,	/* given up: a request for it had no answer, and it is not to be told twice */
	RECIPIENT_SUPPRESSED,	/* by a budget: a digest tells of it */
};
/* "pending", "accepted", "failed", "unknown", "suppressed". */
const char *recipient_state_text(enum recipient_state s);
/* The last word of a gateway about a recipient: so many bytes of it are kept. */
#define RECIPIENT_ERROR_MAX 200
/* No gateway's id of a message is longer: what is, is none. */
#define PROVIDER_ID_MAX 300
struct recipient {
	struct str to;
	enum recipient_state state;
	struct str provider_id;	/* the gateway's id of the message, if it gave one */
	unsigned tries;		/* requests made for it: who was tried less comes first */
	struct str gateway;	/* the one asked last (config/gateways.h); empty: the integration has no such thing */
	struct str error;	/* the last one, without the recipient's address; up to RECIPIENT_ERROR_MAX */
	unsigned refused;	/* in this process: those of its integration's gateways that will not take it, as bits in their order */
	unsigned passing;	/* … how often in a row `gateway` put it off */
	unsigned segments;	/* that the message takes; 0: not known */
	bool asked;		/* a request for it is out */
	bool doubt;		/* one had no answer, and may have been taken */
};
struct recipients {
	struct recipient *v;	/* in the notification's arena */
	size_t n;
	bool known;		/* filled by the first attempt */
	size_t room;		/* of v; less than n: for no more than those */
	struct places *there;	/* where a recipient is in v, and in `served` of the notification; NULL: looked for one by one */
	struct places *served;	/* (notify/recipients.c) */
};

/* The one message for all that a budget kept from somebody. */
struct digest {
	size_t messages;	/* suppressed */
	size_t alerts;		/* that fired in these, together */
	struct str severity;	/* of the worst alert; may be empty */
	struct str worst;	/* its alertname, or what its group is called */
	struct wall since;	/* the first was suppressed then */
};

/*
 * Decisions to tell something have a number of 128 bits: the same for all attempts at it, whichever member of a cluster makes
 * them. Zeroed: an instance without claims (core/claim.h) has none.
 */
struct decision {
	uint64_t hi, lo;
};

/* How it can be that a receiver is told the same twice. */
enum unsure_cause {
	UNSURE_ABANDONED,	/* whoever had claimed it has left no result */
	UNSURE_UNCLAIMED,	/* etcd could not be asked */
	UNSURE_UNANSWERED,	/* an attempt before this one got no answer */
	UNSURE_N,
};
const char *unsure_text(enum unsure_cause c);	/* "abandoned", "etcd_unavailable", "unanswered" */

/* Whether what a notification points to may go. */
struct notification_life {
	unsigned holds;
	void (*over)(struct notification_life *life);	/* NULL: it goes on by itself */
};

struct notification {
	uint64_t id;			/* unique in this process and stable across attempts */
	struct decision decision;
	struct config *config;		/* borrowed: the flight holds a reference */
	const struct route *route;
	const struct receiver *receiver;
	const struct integration *integration;
	struct str group_key;		/* {}/{a="b"}:{c="d"} */
	uint64_t group_serial;		/* of the group in this process */
	struct labels *group_labels;
	struct labels *route_labels;	/* rendered */
	struct noted_alert *alerts;	/* sorted; those to be sent */
	size_t alerts_n;
	enum reason reason;
	struct wall flushed;		/* the tick this notification belongs to */
	struct receiver_data data;	/* from the notification log */
	struct arena *arena;		/* lives as long as the notification; also for recipients */
	struct recipients recipients;	/* progress: the one part an attempt changes */
	const struct digest *digest;	/* told in place of alerts, of which there are none, to the one recipient; NULL: it is none */
	const struct str *served;	/* recipients who know all this already, from a flush that was given up */
	size_t served_n;
	struct notification_life *life;	/* NULL: of who made it */
	void *kept;			/* between attempts, of who makes them (port.forget); NULL: nothing */
};

/*
 * Keeps n and all it points to where it is, beyond engine_delivered and port.cancel: for another
 * thread that reads it, all but `recipients`. Loop thread only; the engine may be gone before it is let go.
 */
void notification_hold(struct notification *n);
void notification_let_go(struct notification *n);

/* `reason` label of alertmanager_notifications_failed_total. */
enum failure {
	FAILURE_OTHER,
	FAILURE_CLIENT_ERROR,
	FAILURE_SERVER_ERROR,
	FAILURE_CONTEXT_CANCELED,
	FAILURE_CONTEXT_DEADLINE,
	FAILURE_AUTH,
	FAILURE_RATE_LIMITED,
	FAILURE_N,
};
const char *failure_text(enum failure f);

/* How one attempt ended. */
struct outcome {
	bool ok;
	bool retry;		/* when not ok: worth another attempt */
	bool unanswered;	/* when not ok: the receiver may have taken it all the same */
	enum failure failure;
	struct str error;	/* borrowed for the call */
	struct receiver_data data;	/* on success, what to remember; borrowed for the call */
	bool data_set;
	span retry_after;	/* the receiver asked to wait at least this long; 0: it did not */
};

#endif
