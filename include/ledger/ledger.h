/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger/ledger.h - silences, log entries and claims of all members, in an etcd: between core/claim.h and etcd/etcd.h.
 *
 * One record for each silence, `silences/ID`, and one for each entry of the notification log, `log/HASH`: what was told, and
 * what the owner of an open claim is about to tell. Records that others wrote are merged into the engine; what this member changes
 * is written if nobody was faster, else compared anew. When etcd was away, all that is newer here is written afterwards.
 *
 * Pure: no sockets, no clock. The functions named port_… are for the port of the engine and do not call it; all others may.
 * Records are as hostile as any input: those that make no sense are passed over, and overwritten when there is something to write.
 */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "base/work.h"
#include "core/claim.h"
#include "core/ports.h"
#include "etcd/etcd.h"

struct engine;
struct ledger;

struct ledger_options {
	struct engine *engine;
	struct etcd *etcd;		/* both borrowed for its life */
	struct str member;		/* that of the etcd's options, with a NUL behind it */
	span peer_timeout, lease_ttl;
	const struct log *log;
	/* ledger_work has something to do. */
	void (*ready)(void *arg);
	void *arg;
};

struct ledger *ledger_new(const struct ledger_options *o, struct mono now) MUST_CHECK;
/* Sets *l to NULL, which it may be already. */
void ledger_free(struct ledger **l);

/* For the engine's port. A claim waits until ledger_ask: its intent may not be durable yet. */
void ledger_port_claim(struct ledger *l, const struct claim *c);
void ledger_port_claim_over(struct ledger *l, uint64_t id);
void ledger_port_claim_result(struct ledger *l, const struct claim *c, enum claim_result r);
void ledger_port_share(struct ledger *l, const struct change *c);
/* An unknown id is one that nobody waits for any more. */
void ledger_ask(struct ledger *l, uint64_t id, struct moment now);

/* For the etcd's port. Merging it is spent from w, which is not asked: one record is one step. */
void ledger_record(struct ledger *l, const struct etcd_kv *kv, struct work *w, struct moment now);
void ledger_synced(struct ledger *l);
void ledger_done(struct ledger *l, uint64_t op, const struct etcd_outcome *o, struct moment now);
void ledger_changed(struct ledger *l);

/* Answers the engine, tells it of members, writes what is to be written: as far as w reaches. False: there is more to do. */
bool ledger_work(struct ledger *l, struct work *w, struct moment now) MUST_CHECK;
/* When ledger_work is to be called again at the latest. */
struct mono ledger_next(const struct ledger *l);
/*
 * Before this member goes: from now on it claims nothing. True: no claim of its own waits for its answer, and all is written; or it
 * cannot be. One that is won, and not yet sent, when the lease is given back is told by another member, too.
 */
bool ledger_rests(struct ledger *l, struct mono now);

struct ledger_figures {
	uint64_t refused;		/* records that make no sense */
	uint64_t claims[5];		/* by enum claim_verdict */
	uint64_t written, lost, unheard;	/* records: written, somebody was faster, no answer */
	size_t records, newer, waiting;	/* known; … of a newer version, which are left alone; to be written */
};
const struct ledger_figures *ledger_figures(struct ledger *l);
/* "won", "moved", "held", "abandoned", "unanswered" */
const char *ledger_verdict_name(enum claim_verdict v);

#endif
