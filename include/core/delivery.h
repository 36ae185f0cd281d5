/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/delivery.h - the fate of one message to one recipient of one notification.
 *
 * A delivery begins when a request for its recipient is about to leave, follows what the notifier writes into the
 * notification's recipients, and stays when the notification is over: gateways report later. It is durable. The budgets of
 * gateways (config/gateways.h) are counted from deliveries, so they survive a restart; what a budget keeps back is a delivery
 * too, until a digest has told of it. Deliveries are the member's own: a cluster does not share them.
 */
#ifndef CORE_DELIVERY_H
#define CORE_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"
#include "base/time.h"
#include "model/labels.h"

struct engine;

enum delivery_state {
	DELIVERY_PENDING,	/* asked for, or to be asked for again */
	DELIVERY_ACCEPTED,	/* the gateway has it */
	DELIVERY_DELIVERED,	/* the gateway reports that the recipient has it */
	DELIVERY_FAILED,	/* refused, or never got there */
	DELIVERY_UNKNOWN,	/* a request had no answer, and no other one follows */
	DELIVERY_SUPPRESSED,	/* a budget kept it */
	DELIVERY_STATES,
};
/* "pending", "accepted" and so on: labels of metrics and words of the API. */
const char *delivery_state_text(enum delivery_state s);

/* So many are kept; those that came to their end first go first. */
#define DELIVERIES_MAX 100000
/* Reports that came before the gateway's answer are kept: so many, for so long. */
#define REPORTS_EARLY_MAX 1000
#define REPORTS_EARLY_TIME (10 * SPAN_MIN)

/* Times are UTC. */
struct delivery {
	uint64_t id;			/* running, unique among those kept */
	uint64_t notification;		/* struct notification id */
	struct str group_key, receiver;
	struct str integration;		/* its kind's name */
	uint32_t index;			/* of the integration in the receiver */
	struct labels *labels;		/* of the group */
	struct str recipient;
	struct str gateway;		/* the one asked last; empty: the integration has no such thing */
	struct str provider_id;		/* the gateway's id of the message, if it gave one */
	struct str error;		/* the last one, without the recipient's address */
	enum delivery_state state;
	unsigned tries, segments;	/* as struct recipient */
	struct wall created, changed;
	struct wall expires;		/* it is kept until then */
	struct wall charged;		/* counts in the gateway's budgets since then; WALL_ZERO: it does not */
	bool left;			/* its request has left, or is about to, by a gateway that gives up what has no answer */
	bool digest;			/* it is the message that tells of suppressed ones */
	struct str covers;		/* … that this gateway would have carried */
	bool digested;			/* SUPPRESSED, and a digest has told of it */
	/* SUPPRESSED: what a digest says of it. */
	uint32_t alerts;		/* that fired */
	struct str severity, worst;	/* of the worst one, and its name */
};

enum admission {
	ADMIT_GO,
	ADMIT_LATER,		/* the gateway has its pace: this request's turn is at a later time, without another question */
	ADMIT_SUPPRESS,		/* a budget is used up: it does not leave, and a digest follows */
};
/*
 * May the request for this recipient of that attempt leave by that gateway? Asked once, right before. Makes the delivery, and
 * counts it. Attempts that are unknown may go. With ADMIT_LATER *at is when.
 */
enum admission engine_admit(struct engine *e, uint64_t attempt, struct str gateway, struct str recipient, struct moment now,
    struct mono *at);

/*
 * Its request, let go and behind its pace, is about to be sent. True: not before what the store was told is on disk, so that after a
 * crash nobody sends it again (UNKNOWN_GIVE_UP of config/gateways.h). Attempts that are unknown may go.
 */
bool engine_leaves(struct engine *e, uint64_t attempt, struct str recipient, struct moment now) MUST_CHECK;
/* Its bytes leave now: until there is an answer it may have been taken. Unknown attempts are ignored; again is nothing new. */
void engine_left(struct engine *e, uint64_t attempt, struct str recipient, struct moment now);

enum reported {
	REPORT_FOUND,		/* the delivery is known, whether or not this changed it */
	REPORT_EARLY,		/* kept until the gateway's answer names that id */
};
/*
 * The gateway says what became of the message that it gave this id: DELIVERY_DELIVERED or DELIVERY_FAILED, with a reason, or any
 * other state, which changes nothing. A delivery that was delivered, or failed, stays so.
 */
enum reported engine_report(struct engine *e, struct str gateway, struct str provider_id, enum delivery_state state,
    struct str error, struct moment now);

/* All deliveries with ids below `before`, the newest first, until visit returns false. Borrowed for the call. */
void view_deliveries(const struct engine *e, uint64_t before, bool (*visit)(void *arg, const struct delivery *d), void *arg);

/* How many deliveries came into each state; those of one kind of integration and gateway. */
struct delivery_counters {
	const char *integration;	/* kind name, borrowed */
	struct str gateway;
	uint64_t n[DELIVERY_STATES];
};
void view_delivery_counters(const struct engine *e, const struct delivery_counters **out, size_t *n_out);
/* Recipients whose last delivery failed or is unknown: calls visit for each, up to `most`. */
void view_failing_recipients(const struct engine *e, size_t most, void (*visit)(void *arg, const struct delivery *last), void *arg);
/* Messages kept by budgets that no digest has told of yet, and digests told in this process. */
void view_digests(const struct engine *e, size_t *owed, uint64_t *told);

#endif
