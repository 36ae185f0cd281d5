/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h (private) - memberlist's messages, from and to bytes.
 *
 * A message is a byte that tells its type, and a map of fields by name. One struct has the fields of all; those that a
 * message does not have are zero. Source: hashicorp/memberlist, net.go, and datagrams of Alertmanager 0.33. Any thread.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "gossip/address.h"

enum message_type {
	MESSAGE_PING,
	MESSAGE_INDIRECT_PING,
	MESSAGE_ACK,
	MESSAGE_SUSPECT,
	MESSAGE_ALIVE,
	MESSAGE_DEAD,
	MESSAGE_PUSH_PULL, /* its head; node states and user state follow */
	MESSAGE_COMPOUND,
	MESSAGE_USER, /* in a datagram: bytes follow; in a stream: its head */
	MESSAGE_COMPRESS,
	MESSAGE_ENCRYPT, /* never: Alertmanager has no keys */
	MESSAGE_NACK,
	MESSAGE_CRC,
	MESSAGE_ERROR,
	MESSAGE_NODE, /* a node's state within MESSAGE_PUSH_PULL: its type is not written */
	MESSAGE_TYPES,
	MESSAGE_LABEL = 244,
};

/* State of a node in MESSAGE_NODE. */
enum node_state { NODE_ALIVE, NODE_SUSPECT, NODE_DEAD, NODE_LEFT };

/* Meta of a node is at most this long. */
#define MESSAGE_META_MAX 512
/* Versions of a node: least, most and current of the protocol, and of what Alertmanager builds on it. */
#define MESSAGE_VERSIONS 6

struct message {
	enum message_type type;
	uint64_t seq, incarnation, port, source_port, state, nodes, user_state_n, user_message_n, algorithm;
	bool nack, join;
	struct str node; /* also a node's Name */
	struct str from, address, target, meta, versions, source_address, source_node, payload, buffer, error;
};

/* Appends it. */
void message_put(struct sbuf *b, const struct message *m);
/* Reads the fields of a message of `type`, behind its type; *used is how long they are. Unknown fields are passed over. */
bool message_get(struct str in, enum message_type type, struct message *out, size_t *used, struct err *e) MUST_CHECK;
/* As message_get, of a stream of which not all is there: false, with `e` clear, when more has to come first. */
bool message_get_some(
    struct str in, enum message_type type, struct message *out, size_t *used, struct err *e) MUST_CHECK;

#endif
