/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/records.h - durable records as rows of a key and a body, one set of functions for each RECORD of core/changes.def.
 *
 *	record_key_name		appends the key of its row; c is a set or a drop
 *	record_put_name		appends the body; c is a set
 *	record_get_name		the reverse: *out is a set. All that it points to lives in the arena, is a slice of the
 *				body, or goes with record_release. On failure nothing has to be released.
 */
#ifndef WIRE_RECORDS_H
#define WIRE_RECORDS_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "core/ports.h"

#define RECORD(KIND, name, table, number)                              \
	void record_key_##name(struct sbuf *b, const struct change *c); \
	void record_put_##name(struct sbuf *b, const struct change *c); \
	bool record_get_##name(struct str body, struct arena *a, struct change *out, struct err *e) MUST_CHECK;
#include "core/changes.def"

/* Drops the references that a record_get_… left in c. */
void record_release(const struct change *c);

#endif
