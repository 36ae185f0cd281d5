/* SPDX-License-Identifier: Apache-2.0 */
/*
 * etcd.h - the common store of members that claim, and the edge of each member to it, as they fail.
 *
 * The store (etcd.c): records by group with revisions, silences, leases, and all that ever happened, for watches. The edge
 * (edge.c) is what a member of the program has: it carries the engine's questions there, and answers and events back.
 * All that is under way can be lost on either side of the store, so an answer may be missing though the question was acted
 * upon. A member that crashes or stalls leaves under way what was.
 */
#ifndef ETCD_H
#define ETCD_H

#include "base/vec.h"
#include "core/claim.h"
#include "core/cluster.h"
#include "model/silence.h"

#define GROUPS 4
#define SET_MAX 8
#define LEASE_TTL (10 * SPAN_S)
#define LEASE_MARGIN SPAN_S
#define REQUEST_TIMEOUT (2 * SPAN_S)

struct day;
struct member;

struct hash_set {
	uint64_t v[SET_MAX];
	size_t n;
};

struct told {
	struct wall at, expires, doubted;
	span age;
	struct hash_set firing, resolved, doubtful, doubtful_ends;
};

struct record {
	uint64_t revision;	/* 0: there is none */
	enum claim_result state;
	int owner;
	uint64_t lease, claim;	/* of the owner */
	bool in_doubt;		/* struct claim */
	struct told told, telling;
	struct decision decision;
};

enum op_kind { OP_CLAIM, OP_READ, OP_RESULT, OP_SILENCE, OP_KEEPALIVE };

/* A request under way, or its answer. */
struct op {
	enum op_kind kind;
	span sent, due;
	int from;
	unsigned life;		/* of the member that it is of */
	bool back;		/* it is the answer */
	bool answered;		/* with back */
	bool in_doubt;
	uint64_t id, lease;	/* the claim; the lease that it is made under */
	int group;
	uint64_t revision;
	enum claim_result result;
	struct told told, telling;
	struct decision decision;
	struct silence *silence;	/* a reference */
	struct wall expires;
	enum claim_verdict verdict;	/* with back, and the record as it was then */
	struct record record;
};

enum news_kind { NEWS_RECORD, NEWS_SILENCE, NEWS_MEMBERS };

struct news {
	span at;
	enum news_kind kind;
	int group;
	struct record record;
	struct silence *silence;
	struct wall expires;
	uint64_t leases[7];	/* by member; 0: none */
};

struct lease {
	uint64_t id;		/* 0: none */
	span until;
};

struct etcd {
	uint64_t revision, last_lease;
	struct record records[GROUPS];
	VEC(struct news) news;
	VEC(struct op) ops;
	struct lease leases[7];
	span away_until;	/* nobody is served */
	span shaky_until;	/* some answers are lost */
	uint64_t claims_won, taken_over, held, lost;
};

struct edge {
	span cut_until;		/* from the store */
	bool was_cut;		/* something was not answered since all was compared */
	unsigned life;		/* processes so far */
	uint64_t lease;		/* as it believes */
	span leased_at;		/* when the last answered keep-alive was sent */
	span keepalive_at;
	bool watches, settled;
	span started, watch_lag;
	size_t watch_at;
	uint64_t seen[GROUPS];	/* revisions */
	uint64_t alive[7];	/* leases, as watched */
	VEC(struct op) waits;	/* questions that others hold */
	VEC(struct op) asked;	/* all */
};

/* etcd.c */
void etcd_step(struct day *d);
void etcd_fini(struct day *d);
void etcd_send(struct day *d, struct op *op);
bool etcd_reaches(const struct day *d, int member);
int group_of_key(struct str key);
struct log_entry told_entry(const struct told *t, int group);
struct told told_of(const struct log_entry *entry);
bool set_has(const struct hash_set *s, uint64_t hash);
/* Into *to what was in doubt then, unless t says something of it, later. */
void doubt(const struct told *t, struct hash_set *to, const struct hash_set *more, struct wall then);

/* edge.c */
void edge_init(struct member *m);
void edge_begin(struct day *d, struct member *m);
void edge_step(struct day *d, struct member *m);
void edge_answer(struct day *d, struct member *m, struct op *op);
void edge_share(struct member *m, const struct change *c);
void edge_fini(struct member *m);

#endif
