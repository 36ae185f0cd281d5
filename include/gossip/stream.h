/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip/stream.h - messages as they go over a stream.
 *
 * The one who opens a stream sends the label and one message; the answer is one message without a label. Both are
 * compressed as a whole, or plain. Any thread: packing and unpacking a whole state takes long.
 */
#ifndef GOSSIP_STREAM_H
#define GOSSIP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

/* A message on the wire, and unpacked. Three times what memberlist takes of user state: we read what it would not. */
#define GOSSIP_STREAM_MAX ((size_t)64 << 20)

enum gossip_scanned {
	GOSSIP_MORE, /* has to come */
	GOSSIP_WHOLE,
	GOSSIP_BAD,
};

/* How far a message has been looked at. Zeroed at first. */
struct gossip_scan {
	size_t at;
	size_t whole; /* its length, when that is known; else 0 */
	size_t nodes; /* still to come */
	bool headed;
};

/* Looks at `have`, all that came so far of a message, label and all; each byte is looked at but a few times, however many come at once. */
enum gossip_scanned gossip_scan(struct gossip_scan *s, struct str have, struct err *e);
/* Appends it as it goes out; `label` is empty for answers. */
void gossip_stream_put(struct sbuf *out, struct str label, struct str plain);
/* Appends the plain one of a whole message. ERR_LIMIT: it is longer than `out` may be. */
bool gossip_stream_get(struct sbuf *out, struct str whole, struct str label, struct err *e) MUST_CHECK;

#endif
