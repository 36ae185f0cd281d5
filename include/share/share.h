/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share/share.h - what members of a cluster tell each other of silences and log entries, as bytes.
 *
 * Records are Alertmanager's MeshSilence and MeshEntry, each with its length as a varint in front: one is a change, many
 * are a whole state. All that comes in is copied, and merged into the engine in slices: of 5,000 silences and 10,000 log
 * entries none is too many for a turn. Records that are malformed, or refused by the engine, are counted and passed over.
 *
 * No sockets, no clock: how bytes get from one member to another is somebody else's business. Loop thread only.
 */
#ifndef SHARE_SHARE_H
#define SHARE_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"
#include "base/work.h"
#include "core/cluster.h"

struct engine;

enum share_kind { SHARE_LOG, SHARE_SILENCES, SHARE_KINDS };

/* A record that is longer is passed over, and bytes that come while so many wait to be merged are dropped. */
#define SHARE_RECORD_MAX ((size_t)256 << 10)
#define SHARE_WAITING_MAX ((size_t)64 << 20)

/* Which kind a change of port.share is of. */
enum share_kind share_kind_of(const struct change *c);
/* Appends a change as one record, without what is nobody else's business. */
void share_put(struct sbuf *b, const struct change *c);

struct share;

struct share_hooks {
	/* Some of these bytes were news here: others may not have them. Borrowed for the call. */
	void (*pass_on)(void *arg, enum share_kind kind, struct str bytes, struct moment now);
	/* A record that was not taken; `why` says which and why. May be NULL. */
	void (*refused)(void *arg, enum share_kind kind, const struct err *why);
	void *arg;
};

/* Borrows the engine. */
struct share *share_new(struct engine *e, const struct share_hooks *hooks) MUST_CHECK;
/* All that waits is dropped. Sets *s to NULL, which it may be already. */
void share_free(struct share **s);
/* Records of a peer, copied: they wait to be merged. False: too many wait, and these are dropped; the next whole state has them. */
bool share_receive(struct share *s, enum share_kind kind, struct str bytes);
/* As share_receive, of bytes that stay where they are until release(arg). False: it is called as well. */
bool share_receive_kept(struct share *s, enum share_kind kind, struct str bytes, void (*release)(void *arg), void *arg);
bool share_waits(const struct share *s);
/* … and how many bytes of it there are. */
size_t share_waiting(const struct share *s);
/* Merges until nothing waits or w is used up. */
void share_merge_some(struct share *s, struct work *w, struct moment now);

struct share_figures {
	uint64_t malformed, dropped;		/* records; messages */
	uint64_t passed_on[SHARE_KINDS];	/* messages */
};
const struct share_figures *share_figures(const struct share *s);

/* The whole state of this member, as it is gathered; zeroed but for the limits of the buffers: nothing yet. */
struct share_state {
	struct share_cursor at;
	struct sbuf bytes[SHARE_KINDS];
};
/* Gathers more of it; false: w is used up, and there is more. A buffer that is too small sets its overflow. */
bool share_state_some(const struct engine *e, struct share_state *s, struct work *w) MUST_CHECK;

#endif
