/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip/port.h - all that a member of a cluster asks of the world.
 *
 * To the sockets: packet, call, reply. To whoever keeps silences and the notification log: merge and full_state, which
 * are answered by these of gossip/gossip.h:
 *
 *	gossip_broadcast(g, key, bytes, now)	one delimited record changed: here, or by a merge unless gossip_is_large
 *	gossip_state(g, pushpull, parts, n, now)	the whole state that full_state wanted
 *	gossip_settled, gossip_position, gossip_size	for the wait before a notification
 */
#ifndef GOSSIP_PORT_H
#define GOSSIP_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rand.h"
#include "base/str.h"
#include "base/time.h"
#include "gossip/address.h"

/* The keys of user state, as Alertmanager names them. Bytes: varint-length-delimited MeshEntry or MeshSilence. */
#define GOSSIP_KEY_LOG "nfl"
#define GOSSIP_KEY_SILENCES "sil"

/* A whole state larger than this is not taken by other members (memberlist), nor are ours sent. */
#define GOSSIP_STATE_MAX ((size_t)20 << 20)

/* One key of a whole state, or one change. */
struct gossip_part {
	struct str key, bytes;
};

/* Keys of a whole state of ours. */
#define GOSSIP_PARTS_MAX 4

/*
 * A plain message, in pieces that follow each other: of a whole state, which may be large and wanted by many, those of its
 * parts are the caller's of gossip_state, where they are.
 */
struct gossip_pieces {
	struct str v[2 * GOSSIP_PARTS_MAX + 1];
	size_t n;
};

enum gossip_note {
	GOSSIP_NOTE_JOINED, /* a member is there, or again */
	GOSSIP_NOTE_LEFT, /* a member said so */
	GOSSIP_NOTE_FAILED, /* a member does not answer */
	GOSSIP_NOTE_CONFLICT, /* two members have one name, or one name two addresses */
	GOSSIP_NOTE_SETTLED,
	GOSSIP_NOTE_NOT_SETTLED, /* but goes on anyway */
	GOSSIP_NOTE_JOIN_FAILED, /* an address to join does not answer, and nobody else is there */
	GOSSIP_NOTE_UNREACHED, /* an address does not answer, while others are there or later */
	GOSSIP_NOTE_REFUTED, /* others thought us dead or suspect */
	GOSSIP_NOTE_BAD, /* a message that is malformed, foreign or too large; detail says which */
	GOSSIP_NOTE_PRUNED, /* too many changes were waiting */
	GOSSIP_NOTE_N,
};

/* Arguments are borrowed for the call. Functions of the port do not call back into the gossip, but full_state and merge may. */
struct gossip_port {
	/* A datagram, ready as it is. It may get lost. */
	void (*packet)(struct gossip_port *self, const struct gossip_address *to, struct str bytes);
	/*
	 * Opens a stream to `to` and sends a plain message. `answered`: the answer goes to gossip_answer, what fails, or
	 * takes beyond the deadline, to gossip_gone. Else gossip_answer with nothing says that it was sent.
	 */
	void (*call)(struct gossip_port *self, uint64_t call, const struct gossip_address *to,
	    const struct gossip_pieces *message, bool answered, struct mono deadline);
	/*
	 * Opens the stream of a call that has a large message, which is made, and comes, when gossip_dialled says that it is there.
	 * A failure goes to gossip_gone. NULL: it is opened by the call.
	 */
	void (*dial)(struct gossip_port *self, uint64_t call, const struct gossip_address *to, struct mono deadline);
	/* The answer to a stream that came in; it is closed behind it. No pieces: it is closed. */
	void (*reply)(struct gossip_port *self, uint64_t stream, const struct gossip_pieces *message);
	/*
	 * Something of the state of others: the bytes of one key, one or many records. `whole`: part of a whole state,
	 * which may be large: whoever merges it does that in slices, from a copy. Unknown keys do not get here.
	 */
	void (*merge)(struct gossip_port *self, struct str key, struct str bytes, bool whole, struct mono now);
	/* Wants our whole state: gossip_state with this number, at once or later; later states are as good. */
	void (*full_state)(struct gossip_port *self, uint64_t pushpull);
	/* Something to be logged; name, address or detail may be empty. NULL: nobody asks. */
	void (*note)(struct gossip_port *self, enum gossip_note note, struct str name,
	    const struct gossip_address *address, struct str detail);
	struct rand rand; /* seeded by whoever makes the port */
};

#endif
