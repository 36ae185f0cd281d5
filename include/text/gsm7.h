/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/gsm7.h - how long a text is as SMS, and how to make it fit.
 *
 * A text whose every character is in the GSM 03.38 default alphabet or its
 * extension table is sent in septets (160 in one segment, 153 in each of
 * several; extension characters take two and are never split between
 * segments), any other in UTF-16 units (70, 67; a surrogate pair is never
 * split). Malformed UTF-8 counts as U+FFFD. Source: 3GPP TS 23.038, 23.040.
 */
#ifndef TEXT_GSM7_H
#define TEXT_GSM7_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sbuf.h"
#include "base/str.h"

enum sms_encoding { SMS_GSM7, SMS_UCS2 };

struct sms_size {
	enum sms_encoding encoding;
	size_t units;		/* septets or UTF-16 units */
	size_t segments;	/* 1 for the empty text */
};

struct sms_size sms_measure(struct str s);
/*
 * Appends s, cut so that it takes at most max_segments (1 or more) segments;
 * what was cut ends in "..." (GSM-7) or an ellipsis character (UCS-2). The cut
 * is never inside of a rune, nor before a combining mark, variation selector,
 * joiner or skin tone that belongs to the character in front of it. Returns
 * the size of what was appended.
 */
struct sms_size sms_cut(struct sbuf *b, struct str s, size_t max_segments);
/*
 * Appends s with characters outside of the GSM alphabet replaced by look-alikes
 * where there are some (typographic quotes, dashes, accents without a letter
 * of their own). False, with nothing appended, when that would lose what s says:
 * some character has neither septet nor look-alike (Korean, an emoji).
 */
bool sms_transliterate(struct sbuf *b, struct str s);
/* Appends septets, one per byte, unpacked (extension characters as 0x1B x); s must measure as GSM-7. */
void gsm7_encode(struct sbuf *b, struct str s);

#endif
