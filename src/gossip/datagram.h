/* SPDX-License-Identifier: Apache-2.0 */
/*
 * datagram.h (private) - the layers of a datagram, from outside in: label, checksum, compression, many messages in one.
 *
 * Each may be missing. A sender of memberlist makes each at most once and in this order, and others are not read: so what a
 * datagram unfolds to is bounded. Any thread.
 */
#ifndef DATAGRAM_H
#define DATAGRAM_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

/* Alertmanager's size of datagrams; and what a member spends of it on each message that rides along, and on all. */
#define DATAGRAM_SIZE 1400
#define DATAGRAM_HEAD 2
#define DATAGRAM_PER_MESSAGE 2
#define DATAGRAM_MESSAGES_MAX 255
/* Bytes that one may unfold to. */
#define DATAGRAM_UNFOLDED_MAX 65536

/* Room for messages beside the label. */
size_t datagram_room(struct str label);
/* One datagram of 1 to DATAGRAM_MESSAGES_MAX messages, each shorter than 65536 bytes. `crc`: the receiver knows checksums. */
void datagram_put(struct sbuf *b, struct str label, bool crc, const struct str *messages, size_t n);

struct datagram {
	struct str messages[DATAGRAM_MESSAGES_MAX]; /* each with its type; slices of the datagram or of `unfolded` */
	size_t n;
	struct sbuf unfolded;
};

/* Takes one apart; datagram_fini afterwards in any case. */
bool datagram_get(struct str in, struct str label, struct datagram *out, struct err *e) MUST_CHECK;
void datagram_fini(struct datagram *d);

/* Appends a compressed message of a plain one; and the reverse, up to what `out` may hold. */
void compressed_put(struct sbuf *out, struct str plain);
bool compressed_get(struct sbuf *out, struct str fields, struct err *e) MUST_CHECK;
/* Splits the label's header off. False: the label is another one. */
bool label_take(struct str *in, struct str label, struct err *e) MUST_CHECK;
void label_put(struct sbuf *b, struct str label);

#endif
