/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/codec_unknown.h (private) - which fields are whose.
 */
#ifndef WIRE_CODEC_UNKNOWN_H
#define WIRE_CODEC_UNKNOWN_H

#include "base/arena.h"
#include "core/nflog.h"
#include "wire/proto.h"

/* Fields of our own in an entry of the log: Alertmanager passes over them. */
enum {
	ENTRY_DOUBTFUL = 1001,
	ENTRY_PARTLY_CONTENT = 1002,
	ENTRY_PARTLY_AT = 1003,
	ENTRY_PARTLY_TO = 1004,
	ENTRY_BY_PEER = 1005,
	ENTRY_DOUBTFUL_ENDS = 1006,
	ENTRY_AGE = 1007,	/* nanoseconds; the only one that others are told */
	ENTRY_DOUBTED = 1008,
};
bool codec_is_left_behind(const struct proto_field *f);
/* Our own field of a silence, likewise: codec_extra.h. */
enum { SILENCE_EXTRA = 1010 };

/* Those that codec.c reads, of silences, entries, and what stands around either. */
bool codec_knows_of_silence(const struct proto_field *f);
bool codec_knows_of_entry(const struct proto_field *f);
bool codec_knows_around(const struct proto_field *f);
/* Appends all others of a message as they stand there. */
void codec_unknown(struct sbuf *b, struct str message, bool (*known)(const struct proto_field *f));
/* Those of an entry and of what stands around it, in a; NULL: there are none. */
const struct unknown_fields *codec_unknown_of_entry(struct str entry, struct str around, struct arena *a);

#endif
