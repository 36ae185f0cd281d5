/* SPDX-License-Identifier: Apache-2.0 */
/*
 * streams.h (private) - TCP connections with other members, each for one message and perhaps its answer.
 *
 * Each has a deadline; how many come in at once, and how many bytes all of them hold, is bounded. Large messages are
 * packed and unpacked by a thread.
 */
#ifndef STREAMS_H
#define STREAMS_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "gossip/address.h"
#include "gossip/port.h"

struct bufferevent;
struct event_base;
struct kept;
struct sbuf;
struct streams;

struct streams_options {
	struct event_base *base;
	struct clock *clock;
	struct str label; /* borrowed for its life */
	span timeout; /* of streams that come in, and of answers to them */
	/* A connection to be made, with what comes before a stream in its buffer: TLS. NULL function: plain ones. NULL: none. */
	struct bufferevent *(*dial)(void *arg, const struct gossip_address *to);
	/* A message came in, a connection is there for ours, or an answer, or nothing will. None of these is called from within a function below. */
	void (*request)(void *arg, uint64_t stream, struct str message);
	void (*request_gone)(void *arg, uint64_t stream);
	void (*dialled)(void *arg, uint64_t call);
	void (*answer)(void *arg, uint64_t call, struct str message);
	void (*gone)(void *arg, uint64_t call, struct str why);
	void (*bad)(void *arg, const struct gossip_address *from, struct str why);
	void *arg;
};

/* Takes connections from fd, which is its own from now on; -1: those that it is given. */
struct streams *streams_new(const struct streams_options *o, int fd, struct err *e) MUST_CHECK;
/* One that came in and is made already, some of it perhaps read; its own from now on. May call the functions above. */
void streams_take(struct streams *s, struct bufferevent *bev, const struct gossip_address *from);
/* The bytes, for one user: to be lent. */
struct kept *streams_own(struct streams *s, struct sbuf *bytes) MUST_CHECK;
/* From now on messages are sent without a copy of the pieces that are in these; none: that is over. */
void streams_lend(struct streams *s, struct kept *const *lent, size_t n);
/*
 * Keeps the message that is being delivered, for as long as who asked wants: within `request` and `answer` only. NULL: it
 * is small, and to be copied. See peer/kept.h for its end.
 */
struct kept *streams_keep(struct streams *s);
/* Sets *s to NULL; it may be NULL already. Nothing is called any more. */
void streams_free(struct streams **s);
/* As port.dial, port.call and port.reply of gossip/port.h. */
void streams_dial(struct streams *s, uint64_t call, const struct gossip_address *to, struct mono deadline);
void streams_call(struct streams *s, uint64_t call, const struct gossip_address *to, const struct gossip_pieces *message,
    bool answered, struct mono deadline);
void streams_reply(struct streams *s, uint64_t stream, const struct gossip_pieces *message);

#endif
