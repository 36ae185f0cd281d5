/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/base64.h - RFC 4648 base64.
 */
#ifndef TEXT_BASE64_H
#define TEXT_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/sbuf.h"
#include "base/str.h"

enum base64_kind {
	BASE64_STD,	/* + and / */
	BASE64_URL,	/* - and _ */
};

/* With padding, without line breaks. */
void base64_encode(struct sbuf *b, struct str s, enum base64_kind kind);
/* Line breaks are skipped; padding is required. False (b as before) when s is malformed. */
bool base64_decode(struct sbuf *b, struct str s, enum base64_kind kind) MUST_CHECK;

#endif
