/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/codec_state.h (private) - groups and notifications under way.
 *
 * Messages of Protocol Buffers of our own; the field numbers are in
 * codec_state.c. Unknown fields are skipped. The result lives in the arena or
 * is a slice of the body, except labels, which are new references.
 */
#ifndef WIRE_CODEC_STATE_H
#define WIRE_CODEC_STATE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "core/ports.h"

/* Reads a group of schema 1. The caller drops out->labels. */
bool codec_get_group(struct str body, struct arena *a, struct group_state *out, struct err *e) MUST_CHECK;

/* Keys that are numbers; 0 is none. */
void codec_number_key(uint64_t number, char out[8]);
uint64_t codec_get_number_key(struct str key);

void codec_put_intent(struct sbuf *b, const struct intent_state *i);
/* The caller drops out->labels. */
bool codec_get_intent(struct str body, struct arena *a, struct intent_state *out, struct err *e) MUST_CHECK;

/* A point in time by itself. */
void codec_put_time(struct sbuf *b, struct wall t);
bool codec_get_time(struct str body, struct wall *out) MUST_CHECK;

#endif
