/* SPDX-License-Identifier: Apache-2.0 */
/*
 * etcd/say.h (private) - requests to an etcd, as JSON.
 *
 * Keys are those of the etcd, with the prefix. Bodies are appended.
 */
#ifndef ETCD_SAY_H
#define ETCD_SAY_H

#include "base/sbuf.h"
#include "etcd/etcd.h"

void say_authenticate(struct sbuf *b, struct str username, struct str password);
void say_grant(struct sbuf *b, span ttl);
/* The body of keep-alive and of revoke. */
void say_lease(struct sbuf *b, int64_t lease);
/* Keys from `from` up to, not with, `end`, at a revision (0: the newest), at most so many. */
void say_range(struct sbuf *b, struct str from, struct str end, int64_t revision, unsigned limit);
void say_watch(struct sbuf *b, struct str from, struct str end, int64_t revision);

struct say_fence {
	struct str key;		/* is to be under… */
	int64_t lease;		/* …this lease; 0: nothing is asked for */
};
/* If `key` is at `revision`, it is set to `value`, or dropped; else it is read. */
void say_put(struct sbuf *b, struct str key, struct str value, int64_t revision, const struct say_fence *fence);
void say_drop(struct sbuf *b, struct str key, int64_t revision, const struct say_fence *fence);
/* Sets `key` under a lease, whatever it holds. */
void say_join(struct sbuf *b, struct str key, struct str value, int64_t lease);

#endif
