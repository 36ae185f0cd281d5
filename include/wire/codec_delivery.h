/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire/codec_delivery.h - deliveries as rows of the store: protobuf of our own. Unknown fields are passed over.
 */
#ifndef WIRE_CODEC_DELIVERY_H
#define WIRE_CODEC_DELIVERY_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "core/delivery.h"

void codec_put_delivery(struct sbuf *b, const struct delivery *d);
/* Strings of *out borrow from body; out->labels is a new reference. */
bool codec_get_delivery(struct str body, struct delivery *out, struct err *e) MUST_CHECK;

#endif
