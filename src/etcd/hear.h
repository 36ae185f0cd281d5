/* SPDX-License-Identifier: Apache-2.0 */
/*
 * etcd/hear.h (private) - what an etcd answers, as values.
 *
 * The gateway writes 64-bit numbers as strings, bytes in base64, and leaves out what is zero. Answers of streams stand in
 * "result", refusals in "error".
 */
#ifndef ETCD_HEAR_H
#define ETCD_HEAR_H

#include "base/err.h"
#include "base/sbuf.h"
#include "etcd/etcd.h"

#define ETCD_TOKEN_MAX 8192

/* The codes of gRPC that are told apart. */
enum grpc_code {
	GRPC_OK = 0,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_NOT_FOUND = 5,
	GRPC_FAILED_PRECONDITION = 9,
	GRPC_OUT_OF_RANGE = 11,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
	GRPC_UNAUTHENTICATED = 16,
};

/* An object without the list in it. */
struct heard {
	int64_t revision;		/* of the header */
	int64_t lease, ttl;		/* seconds */
	int64_t compacted;		/* a watch begins too early: there is nothing before this revision */
	bool succeeded;			/* a transaction's comparison held */
	bool more;			/* a range has more keys */
	bool created, canceled;		/* a watch */
	char token[ETCD_TOKEN_MAX];
	int code;			/* of gRPC; not 0: it is a refusal, and `error` says why */
	struct err error;
};

/* False: it is not an object of that kind at all. */
bool hear_object(struct str json, struct heard *out, struct err *e) MUST_CHECK;
/* The refusal in the body of an answer of that HTTP status, which may be anything. */
void hear_refusal(struct str body, int status, struct heard *out);

/* An object of a list: a key of a range, an event of a watch, an answer to a part of a transaction. */
enum heard_list { HEARD_KV, HEARD_EVENT, HEARD_RESPONSE };
/* *out is in the buffer, its key with the prefix. `there`: there is one in it. */
bool hear_element(enum heard_list list, struct str json, bool cut, struct sbuf *buffer, struct etcd_kv *out, bool *there,
    struct err *e) MUST_CHECK;

#endif
