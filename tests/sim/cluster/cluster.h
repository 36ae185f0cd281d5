/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cluster.h - a day of several engines that tell the same receiver, over a network that loses, delays, repeats, reorders
 * and splits what they tell each other.
 *
 * Each member is a fake world. All alerts are posted to all of them, again and again, as Prometheus does. Messages are those
 * of room share: changes at once, whole states now and then. Members learn with a delay who is alive, so they disagree about
 * their order for a while, as in a real cluster.
 *
 * Invariants, of which the number is the first word of a failure:
 *	told		what fires for long enough the receiver believes to fire, and what ended to have ended
 *	once		in a calm run nobody tells what was told just before
 *	muted		nobody tells of an alert that a silence has covered there all the while
 *	converge	when it is calm again, all have the same silences, and in a calm run within seconds
 *	ended		what somebody ended does not come back
 *	sender		where members claim: of two that live one at most tells of a group at a time
 *	twice		and what the receiver is told twice is among what was counted as possibly told twice
 *	stale		nobody tells that something fires after others have told its end, but by a later post
 *	forgotten	what has expired for longer than it is to be kept is with nobody
 */
#ifndef CLUSTER_H
#define CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rand.h"
#include "base/vec.h"
#include "etcd.h"
#include "fake_world.h"
#include "share/share.h"

#define MEMBERS_MAX 7
#define ALERTS 8		/* two in each group */
#define SILENCES_MAX 64

#define STEP (100 * SPAN_MS)
#define PEER_TIMEOUT (15 * SPAN_S)
#define RETENTION (5 * SPAN_MIN)
#define EXCHANGE (20 * SPAN_S)
/* Clocks are wrong by that at most, either way; and alerts are posted to fire for so long, as Prometheus does by its own. */
#define SKEW (30 * SPAN_S)
#define VALID (4 * SPAN_MIN)

struct day;

/* Posted to a member that stood still, which reads it when it goes on. */
struct unread {
	bool waits;
	span at;
	struct wall since, until;
};

struct member {
	struct fake_world world;	/* first */
	struct day *day;
	struct share *share;
	int number;
	bool up;
	span up_at;			/* when it comes back; or, when up, since when it is */
	span exchange_at;
	size_t sent_seen;
	bool alive[MEMBERS_MAX];	/* as it believes */
	span believe_at[MEMBERS_MAX];	/* when it learns that this has changed */
	span covered_since[ALERTS];	/* by a silence that is active there; -1: by none */
	bool ended_seen[SILENCES_MAX];
	/* Those of the day as it has them (borrowed), found when its revision was that less one; 0: not yet since it is up. */
	const struct silence *silences[SILENCES_MAX];
	int silences_n;
	uint64_t silences_at;
	struct edge edge;		/* where members claim */
	span stalled_until;		/* it stands still, and the world goes on */
	span no_way_until;		/* to the receiver */
	span unposted_until;		/* whoever posts does not reach it */
	int answers;			/* enum receiver_answers that its world goes by */
	struct unread unread[ALERTS];
	span posted[ALERTS];		/* when it was posted there last */
	span clock;			/* how much it is ahead */
	span heard_end[ALERTS];		/* as its log says, somebody saw then that it had ended */
};

/* On its way. */
struct packet {
	span due;
	int from, to;
	enum share_kind kind;
	char *bytes;
	size_t n;
};

struct alert_state {
	bool fires;
	struct wall since, over;	/* its last beginning and end by the clock of whoever posts it */
	span changed;
	span trouble;			/* the last time at which something kept it from being told */
	bool believed;			/* by the receiver, to fire */
	span told;			/* when it was told so last */
	span ended;			/* its last end; and when that was told */
	span ended_told;
	int ended_by;
	uint64_t hash;
	span resend_at;
};

struct told_decision {
	struct decision decision;
	bool unsure;
};

struct known_silence {
	char id[SILENCE_ID_MAX];
	int alert_group;
	bool ended;			/* on somebody's request */
	span changed;
};

/* How the receiver answers a member. */
enum receiver_answers { ANSWERS_OK, ANSWERS_AWAY, ANSWERS_SLOWLY, ANSWERS_NOT };

struct day {
	uint64_t seed;
	struct rand r;
	bool verbose, calm, skewed;
	bool ends_without;		/* the store is away for the last minutes */
	bool claims, gossip;		/* how members come to know of each other */
	int members_n;
	struct member members[MEMBERS_MAX];
	span now, end;
	struct wall began;		/* by a clock that is right, as that of whoever posts is */
	struct config *config;
	struct etcd etcd;
	struct member *struck;		/* it sends, and something happens to it */
	VEC(struct packet) packets;
	int side[MEMBERS_MAX];		/* of the split */
	span whole_at;			/* when it heals */
	span fault_at, outage_until;
	span slow_until, mute_until;	/* the receiver takes its time to answer; takes what it is told and does not answer */
	double loss;
	struct alert_state alerts[ALERTS];
	struct known_silence silences[SILENCES_MAX];
	int silences_n;
	span action_at;
	char last_text[ALERTS / 2][256];
	span last_at[ALERTS / 2];
	bool rivals[ALERTS / 2];	/* the last one came together with another one that says otherwise */
	bool last_unsure[ALERTS / 2];
	span unsure_at[ALERTS / 2];
	VEC(struct told_decision) told;	/* that the receiver took */
	bool failed;
	uint64_t sends, merges, unsure, twice;
};

void fail(struct day *d, const char *format, ...) PRINTF(2, 3);
/* A line of the day, with --verbose. */
void say(const struct day *d, const char *format, ...) PRINTF(2, 3);
/* By a clock that is right. */
struct wall true_time(const struct day *d, span at);
/* How much the clocks of two members differ at most. */
span clocks_apart(const struct day *d);
int64_t below(struct day *d, int64_t n);
bool chance(struct day *d, int one_in);

/* net.c */
void net_share(struct member *m, enum share_kind kind, struct str bytes);
void net_deliver(struct day *d);
void net_exchange(struct day *d, struct member *m);
void net_split(struct day *d);
void net_fini(struct day *d);
/* Lets m learn who is alive. */
void net_believe(struct day *d, struct member *m);

/* judge.c */
void judge_sent(struct day *d, struct member *m, const struct fake_sent *sent);
void judge_silences(struct day *d, struct member *m);
/* Others have told m something. */
void judge_heard(struct member *m);
void judge_told(struct day *d);
void judge_converged(struct day *d);
/* judge_claims.c */
void judge_claimed(struct day *d, struct member *m, const struct fake_sent *sent, bool taken);

#endif
