/* SPDX-License-Identifier: Apache-2.0 */
/*
 * etcd/state.h (private) - the parts of a session, for the files that it is made of.
 */
#ifndef ETCD_STATE_H
#define ETCD_STATE_H

#include "base/backoff.h"
#include "base/hash.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/min_heap.h"
#include "base/rand.h"
#include "base/sbuf.h"
#include "base/vec.h"
#include "cutter.h"
#include "etcd/etcd.h"
#include "hear.h"
#include "say.h"

#define NEVER ((struct mono){ INT64_MAX })
#define ANSWER_MAX ((size_t)2 << 20)	/* but for ranges and watches */
#define PAGE_MAX 200	/* keys in one answer to a range */
#define IN_FLIGHT_MAX 32	/* transactions at a time */

/* A request on its way. */
struct call {
	struct list_node place;
	struct etcd *e;
	uint64_t id;
	enum etcd_call kind;
	struct mono sent, until;	/* NEVER: it may take as long as it likes */
	int64_t known;			/* etcd.revision when it was asked: no answer is of an older one */
	struct sbuf url, body;
	struct cutter cutter;
	uint64_t op;		/* of a transaction; 0: nobody waits for it */
	/* The answer as far as it was heard; of ranges and watches it goes to etcd.unread instead. */
	struct sbuf object, element;
	size_t heard;		/* bytes */
	bool cut, bad;		/* … bad: cutter_put failed */
	struct err why;
};

/* Something heard of a range or watch. */
struct unread {
	struct list_node place;
	enum { UNREAD_ELEMENT, UNREAD_OBJECT, UNREAD_END } what;
	enum etcd_call kind;
	bool cut;
	size_t n;
	char json[];
};

/* A transaction that somebody waits for. */
struct op {
	struct list_node place;		/* in etcd.ops_waiting or ops_asked */
	struct hmap_node node;		/* by id */
	struct min_item end;		/* by until */
	uint64_t id, number;		/* … of their coming */
	struct str key, value;		/* with it in one block; the key with the prefix */
	bool drop, fenced;
	int64_t revision;
	struct mono until;
	uint64_t call;			/* 0: it waits for its turn */
	char bytes[];
};

/* When something that happens over and over was told of last. */
struct told {
	bool once;
	struct mono at;
};

struct member {
	struct etcd_member m;
	char bytes[];
};

struct etcd {
	struct etcd_options o;
	struct arena *arena;		/* of the options */
	const struct etcd_port *port;
	struct rand rand;
	struct str members_prefix, from, end;	/* PREFIX/members/, PREFIX/, PREFIX0 */
	bool started, leaving, left;

	/* Endpoints. */
	size_t endpoint;
	unsigned failures;		/* since the trouble before this one was over */
	bool answers;			/* so did the last request that came to an end */
	struct mono retry_at;
	struct err trouble;		/* why the last one failed; empty: it did not */
	enum etcd_call trouble_of;
	struct mono trouble_at, refused_at;
	bool told_trouble, told_refusal, told_session;
	struct told told_lost, told_much;

	/* The session. */
	struct sbuf token;
	struct mono token_at;
	bool open;			/* it asks nobody for names */
	int64_t lease;			/* 0: none */
	struct mono lease_until;
	struct mono keep_at;		/* when it is to be kept next */
	bool joined;
	int64_t joined_at;		/* the revision of that; 0: not known */

	/* Records. */
	enum { SYNC_NONE, SYNC_RANGING, SYNC_DONE } sync;
	bool synced_once;
	struct sbuf page_from;		/* the first key of the next page */
	unsigned readings;		/* of all pages, begun */
	unsigned page;			/* keys in one, at most */
	size_t page_got;
	int64_t range_revision;		/* of the first page, and so of all of them */
	int64_t revision;		/* all up to it is known */
	unsigned histories;		/* how often it has lost all that */
	int64_t heard_revision;		/* … up to the last event that was handed out */
	struct list unread;
	size_t unread_bytes;
	struct sbuf buffer;		/* of the record at hand */
	int64_t own_revision;		/* of a change of our own that the watch has not brought; 0: none */
	struct mono own_since;
	struct mono watch_began;
	struct mono watch_moved;	/* when it brought anything last */

	VEC(struct member *) members;	/* by id */
	VEC(struct member *) found;	/* by a range that is not over */

	struct list calls;
	struct list ops_waiting[2];	/* transactions by their coming: those that are not fenced, and that are */
	struct list ops_asked;
	struct hmap ops_by_id;		/* all of them, as the next */
	struct min_heap ops_end;
	size_t in_flight;
	uint64_t last_id, last_op;
	struct etcd_figures figures;
};

/* call.c: requests and endpoints. */
struct call *call_begin(struct etcd *e, enum etcd_call kind, const char *path, struct mono now) MUST_CHECK;
/* Sends it, with the body that was put into it; `patience`: 0: as long as it takes. */
void call_ask(struct call *c, span patience, struct mono now);
struct call *call_of_kind(const struct etcd *e, enum etcd_call kind);
/* Nobody waits for it any more. Frees it. */
void call_give_up(struct call *c);
void call_free(struct call *c);
void calls_expire(struct etcd *e, struct mono now);
/* The endpoint is of no use at this moment: the next one is tried. Gives up all calls. */
void endpoint_failed(struct etcd *e, enum etcd_call of, const struct err *why, struct mono now);
void endpoint_answered(struct etcd *e, enum etcd_call of, struct mono now);
/* As what is told of: warnings, or too often. */
enum log_level seldom(struct told *t, struct mono now);
/* Not more often than that. */
void wait_a_while(struct etcd *e, struct mono now);
span patience(const struct etcd *e);

/* session.c: the token, the lease, the member's key. */
void session_step(struct etcd *e, struct mono now);
void session_heard(struct call *c, const struct heard *h, struct mono now);
void session_refused(struct call *c, const struct heard *h, struct mono now);
void lease_lost(struct etcd *e, const char *why, struct mono now);
/* Its key is not there any more though its lease is: to be set again. */
void member_lost(struct etcd *e, int64_t revision);
bool has_lease(const struct etcd *e, struct mono now);
bool lacks_token(const struct etcd *e);
void forget_token(struct etcd *e);
struct str member_key(const struct etcd *e, struct sbuf *b);

/* members.c */
bool member_is_key(const struct etcd *e, struct str key);
void member_record(struct etcd *e, const struct etcd_kv *kv);
void members_found(struct etcd *e);
void members_forget(struct etcd *e, bool found_only);

/* watch.c: all records, and what becomes of them. */
/* When it is to be begun anew, unless something comes before. */
struct mono watch_stuck_at(const struct etcd *e);
/* When it has been silent for so long that a change of our own is to show whether it is there. */
struct mono watch_doubtful_at(const struct etcd *e);
/* A watch that ended well after it began: whoever is in between ends what is idle, and nothing is wrong. */
bool watch_may_end(const struct etcd *e, struct mono now);
void watch_step(struct etcd *e, struct mono now);
void watch_piece(struct call *c, enum cutter_piece what, struct str json, bool cut);
void watch_ended(struct call *c);
void watch_forget_unread(struct etcd *e);
/* Its answer is of an older revision than what it had said before: it was set up anew, or from a backup. All is to be read. */
void history_lost(struct etcd *e, int64_t revision, struct err *why);
/* A change of our own at that revision: the watch is to bring it. */
void watch_expects(struct etcd *e, int64_t revision, struct mono now);

/* op.c */
size_t ops_n(const struct etcd *e);
/* When the first one is given up. */
struct mono ops_next(const struct etcd *e);
void ops_step(struct etcd *e, struct mono now);
/* Those that were asked for by this call (0: by any) wait for their turn again. */
void ops_again(struct etcd *e, uint64_t call);
void ops_expire(struct etcd *e, struct mono now);
void op_heard(struct call *c, const struct heard *h, struct mono now);
void op_refused(struct call *c, const struct heard *h, struct mono now);
void ops_drop_all(struct etcd *e);

/* etcd.c: whatever is to be asked next is asked. */
void step(struct etcd *e, struct mono now);

#endif
