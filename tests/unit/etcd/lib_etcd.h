/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_etcd.h - an etcd for tests, in virtual time, with as many endpoints as are wanted: it answers what a session asks as the
 * real one does, or as badly as it is told.
 */
#ifndef LIB_ETCD_H
#define LIB_ETCD_H

#include "base/list.h"
#include "base/sbuf.h"
#include "base/vec.h"
#include "etcd/etcd.h"

#define ENDPOINTS 3

enum behaviour { WELL, SILENT, REFUSING_CONNECTIONS, GARBAGE, ENDLESS, LEADERLESS, ENDS_WATCHES, CANNOT_RANGE };

struct fake_kv {
	struct str key, value;
	int64_t created, revision, lease;
};

struct fake_change {
	struct str key, value;
	int64_t revision;
	bool gone;
	int64_t lease;
};

struct fake_etcd {
	/* The world's side. */
	struct mono now;
	enum behaviour endpoint[ENDPOINTS];
	bool auth;			/* asks for the newest of its tokens, which who knows that the password is "secret" gets */
	int tokens;
	bool full;			/* it has no space left: no lease is granted, and nothing set */
	size_t piece;			/* bytes handed over at a time; 0: all */
	span delay;			/* of every answer */
	int64_t revision, compacted;
	int64_t lease, leases;		/* the one that there is (0: none) of so many */
	struct mono lease_until;
	VEC(struct fake_kv) kvs;	/* by their keys */
	VEC(struct fake_change) changes;
	size_t asked_at[ENDPOINTS];
	char last_token[64];
	size_t warnings;		/* and errors, in the log */

	/* The session, and what it told of. */
	struct etcd *e;
	struct etcd_port port;
	struct list waiting;		/* requests without an answer */
	VEC(struct fake_kv) seen;	/* by record; revision < 0: gone */
	size_t records, synced, changed, cut;
	struct etcd_outcome outcome;	/* the last one, but for its texts */
	uint64_t outcome_of;
	size_t outcomes;
	char why[200];
	struct sbuf moved;		/* the value that came along */
};

/* Begins a session with the first n endpoints. */
void fake_begin(struct fake_etcd *f, size_t n, const char *username, const char *password);
void fake_end(struct fake_etcd *f);
/* Lets time pass. */
void fake_run(struct fake_etcd *f, span d);
/* Somebody else sets (or with a NULL value drops) a record. */
void fake_put(struct fake_etcd *f, const char *key, const char *value, int64_t lease);
const struct fake_kv *fake_get(const struct fake_etcd *f, struct str key);
/* Watches that are under way end, as who is in between ends what is idle: in order, or broken off. */
void fake_end_watches(struct fake_etcd *f, bool broken);
/* All its data is lost, and it begins anew: its watches say nothing of it. */
void fake_lose_all(struct fake_etcd *f);
/* The record as it was told of last, by its key below the prefix; NULL: it was not, or is gone. */
const struct fake_kv *fake_seen(const struct fake_etcd *f, const char *key);
/* Submits it, and runs until its outcome is there. */
enum etcd_fate fake_txn(struct fake_etcd *f, const char *key, const char *value, int64_t revision, bool fenced);

#endif
