/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/claim.h - one live sender per notification: members claim what they are about to tell.
 *
 * All members have the same alerts and decide for themselves, as in core/cluster.h, but where there is a common store
 * (etcd) a leg asks it before each attempt: port.claim. The store holds one record for each entry of the notification
 * log: what was told, and with an open claim what its owner is about to tell. A claim is won only if the record is
 * still the one that the decision was judged by, so whoever loses has news to judge by. The result is written back.
 *
 * A lease is the fence: no attempt begins or is out after claims_state.lease_until. A claim whose owner has no lease any
 * more and that has no result is abandoned: nobody knows whether the receiver was told. Then the receiver's policy
 * (on_unknown) decides whether it is told again. If the store cannot be asked, members take turns as if there were
 * none, and each notification that is sent so counts as possibly told twice. Nothing is ever left untold for it.
 *
 * The turn of a member: its rank for the group by rendezvous hashing among the members alive, so that groups are spread over
 * all and few of them move when one comes or goes.
 */
#ifndef CORE_CLAIM_H
#define CORE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/time.h"
#include "core/nflog.h"
#include "core/notification.h"

struct engine;

/* Members that take turns; more of them are alive for nobody. */
#define CLAIM_MEMBERS_MAX 32

/* Zeroed: nobody is asked. Independent of struct cluster_state: both may be on. */
struct claims_state {
	bool on;
	bool settled;			/* all records that the store had at the start are merged, or it could not be asked in time */
	uint64_t lease;			/* its id: claims that were won under another one hold no more */
	struct mono lease_until;	/* no attempt is out at that time or later, whatever the store says; in the past: no lease */
	span peer_timeout;		/* the wait for each one before it; >= 0 */
	uint64_t self;			/* claim_member of its own name */
	uint64_t members[CLAIM_MEMBERS_MAX];	/* of those alive with this one, in any order, each once */
	size_t members_n;
};

/* The claims are like that from now on. Legs that wait for their turn are judged anew when members changed. */
void engine_claims(struct engine *e, const struct claims_state *c, struct moment now);
/* A member's name as a number, the same everywhere and always. */
uint64_t claim_member(struct str name);
/* The place of c->self for that group, 0: the first. */
unsigned claims_rank(const struct claims_state *c, struct str group_key);

/* The question of one leg, or the result of its attempt. Everything is borrowed for the call. */
struct claim {
	uint64_t id;			/* of the question: never 0, and never twice in a process */
	struct log_key key;
	/*
	 * The record to be written has both: what the log has (its `doubtful` and `doubtful_ends` included, in etcd they are everybody's
	 * business), of which firing_n and resolved_n may be 0 when nothing was told yet, and what it will have when this is told.
	 */
	struct log_entry told, telling;
	struct decision decision;
	bool in_doubt;			/* it may have been told already: if the claim is withdrawn its state is unknown, else failed */
	/* The record has to be that of this mod_revision; 0: there must be none. With a result: that of our own claim. */
	uint64_t revision;
};

/* The state of a record. */
enum claim_result {
	CLAIM_OPEN,	/* written by port.claim: no result yet */
	CLAIM_SENT,	/* the receiver has taken it: `told` is what it knows */
	CLAIM_FAILED,	/* it has not, and did not get it: anybody may claim */
	CLAIM_UNKNOWN,	/* no answer came, and the owner has given up: as an abandoned one */
	CLAIM_RESULTS,
};
const char *claim_result_text(enum claim_result r);	/* "open", "sent", "failed", "unknown" */

enum claim_verdict {
	CLAIM_WON,		/* revision is that of our own record */
	CLAIM_MOVED,		/* the record is another: it was merged (engine_merge_log_entry) before this call; judge again, with `revision` */
	CLAIM_HELD,		/* another live member's claim is open. Another answer follows when that has changed */
	CLAIM_ABANDONED,	/* an open claim whose owner has no lease any more, or one that ended unknown; its record was merged */
	CLAIM_UNANSWERED,	/* the store cannot be asked now; it may have taken the claim all the same */
};

struct claim_answer {
	uint64_t id;
	enum claim_verdict verdict;
	uint64_t revision;		/* mod_revision of the record; 0: there is none */
	struct str owner;		/* HELD, ABANDONED: the name of the member whose it is; borrowed for the call */
	const struct log_entry *telling;	/* HELD, ABANDONED: what that one was to tell; borrowed for the call */
	struct decision decision;	/* HELD, ABANDONED: that of the record */
};
/* Answers are for ids of port.claim; others, and those of legs that do not wait any more, are ignored. */
void engine_claimed(struct engine *e, const struct claim_answer *a, struct moment now);
/*
 * May a request of this attempt leave now? Asked by whoever has kept it for a while (a queue, a pause), right before. False:
 * it is to be dropped; engine_tick cancels it. Always true for one that needs no lease.
 */
bool engine_may_leave(const struct engine *e, uint64_t attempt, struct moment now);
/* Does that attempt need a lease at all? */
bool engine_needs_lease(const struct engine *e, uint64_t attempt);

#endif
