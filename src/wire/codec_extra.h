/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/codec_extra.h (private) - what only we know of a silence, as one field of Alertmanager's message.
 *
 * Alertmanager and older versions of ours pass over the field and keep it.
 */
#ifndef WIRE_CODEC_EXTRA_H
#define WIRE_CODEC_EXTRA_H

#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "model/silence.h"
#include "wire/proto.h"

/* s has an extra. */
void codec_put_extra(struct sbuf *b, unsigned field, const struct silence *s);
/* Into s, beside what is there. ERR_INVALID: malformed; ERR_NOT_FOUND: fine but for a time zone that is not known here. */
bool codec_get_extra(struct str body, struct silence *s, struct err *e) MUST_CHECK;
/* The one above reads it. */
bool codec_knows_of_extra(const struct proto_field *f);

#endif
