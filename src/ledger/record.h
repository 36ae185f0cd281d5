/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger/record.h (private) - the values of records, as messages of Protocol Buffers of our own.
 *
 * The first field is the version of the format, and 1. It is raised only by what a reader has to know: a member that finds a higher one
 * leaves the record alone. All else is added as fields, which those who do not know them keep: beside the state of a log
 * entry, and within silences and entries (wire/codec.h).
 */
#ifndef LEDGER_RECORD_H
#define LEDGER_RECORD_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "core/claim.h"
#include "core/ports.h"

#define RECORD_MAX ((size_t)512 << 10)
#define RECORD_OWNER_MAX 64

/* The state of one entry of the notification log. */
struct log_record {
	struct log_entry told;
	struct log_entry telling;	/* OPEN, UNKNOWN: its key is set; else zeroed */
	struct str owner;		/* of the last claim; empty: it was told without one */
	int64_t lease;
	uint64_t claim;			/* its number in the process of its owner; 0: none */
	bool in_doubt;			/* OPEN: it may have been told already when it was claimed */
	struct decision decision;
	enum claim_result state;
	struct str unknown;		/* fields of later versions, as they stand there */
};

/* A later version has written it, in a format that this one does not know. */
bool record_is_newer(struct str value);

void record_put_log(struct sbuf *b, const struct log_record *r);
/* All in the arena, or slices of `value`. */
bool record_get_log(struct str value, struct arena *a, struct log_record *out, struct err *e) MUST_CHECK;
void record_put_mesh_silence(struct sbuf *b, const struct silence *s, struct wall expires);
/* c->silence is a new reference. */
bool record_get_mesh_silence(struct str value, struct change *c, struct err *e) MUST_CHECK;

/* The keys of records. */
void record_log_key(struct sbuf *b, const struct log_key *key);
void record_silence_key(struct sbuf *b, const char *id);

#endif
