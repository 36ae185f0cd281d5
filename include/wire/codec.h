/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/codec.h (private) - silences and log entries as Alertmanager writes them.
 *
 * The bodies of our rows are the messages of Alertmanager's snapshot files
 * (silence/silencepb MeshSilence, nflog/nflogpb MeshEntry), so that moving in
 * and out is copying. Fields that we do not know stay with the record.
 */
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

#include "base/arena.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "core/nflog.h"
#include "model/silence.h"

void codec_put_silence(struct sbuf *b, const struct silence *s, struct wall expires);
/* A new silence with one reference, or NULL. ERR_INVALID: malformed; ERR_NOT_FOUND: fine but for a matcher that does not compile. */
struct silence *codec_get_silence(struct str body, struct wall *expires_out, struct err *e) MUST_CHECK;

/* The key of its row. */
void codec_log_entry_key(struct sbuf *b, const struct log_entry *entry);
void codec_put_log_entry(struct sbuf *b, const struct log_entry *entry);
/* Everything of *out lives in the arena or is a slice of body. */
bool codec_get_log_entry(struct str body, struct arena *a, struct log_entry *out, struct err *e) MUST_CHECK;

/* Copies it without what is ours alone, and with all that only others know. */
void codec_strip_log_entry(struct sbuf *b, struct str body);

/* Fields of this number, one per value; and one of them, appended to *out. */
void codec_put_receiver_data(struct sbuf *b, unsigned field, const struct receiver_data *data);
bool codec_get_receiver_value(struct str bytes, struct arena *a, struct receiver_data *out) MUST_CHECK;

#endif
