/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger/state.h (private) - what a ledger keeps, for the files that it is made of.
 */
#ifndef LEDGER_STATE_H
#define LEDGER_STATE_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/sbuf.h"
#include "core/cluster.h"
#include "core/engine.h"
#include "ledger/ledger.h"
#include "record.h"

#define KNOWN_MAX 1500000	/* records that others can make this member remember */
#define READ_FIRST INT64_MAX	/* no record is of that revision: the present one comes as an answer */
#define WRITES_MAX 20000
#define WRITES_FEW 64		/* the comparison of all records goes on when no more are waiting */
#define WRITE_PATIENCE (10 * SPAN_S)
#define REFUSED_PAUSE (10 * SPAN_S)

/* A record that the etcd has or had. */
struct known {
	struct hmap_node node;
	struct str key;
	uint64_t revision;
	struct wall updated;	/* when it was told or changed; WALL_ZERO: never, or nobody knows */
	struct wall expires;
	bool gone;
	bool newer;		/* a later version of tocsin has written it: it is left alone */
	bool open;		/* somebody's claim is in it */
	unsigned reading;	/* of the etcd: the last one that found it, or that was the last when it was heard of */
	char bytes[];
};

/* A transaction that somebody here waits for. */
struct pending {
	struct hmap_node node;	/* in ledger.pending, by op; 0: it is not there */
	uint64_t op;
	bool is_write;
};

enum asked_state {
	ASKED_PARKED,	/* until ledger_ask */
	ASKED_BEHIND,	/* a record that is to be written to that key before */
	ASKED_NOW,	/* in the etcd */
	ASKED_HELD,	/* by another member, whose record is `held` */
	ASKED_WON,
	ASKED_UNSURE,	/* no answer came: the etcd may have taken it */
};

/* A question of the engine. */
struct asked {
	struct list_node place;
	struct list *in;		/* ledger.asked, .waiting or .due */
	struct hmap_node node, keyed;	/* by id; by key, which old and new ones may have in common */
	struct pending pending;
	uint64_t id;
	enum asked_state state;
	bool over;			/* nobody waits for the answer */
	bool unanswered;		/* to be told so by ledger_work; it is due */
	struct arena *arena;
	struct str key;
	struct log_record record;	/* as it would be written, but for owner and lease */
	uint64_t revision;		/* it is to be at; WON: of our record */
	struct str held;		/* HELD: the value of the record that is in the way, on the heap */
	uint64_t held_revision;
};

/* A record that is to be written. */
struct write {
	struct list_node place;		/* in ledger.writes, or .sent if the etcd is asked */
	struct hmap_node node;		/* by key */
	struct pending pending;
	struct arena *arena;
	struct str key;
	uint64_t number;		/* of no other one */
	const struct silence *silence;	/* a reference; NULL: it is a log entry */
	struct log_record record;
	struct wall updated, expires;
	uint64_t revision;		/* it is to be at */
	int64_t lease;			/* a result: of the claim that it is of, as record.claim is; 0: of none */
};

/* Something that there is to be told of for each of many records: the first few in a minute are. */
struct seldom {
	struct mono since;
	unsigned told;		/* … then */
	uint64_t others;	/* after the last one that was */
};

struct ledger {
	struct ledger_options o;
	struct log log;
	struct mono began;
	struct hmap known, by_id, asked_by_key, by_key, pending;
	struct list asked;		/* questions that an answer of the etcd or a word of the engine moves */
	struct list waiting;		/* … HELD or BEHIND */
	struct list due;		/* … that ledger_work has to look at */
	struct list writes, sent;
	size_t writes_n;		/* of both */
	uint64_t last_op, last_write;
	struct arena *arena;		/* of the record at hand */
	struct seldom refusals, newer;
	unsigned reading;		/* the last one that is over */
	unsigned histories;		/* of the etcd, that what is known is of */
	bool changed;			/* the engine is to be told of members */
	bool missed;			/* something that is newer here may not have been written */
	bool comparing;			/* all records here with those of the etcd */
	bool was_up;
	bool resting;			/* nothing is claimed any more */
	struct share_cursor compared;
	struct mono compare_at;		/* not before that, as the etcd refuses; 0: it does not */
	struct hmap_cursor swept;
	bool sweeping;
	struct mono sweep_at;
	struct claims_state told;	/* to the engine */
	struct ledger_figures figures;
};

void make_ready(struct ledger *l);
bool is_up(const struct ledger *l, struct moment now);

/* known.c */
struct known *known_find(const struct ledger *l, struct str key);
/* NULL: there is no room. */
struct known *known_get(struct ledger *l, struct str key);
void known_free_all(struct ledger *l);
/* Looks for records that were not found by the last whole reading, or are no more needed; false: w is used up. */
bool known_sweep(struct ledger *l, struct work *w, struct moment now);
/* Merges a record, unless a newer one is known. Spends from w what that takes; NULL: it is a single one. */
void take_record(struct ledger *l, const struct etcd_kv *kv, struct work *w, struct moment now);
/* Reads it into ledger.arena; false: it makes no sense, for that reason. */
bool read_log_record(struct ledger *l, const struct etcd_kv *kv, struct log_record *out, struct err *why) MUST_CHECK;
bool is_newer(const struct etcd_kv *kv);
/* A record of a newer version is there. */
bool known_is_newer(const struct ledger *l, struct str key);
/* An open claim of this member, under its present lease. */
bool is_ours(const struct ledger *l, const struct log_record *r);

/* doubts.c */
/* The state of doubt that the engine hears of while that claim has no result, beside what was told. */
void doubts_while_open(struct arena *a, struct log_entry *entry, const struct log_entry *telling);
/*
 * Its owner is gone, and told was told without it: all that told does not speak of later is in doubt. So it is with doubts of before, which come
 * likewise: as `firing` and `resolved` of the time at which they arose.
 */
void doubts_when_abandoned(struct arena *a, struct log_entry *told, const struct log_entry *telling);

/* claims.c */
/* A record of others is another: whose claims it holds up are to look. */
void claims_record(struct ledger *l, const struct etcd_kv *kv);
/* Each that is held up looks again: the reason may be over. */
void claims_look_at_all(struct ledger *l);
/* Nothing can be known of other members: those that they hold up are unanswered. */
void claims_held_unanswered(struct ledger *l);
/* Those that wait behind a record that was to be written: it was, or (not `written`) nobody answers. */
void claims_go_on(struct ledger *l, struct str key, bool written);
/* Looks at those that are due, and answers them. False: w is used up, and there are more. */
bool claims_work(struct ledger *l, struct work *w, struct moment now) MUST_CHECK;
void claim_done(struct ledger *l, struct asked *a, const struct etcd_outcome *o, struct moment now);
struct asked *asked_find(const struct ledger *l, uint64_t id);
void asked_free(struct ledger *l, struct asked *a);
void claims_free_all(struct ledger *l);
/* An answer to one is on its way. */
bool claims_are_asked(const struct ledger *l);
bool is_alive(const struct ledger *l, const struct log_record *r);

/* writes.c */
void write_log(struct ledger *l, const struct log_record *r, uint64_t revision);
void write_a_silence(struct ledger *l, const struct change *c);
bool write_waits(const struct ledger *l, struct str key);
void write_done(struct ledger *l, struct write *w, const struct etcd_outcome *o, struct moment now);
/* Asks the etcd for those that wait. False: w is used up, and there are more. */
bool writes_go(struct ledger *l, struct work *w, struct moment now) MUST_CHECK;
void write_free(struct ledger *l, struct write *w);
void writes_free_all(struct ledger *l);

/* A transaction for whoever waits by p. False: there is no session. */
bool submit(struct ledger *l, struct pending *p, const struct etcd_op *op, struct moment now) MUST_CHECK;
void forget(struct ledger *l, struct pending *p);
/* A copy in the arena, with all it points to. */
bool copy_log_record(struct arena *a, const struct log_record *r, struct log_record *out) MUST_CHECK;

#endif
