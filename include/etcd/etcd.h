/* SPDX-License-Identifier: Apache-2.0 */
/*
 * etcd/etcd.h - a session with an etcd (3.4 and later) through its JSON gateway, as one value.
 *
 * A pure state machine: a token where users are asked for their names, a lease that is kept alive, the key of this member
 * under that lease, all records below a prefix, read page by page and watched from there on, and transactions on one key
 * each. It has no sockets and reads no clock: every entry point is told the time, and HTTP requests go out by its port,
 * which also carries what was heard. The server and the unit tests run the same code.
 *
 * In:	etcd_start, etcd_bytes and etcd_answered for each port->ask, etcd_tick (when etcd_next says so), etcd_read_some (when
 *	etcd_unread), etcd_submit.
 * Out:	the port.
 *
 * Endpoints are tried in turn: one that does not answer, answers nonsense or has no leader is left for the next one, with a
 * pause after each round. All that an etcd says is bounded before anything is kept of it. Loop thread only.
 */
#ifndef ETCD_ETCD_H
#define ETCD_ETCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "base/work.h"

struct fetch_response;

/* A record's value that is longer is not handed out whole (struct etcd_kv.cut). */
#define ETCD_VALUE_MAX ((size_t)520 << 10)
#define ETCD_KEY_MAX ((size_t)1 << 10)
/* Bytes heard that wait to be read; a request that brings more than that is ended. */
#define ETCD_UNREAD_MAX ((size_t)16 << 20)
/* Transactions that wait for their answers, or their turn. */
#define ETCD_OPS_MAX 4096
#define ETCD_MEMBERS_MAX 1000
#define ETCD_MEMBER_ID_MAX 64
#define ETCD_TTL_MIN (2 * SPAN_S)
#define ETCD_TTL_MAX SPAN_HOUR

struct etcd;

/* One HTTP request: POST of `body` to `url`. The texts are borrowed until its answer, or port->give_up. */
struct etcd_request {
	uint64_t id;
	struct str url, body;
	struct str token;	/* the value of Authorization; empty: none */
	bool needs_leader;	/* to say Grpc-Metadata-Hasleader: true */
};

/* A record below the prefix, or that it is gone. Borrowed for the call. */
struct etcd_kv {
	struct str key;		/* without the prefix and its slash */
	struct str value;
	bool cut;		/* … which is longer than ETCD_VALUE_MAX, and not all there */
	bool gone;		/* dropped, or its lease ended; there is no value */
	int64_t revision;	/* of its last change */
	int64_t lease;		/* 0: none */
};

/* The fate of a transaction. */
enum etcd_fate {
	ETCD_DONE,	/* it was carried out, at `revision` */
	ETCD_MOVED,	/* the key is not at that revision: the record that it holds comes along, if there is one */
	ETCD_UNHEARD,	/* no answer in time, or no session: whether it was carried out is not known */
	ETCD_REFUSED,	/* etcd does not do that: `why` */
};

struct etcd_outcome {
	enum etcd_fate fate;
	int64_t revision;
	const struct etcd_kv *now;	/* MOVED; NULL: there is no record */
	struct str why;			/* UNHEARD, REFUSED */
};

/* None of them calls back into the etcd, but etcd_submit and etcd_forget, which `record`, `done` and `synced` may call. */
struct etcd_port {
	/* Sends it. The answer goes to etcd_bytes and etcd_answered, later. */
	void (*ask)(void *arg, const struct etcd_request *r);
	/* Nobody waits for it any more: neither etcd_bytes nor etcd_answered is to come. */
	void (*give_up)(void *arg, uint64_t id);
	/* A record was found, set or dropped; those of members are not told of. The work on it is spent from w. */
	void (*record)(void *arg, const struct etcd_kv *kv, struct work *w, struct mono now);
	/* All records there were have been told of since the last `record` of another time: what was not is not there. */
	void (*synced)(void *arg, struct mono now);
	void (*done)(void *arg, uint64_t op, const struct etcd_outcome *o, struct mono now);
	/* Something has changed: who is a member, whether there is a session, until when its lease lasts. */
	void (*changed)(void *arg);
	void *arg;
};

struct etcd_options {
	const struct str *endpoints;	/* http://HOST:PORT or https://…, without a slash at the end; at least one */
	size_t endpoints_n;
	struct str prefix;		/* begins with a slash, and has none at its end */
	span lease_ttl;			/* whole seconds */
	struct str username, password;	/* empty: nobody is asked for */
	struct str member;		/* id of this one among the members: no slash, up to ETCD_MEMBER_ID_MAX */
	struct str name;		/* for those who look at the members */
	uint64_t seed;
	const struct log *log;		/* NULL: nothing is said */
};

/* Copies the options; borrows the port and the log. */
struct etcd *etcd_new(const struct etcd_options *o, const struct etcd_port *port) MUST_CHECK;
/* Gives up all requests; sets *e to NULL, which it may be already. */
void etcd_free(struct etcd **e);

void etcd_start(struct etcd *e, struct mono now);
/* A piece of the body of an answer of 2xx. False: it makes no sense, or there is too much of it; the request is to be ended as failed. */
bool etcd_bytes(struct etcd *e, uint64_t request, struct str piece, struct mono now) MUST_CHECK;
/* The end of a request; r->body is that of an answer that is not 2xx. */
void etcd_answered(struct etcd *e, uint64_t request, const struct fetch_response *r, struct mono now);
/* Records that were heard are handed out until w is used up. */
bool etcd_unread(const struct etcd *e);
void etcd_read_some(struct etcd *e, struct work *w, struct mono now);
void etcd_tick(struct etcd *e, struct mono now);
struct mono etcd_next(const struct etcd *e);

/* A transaction on one key: if it is at that revision, its record is set or dropped. */
struct etcd_op {
	uint64_t id;		/* the caller's, for port->done; not 0 */
	struct str key;		/* without the prefix */
	struct str value;
	bool drop;
	bool fenced;		/* only as long as this member's key is there, under its present lease */
	int64_t revision;	/* 0: there is no such record */
	struct mono until;	/* the answer is waited for until then */
};
/* Copies it. False: there is no session, or too many wait; port->done will not be called. */
bool etcd_submit(struct etcd *e, const struct etcd_op *op, struct mono now) MUST_CHECK;
/* Nobody waits for it any more; it may be carried out all the same. */
void etcd_forget(struct etcd *e, uint64_t op);

/* Gives the lease back when all transactions are answered, so that the others need not wait for its end; etcd_left: done, or nobody answers. */
void etcd_leave(struct etcd *e, struct mono now);
bool etcd_left(const struct etcd *e);

/* There is a lease, the member's key, and all records were read once. */
bool etcd_is_up(const struct etcd *e, struct mono now);
/* The number of the whole reading of all records that is under way, or was the last one. */
unsigned etcd_reading(const struct etcd *e);
/* How often the etcd was found to have lost what it had said: revisions from before mean nothing after it, and all is read anew. */
unsigned etcd_histories(const struct etcd *e);
/* When the lease ends if nobody keeps it; in the past when there is none. */
struct mono etcd_lease_until(const struct etcd *e);
int64_t etcd_lease(const struct etcd *e);	/* 0: none */

struct etcd_member {
	struct str id, name;
	int64_t lease;
};
/* By their ids; this one is among them when the etcd has it. Borrowed until the next call with `now`. */
size_t etcd_members(const struct etcd *e);
struct etcd_member etcd_member_at(const struct etcd *e, size_t i);
/* Whether the member is there, under that lease. */
bool etcd_is_alive(const struct etcd *e, struct str id, int64_t lease);

/* Requests by what they are for, in the order of their rows: enum member, name in metrics. */
#define ETCD_CALLS(X)              \
	X(AUTHENTICATE, "authenticate") \
	X(GRANT, "lease_grant")         \
	X(KEEP_ALIVE, "lease_keepalive") \
	X(REVOKE, "lease_revoke")       \
	X(JOIN, "join")                 \
	X(RANGE, "range")               \
	X(WATCH, "watch")               \
	X(TXN, "txn")

enum etcd_call {
#define X(kind, name) ETCD_CALL_##kind,
	ETCD_CALLS(X)
#undef X
	ETCD_CALL_N,
};
const char *etcd_call_name(enum etcd_call c);

#define ETCD_LATENCY_N 8
extern const double etcd_latency_bounds[ETCD_LATENCY_N];	/* seconds */

struct etcd_figures {
	uint64_t requests[ETCD_CALL_N], failures[ETCD_CALL_N];
	uint64_t latency[ETCD_LATENCY_N + 1];	/* of answers to all but watches; not cumulative */
	double latency_sum;
	uint64_t events, leases_lost, watches_begun, syncs;
	int64_t revision;	/* that the records are known up to */
	size_t unread_bytes, ops;
	struct str endpoint;
	struct str error;	/* the last one, while there is no session; empty: none */
};
struct etcd_figures etcd_figures(const struct etcd *e);
/* How long a change of our own has not come back by the watch; 0: none is missing. */
span etcd_watch_lag(const struct etcd *e, struct mono now);

#endif
