/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_peer.h - the other end of a TCP connection, on the loop of the test.
 */
#ifndef LIB_PEER_H
#define LIB_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sbuf.h"

struct bufferevent;
struct event_base;

struct peer {
	struct event_base *base;
	struct bufferevent *bev;
	struct sbuf got;	/* all that came */
	bool eof;		/* the other end closed, or worse */
	bool broken;		/* … it was worse */
};

struct peer *peer_new(struct event_base *base, unsigned port);
void peer_free(struct peer *p);
void peer_send(struct peer *p, const char *s);
void peer_send_n(struct peer *p, const void *s, size_t n);
/* Stops or goes on reading. */
void peer_reading(struct peer *p, bool on);
/* Runs the loop until `what` was received after offset `from` and returns the offset behind it; fails the test after 60 s. */
size_t peer_expect(struct peer *p, size_t from, const char *what);
/* … until n bytes were received in all. */
void peer_expect_bytes(struct peer *p, size_t n);
void peer_expect_eof(struct peer *p);
/* Runs the loop until *flag; fails the test after 60 s. */
void loop_until(struct event_base *base, const bool *flag);

#endif
