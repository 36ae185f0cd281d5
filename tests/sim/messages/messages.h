/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messages.h - random days of messages to telephones: the engine, a notifier with two gateways that answer, refuse, hang and
 * report as they like, and a judge that knows by simple rules what becomes of each message.
 */
#ifndef SIM_MESSAGES_H
#define SIM_MESSAGES_H

#include "base/vec.h"
#include "config/gateways.h"
#include "core/delivery.h"
#include "fake_config.h"
#include "fake_world.h"

#define PEOPLE 3
#define GATEWAYS 2
#define MINUTE SPAN_MIN
#define HOUR (60 * SPAN_MIN)

/* The judge's record of one delivery. */
struct fate {
	uint64_t note;
	int to, gate;		/* asked last; -1: none */
	enum delivery_state state;
	int64_t charged;	/* mono, of its gateway; 0: not */
	bool exempt, digest;
	bool owed, digested;
	uint64_t covered;	/* by the digest of that number that is under way */
	size_t alerts;
	bool doubt;		/* pending when the process was killed */
	bool told;		/* the engine knows that a gateway accepted it */
	bool out;		/* a request of it is under way */
	bool noted;		/* … or about to be, by a gateway that gives up what has no answer: so says the disk */
	bool unsure;		/* one left by such a gateway, and had no answer: none ever leaves again */
	bool cut;		/* one left, and its time or its attempt's was over before there was an answer */
	char id[24];		/* of the gateway */
	int report;		/* came early: 0 none, 1 delivered, 2 failed */
	size_t next;
	bool may_be_unknown;	/* since the last start nothing was seen of it */
};

enum answer { ACCEPT, REFUSE, REFUSE_FOR_GOOD, HANG_TAKEN, HANG_LOST };

struct request_out {
	uint64_t attempt, note;
	int to, gate;
	int64_t leaves, answers;	/* mono; answers 0: has not left */
	bool noted;		/* it leaves when that is on disk */
	enum answer answer;
	char id[24];
};

struct attempt_out {
	uint64_t number;
	struct notification *n;
	bool begun;
	int under_way;
};

struct report_out {
	int64_t at;
	int gate;
	char id[24];
	enum delivery_state state;
};

struct note_alive {
	uint64_t id;
	const struct recipients *recipients;
	struct notification *n;
};

#define JUDGE_HEADS 4096

struct day {
	struct fake_world w;	/* first */
	struct rand r;
	uint64_t seed;
	bool verbose, failed, dying;
	struct gateway gateways[GATEWAYS];
	struct matchers exempt;
	int64_t next_leave[GATEWAYS];	/* of the pace: nothing leaves before */
	bool calm;			/* gateways accept everything */
	VEC(struct fate) fates;
	size_t heads[JUDGE_HEADS];
	unsigned steps;
	VEC(struct attempt_out) attempts;
	VEC(struct request_out) requests;
	VEC(struct report_out) reports;
	VEC(struct note_alive) notes;
	int64_t open_since[GATEWAYS][PEOPLE];	/* something is owed, and could be told */
	uint64_t counted[DELIVERY_STATES];	/* came into it in this process */
	uint64_t ids;
	size_t messages, digests, suppressed, kills, reloads, unknown;
};

void day_fail(struct day *d, const char *fmt, ...) PRINTF(2, 3);
int64_t day_now(const struct day *d);
bool chance(struct day *d, unsigned of);

/* judge.c */
struct fate *judge_find(struct day *d, uint64_t note, int to);
/* The notifier is about to ask for it; returns what the core has to answer. */
struct fate *judge_asks(struct day *d, const struct notification *n, int to, int gate, bool *suppressed);
void judge_state(struct day *d, struct fate *f, enum delivery_state state);
/* A request's turn in the pace of its gateway. */
void judge_turn(struct day *d, int gate);
/* A request leaves. */
void judge_leaves(struct day *d, struct fate *f, int gate);
/* It is noted that a request is about to leave. */
void judge_noted(struct day *d, struct fate *f);
/* The request was answered; heard: whether it was taken is known. */
void judge_answered(struct day *d, struct fate *f, bool heard);
/* The attempt at n was cut. */
void judge_cut(struct day *d, const struct notification *n);
/* The gateway's answer named an id. */
void judge_named(struct day *d, struct fate *f, const char *id);
void judge_report(struct day *d, int gate, const char *id, enum delivery_state state);
/* An attempt at a digest begins. */
void judge_digest(struct day *d, const struct notification *n);
void judge_digest_over(struct day *d, const struct notification *n, bool told);
/* The notification is over: what is pending is not tried again. */
void judge_given_up(struct day *d, const struct notification *n);
void judge_killed(struct day *d);
/* Compares all that the engine shows. */
void judge_all(struct day *d);
/* Nothing is owed when the day is over. */
void judge_end(struct day *d);

#endif
